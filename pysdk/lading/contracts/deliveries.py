"""Deliveries: what a carrier anchored in its own log. Rules and warnings: contracts/interfaces/IDeliveries.sol."""

from __future__ import annotations

from collections.abc import Sequence

from lading.chain.contract import Call, Contract
from lading.chain.node import Chain
from lading.models import Batch, OrderTerms
from lading.provenance.leaf import DeliveryLeaf

NAME = "Deliveries"


class Deliveries:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def deliver_anchored(
        self, terms: OrderTerms, leaf: DeliveryLeaf, index: int, batch: Batch, proof: Sequence[bytes]
    ) -> Call:
        stated = (leaf.order_id, leaf.logistic_unit, leaf.event_id, leaf.time)
        return self.contract.call("deliverAnchored", terms.to_chain(), stated, index, batch.to_chain(), list(proof))

    def trust_from(self, carrier: str, index: int) -> Call:
        return self.contract.call("trustFrom", carrier, index)

    def trusted_from(self, carrier: str) -> int:
        return int(self.contract.read("trustedFrom", carrier))
