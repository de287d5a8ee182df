"""Errors of IDisputes."""

from __future__ import annotations

from datetime import datetime

from lading.enums import Fault, Party, State
from lading.reverts.base import SolidityError


class ArbiterFeeTooHigh(SolidityError):
    solidity = "ArbiterFeeTooHigh(uint256 attempted,uint256 max)"
    says = "A fee of {attempted} smallest units for the arbiter is above the price ({max})."
    next_step = "Lower it in the terms."
    attempted: int
    max: int


class ArbiterForeign(SolidityError):
    solidity = "ArbiterForeign(bytes32 attempted,bytes32 expected)"
    says = "Participant {attempted} does not rule this order; {expected} does."
    next_step = "Send it from a valid key of {expected}."
    attempted: str
    expected: str


class ArbiterPartial(SolidityError):
    solidity = "ArbiterPartial(Party role,address party)"
    says = "The arbiter is, or was admitted by, the {role} {party}."
    next_step = "Name an arbiter that has nothing to do with the parties."
    role: Party
    party: str


class FaultNotSellers(SolidityError):
    solidity = "FaultNotSellers(Fault attempted)"
    says = "Counterfeit goods are the seller's fault, and this ruling names '{attempted}'."
    next_step = "Rule with the seller's fault, or without that finding."
    attempted: Fault


class NoArbitration(SolidityError):
    solidity = "NoArbitration(bytes32 id)"
    says = "The terms of order {id} name no arbiter."
    next_step = "Agree on a split (`orders.propose_split`), or wait for the default."
    id: str


class NotDisputed(SolidityError):
    solidity = "NotDisputed(bytes32 id)"
    says = "Order {id} is not disputed."
    next_step = "Raise a dispute with `orders.dispute` first; `orders.get` shows where the order stands."
    id: str


class NotOffered(SolidityError):
    solidity = "NotOffered(address party,uint120 attempted,uint120 offered,uint40 until)"
    says = "{party} does not offer {attempted} smallest units for the buyer; it offers {offered}, until {until}."
    next_step = "Have it offer that with `orders.propose_split`, or accept what it offers in time."
    party: str
    attempted: int
    offered: int
    until: datetime | None


class SellerNotYet(SolidityError):
    solidity = "SellerNotYet(State standing,uint40 deliverBy)"
    says = "A seller cannot dispute an order in the state '{standing}' that was to be delivered by {deliver_by}."
    next_step = "Wait until the goods are back, or until that deadline has passed without a delivery."
    standing: State
    deliver_by: datetime | None


class ShareTooHigh(SolidityError):
    solidity = "ShareTooHigh(uint256 attempted,uint256 max)"
    says = "{attempted} smallest units for the buyer are more than can be divided ({max})."
    next_step = "Give it {max} at most; `orders.disputed_amount` less the arbiter's fee, if the arbiter rules."
    attempted: int
    max: int


class SilentShareTooHigh(SolidityError):
    solidity = "SilentShareTooHigh(uint16 attempted,uint16 max)"
    says = "A share of {attempted} hundredths of a percent is above {max}."
    next_step = "Lower silent_buyer_bps in the terms."
    attempted: int
    max: int
