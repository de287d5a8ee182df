"""`client.credit`: what a seller's settled orders say (ISellerCredit)."""

from __future__ import annotations

from lading import fields
from lading.chain.node import BlockId
from lading.credit.score import CreditRecord
from lading.groups.session import Receipt, Session
from lading.models import OrderTerms


class Credit:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._contract = session.contracts.credit

    def score(self, seller: str, *, at: BlockId = "latest") -> int:
        """0 to 1000 for a participant id; the formula is that of ISellerCredit and of `lading.credit`."""
        return self._contract.score(fields.word(seller, "seller"), at=at)

    def record(self, seller: str, *, at: BlockId = "latest") -> CreditRecord:
        """The sums behind the score; all zero for a seller without an outcome."""
        return self._contract.record(fields.word(seller, "seller"), at=at)

    def report(self, terms: OrderTerms) -> Receipt:
        """Brings in an outcome that was missed when the order ended. By anyone.

        Raises:
            AlreadyReported, NoOutcome, GasTooLow: as they say.
        """
        return self._session.send(self._session.contracts.orders.report(terms))
