"""Errors of ITradeEscrow about assignments."""

from __future__ import annotations

from lading.reverts.base import SolidityError


class AlreadyAssigned(SolidityError):
    solidity = "AlreadyAssigned(bytes32 id)"
    says = "Part of the proceeds of order {id} is made over already."
    next_step = "An order is assigned once; `orders.assignment_of` says to whom."
    id: str


class AssigneeConsentMissing(SolidityError):
    solidity = "AssigneeConsentMissing(bytes32 id,address assignee)"
    says = "Order {id} is financed by {assignee}, who has not agreed to give more back."
    next_step = "Have {assignee} call `orders.consent_to_refund`."
    id: str
    assignee: str


class AssignmentTooHigh(SolidityError):
    solidity = "AssignmentTooHigh(uint256 attempted,uint256 max)"
    says = "{attempted} smallest units are more than the seller's proceeds can come to ({max})."
    next_step = "Assign {max} at most."
    attempted: int
    max: int


class NotAssignee(SolidityError):
    solidity = "NotAssignee(address caller,address assignee)"
    says = "{caller} does not finance this order."
    next_step = "Only {assignee} can agree; a zero address is nobody: the order is not assigned."
    caller: str
    assignee: str
