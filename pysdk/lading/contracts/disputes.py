"""Disputes: an arbiter rules, or the parties agree. Rules and warnings: contracts/interfaces/IDisputes.sol."""

from __future__ import annotations

from lading.chain.contract import Call, Contract
from lading.chain.node import BlockId, Chain
from lading.enums import Fault
from lading.models import Offer, OrderTerms

NAME = "Disputes"


class Disputes:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def disputed_amount(self, terms: OrderTerms, *, at: BlockId = "latest") -> int:
        return int(self.contract.read("disputedAmount", terms.to_chain(), at=at))

    def offer_of(self, order_id: str, party: str, *, at: BlockId = "latest") -> Offer:
        return Offer(**self.contract.read_struct("offerOf", order_id, party, at=at))

    def dispute(self, terms: OrderTerms, evidence: str) -> Call:
        return self.contract.call("dispute", terms.to_chain(), evidence)

    def submit_evidence(self, terms: OrderTerms, evidence: str) -> Call:
        return self.contract.call("submitEvidence", terms.to_chain(), evidence)

    def propose_split(self, terms: OrderTerms, to_buyer: int, until: int) -> Call:
        return self.contract.call("proposeSplit", terms.to_chain(), to_buyer, until)

    def accept_split(self, terms: OrderTerms, to_buyer: int) -> Call:
        return self.contract.call("acceptSplit", terms.to_chain(), to_buyer)

    def rule(self, terms: OrderTerms, to_buyer: int, fault: Fault, counterfeit: bool, reasons: str) -> Call:
        return self.contract.call("rule", terms.to_chain(), to_buyer, int(fault), counterfeit, reasons)

    def settle_unruled(self, terms: OrderTerms) -> Call:
        return self.contract.call("settleUnruled", terms.to_chain())
