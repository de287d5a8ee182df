"""Errors of IDeliveries."""

from __future__ import annotations

from lading.reverts.base import SolidityError


class DeliveryNotAnchored(SolidityError):
    solidity = "DeliveryNotAnchored(bytes32 carrier,uint48 index)"
    says = "This delivery is not in batch {index} of the log of carrier {carrier}."
    next_step = "Check batch, proof and leaf, or wait until the carrier has anchored it."
    may_retry = True
    carrier: str
    index: int


class LeafForeign(SolidityError):
    solidity = "LeafForeign(bytes32 leafOrder,bytes32 id)"
    says = "The leaf is about order {leaf_order}, not {id}."
    next_step = "Have the carrier anchor a delivery of this order."
    leaf_order: str
    id: str


class WriterForeign(SolidityError):
    solidity = "WriterForeign(bytes32 attempted,bytes32 expected)"
    says = "Whoever writes the carrier's log is participant {attempted}, not the carrier {expected}."
    next_step = "Have the carrier name a valid key of its own as writer with `goods.set_writer`."
    attempted: str
    expected: str
