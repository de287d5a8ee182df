"""The recipe once more, as plainly as it can be said: exact numbers, every outcome kept, everything counted from
scratch.

Nothing of `lading.credit` is used but the words that outcomes are told in. 2^-(n/64) is irrational; it stands here
between two fractions 2^-256 apart, which is nothing beside any rounding of the contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import isqrt

from lading.credit import Ending, Outcome, Parameters
from lading.enums import Fault, Ground, State

DIGITS = 256
UNIT = Fraction(1, 2**16)
"""The smallest unit of the contract's sums, in thousandths of a reference order."""


@cache
def left_after(steps: int) -> Fraction:
    """2^-(steps/64), at most 2^-256 too low."""
    value = 1 << 64 * DIGITS - steps % 64
    for _ in range(6):
        value = isqrt(value)
    return Fraction(value, 2**DIGITS) / 2 ** (steps // 64)


def shares(ending: Ending) -> tuple[Fraction, Fraction]:
    """Parts of a whole; the part that an agreement gave back is in whole thousandths."""
    if ending.state is State.RELEASED:
        return (Fraction(1), Fraction(0)) if ending.ground is Ground.ON_TIME else (Fraction(1, 2), Fraction(1, 2))
    if ending.fault is Fault.SELLER:
        return Fraction(0), Fraction(1)
    if ending.ground is Ground.AGREED and ending.delivered:
        return Fraction(1, 2), Fraction(1, 2)
    if ending.ground is Ground.AGREED:
        bad = Fraction(int(Fraction(1000 * ending.to_buyer, ending.total)), 1000)
        return 1 - bad, bad
    if ending.ground is Ground.RULED and ending.delivered and ending.to_buyer == 0:
        return Fraction(1), Fraction(0)
    return Fraction(0), Fraction(0)


def weight(outcome: Outcome, rules: Parameters) -> int:
    """Whole thousandths of a reference order."""
    value = min(int(Fraction(outcome.price * outcome.rate, 10**18)), rules.top)
    orders = Fraction(value, rules.knee) if value <= rules.knee else 1 + Fraction(value - rules.knee, 4 * rules.knee)
    return int(1000 * orders)


@dataclass
class Entry:
    outcome: Outcome
    good: int
    bad: int


@dataclass
class Model:
    """One deployment. `entries` are what was counted, oldest first."""

    rules: Parameters
    entries: list[Entry] = field(default_factory=list)

    def take(self, outcome: Outcome) -> Entry:
        good_share, bad_share = shares(outcome.ending)
        whole = weight(outcome, self.rules)
        good, bad = int(whole * good_share), -int(-whole * bad_share // 1)
        if not outcome.witnessed:
            good = good * self.rules.unwitnessed // 1000
        same = [
            entry
            for entry in self.entries
            if entry.outcome.seller == outcome.seller
            and entry.outcome.at // self.rules.period == outcome.at // self.rules.period
        ]
        by_buyer = [entry for entry in same if entry.outcome.buyer == outcome.buyer]
        first = next((entry.outcome.platform for entry in same if entry.good), outcome.platform)
        alike = [entry for entry in same if (entry.outcome.platform == first) == (outcome.platform == first)]
        for cap, rivals in (
            (self.rules.buyer_cap, by_buyer),
            (self.rules.platform_cap, alike),
            (self.rules.total_cap, same),
        ):
            good = min(good, cap - sum(entry.good for entry in rivals))
        bad = min(bad, self.rules.bad_cap - sum(entry.bad for entry in by_buyer))
        entry = Entry(outcome, good, bad)
        if good or bad:
            self.entries.append(entry)
        return entry

    def sums(self, seller: str, at: int) -> tuple[Fraction, Fraction, Fraction]:
        """Witnessed good, other good and bad, in thousandths of a reference order, without any rounding."""
        grid = self.rules.half_life // 64
        witnessed = other = bad = Fraction(0)
        for entry in self.entries:
            if entry.outcome.seller == seller:
                left = left_after(at // grid - entry.outcome.at // grid)
                bad += left * entry.bad
                if entry.outcome.witnessed:
                    witnessed += left * entry.good
                else:
                    other += left * entry.good
        return witnessed, other, bad

    def outcomes_of(self, seller: str) -> int:
        return sum(entry.outcome.seller == seller for entry in self.entries)


def reaches(points: int, good: Fraction, bad: Fraction) -> bool:
    """Whether the bound is at least `points` thousandths, without a root: a/n - s >= z * sqrt(v) exactly if a/n >= s
    and (a/n - s)² >= z² * v."""
    a, b = good / 1000 + 1, bad / 1000 + 1
    n = a + b
    distance = a / n - Fraction(points, 1000)
    return distance >= 0 and distance**2 >= Fraction(1645, 1000) ** 2 * a * b / (n**2 * (n + 1))


def model_score(good: Fraction, bad: Fraction) -> int:
    """The highest score that these sums reach, by halving."""
    low, high = 0, 1000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if reaches(middle, good, bad) else (low, middle)
    return low
