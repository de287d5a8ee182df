"""Goods that come back (IReturns)."""

from __future__ import annotations

from decimal import Decimal

from lading import fields
from lading.chain import typed_data
from lading.groups.order_base import OrderVerbs, event_hash, settlement_amount, settlement_units, unit_hash
from lading.groups.session import Receipt
from lading.models import OrderTerms, ReturnReceipt
from lading.values import ZERO_WORD


class ReturnVerbs(OrderVerbs):
    def policy_refund(self, terms: OrderTerms) -> Decimal:
        """What the return policy gives back to the buyer, in the settlement token."""
        return settlement_amount(terms, self._session.contracts.returns.policy_refund(terms))

    def return_receipt(self, terms: OrderTerms, logistic_unit: str, event_id: str) -> ReturnReceipt:
        """A receipt for the place of return to sign: the unit's SSCC as EPC URI, and the CBV id of the `receiving`
        event. Raises InputError for anything else."""
        unit, event = unit_hash(logistic_unit), event_hash(event_id)
        return ReturnReceipt(order_id=self.id(terms), logistic_unit=unit, event_id=event)

    def sign_return_receipt(self, receipt: ReturnReceipt) -> str:
        """The signer, as a key of the place of return, has the goods back."""
        session = self._session
        domain = typed_data.returns_domain(session.chain.chain_id, session.contracts.returns.address)
        stated = (receipt.order_id, receipt.logistic_unit, receipt.event_id, session.key.address)
        return session.key.sign_typed(typed_data.return_receipt(domain, *stated))

    def request_return(self, terms: OrderTerms, reason: str | None = None) -> Receipt:
        """The buyer asks to send delivered goods back, within the inspection window. `reason` is the content hash of
        what it says (`lading.files.content_hash`), if anything.

        Raises:
            NoReturnPolicy, NotBuyer, StateWrong, DefaultOpen: as they say.
        """
        said = ZERO_WORD if reason is None else fields.word(reason, "reason")
        return self._change(terms, self._session.contracts.returns.request_return(terms, said))

    def receive_return(self, terms: OrderTerms, receipt: ReturnReceipt, signer: str, signature: str) -> Receipt:
        """Submits the receipt that `signer`, a key of the place of return, signed, within the receive window; by
        anyone.

        Raises:
            NoReturnPolicy, ReceiptForeign, PlaceForeign, ReceiptInvalid, StateWrong, DefaultOpen: as they say.
        """
        by = fields.address(signer, "signer")
        return self._change(terms, self._session.contracts.returns.receive_return(terms, receipt, by, signature))

    def settle_return(self, terms: OrderTerms, to_buyer: Decimal) -> Receipt:
        """The seller gives `to_buyer` of the settlement token back for goods that came back: what the policy says, or
        more.

        Raises:
            NotSeller, RefundOutOfRange, AssigneeConsentMissing: as they say.
            NotReceived: retryable; the goods are not back.
        """
        units = settlement_units(terms, to_buyer, "to_buyer")
        return self._change(terms, self._session.contracts.returns.settle_return(terms, units))

    def settle_by_policy(self, terms: OrderTerms) -> Receipt:
        """Gives back what the policy says, once the settle window is over; by anyone.

        Raises:
            TooEarly, NotReceived: retryable.
        """
        return self._change(terms, self._session.contracts.returns.settle_by_policy(terms))
