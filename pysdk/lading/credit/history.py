"""One seller's story: what was taken in when, what stood after it, and the score at any time since."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from lading.credit.ledger import Counted, Ledger, Outcome, Sums
from lading.credit.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Moment:
    """An outcome of the seller as it was taken in, the score just before it, and the sums just after."""

    counted: Counted
    before: int
    sums: Sums

    @property
    def at(self) -> int:
        return self.counted.outcome.at

    @property
    def change(self) -> int:
        """Points, at that moment."""
        return self.sums.score - self.before


@dataclass(frozen=True, slots=True)
class History:
    """Oldest first. `moments` holds the outcomes that changed something, `unmoved` those that did not."""

    seller: str
    parameters: Parameters
    moments: tuple[Moment, ...]
    unmoved: tuple[Counted, ...]

    def sums(self, at: int) -> Sums:
        """As of a time; all zero before the first outcome."""
        step = self.parameters.step_at(at)
        place = bisect_right(self.moments, at, key=lambda moment: moment.at)
        return self.moments[place - 1].sums.after(step) if place else Sums(step=step)

    def course(self, until: int, points: int) -> list[tuple[int, Sums]]:
        """The course of the sums for drawing: `points` even times from the first outcome to `until`, and each outcome
        itself, just before and just after it."""
        if not self.moments:
            return []
        first = self.moments[0].at
        drawn: list[tuple[int, int, Sums]] = []
        for place, moment in enumerate(self.moments):
            before = self.moments[place - 1].sums if place else Sums()
            drawn.append((moment.at, 2 * place, before.after(self.parameters.step_at(moment.at))))
            drawn.append((moment.at, 2 * place + 1, moment.sums))
        last = 2 * len(self.moments)
        for number in range(1, points + 1):
            time = first + (until - first) * number // points
            drawn.append((time, last, self.sums(time)))
        return [(time, sums) for time, _, sums in sorted(drawn, key=lambda one: one[:2])]


def history_of(ledger: Ledger, seller: str, outcomes: Iterable[Outcome]) -> History:
    """Takes all of the outcomes in, and keeps those of the seller."""
    moments, unmoved = [], []
    for outcome in outcomes:
        if outcome.seller != seller:
            ledger.take(outcome)
            continue
        before = ledger.sums(seller, outcome.at).score
        counted = ledger.take(outcome)
        if counted.good or counted.bad:
            moments.append(Moment(counted, before, ledger.sums(seller, outcome.at)))
        else:
            unmoved.append(counted)
    return History(seller, ledger.parameters, tuple(moments), tuple(unmoved))
