"""What raised a score, what lowered it, and what would raise it next: each said effect happens."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from credit_kit import DAY, NOT_SHIPPED, RULES, START, TIGHT, outcome, stories

from lading.credit import Ledger, explain, history_of
from lading.credit.explain import GOAL


@given(stories(), st.integers(0, 300 * DAY))
def test_a_history_gives_the_sums_of_the_ledger_at_any_time_since(told, later: int) -> None:
    ledger = Ledger(TIGHT)
    history = history_of(ledger, "s", told)
    at = told[-1].at + later
    assert history.sums(at) == ledger.sums("s", at)
    assert len(history.moments) + len(history.unmoved) == sum(one.seller == "s" for one in told)
    for moment in history.moments:
        past = Ledger(TIGHT)
        history_of(past, "s", [one for one in told if one.at <= moment.at])
        assert history.sums(moment.at) == past.sums("s", moment.at)


@given(stories(), st.integers(0, 300 * DAY))
def test_every_option_leads_to_the_score_that_it_names(told, later: int) -> None:
    ledger, at = Ledger(RULES), told[-1].at + later
    history = history_of(ledger, "s", told)
    found = explain(ledger, history, at)
    now = ledger.sums("s", at).score
    for option in found.options:
        assert option.gain == option.score - now
    gains = {option.what: option.gain for option in found.options}
    assert gains["one reference order on time, witnessed, from a new buyer"] >= 0
    assert gains["one order of the top value on time, witnessed, from a new buyer"] >= 0
    waited = next(option for option in found.options if option.what == "waiting one half-life")
    assert waited.score == ledger.sums("s", at + RULES.half_life).score


@given(stories())
def test_only_good_outcomes_raise_and_only_bad_ones_lower(told) -> None:
    ledger = Ledger(RULES)
    history = history_of(ledger, "s", told)
    for effect in explain(ledger, history, told[-1].at).effects:
        counted = effect.moment.counted
        assert effect.points <= 0 or counted.good
        assert effect.points >= 0 or counted.bad
        assert effect.good <= counted.good
        assert effect.bad <= counted.bad


@given(stories(), st.integers(0, 100 * DAY))
def test_the_orders_to_the_goal_are_enough_and_one_less_is_not(told, later: int) -> None:
    ledger, at = Ledger(RULES), told[-1].at + later
    history = history_of(ledger, "s", told)
    now, count = ledger.sums("s", at).score, explain(ledger, history, at).orders_to_goal
    if count is None:
        return
    last = history.moments[-1].counted.outcome if history.moments else outcome(platform=0)
    for number in range(count):
        assert ledger.sums("s", at).score < now + GOAL
        key = last.platform_key if history.moments else 0
        ledger.take(replace(outcome(buyer=f"n{number}", at=at, platform=last.platform), platform_key=key))
    assert ledger.sums("s", at).score >= now + GOAL


def test_a_bad_outcome_is_worth_what_the_score_would_be_without_it() -> None:
    ledger, without = Ledger(RULES), Ledger(RULES)
    good = [outcome(buyer=str(number)) for number in range(5)]
    history = history_of(ledger, "s", [*good, outcome(NOT_SHIPPED)])
    history_of(without, "s", good)
    lowered = explain(ledger, history, START).effects[-1]
    assert lowered.points == ledger.sums("s", START).score - without.sums("s", START).score < 0
    assert explain(ledger, history, START).effects[0].points > 0


def test_the_buyer_of_the_last_order_has_nothing_left_to_give_and_that_is_said() -> None:
    ledger = Ledger(RULES)
    history = history_of(ledger, "s", [outcome(value=RULES.top)])
    again = explain(ledger, history, START).options[1]
    assert (again.gain, again.cut_by) == (0, ("buyer",))


def test_the_course_of_a_history_starts_below_its_first_outcome_and_ends_at_the_time_asked() -> None:
    ledger = Ledger(RULES)
    history = history_of(ledger, "s", [outcome(), outcome(NOT_SHIPPED, at=START + 9 * DAY)])
    course = history.course(START + 40 * DAY, 20)
    times = [time for time, _ in course]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (START, START + 40 * DAY)
    assert [sums.score for _, sums in course[:2]] == [25, 278]
    assert course[-1][1] == ledger.sums("s", START + 40 * DAY)
