"""Returns: goods that come back. Rules and warnings: contracts/interfaces/IReturns.sol."""

from __future__ import annotations

from lading.chain.contract import Call, Contract
from lading.chain.node import Chain
from lading.models import OrderTerms, ReturnReceipt

NAME = "Returns"


class Returns:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def policy_refund(self, terms: OrderTerms) -> int:
        return int(self.contract.read("policyRefund", terms.to_chain()))

    def request_return(self, terms: OrderTerms, reason: str) -> Call:
        return self.contract.call("requestReturn", terms.to_chain(), reason)

    def receive_return(self, terms: OrderTerms, receipt: ReturnReceipt, signer: str, signature: str) -> Call:
        words = (receipt.order_id, receipt.logistic_unit, receipt.event_id)
        return self.contract.call("receiveReturn", terms.to_chain(), words, signer, signature)

    def settle_return(self, terms: OrderTerms, to_buyer: int) -> Call:
        return self.contract.call("settleReturn", terms.to_chain(), to_buyer)

    def settle_by_policy(self, terms: OrderTerms) -> Call:
        return self.contract.call("settleByPolicy", terms.to_chain())
