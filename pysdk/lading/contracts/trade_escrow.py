"""TradeEscrow: the vault. Rules and warnings: contracts/interfaces/ITradeEscrow.sol."""

from __future__ import annotations

from collections.abc import Sequence

from lading.chain import abi
from lading.chain.contract import Call, Contract
from lading.chain.node import BlockId, Chain
from lading.enums import ConditionStatus
from lading.errors import BadResponse, ContractError
from lading.models import Assignment, DeliveryReceipt, Order, OrderTerms, Quote, StandingDefault
from lading.values import ZERO_WORD, address_or_none, time_or_none

NAME = "TradeEscrow"
#: ITradeEscrow.Terms before its clauses, and Clauses, in the order of their fields.
HEAD_TYPES = ("address",) * 5 + ("uint256", "uint256", "address", "bytes32", "bytes32", "bytes32")
CLAUSES_TYPE = (
    "(bytes32,uint120,(address,uint128,address,uint40),(address,address,uint128,uint120),"
    "(bytes32,uint32,uint32,uint16,uint128),(address,uint128,uint32,uint16))"
)


class TradeEscrow:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def order_id(self, terms: OrderTerms) -> str:
        """Computed here, without a call: keccak256(abi.encode(chain id, escrow, the members before the clauses, zero or
        the hash of the clauses))."""
        *head, clauses = terms.to_chain()
        return abi.keccak_encoded(
            ["uint256", "address", *HEAD_TYPES, "bytes32"],
            [
                self.contract.chain.chain_id,
                self.address,
                *head,
                abi.keccak_encoded([CLAUSES_TYPE], clauses) if clauses else ZERO_WORD,
            ],
        )

    def get(self, order_id: str, *, at: BlockId = "latest") -> Order:
        return Order(id=order_id, **self.contract.read_struct("getOrder", order_id, at=at))

    def default_of(self, terms: OrderTerms, *, at: BlockId = "latest") -> StandingDefault:
        kind, opens_at = self.contract.read("defaultOf", terms.to_chain(), at=at)
        return StandingDefault(kind=kind, opens_at=time_or_none(opens_at))

    def condition_status(self, terms: OrderTerms, *, at: BlockId = "latest") -> ConditionStatus:
        """What the terms' condition says, as the vault takes it: whatever is no answer is PENDING."""
        data = abi.selector("status(bytes32)") + bytes.fromhex(self.order_id(terms)[2:])
        try:
            status, _ = abi.decode(["uint256", "uint256"], self.contract.chain.call(terms.condition, data, at=at))
        except (ContractError, BadResponse):
            return ConditionStatus.PENDING
        return ConditionStatus(status) if status in set(ConditionStatus) else ConditionStatus.PENDING

    def assignment_of(self, order_id: str, *, at: BlockId = "latest") -> Assignment | None:
        assignee, units = self.contract.read("assignmentOf", order_id, at=at)
        return Assignment(assignee=assignee, units=units) if address_or_none(assignee) else None

    def credit_of(self, payee: str, token: str, *, at: BlockId = "latest") -> int:
        return int(self.contract.read("creditOf", payee, token, at=at))

    def open(self, terms: OrderTerms, buyer_consent: str, seller_consent: str, quote: Quote | None) -> Call:
        return self.contract.call("open", terms.to_chain(), buyer_consent, seller_consent, quote_bytes(quote))

    def open_with_authorization(
        self, terms: OrderTerms, authorization: str, seller_consent: str, quote: Quote | None
    ) -> Call:
        chain_terms = terms.to_chain()
        return self.contract.call(
            "openWithAuthorization", chain_terms, authorization, seller_consent, quote_bytes(quote)
        )

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

    def assign(self, terms: OrderTerms, assignee: str, units: int) -> Call:
        return self.contract.call("assign", terms.to_chain(), assignee, units)

    def consent_to_refund(self, terms: OrderTerms) -> Call:
        return self.contract.call("consentToRefund", terms.to_chain())

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

    def batch(self, calls: Sequence[Call], gas_each: int) -> Call:
        return self.contract.call("batch", [call.data for call in calls], gas_each)


def quote_bytes(quote: Quote | None) -> bytes:
    """`abi.encode(uint40 expiry, uint32 longestLock, bytes signature)` (IQuotes.take); empty without a quote."""
    if quote is None:
        return b""
    values = [int(quote.expiry.timestamp()), int(quote.longest_lock.total_seconds()), quote.signature]
    return abi.encode(["uint40", "uint32", "bytes"], values)
