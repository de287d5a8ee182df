"""Errors of ICustomsClearance."""

from __future__ import annotations

from lading.enums import Decision, Fault, Side
from lading.reverts.base import SolidityError


class AlreadyMatched(SolidityError):
    solidity = "AlreadyMatched(bytes32 orderId)"
    says = "The documents of order {order_id} match already."
    next_step = "Nothing is left to do: matched documents are final."
    order_id: str


class DecisionInvalid(SolidityError):
    solidity = "DecisionInvalid(Decision decision)"
    says = "'{decision}' is no decision."
    next_step = "Decide hold, inspect, reject or release."
    decision: Decision


class DocumentForeign(SolidityError):
    solidity = "DocumentForeign(bytes32 documentOrder,bytes32 orderId)"
    says = "A document is about order {document_order}, not {order_id}."
    next_step = "Have it made for this order and signed again."
    document_order: str
    order_id: str


class FaultWithoutReject(SolidityError):
    solidity = "FaultWithoutReject(Decision decision,Fault fault)"
    says = "The decision {decision} names a fault ({fault}), which only a rejection has."
    next_step = "Leave the fault out, or reject."
    decision: Decision
    fault: Fault


class NotAuthority(SolidityError):
    solidity = "NotAuthority(bytes32 attempted,bytes32 expected)"
    says = "Participant {attempted} is not the authority that the terms name for this side."
    next_step = "Only {expected} decides here."
    attempted: str
    expected: str


class NotMatched(SolidityError):
    solidity = "NotMatched(bytes32 orderId)"
    says = "The three documents of order {order_id} have not matched yet."
    next_step = "Decide once `customs.match` has succeeded."
    may_retry = True
    order_id: str


class PortInvalid(SolidityError):
    solidity = "PortInvalid(bytes5 port,bytes2 country)"
    says = "'{port}' is no port of this authority's country, '{country}'."
    next_step = "Give a UN/LOCODE: the authority's country and three of A to Z or 2 to 9, such as CNSHA."
    port: str
    country: str


class ReleaseFinal(SolidityError):
    solidity = "ReleaseFinal(bytes32 orderId,Side side)"
    says = "Order {order_id} is released on the side of {side}, for good."
    next_step = "Nothing can change it."
    order_id: str
    side: Side


class SideNotNamed(SolidityError):
    solidity = "SideNotNamed(Side side)"
    says = "The order's terms name no authority for the side of {side}."
    next_step = "Nobody decides on that side of this order."
    side: Side


class SignatureInvalid(SolidityError):
    solidity = "SignatureInvalid(address signer)"
    says = "The signature is not {signer}'s over this document, on this chain and for this contract."
    next_step = "Have {signer} sign the document as it is now, with `customs.sign`."
    signer: str


class SignerForeign(SolidityError):
    solidity = "SignerForeign(bytes32 attempted,bytes32 expected)"
    says = "A document is signed for participant {attempted}; the order's terms name {expected}."
    next_step = "Have it signed by a key of {expected}."
    attempted: str
    expected: str


class SignersRelated(SolidityError):
    solidity = "SignersRelated(bytes32 first,bytes32 second)"
    says = "Two documents are by {first} and {second}, which are the same or of which one admitted the other."
    next_step = "Each document has to come from an independent participant."
    first: str
    second: str
