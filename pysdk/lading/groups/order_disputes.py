"""Disputes, rulings and splits (IDisputes). Evidence and reasons are content hashes: `lading.files.content_hash`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from lading import fields
from lading.chain.node import BlockId
from lading.enums import Fault
from lading.groups.order_base import OrderVerbs, settlement_amount, settlement_units
from lading.groups.session import Receipt
from lading.models import Offer, OrderTerms


class DisputeVerbs(OrderVerbs):
    def disputed_amount(self, terms: OrderTerms, *, at: BlockId = "latest") -> Decimal:
        """What is, or would be, disputed, in the settlement token: the price and, unless the goods were delivered, the
        freight."""
        return settlement_amount(terms, self._session.contracts.disputes.disputed_amount(terms, at=at))

    def offer_of(self, order: OrderTerms | str, party: str, *, at: BlockId = "latest") -> Offer:
        """The split that a party of an order (terms or id) offers, `to_buyer` in smallest units."""
        return self._session.contracts.disputes.offer_of(self._id_of(order), fields.address(party, "party"), at=at)

    def dispute(self, terms: OrderTerms, evidence: str) -> Receipt:
        """The buyer of an order that is shipped, delivered or coming back raises a dispute; the seller once the goods
        are back, or of a shipped order after its delivery was due.

        Raises:
            NoArbitration, NotParty, SellerNotYet, StateWrong, DefaultOpen: as they say.
        """
        return self._change(terms, self._session.contracts.disputes.dispute(terms, fields.word(evidence, "evidence")))

    def submit_evidence(self, terms: OrderTerms, evidence: str) -> Receipt:
        """Buyer, seller, platform or carrier adds evidence to a dispute. Raises NotDisputed, NotParty."""
        word = fields.word(evidence, "evidence")
        return self._change(terms, self._session.contracts.disputes.submit_evidence(terms, word))

    def propose_split(self, terms: OrderTerms, to_buyer: Decimal, until: datetime | None) -> Receipt:
        """Buyer, seller or assignee offers to settle with `to_buyer` of the disputed amount for the buyer, until then;
        it replaces the caller's earlier offer, and None for `until` withdraws it. Raises NotAccepted, NotParty."""
        units = settlement_units(terms, to_buyer, "to_buyer")
        last = 0 if until is None else fields.seconds(until, "until")
        return self._change(terms, self._session.contracts.disputes.propose_split(terms, units, last))

    def accept_split(self, terms: OrderTerms, to_buyer: Decimal) -> Receipt:
        """The buyer or the seller settles with what the other offers; whoever finances the order has to offer the same.

        Raises:
            NotParty, NotOffered, ShareTooHigh, StateWrong: as they say.
        """
        units = settlement_units(terms, to_buyer, "to_buyer")
        return self._change(terms, self._session.contracts.disputes.accept_split(terms, units))

    def rule(
        self, terms: OrderTerms, to_buyer: Decimal, fault: Fault, reasons: str, *, counterfeit: bool = False
    ) -> Receipt:
        """The signer, as a key of the arbiter's participant, divides the disputed amount less its fee; `fault` is for
        the seller's record, `reasons` the content hash of the ruling. Goods found `counterfeit` are the seller's fault.

        Raises:
            NotDisputed, FaultNotSellers, ArbiterForeign, ArbiterPartial, ShareTooHigh, RoleMissing, KeyNotValid,
            TooLate: as they say.
        """
        units, word = settlement_units(terms, to_buyer, "to_buyer"), fields.word(reasons, "reasons")
        return self._change(terms, self._session.contracts.disputes.rule(terms, units, fault, counterfeit, word))

    def settle_unruled(self, terms: OrderTerms) -> Receipt:
        """Settles by the split in the terms, once the arbiter's time is over; by anyone.

        Raises:
            NotDisputed: as it says.
            TooEarly: retryable; `opens_at` says when.
        """
        return self._change(terms, self._session.contracts.disputes.settle_unruled(terms))
