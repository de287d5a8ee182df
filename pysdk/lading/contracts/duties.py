"""Duties: a leg of their own. Rules and warnings: contracts/interfaces/IDuties.sol."""

from __future__ import annotations

from lading.chain.contract import Call, Contract
from lading.chain.node import BlockId, Chain
from lading.models import Assessment, DutiesPaid, OrderTerms

NAME = "Duties"


class Duties:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def paid_for(self, order_id: str, *, at: BlockId = "latest") -> DutiesPaid:
        return DutiesPaid(**self.contract.read_struct("paidFor", order_id, at=at))

    def assess(self, terms: OrderTerms, assessment: Assessment, signer: str, signature: str) -> Call:
        stated = (assessment.order_id, assessment.units, assessment.declaration)
        return self.contract.call("assess", terms.to_chain(), stated, signer, signature)

    def return_duties(self, terms: OrderTerms) -> Call:
        return self.contract.call("returnDuties", terms.to_chain())

    def refund_duties(self, terms: OrderTerms, units: int) -> Call:
        return self.contract.call("refundDuties", terms.to_chain(), units)
