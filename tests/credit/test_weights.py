"""What an end says about a seller, and what is left of it without witnesses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from credit_kit import ENDINGS, LATE, ON_TIME, RULES

from lading.credit import Ending, shares, value_of, weight, weights
from lading.credit.parameters import MICRO
from lading.enums import Fault, Ground, State


def released(ground: Ground) -> Ending:
    return Ending(State.RELEASED, ground, Fault.NOBODY, True, to_buyer=0, total=7)


def refunded(fault: Fault) -> Ending:
    return Ending(State.REFUNDED, Ground.NOT_SHIPPED, fault, False, to_buyer=7, total=7)


def settled(ground: Ground, fault: Fault = Fault.NOBODY, *, delivered: bool = True, to_buyer: int = 3) -> Ending:
    return Ending(State.SETTLED, ground, fault, delivered, to_buyer, total=7)


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        (released(Ground.ON_TIME), (1000, 0)),
        (released(Ground.LATE), (500, 500)),
        (refunded(Fault.SELLER), (0, 1000)),
        (refunded(Fault.NOBODY), (0, 0)),
        (refunded(Fault.BUYER), (0, 0)),
        (refunded(Fault.CARRIER), (0, 0)),
        (settled(Ground.AGREED), (500, 500)),
        (settled(Ground.RETURNED), (0, 0)),
        (settled(Ground.NOT_RULED), (0, 0)),
        (settled(Ground.RULED), (0, 0)),
        (settled(Ground.RULED, to_buyer=0), (1000, 0)),
        (settled(Ground.RULED, delivered=False, to_buyer=0), (0, 0)),
        (settled(Ground.RULED, Fault.SELLER), (0, 1000)),
        (settled(Ground.AGREED, delivered=False, to_buyer=3), (572, 428)),
        (settled(Ground.AGREED, delivered=False, to_buyer=7), (0, 1000)),
    ],
)
def test_how_good_and_how_bad_an_end_is(ending: Ending, expected: tuple[int, int]) -> None:
    assert shares(ending) == expected


@given(st.sampled_from(ENDINGS), st.integers(0, RULES.top))
def test_good_and_bad_of_a_witnessed_end_are_its_whole_weight_or_nothing(ending: Ending, value: int) -> None:
    good, bad = weights(ending, value, True, RULES)
    assert good + bad in (0, weight(value, RULES))


@given(st.sampled_from(ENDINGS), st.integers(0, RULES.top))
def test_without_witnesses_a_quarter_of_the_good_is_left_and_all_of_the_bad(ending: Ending, value: int) -> None:
    good, bad = weights(ending, value, True, RULES)
    assert weights(ending, value, False, RULES) == (good // 4, bad)


def test_what_rounds_rounds_against_the_seller() -> None:
    odd = 333 * MICRO // 10
    assert weight(odd, RULES) == 333
    assert weights(LATE, odd, True, RULES) == (166, 167)
    assert weights(ON_TIME, odd, False, RULES) == (83, 0)


@pytest.mark.parametrize(
    ("price", "rate", "expected"), [(1, 10**18, 1), (3, 5 * 10**17, 1), (5, 0, 0), (10**6, 10**18, MICRO)]
)
def test_a_value_is_in_millionths_of_the_reference_unit(price: int, rate: int, expected: int) -> None:
    assert value_of(price, rate) == expected
