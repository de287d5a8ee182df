"""A seller's score from the outcomes of its orders: the integers of SellerCredit, bit for bit (ISellerCredit.sol).

The score is 1000 times the lower bound of a Beta posterior with a uniform prior, in its normal approximation:
`a/n - z * sqrt(a*b / (n*n*(n+1)))` with a = good/1000 + 1, b = bad/1000 + 1, n = a + b and z = 1.645 (one-sided 95 %),
never below zero, exactly rounded down. Why so, and why it is monotone: docs/decisions/0004-credit-score.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isqrt

from lading.enums import Fault, Ground, State
from lading.errors import InputError

UNIT = 1000
"""One order, and one whole."""

Z = 1645
"""The one-sided 95 % quantile of the normal distribution, in thousandths."""

MAX_WEIGHT = 2**64 - 1
"""What a record's good or bad weight holds on chain."""


class WeightError(InputError):
    """A weight that no record can hold."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an accepted order ended: what the escrow tells the observer (ITradeEscrow.Outcome). Times in Unix seconds;
    `at` is the order's end; `to_buyer` of `total`, price and freight in the terms, went back to the buyer's side, in
    smallest units."""

    state: State
    ground: Ground
    fault: Fault
    delivered: bool
    accepted_at: int
    at: int
    to_buyer: int
    total: int


@dataclass(frozen=True, slots=True)
class CreditRecord:
    """A seller's sums, in thousandths of an order; `orders` that counted; `updated_at` in Unix seconds, 0 before."""

    good: int = 0
    bad: int = 0
    orders: int = 0
    updated_at: int = 0

    @property
    def score(self) -> int:
        """0 to 999."""
        return score(self.good, self.bad)

    def after(self, outcome: Outcome) -> CreditRecord:
        """The record with one more outcome; this one itself if the outcome says nothing about a seller."""
        good, bad = weights(outcome)
        if not good and not bad:
            return self
        return CreditRecord(self.good + good, self.bad + bad, self.orders + 1, max(self.updated_at, outcome.at))


def weights(outcome: Outcome) -> tuple[int, int]:
    """Good and bad weight of an outcome, in thousandths of an order; (0, 0) for one that is not counted."""
    if outcome.state is State.RELEASED:
        return (UNIT, 0) if outcome.ground is Ground.ON_TIME else (UNIT // 2, UNIT // 2)
    if outcome.fault is Fault.SELLER:
        return (0, UNIT)
    if outcome.ground is Ground.AGREED:
        # What never arrived is as bad as what was given back.
        bad = UNIT // 2 if outcome.delivered else UNIT * outcome.to_buyer // outcome.total
        return (UNIT - bad, bad)
    blameless = outcome.ground is Ground.RULED and outcome.delivered and not outcome.to_buyer
    return (UNIT, 0) if blameless else (0, 0)


def replay(outcomes: Iterable[Outcome]) -> CreditRecord:
    """The record that a seller's outcomes lead to, in the order of their log entries. They are those of orders that it
    accepted with a key that was valid then; others never reach a record."""
    record = CreditRecord()
    for outcome in outcomes:
        record = record.after(outcome)
    return record


def score(good: int, bad: int) -> int:
    """0 to 999, for sums of weights in thousandths of an order. Raises `WeightError` outside of 64 bits."""
    for name, weight in (("good", good), ("bad", bad)):
        if not 0 <= weight <= MAX_WEIGHT:
            raise WeightError(f"the {name} weight {weight} is not between 0 and {MAX_WEIGHT}")
    a, b = good + UNIT, bad + UNIT
    n = a + b
    deviation = _root_up(-(-Z * Z * UNIT * a * b // (n + UNIT)))
    return max(UNIT * a - deviation, 0) // n


def _root_up(value: int) -> int:
    root = isqrt(value)
    return root if root * root == value else root + 1
