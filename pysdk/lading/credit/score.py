"""A seller's score from its sums of weights: the integers of BetaBound.sol, bit for bit.

The score is 1000 times the lower bound of a Beta posterior with a uniform prior, in its normal approximation:
`a/n - z * sqrt(a*b / (n*n*(n+1)))` with a = good/1000 + 1, b = bad/1000 + 1, n = a + b and z = 1.645 (one-sided 95 %),
never below zero, exactly rounded down. Why so, and why it is monotone: docs/decisions/0004-credit-score.md.
"""

from __future__ import annotations

from math import isqrt

from lading.errors import InputError

UNIT = 1000
"""One order, and one whole."""

Z = 1645
"""The one-sided 95 % quantile of the normal distribution, in thousandths."""

MAX_WEIGHT = 2**64 - 1
"""What a good or bad weight holds on chain."""


class WeightError(InputError):
    """A weight that no record can hold."""


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
