"""Errors of IReturns."""

from __future__ import annotations

from lading.reverts.base import SolidityError


class DeductionTooHigh(SolidityError):
    solidity = "DeductionTooHigh(uint256 attempted,uint256 price)"
    says = "Restocking and freight of the way back come to {attempted} smallest units, the price to {price}."
    next_step = "Lower them in the return policy."
    attempted: int
    price: int


class NoReturnPolicy(SolidityError):
    solidity = "NoReturnPolicy(bytes32 id)"
    says = "The terms of order {id} let no goods come back."
    next_step = "Agree on a split instead (`orders.propose_split`), or have the seller refund."
    id: str


class NotReceived(SolidityError):
    solidity = "NotReceived(bytes32 id)"
    says = "The goods of order {id} are not back."
    next_step = "Wait for the receipt of the place of return (`orders.receive_return`)."
    may_retry = True
    id: str


class PlaceForeign(SolidityError):
    solidity = "PlaceForeign(bytes32 attempted,bytes32 expected)"
    says = "The receipt is signed for participant {attempted}; the place of return is {expected}."
    next_step = "Have a valid key of {expected} sign it."
    attempted: str
    expected: str


class PlaceMissing(SolidityError):
    solidity = "PlaceMissing()"
    says = "The return policy names no place of return."
    next_step = "Name the participant that takes the goods back, as `returns.place`."


class RefundOutOfRange(SolidityError):
    solidity = "RefundOutOfRange(uint256 attempted,uint256 least,uint256 most)"
    says = "{attempted} smallest units are not between what the policy gives back ({least}) and the price ({most})."
    next_step = "Give an amount within that range; `orders.policy_refund` is the least."
    attempted: int
    least: int
    most: int
