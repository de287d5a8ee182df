"""TradeEscrow: the vault. Rules and warnings: contracts/interfaces/ITradeEscrow.sol."""

from __future__ import annotations

from lading.chain import abi
from lading.chain.contract import Call, Contract
from lading.chain.node import BlockId, Chain
from lading.models import DeliveryReceipt, Order, OrderTerms, StandingDefault
from lading.values import time_or_none

NAME = "TradeEscrow"
#: ITradeEscrow.Terms, in the order of its fields.
TERMS_TYPE = (
    "(address,address,address,address,address,uint128,uint128,uint16,uint40,uint40,uint40,uint40,uint32,uint32,"
    "address,bytes32,bytes32,bytes32)"
)


class TradeEscrow:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def order_id(self, terms: OrderTerms) -> str:
        """Computed here, without a call: keccak256(abi.encode(chain id, escrow, terms))."""
        return abi.keccak_encoded(
            ["uint256", "address", TERMS_TYPE], [self.contract.chain.chain_id, self.address, terms.to_chain()]
        )

    def get(self, order_id: str, *, at: BlockId = "latest") -> Order:
        return Order(id=order_id, **self.contract.read_struct("getOrder", order_id, at=at))

    def default_of(self, terms: OrderTerms, *, at: BlockId = "latest") -> StandingDefault:
        kind, opens_at = self.contract.read("defaultOf", terms.to_chain(), at=at)
        return StandingDefault(kind=kind, opens_at=time_or_none(opens_at))

    def credit_of(self, payee: str, token: str, *, at: BlockId = "latest") -> int:
        return int(self.contract.read("creditOf", payee, token, at=at))

    def open(self, terms: OrderTerms, seller_consent: str) -> Call:
        return self.contract.call("open", terms.to_chain(), seller_consent)

    def open_with_authorization(self, terms: OrderTerms, authorization: str, seller_consent: str) -> Call:
        return self.contract.call("openWithAuthorization", terms.to_chain(), authorization, seller_consent)

    def open_with_consent(self, terms: OrderTerms, buyer_consent: str, seller_consent: str) -> Call:
        return self.contract.call("openWithConsent", terms.to_chain(), buyer_consent, seller_consent)

    def accept(self, terms: OrderTerms, seller_consent: str) -> Call:
        return self.contract.call("accept", terms.to_chain(), seller_consent)

    def cancel(self, terms: OrderTerms) -> Call:
        return self.contract.call("cancel", terms.to_chain())

    def ship(self, terms: OrderTerms, logistic_unit: str) -> Call:
        return self.contract.call("ship", terms.to_chain(), logistic_unit)

    def poke(self, terms: OrderTerms) -> Call:
        return self.contract.call("poke", terms.to_chain())

    def deliver(self, terms: OrderTerms, receipt: DeliveryReceipt, signer: str, signature: str) -> Call:
        words = (receipt.order_id, receipt.logistic_unit, receipt.event_id)
        return self.contract.call("deliver", terms.to_chain(), words, signer, signature)

    def release(self, terms: OrderTerms) -> Call:
        return self.contract.call("release", terms.to_chain())

    def refund(self, terms: OrderTerms) -> Call:
        return self.contract.call("refund", terms.to_chain())

    def withdraw(self, token: str, to: str) -> Call:
        return self.contract.call("withdraw", token, to)

    def withdraw_for(self, payee: str, token: str) -> Call:
        return self.contract.call("withdrawFor", payee, token)

    def report(self, terms: OrderTerms) -> Call:
        return self.contract.call("report", terms.to_chain())
