"""The price of an attack: the cheapest way of each kind to move a score, and what that would unlock.

The attacker may own the seller, the platform (its fee is no cost to it), the carrier and as many buyers as it likes.
It owns no payment provider that the governance admitted: that is the one independent signer which stands behind a
witnessed order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from lading.credit.attack import Plan, Reached, Strategy, cheapest, play, standing
from lading.credit.ledger import FRACTION_BITS, Sums
from lading.credit.market import BPS, Market
from lading.credit.parameters import Parameters

POINTS = (50, 200)
LEVELS = (300, 500, 700, 800, 900, 950)


class Attack(StrEnum):
    SELF_DEALING = "self-dealing"
    RING = "ring"
    BURNERS = "burner buyers"
    PUMPING = "value pumping"
    WHITEWASHING = "whitewashing"
    GRIEFING = "griefing"


HOW: Mapping[Attack, str] = {
    Attack.SELF_DEALING: "one buyer of the seller's own, again and again",
    Attack.RING: "members who buy from each other",
    Attack.BURNERS: "each order from a buyer who never bought before",
    Attack.PUMPING: "few orders of large value",
    Attack.WHITEWASHING: "a new name that starts from nothing, by whatever of these is cheapest",
    Attack.GRIEFING: "a rival's orders that the attacker's own carrier never delivers",
}

STARTS: Mapping[str, Sums] = {
    "new": Sums(),
    "5 good": standing(5, 0),
    "20 good, 5 bad": standing(20, 5),
    "50 good, 2 bad": standing(50, 2),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One attack from one start by some points. `any` moves the score, `witnessed` the witnessed one: the cheapest
    plan of each, None where there is none within the market's patience or the score has no such room. Griefing lowers
    both at once, by the same orders."""

    attack: Attack
    start: str
    points: int
    before: int
    any: Plan | None
    witnessed: Plan | None


@dataclass(frozen=True, slots=True)
class Level:
    """The plan that gains most when a new name is to have a witnessed score of `level`, and the unsecured credit that
    the candidate line would give it, in micro-RU."""

    level: int
    plan: Plan | None
    unlocked: int

    @property
    def pays(self) -> bool:
        """Whether an attacker who takes the credit and leaves is better off."""
        return self.plan is not None and self.unlocked > self.plan.burned

    @property
    def limit(self) -> int:
        """What may be given without security by default, in micro-RU."""
        return 0 if self.pays else self.unlocked


@dataclass(frozen=True, slots=True)
class Study:
    """`safe_bps`: the largest part of witnessed turnover that the line could advance without any level paying, all else
    as it is; None if none of the levels can be reached."""

    parameters: Parameters
    market: Market
    rows: tuple[Row, ...]
    levels: tuple[Level, ...]
    safe_bps: int | None

    @property
    def default_limit(self) -> int:
        """In micro-RU: zero as soon as one level pays, since whoever reaches a higher one passes it; else what the
        highest level unlocks."""
        return 0 if any(level.pays for level in self.levels) else max(level.unlocked for level in self.levels)

    @property
    def reason(self) -> str:
        """A sentence."""
        paying = [level for level in self.levels if level.pays]
        if not paying:
            return "Every level costs an attacker more than the credit that it would unlock."
        worst = max(paying, key=lambda level: level.unlocked - (level.plan.burned if level.plan else 0))
        burned = worst.plan.burned if worst.plan else 0
        return (
            f"A witnessed score of {worst.level} can be faked for {units(burned)} RU and would unlock "
            f"{units(worst.unlocked)} RU: nothing in the recipe makes the attack dearer than the credit, so none is "
            "given without security."
        )


def units(micro: int) -> str:
    """Micro-RU as RU, two digits, rounded up if a cost is not to look smaller than it is."""
    cents = -(-micro // 10_000)
    return f"{cents // 100}.{cents % 100:02d}"


def study(parameters: Parameters, market: Market) -> Study:
    """All rows and levels. Takes some seconds."""
    rows = tuple(_rows(parameters, market))
    fakes = {level: _fakes(parameters, market, level) for level in LEVELS}
    levels = tuple(_level(parameters, market, level, plans) for level, plans in fakes.items())
    return Study(parameters, market, rows, levels, _safe(parameters, market, fakes))


def _rows(parameters: Parameters, market: Market) -> Iterator[Row]:
    for attack in Attack:
        for name, start in STARTS.items():
            for points in POINTS:
                yield (
                    _griefing(parameters, market, name, start, points)
                    if attack is Attack.GRIEFING
                    else _raising(parameters, market, attack, name, start, points)
                )


def _raising(parameters: Parameters, market: Market, attack: Attack, name: str, start: Sums, points: int) -> Row:
    begin = Sums() if attack is Attack.WHITEWASHING else start
    plans: list[Plan | None] = []
    for own in (False, True):
        target = (start.witnessed_score if own else start.score) + points
        offered = [one for one in strategies(attack, parameters, market) if one.witnessed or not own]
        plans.append(cheapest(parameters, market, begin, _at_least(target, own), offered))
    return Row(attack, name, points, start.score, plans[0], plans[1])


def _griefing(parameters: Parameters, market: Market, name: str, start: Sums, points: int) -> Row:
    if start.score < points:
        return Row(Attack.GRIEFING, name, points, start.score, None, None)

    def lowered(sums: Sums) -> bool:
        return sums.score <= start.score - points

    found = cheapest(parameters, market, start, lowered, strategies(Attack.GRIEFING, parameters, market))
    return Row(Attack.GRIEFING, name, points, start.score, found, found)


def _at_least(target: int, witnessed: bool) -> Reached:
    if witnessed:
        return lambda sums: sums.witnessed_score >= target
    return lambda sums: sums.score >= target


def values(parameters: Parameters) -> list[int]:
    """Of one order, in micro-RU: from a tenth of the knee to the top, each a half more than the one before, and both
    corners themselves."""
    found = {parameters.knee, parameters.top}
    value = max(parameters.knee // 10, 1)
    while value < parameters.top:
        found.add(value)
        value = value * 3 // 2 + 1
    return sorted(found)


def strategies(attack: Attack, parameters: Parameters, market: Market) -> Iterator[Strategy]:
    """The ways of an attack, likely cheap ones first, which cuts the search short."""
    if attack is Attack.WHITEWASHING:
        for kind in (Attack.PUMPING, Attack.BURNERS, Attack.SELF_DEALING):
            yield from (replace(one, name=True) for one in strategies(kind, parameters, market))
        return
    for value in sorted(values(parameters), key=lambda value: abs(value - parameters.knee)):
        if attack is Attack.PUMPING and value < parameters.knee:
            continue
        if attack is Attack.GRIEFING:
            yield from (Strategy(value, harm=True, once=once) for once in (False, True))
            continue
        for witnessed in (True, False):
            yield from _raisers(attack, value, witnessed, market)


def _raisers(attack: Attack, value: int, witnessed: bool, market: Market) -> Iterator[Strategy]:
    if attack is Attack.SELF_DEALING:
        yield Strategy(value, witnessed, buyers=1)
    elif attack is Attack.RING:
        yield Strategy(value, witnessed, buyers=market.ring - 1)
    else:
        for platforms in (1, 2):
            yield Strategy(value, witnessed, once=attack is Attack.BURNERS, platforms=platforms)


def _fakes(parameters: Parameters, market: Market, level: int) -> list[Plan]:
    """Every way to a level from a new name."""
    ways = (one for one in strategies(Attack.WHITEWASHING, parameters, market) if one.witnessed)
    plans = (play(parameters, market, Sums(), _at_least(level, True), one) for one in ways)
    return [plan for plan in plans if plan is not None]


def _unlocked(parameters: Parameters, market: Market, plan: Plan) -> int:
    return market.unlocked(plan.after.witnessed >> FRACTION_BITS, plan.after.witnessed_score, parameters)


def _level(parameters: Parameters, market: Market, level: int, plans: list[Plan]) -> Level:
    """With the plan that gains most."""
    gains = [(_unlocked(parameters, market, plan) - plan.burned, plan) for plan in plans]
    best = max(gains, key=lambda one: one[0], default=(0, None))[1]
    return Level(level, best, 0 if best is None else _unlocked(parameters, market, best))


def _safe(parameters: Parameters, market: Market, fakes: Mapping[int, list[Plan]]) -> int | None:
    """What a line advances grows in proportion to its part, so a whole part tells how large it may be."""
    whole = replace(market, line_bps=BPS)
    pairs = [(plan.burned, _unlocked(parameters, whole, plan)) for plans in fakes.values() for plan in plans]
    return min((burned * BPS // unlocked for burned, unlocked in pairs if unlocked), default=None)
