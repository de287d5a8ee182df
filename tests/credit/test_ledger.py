"""The ledger of sellers' sums: against rational numbers, its direction, its caps, its decay, and its ends."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from credit_kit import DAY, ENDINGS, LATE, NOT_SHIPPED, ON_TIME, RULES, START, TIGHT, outcome, stories
from credit_model import UNIT, Model, left_after, model_score

from lading.credit import Ledger, OutOfOrder, Parameters, ParametersInvalid, Sums, decay, platform_score, weight
from lading.credit.ledger import MAX_SUM
from lading.credit.parameters import MICRO, RATE_SCALE

#: Units that one decay may round away of a sum: six products and a shift, a product a hair below a unit included.
ROUNDINGS = 7
HAIR = Fraction(1, 2**20)
SUMS = st.builds(Sums, *[st.integers(0, MAX_SUM)] * 3, st.just(RULES.step_at(START)))
STEPS = st.integers(0, 3_000)


def replayed(told, rules: Parameters) -> tuple[Ledger, Model]:
    ledger, model = Ledger(rules), Model(rules)
    for one in told:
        counted, entry = ledger.take(one), model.take(one)
        assert (counted.good, counted.bad) == (entry.good, entry.bad)
    return ledger, model


@given(stories(), st.sampled_from([RULES, TIGHT]), st.integers(0, 500 * DAY))
@settings(max_examples=200)
def test_sums_are_those_of_the_rational_model_within_the_stated_roundings(told, rules, later) -> None:
    ledger, model = replayed(told, rules)
    at = told[-1].at + later
    for seller in "st":
        sums, exact = ledger.sums(seller, at), model.sums(seller, at)
        bound = ROUNDINGS * UNIT * (model.outcomes_of(seller) + 1)
        for mine, true in zip((sums.witnessed, sums.other), exact[:2], strict=True):
            assert 0 <= true - mine * UNIT <= bound
        assert -HAIR <= sums.bad * UNIT - exact[2] <= bound


@given(stories(), st.sampled_from([RULES, TIGHT]), st.integers(0, 500 * DAY))
def test_the_score_lies_between_those_of_the_model_at_either_end_of_the_roundings(told, rules, later) -> None:
    ledger, model = replayed(told, rules)
    at = told[-1].at + later
    for seller in "st":
        witnessed, other, bad = model.sums(seller, at)
        slack = (
            ROUNDINGS * UNIT * 2 * (model.outcomes_of(seller) + 1) + 1
        )  # and the thousandth that is cut off at the end
        found = ledger.sums(seller, at).score
        low = model_score(max(witnessed + other - slack, Fraction(0)), bad + slack)
        assert low <= found <= model_score(witnessed + other, max(bad - HAIR, Fraction(0)))


@given(st.integers(0, MAX_SUM), STEPS)
def test_a_decay_rounds_by_less_than_seven_units_and_against_the_seller(value: int, steps: int) -> None:
    exact = value * left_after(steps)
    assert 0 <= exact - decay.down(value, steps) < ROUNDINGS
    if steps < 40 * 64:
        assert -HAIR / UNIT < decay.up(value, steps) - exact < ROUNDINGS
    else:
        assert decay.up(value, steps) == 0


@given(st.integers(0, MAX_SUM), STEPS, STEPS)
def test_what_decays_never_grows_and_longer_leaves_no_more(value: int, one: int, more: int) -> None:
    assert decay.down(value, one + more) <= decay.down(value, one) <= value
    assert decay.up(value, one) <= value


@pytest.mark.parametrize("halvings", [1, 2, 10, 24])
def test_a_sum_halves_exactly_in_a_half_life(halvings: int) -> None:
    sums = Ledger(RULES)
    sums.take(outcome(value=RULES.top))
    at = START + halvings * RULES.half_life
    assert sums.sums("s", at).witnessed == 3_000 * 2**16 >> halvings


@given(SUMS, st.sampled_from(ENDINGS), st.integers(0, 2 * RULES.top), st.booleans(), st.integers(0, 400))
def test_a_good_outcome_never_lowers_and_a_bad_one_never_raises_at_any_state(sums, ending, value, witnessed, later):
    counted = Ledger(RULES).look(outcome(ending, value=value, witnessed=witnessed))
    with_good, with_bad = sums.plus(counted.good, 0, witnessed), sums.plus(0, counted.bad, witnessed)
    for step in (sums.step, sums.step + later):
        less, one, more = (each.after(step) for each in (with_bad, sums, with_good))
        assert less.score <= one.score <= more.score
        assert less.witnessed_score <= one.witnessed_score <= more.witnessed_score


@given(SUMS, STEPS, STEPS)
def test_decay_brings_every_score_of_good_or_bad_alone_toward_the_priors(sums: Sums, one: int, more: int) -> None:
    prior = Sums().score
    good, bad = replace(sums, bad=0), replace(sums, witnessed=0, other=0)
    steps = [sums.step + one, sums.step + one + more]
    assert good.score >= good.after(steps[0]).score >= good.after(steps[1]).score >= prior
    assert bad.score <= bad.after(steps[0]).score <= prior
    gone = sums.after(sums.step + 64 * 41)
    assert (gone.witnessed, gone.other, gone.bad, gone.score) == (0, 0, 0, prior)


@given(stories(8).filter(lambda told: len(told) > 1), st.randoms(use_true_random=False))
def test_outcomes_of_one_step_may_come_in_any_order_below_the_caps(told, random) -> None:
    told = [replace(one, at=START, buyer=str(number)) for number, one in enumerate(told)]
    assume(all(not Ledger(RULES).look(one).cut_by for one in told))
    shuffled = random.sample(told, len(told))
    one, other = Ledger(RULES), Ledger(RULES)
    for ledger, order in ((one, told), (other, shuffled)):
        for each in order:
            ledger.take(each)
    assert [one.sums(seller, START) for seller in "st"] == [other.sums(seller, START) for seller in "st"]


def test_at_a_cap_the_order_decides_which_good_is_witnessed() -> None:
    """What the caps make of order: the sum of the good is the same, who stands behind it is not."""
    known, alone = outcome(value=RULES.top), outcome(value=RULES.top, witnessed=False)
    one, other = Ledger(RULES), Ledger(RULES)
    assert [one.take(known).good, one.take(alone).good] == [3_000, 0]
    assert [other.take(alone).good, other.take(known).good] == [750, 2_250]


def test_a_buyer_gives_no_more_than_its_cap_in_a_period_and_again_in_the_next() -> None:
    ledger = Ledger(RULES)
    assert [ledger.take(outcome()).good for _ in range(5)] == [1_000, 1_000, 1_000, 0, 0]
    last = ledger.take(outcome(buyer="c", at=START + RULES.period - 1))
    assert (last.good, last.cut_by) == (1_000, ())
    assert ledger.take(outcome(at=START + RULES.period)).good == 1_000


def test_the_first_platform_of_a_period_has_a_cap_of_its_own_and_all_others_share_one() -> None:
    ledger = Ledger(replace(TIGHT, total_cap=9_000))

    def given_by(buyer: int, platform: int):
        return ledger.take(outcome(value=TIGHT.top, buyer=str(buyer), platform=platform))

    assert [given_by(1, 7).good, given_by(2, 7).good, given_by(3, 7).good] == [3_000, 2_000, 0]
    assert given_by(4, 8).good == 3_000
    last = given_by(5, 9)
    assert (last.good, last.cut_by) == (1_000, ("platform", "total"))
    third = Ledger(replace(TIGHT, total_cap=99_000))
    for buyer, platform in ((1, 7), (2, 8)):
        third.take(outcome(value=TIGHT.top, buyer=str(buyer), platform=platform))
    cut = third.take(outcome(value=TIGHT.top, buyer="3", platform=9))
    assert (cut.good, cut.cut_by) == (2_000, ("platform",))


def test_a_buyer_takes_no_more_from_a_seller_than_its_cap_of_bad() -> None:
    ledger = Ledger(RULES)
    taken = [ledger.take(outcome(NOT_SHIPPED)) for _ in range(4)]
    assert [one.bad for one in taken] == [1_000, 1_000, 1_000, 0]
    assert taken[-1].cut_by == ("bad",)
    assert ledger.take(outcome(NOT_SHIPPED, buyer="c")).bad == 1_000


def test_what_is_cut_to_nothing_changes_nothing() -> None:
    ledger = Ledger(RULES)
    for _ in range(3):
        ledger.take(outcome())
    before = ledger.sums("s", START + DAY)
    assert not ledger.take(outcome(at=START + DAY)).good
    assert ledger.sums("s", START + DAY) == before


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (1, 0),
        (MICRO // 10, 1),
        (50 * MICRO, 500),
        (100 * MICRO, 1_000),
        (500 * MICRO, 2_000),
        (900 * MICRO, 3_000),
        (901 * MICRO, 3_000),
        (2**248, 3_000),
    ],
)
def test_known_weights(value: int, expected: int) -> None:
    assert weight(value, RULES) == expected


@given(st.integers(0, RULES.knee), st.integers(1, 50))
def test_splitting_an_order_gains_nothing(value: int, parts: int) -> None:
    assert parts * weight(value // parts, RULES) <= weight(value, RULES)


def test_a_late_order_is_half_good_and_half_bad_and_no_thousandth_is_lost() -> None:
    counted = Ledger(RULES).take(outcome(LATE, value=RULES.knee + 400_000))
    assert (counted.good, counted.bad) == (500, 501)


def test_the_largest_values_saturate_and_do_not_wrap() -> None:
    largest = replace(RULES, buyer_cap=2**20 - 1, platform_cap=2**20 - 1, total_cap=2**20 - 1, bad_cap=2**20 - 1)
    ledger = Ledger(largest)
    for number in range(40_000):
        most = replace(outcome(value=2**120 - 1, buyer=str(number), platform=number), rate=2**128 - 1)
        ledger.take(most if number % 2 else replace(most, ending=NOT_SHIPPED))
    sums = ledger.sums("s", START)
    assert sums.bad == 20_000 * 3_000 << 16 if MAX_SUM > 20_000 * 3_000 << 16 else MAX_SUM
    assert sums.witnessed <= (2**20 - 1) << 16
    full = Sums(MAX_SUM, MAX_SUM, MAX_SUM, 0).plus(3_000, 3_000, True)
    assert full == Sums(MAX_SUM, MAX_SUM, MAX_SUM, 0)
    assert 0 < full.score < 1_000
    assert Sums(MAX_SUM, MAX_SUM, 0, 0).score == 999


def test_far_times_stop_at_what_a_slot_holds() -> None:
    ledger = Ledger(RULES)
    ledger.take(outcome(at=2**40 - 1))
    assert ledger.sums("s", 2**40 - 1).score == 278
    assert RULES.period_at(2**40 - 1) == 2**16 - 1


def test_a_question_about_the_past_of_the_ledger_is_refused() -> None:
    ledger = Ledger(RULES)
    ledger.take(outcome())
    with pytest.raises(OutOfOrder, match="is before step"):
        ledger.sums("s", START - RULES.step)


def test_a_platforms_score_is_the_bound_over_its_sellers() -> None:
    ledger = Ledger(RULES)
    for seller in "st":
        for buyer in range(5):
            ledger.take(outcome(seller=seller, buyer=str(buyer)))
    assert platform_score(ledger.sums(seller, START) for seller in "st") == 790
    assert platform_score([]) == 25


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"knee": 0}, "knee"),
        ({"top": 5}, "top"),
        ({"unwitnessed": 1_001}, "unwitnessed"),
        ({"half_life": 63}, "half_life"),
        ({"period": 0}, "period"),
        ({"bad_cap": -1}, "bad_cap"),
    ],
)
def test_parameters_that_count_nothing_are_refused_by_name(change: dict[str, int], named: str) -> None:
    with pytest.raises(ParametersInvalid, match=named):
        replace(RULES, **change)


def test_a_token_without_a_rate_counts_nothing_good_or_bad() -> None:
    ledger = Ledger(RULES)
    for ending in (ON_TIME, NOT_SHIPPED):
        counted = ledger.take(replace(outcome(ending), rate=0))
        assert (counted.good, counted.bad) == (0, 0)
    assert not list(ledger.sellers)
    assert ledger.take(replace(outcome(), rate=RATE_SCALE * 2, price=RULES.knee // 2)).good == 1_000


def test_the_first_platform_stays_known_by_its_address_and_by_its_participant() -> None:
    """Two keys of one platform share its tally; one that was nobody stays what it was, once it is somebody."""
    ledger = Ledger(replace(TIGHT, total_cap=99_000))
    ledger.take(replace(outcome(value=TIGHT.top, buyer="1"), platform=0, platform_key=5))
    same = ledger.take(replace(outcome(value=TIGHT.top, buyer="2"), platform=7, platform_key=5))
    assert (same.good, ledger.record("s").first_platform) == (2_000, 5_000)
    ledger.take(replace(outcome(value=TIGHT.top, buyer="3"), platform=7, platform_key=6))
    assert ledger.record("s").other_platforms == 3_000
    later = replace(outcome(buyer="1", at=START + TIGHT.period), platform=7, platform_key=6)
    ledger.take(later)
    ledger.take(replace(later, buyer="2", platform_key=8))
    record = ledger.record("s")
    assert (record.platform_tag, record.platform_key_tag) == (7, 6)
    assert (record.first_platform, record.other_platforms, record.total) == (2_000, 0, 2_000)
