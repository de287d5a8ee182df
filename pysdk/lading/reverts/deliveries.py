"""Errors of IDeliveries."""

from __future__ import annotations

from datetime import datetime

from lading.reverts.base import SolidityError


class BatchDistrusted(SolidityError):
    solidity = "BatchDistrusted(bytes32 carrier,uint48 index,uint48 first)"
    says = "Carrier {carrier} no longer stands by batch {index} of its log: those before {first} prove no delivery."
    next_step = "Have the carrier sign a receipt for this order (`orders.sign_receipt`)."
    carrier: str
    index: int
    first: int


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


class TrustMovesBack(SolidityError):
    solidity = "TrustMovesBack(uint48 attempted,uint48 standing)"
    says = "Batches before {standing} are distrusted for good; {attempted} is not after it."
    next_step = "Give a later batch."
    attempted: int
    standing: int


class WriterForeign(SolidityError):
    solidity = "WriterForeign(bytes32 attempted,bytes32 expected)"
    says = "Whoever writes the carrier's log is participant {attempted}, not the carrier {expected}."
    next_step = "Have the carrier name a valid key of its own as writer with `goods.set_writer`."
    attempted: str
    expected: str


class WriterNotValidThen(SolidityError):
    solidity = "WriterNotValidThen(address writer,uint40 anchoredAt)"
    says = "Key {writer} was revoked, or may have been in other hands, when it anchored this batch ({anchored_at})."
    next_step = "Have the carrier anchor the delivery again with a valid key, or sign a receipt for this order."
    writer: str
    anchored_at: datetime
