"""Errors of IDuties."""

from __future__ import annotations

from lading.reverts.base import SolidityError


class AssessmentDeadline(SolidityError):
    solidity = "AssessmentDeadline(uint256 attempted,uint256 least,uint256 most)"
    says = "The duties would be due by {attempted} (Unix seconds), which is not between {least} and {most}."
    next_step = "Set assess_by no earlier than deliver_by and the claim window."
    attempted: int
    least: int
    most: int


class AssessmentForeign(SolidityError):
    solidity = "AssessmentForeign(bytes32 assessedOrder,bytes32 id)"
    says = "The assessment is about order {assessed_order}, not {id}."
    next_step = "Have the authority assess this order."
    assessed_order: str
    id: str


class AssessmentInvalid(SolidityError):
    solidity = "AssessmentInvalid(address signer)"
    says = "The assessment's signature is not {signer}'s, on this chain and for this contract."
    next_step = "Have {signer} sign it with `orders.sign_assessment`."
    signer: str


class AssessmentTooHigh(SolidityError):
    solidity = "AssessmentTooHigh(uint256 attempted,uint256 max)"
    says = "{attempted} smallest units are assessed, and the buyer put {max} aside."
    next_step = "Assess {max} at most; the rest has to be paid outside of the order."
    attempted: int
    max: int


class AuthorityForeign(SolidityError):
    solidity = "AuthorityForeign(bytes32 attempted,bytes32 expected)"
    says = "The assessment is signed for participant {attempted}; the entry authority is {expected}."
    next_step = "Have a valid key of {expected} sign it."
    attempted: str
    expected: str


class EntryAuthorityMissing(SolidityError):
    solidity = "EntryAuthorityMissing()"
    says = "An order with duties names the authority that assesses them."
    next_step = "Set entry_authority in the terms."


class NotAccepted(SolidityError):
    solidity = "NotAccepted(bytes32 id)"
    says = "Order {id} was not accepted, and this needs an order that was."
    next_step = "Wait for the seller's acceptance."
    may_retry = True
    id: str


class NotReturned(SolidityError):
    solidity = "NotReturned(bytes32 id)"
    says = "Order {id} is neither refunded nor settled, so that no duty goes back."
    next_step = "Wait for the end of the return or the dispute."
    may_retry = True
    id: str


class PayeeInvalid(SolidityError):
    solidity = "PayeeInvalid(address payee)"
    says = "{payee} cannot be paid duties: it is zero, or the escrow itself."
    next_step = "Name the tax payee's own address in the terms."
    payee: str


class RefundTooHigh(SolidityError):
    solidity = "RefundTooHigh(uint256 attempted,uint256 max)"
    says = "{attempted} smallest units are more than was assessed and has not come back ({max})."
    next_step = "Pass {max} on at most; `orders.duties_paid` says how much is out."
    attempted: int
    max: int
