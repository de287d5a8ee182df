"""Every score rebuilt from the logs by `lading.credit`, and compared with what SellerCredit holds, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from lading.chain.node import BlockId
from lading.credit import CreditRecord, Ledger, Outcome, Parameters, Sums, platform_score
from lading.credit.ledger import Counted
from lading.groups.credit_logs import CreditLogs, TakenIn
from lading.groups.session import Session
from lading.values import word_or_none

NOT_LOGGED = "nothing"


@dataclass(frozen=True)
class Difference:
    """One thing on which chain and replay disagree. `what`: a member of the seller's slot, `score`,
    `witnessed_score`, or the weights of an order, which `order` then names."""

    seller: str | None
    what: str
    contract: str
    replayed: str
    order: str | None = None


@dataclass(frozen=True)
class Missed:
    """An outcome that the observer failed to take in, and what it would add if it were reported now."""

    order: str
    seller: str
    good: int
    bad: int


@dataclass(frozen=True)
class Rebuilt:
    """One seller, from the logs: its slot and its scores at the audit's block."""

    seller: str
    record: CreditRecord
    score: int
    witnessed_score: int


@dataclass(frozen=True)
class PlatformScore:
    """A platform by the sellers that it admitted and that something was counted for."""

    platform: str
    score: int
    sellers: int


@dataclass(frozen=True)
class CreditAudit:
    """As of block `block` of time `time`. `endings` of accepted orders were taken in, `counted` of them changed a
    seller's slot. `platforms` is empty for an audit of one seller."""

    block: int
    time: int
    endings: int
    counted: int
    sellers: tuple[Rebuilt, ...]
    platforms: tuple[PlatformScore, ...]
    differences: tuple[Difference, ...]
    missed: tuple[Missed, ...]

    @property
    def agrees(self) -> bool:
        return not self.differences


def audit(session: Session, parameters: Parameters, block: int, seller: str | None = None) -> CreditAudit:
    """Replays the logs up to `block`, for one seller or all of them. Three questions a seller beside the logs; the
    node has to know the state at `block`.

    Raises:
        BadResponse: the node sent what it was not asked for.
    """
    time = session.chain.block(block).time
    logs, ledger = CreditLogs(session, block, seller), Ledger(parameters)
    differences: list[Difference] = []
    counted = 0
    for taken in logs.outcomes():
        found = ledger.take(taken.outcome)
        counted += bool(found.good or found.bad)
        differences += _weights_differ(taken, found)
    differences += [Difference(None, "weights", "counted", NOT_LOGGED, order) for order in logs.unexplained]
    names = sorted({*ledger.sellers, *([seller] if seller else [])})
    rebuilt = tuple(_rebuilt(ledger, name, time) for name in names)
    for one in rebuilt:
        differences += _slot_differs(session, one, block)
    missed = tuple(_missed(ledger, outcome) for outcome in logs.missed.values())
    platforms = () if seller else tuple(_platforms(ledger, logs.admitted_by, time))
    return CreditAudit(block, time, logs.endings, counted, rebuilt, platforms, tuple(differences), missed)


def _platforms(ledger: Ledger, admitted_by: Mapping[str, str], time: int) -> Iterator[PlatformScore]:
    admitted: dict[str, list[Sums]] = {}
    for seller in ledger.sellers:
        if (platform := word_or_none(admitted_by[seller])) is not None:
            admitted.setdefault(platform, []).append(ledger.sums(seller, time))
    for platform in sorted(admitted):
        yield PlatformScore(platform, platform_score(admitted[platform]), len(admitted[platform]))


def _rebuilt(ledger: Ledger, seller: str, time: int) -> Rebuilt:
    sums = ledger.sums(seller, time)
    return Rebuilt(seller, ledger.record(seller), sums.score, sums.witnessed_score)


def _weights_differ(taken: TakenIn, found: Counted) -> Iterator[Difference]:
    ours = (found.good, found.bad, taken.outcome.witnessed) if found.good or found.bad else None
    if ours != taken.logged:
        yield Difference(taken.outcome.seller, "weights", _told(taken.logged), _told(ours), taken.outcome.order)


def _told(weights: tuple[int, int, bool] | None) -> str:
    if weights is None:
        return NOT_LOGGED
    good, bad, witnessed = weights
    return f"good {good}, bad {bad}, {'witnessed' if witnessed else 'without witnesses'}"


def record_of(session: Session, seller: str, at: BlockId) -> CreditRecord:
    """A seller's slot as the contract gives it: plain integers, in the order of ISellerCredit.CreditRecord."""
    return CreditRecord(*session.contracts.credit.contract.read("recordOf", seller, at=at))


def _slot_differs(session: Session, ours: Rebuilt, block: int) -> Iterator[Difference]:
    credit = session.contracts.credit
    theirs: dict[str, int] = asdict(record_of(session, ours.seller, block))
    theirs["score"] = credit.score(ours.seller, at=block)
    theirs["witnessed_score"] = credit.witnessed_score(ours.seller, at=block)
    mine = asdict(ours.record) | {"score": ours.score, "witnessed_score": ours.witnessed_score}
    for name, value in mine.items():
        if value != theirs[name]:
            yield Difference(ours.seller, name, str(theirs[name]), str(value))


def _missed(ledger: Ledger, outcome: Outcome) -> Missed:
    counted = ledger.look(outcome)
    return Missed(outcome.order, outcome.seller, counted.good, counted.bad)
