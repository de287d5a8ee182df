"""Why a score is what it is, and what would raise it next.

What an outcome *does* to a score is the score less what it would be without that outcome, all else as it is: both
decayed to the same time. Effects do not add up to the score, since the bound asks how much evidence there is beside
how good it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lading.credit import decay
from lading.credit.history import History, Moment
from lading.credit.ledger import FRACTION_BITS, Ledger, Outcome, Sums
from lading.credit.parameters import RATE_SCALE
from lading.credit.weights import Ending
from lading.enums import Fault, Ground, State

#: What "how many more" is counted up to, in points.
GOAL = 50
MOST_ORDERS = 2**13
NEW_BUYER = "a new buyer"


@dataclass(frozen=True, slots=True)
class Effect:
    """One outcome, today: what is left of its weights in thousandths of a reference order, and the points that the
    score would lose without it; negative for one that lowers it."""

    moment: Moment
    good: int
    bad: int
    points: int


@dataclass(frozen=True, slots=True)
class Option:
    """Something that could happen next: the scores after it and, where something is taken off by a cap, by which."""

    what: str
    score: int
    witnessed_score: int
    gain: int
    cut_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """`effects` from the most raising to the most lowering; `options` in a fixed order; `orders_to_goal`: witnessed
    reference orders on time, from new buyers through the usual platform, until `GOAL` more points; None if this
    period's caps are in the way."""

    seller: str
    at: int
    sums: Sums
    effects: tuple[Effect, ...]
    options: tuple[Option, ...]
    orders_to_goal: int | None


def explain(ledger: Ledger, history: History, at: int) -> Explanation:
    """As of a time that is not before the last outcome taken in. Raises `OutOfOrder` if it is."""
    sums = ledger.sums(history.seller, at)
    effects = sorted(_effects(history, sums), key=lambda effect: (-effect.points, effect.moment.at))
    options = tuple(_options(ledger, history, sums, at))
    return Explanation(history.seller, at, sums, tuple(effects), options, _to_goal(ledger, history, sums, at))


def _effects(history: History, sums: Sums) -> Iterator[Effect]:
    for moment in history.moments:
        counted = moment.counted
        steps = sums.step - moment.sums.step
        good = decay.down(counted.good << FRACTION_BITS, steps)
        bad = decay.down(counted.bad << FRACTION_BITS, steps)
        first, second = (good, 0) if counted.outcome.witnessed else (0, good)
        without = replace(
            sums,
            witnessed=max(sums.witnessed - first, 0),
            other=max(sums.other - second, 0),
            bad=max(sums.bad - bad, 0),
        )
        yield Effect(moment, good >> FRACTION_BITS, bad >> FRACTION_BITS, sums.score - without.score)


def _options(ledger: Ledger, history: History, sums: Sums, at: int) -> Iterator[Option]:
    knee, top = ledger.parameters.knee, ledger.parameters.top
    on_time = _next(history, at, knee, witnessed=True)
    yield _after(ledger, sums, on_time, "one reference order on time, witnessed, from a new buyer")
    known = _last_buyer(history)
    if known is not None:
        again = replace(on_time, buyer=known)
        yield _after(ledger, sums, again, "the same from the buyer of the last order")
    alone = _next(history, at, knee, witnessed=False)
    yield _after(ledger, sums, alone, "one reference order on time, without witnesses, from a new buyer")
    large = _next(history, at, top, witnessed=True)
    yield _after(ledger, sums, large, "one order of the top value on time, witnessed, from a new buyer")
    late = replace(on_time, ending=replace(on_time.ending, ground=Ground.LATE))
    yield _after(ledger, sums, late, "one reference order late, witnessed, from a new buyer")
    for name, seconds in (("period", ledger.parameters.period), ("half-life", ledger.parameters.half_life)):
        later = sums.after(ledger.parameters.step_at(at + seconds))
        yield Option(f"waiting one {name}", later.score, later.witnessed_score, later.score - sums.score)


def _after(ledger: Ledger, sums: Sums, outcome: Outcome, what: str) -> Option:
    counted = ledger.look(outcome)
    then = sums.plus(counted.good, counted.bad, outcome.witnessed)
    return Option(what, then.score, then.witnessed_score, then.score - sums.score, counted.cut_by)


def _next(history: History, at: int, value: int, *, witnessed: bool) -> Outcome:
    """An order on time of a value in micro-RU, through the platform of the last one."""
    ending = Ending(State.RELEASED, Ground.ON_TIME, Fault.NOBODY, witnessed, 0, value)
    last = history.moments[-1].counted.outcome if history.moments else None
    platform, key = (last.platform, last.platform_key) if last else (0, 0)
    return Outcome("", history.seller, NEW_BUYER, platform, key, value, RATE_SCALE, witnessed, ending, at)


def _last_buyer(history: History) -> str | None:
    return history.moments[-1].counted.outcome.buyer if history.moments else None


def _to_goal(ledger: Ledger, history: History, sums: Sums, at: int) -> int | None:
    """By halving: more good never lowers a score."""
    order = _next(history, at, ledger.parameters.knee, witnessed=True)
    each, left = ledger.look(order).good, ledger.left(order)
    low, high = 0, min(MOST_ORDERS, left // each if each else 0)
    if sums.plus(high * each, 0, True).score < sums.score + GOAL:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if sums.plus(middle * each, 0, True).score >= sums.score + GOAL:
            high = middle
        else:
            low = middle
    return high
