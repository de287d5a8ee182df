"""Errors of IItemClaims."""

from __future__ import annotations

from datetime import datetime

from lading.reverts.base import SolidityError


class AlreadyClaimed(SolidityError):
    solidity = "AlreadyClaimed(uint64 gtin,string serial,address claimant,uint40 time)"
    says = "Item {serial} of {gtin} was claimed by {claimant} on {time}."
    next_step = "A claim stands for good. If it is not yours, the seal was broken before: ask the seller."
    gtin: int
    serial: str
    claimant: str
    time: datetime


class ClaimantZero(SolidityError):
    solidity = "ClaimantZero()"
    says = "A claim is somebody's, not the zero address's."
    next_step = "Commit again with your address as claimant."


class CommitmentUnknown(SolidityError):
    solidity = "CommitmentUnknown(bytes32 commitment)"
    says = "Nobody committed to this opening ({commitment})."
    next_step = "Commit first (`claims.commit`), with the same claimant, code and salt, on this chain."
    commitment: str


class CommitmentYoung(SolidityError):
    solidity = "CommitmentYoung(uint40 blockTime,uint40 opensAt)"
    says = "It is {block_time}; this commitment can be revealed from {opens_at} on."
    next_step = "Wait until then: whoever copies the code from your transaction has to be too late."
    may_retry = True
    block_time: datetime
    opens_at: datetime


class SealDistrusted(SolidityError):
    solidity = "SealDistrusted(address writer,bytes32 brand)"
    says = "Key {writer}, which anchored this seal, was not the brand's ({brand}) then, or may have been a thief's."
    next_step = "Ask the brand for the seal that it stands by."
    writer: str
    brand: str


class SealNotAnchored(SolidityError):
    solidity = "SealNotAnchored(bytes32 brand,uint48 index)"
    says = "This code is not in batch {index} of the log of {brand}: another item's, a wrong one, or not anchored yet."
    next_step = "Read the code off again; get the item's seal proof anew from the brand."
    may_retry = True
    brand: str
    index: int
