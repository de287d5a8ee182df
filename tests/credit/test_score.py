"""The credit score: against rational numbers, against the contract's table, and its direction."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lading.credit import WeightError, score
from lading.credit.score import MAX_WEIGHT, UNIT, Z

ROOT = Path(__file__).parents[2]
HALVES = st.integers(min_value=0, max_value=2000).map(lambda orders: orders * 500)
WEIGHTS = st.integers(min_value=0, max_value=MAX_WEIGHT) | HALVES
HALF_ORDERS = range(0, 60 * 500 + 1, 500)


def table() -> list[tuple[int, int, int]]:
    """The rows that forge holds the contract to."""
    source = (ROOT / "tests/contracts/ScoreTable.sol").read_text()
    rows = re.findall(r'hex"([0-9a-f]{16})_([0-9a-f]{16})_([0-9a-f]{4})"', source)
    return [(int(good, 16), int(bad, 16), int(expected, 16)) for good, bad, expected in rows]


def reaches(points: int, good: int, bad: int) -> bool:
    """Whether the formula's value is at least `points` thousandths, in rational numbers and without a root:
    a/n - s >= z * sqrt(v) exactly if a/n >= s and (a/n - s)² >= z² * v."""
    a, b = Fraction(good, 1000) + 1, Fraction(bad, 1000) + 1
    n = a + b
    distance = a / n - Fraction(points, 1000)
    return distance >= 0 and distance**2 >= Fraction(1645, 1000) ** 2 * a * b / (n**2 * (n + 1))


@given(WEIGHTS, WEIGHTS)
@example(0, 0)
@example(MAX_WEIGHT, 0)
@example(0, MAX_WEIGHT)
@example(MAX_WEIGHT, MAX_WEIGHT)
def test_the_score_is_the_exact_floor_of_the_formula(good: int, bad: int) -> None:
    found = score(good, bad)
    assert 0 <= found < 1000
    assert found == 0 or reaches(found, good, bad)
    assert not reaches(found + 1, good, bad)


def test_the_table_that_the_contract_is_held_to_is_ours() -> None:
    rows = table()
    assert len(rows) >= 300
    assert [score(good, bad) for good, bad, _ in rows] == [expected for _, _, expected in rows]


def test_the_constants_are_the_contracts() -> None:
    library = (ROOT / "contracts/libraries/BetaBound.sol").read_text()
    assert dict(re.findall(r"uint256 \w+ constant (\w+) = (\d+);", library)) == {"UNIT": str(UNIT), "Z": str(Z)}


def test_over_a_grid_a_good_outcome_never_lowers_and_a_bad_one_never_raises() -> None:
    for good in HALF_ORDERS:
        for bad in HALF_ORDERS:
            assert score(good, bad + 1000) <= score(good, bad) <= score(good + 1000, bad), (good, bad)


@given(WEIGHTS, WEIGHTS, st.integers(min_value=1, max_value=10**9))
def test_anywhere_more_good_never_lowers_and_more_bad_never_raises(good: int, bad: int, more: int) -> None:
    assert score(min(good + more, MAX_WEIGHT), bad) >= score(good, bad)
    assert score(good, min(bad + more, MAX_WEIGHT)) <= score(good, bad)


@pytest.mark.parametrize(
    ("good", "bad", "expected"),
    [(0, 0, 25), (1000, 0, 278), (0, 1000, 0), (500, 500, 88), (10_000, 0, 790), (100_000, 0, 974)],
)
def test_known_scores(good: int, bad: int, expected: int) -> None:
    assert score(good, bad) == expected


@pytest.mark.parametrize(("good", "bad", "name"), [(-1, 0, "good"), (0, MAX_WEIGHT + 1, "bad")])
def test_a_weight_that_no_record_holds_is_refused(good: int, bad: int, name: str) -> None:
    with pytest.raises(WeightError, match=f"^the {name} weight"):
        score(good, bad)
