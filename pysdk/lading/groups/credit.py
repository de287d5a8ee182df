"""`client.credit`: what a seller's settled orders say (ISellerCredit)."""

from __future__ import annotations

from dataclasses import dataclass

from lading import fields
from lading.chain.node import Block, BlockId
from lading.credit import CreditRecord, Explanation, History, Ledger, Parameters, explain, history_of
from lading.errors import InputError
from lading.groups import credit_audit
from lading.groups.credit_audit import CreditAudit
from lading.groups.credit_logs import CreditLogs
from lading.groups.governance import Governed, govern
from lading.groups.session import Receipt, Session
from lading.models import OrderTerms


@dataclass(frozen=True)
class SellersStory:
    """A seller's history from the logs up to block `block`, and what explains its score at that block's time."""

    block: int
    time: int
    history: History
    explanation: Explanation


class Credit:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._contract = session.contracts.credit

    def score(self, seller: str, *, at: BlockId = "latest") -> int:
        """0 to 999 for a participant id; the formula is that of ISellerCredit and of `lading.credit`."""
        return self._contract.score(fields.word(seller, "seller"), at=at)

    def witnessed_score(self, seller: str, *, at: BlockId = "latest") -> int:
        """0 to 999: with the good that independent parties witnessed only, and with all of the bad."""
        return self._contract.witnessed_score(fields.word(seller, "seller"), at=at)

    def record(self, seller: str, *, at: BlockId = "latest") -> CreditRecord:
        """The sums behind the score; all zero for a seller without an outcome."""
        return credit_audit.record_of(self._session, fields.word(seller, "seller"), at)

    def rules(self) -> Parameters:
        """How this deployment's outcomes weigh, for good."""
        return Parameters(**self._contract.contract.read_struct("rules"))

    def rate(self, token: str, *, at: BlockId = "latest") -> int:
        """Millionths of the reference unit for 10^18 smallest units of the token; 0 if its orders do not count."""
        return self._contract.rate(fields.address(token, "token"), at=at)

    def set_rate(self, token: str, rate: int) -> Governed:
        """What orders in that token count from now on; 0: nothing. Where the deployment sets a delay, the first call
        schedules and the same call, once the delay is over, carries it out.

        Raises:
            AccessManagerNotReady: scheduled, and the delay is not over (retryable).
            AccessManagedUnauthorized: the signer is not the governor.
        """
        return govern(self._session, self._contract.set_rate(fields.address(token, "token"), rate))

    def audit(self, seller: str | None = None, *, block: int | None = None) -> CreditAudit:
        """Rebuilds every score from the logs, or one seller's, and compares it with the contract at `block` (None: the
        newest). Reads the whole log once; the node has to know the state at that block.

        Raises:
            InputError: the block is before the deployment.
            BadResponse: the node sent what it was not asked for.
        """
        who = None if seller is None else fields.word(seller, "seller")
        return credit_audit.audit(self._session, self.rules(), self._block(block).number, who)

    def story(self, seller: str, *, block: int | None = None) -> SellersStory:
        """A seller's outcomes from the logs, and why its score is what it is at `block` (None: the newest)."""
        who = fields.word(seller, "seller")
        at = self._block(block)
        ledger = Ledger(self.rules())
        logs = CreditLogs(self._session, at.number, who)
        history = history_of(ledger, who, (taken.outcome for taken in logs.outcomes()))
        return SellersStory(at.number, at.time, history, explain(ledger, history, at.time))

    def _block(self, number: int | None) -> Block:
        """Raises InputError for one before the deployment."""
        first = self._session.deployment.block
        if number is not None and number < first:
            raise InputError(f"Block {number} is before the deployment, which begins with block {first}.")
        return self._session.chain.block("latest" if number is None else number)

    def report(self, terms: OrderTerms) -> Receipt:
        """Brings in an outcome that was missed when the order ended. By anyone.

        Raises:
            AlreadyReported, NoOutcome, GasTooLow: as they say.
        """
        return self._session.send(self._session.contracts.orders.report(terms))
