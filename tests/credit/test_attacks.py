"""The price of an attack: by hand, against every single strategy, and moved by nothing but the parameters."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from credit_kit import DAY, RULES
from credit_model import Model, model_score

from lading.credit import Outcome, Sums
from lading.credit.attack import NOT_DELIVERED, ON_TIME, SELLER, Strategy, cheapest, moments, play, standing
from lading.credit.attacks import STARTS, Attack, Study, strategies, study, units, values
from lading.credit.market import Gas, Market, MarketInvalid
from lading.credit.parameters import MICRO, RATE_SCALE
from lading.credit.weights import Ending

GAS = Gas(
    open=116_055,
    release=58_888,
    refund=49_686,
    ship=34_490,
    deliver=62_692,
    match=115_378,
    first=70_000,
    new=45_000,
    known=30_000,
    buyer=42_000,
    seller=42_000,
    transaction=21_000,
)
MARKET = Market(
    gas_price=10**9,
    ether_price=3_000 * MICRO,
    provider_bps=60,
    provider_fixed=0,
    provider_time=DAY,
    duties_bps=910,
    term=14 * DAY,
    periods=4,
    ring=5,
    line_bps=1_000,
    gas=GAS,
)
FREE = replace(MARKET, gas_price=0)


@pytest.fixture(scope="module")
def found() -> Study:
    return study(RULES, MARKET)


def at_least(points: int):
    return lambda sums: sums.score >= points


def test_one_witnessed_order_costs_its_gas_and_the_providers_fee() -> None:
    plan = play(RULES, MARKET, Sums(), at_least(278), Strategy(RULES.knee, True))
    assert plan is not None
    gas = 116_055 + 115_378 + 34_490 + 62_692 + 58_888 - 5 * 21_000 + 70_000 + 42_000
    assert plan.gas == gas * 3_000 // 1_000  # at 1 gwei and 3,000 RU an ether: 3 micro-RU for 1,000 units
    assert plan.fees == 600_000
    assert plan.duties == 9_100_000
    assert (plan.orders, plan.used_buyers, plan.lots, plan.signers, plan.lock) == (1, 1, 1, 1, DAY)
    assert (plan.capital, plan.capital_time, plan.time) == (RULES.knee, RULES.knee * DAY, DAY)
    assert (plan.before, plan.after.score, plan.after.witnessed_score) == (25, 278, 278)


def test_without_witnesses_it_takes_four_times_the_orders_no_signer_and_no_lock() -> None:
    plan = play(RULES, MARKET, Sums(), at_least(278), Strategy(RULES.knee))
    assert plan is not None
    assert (plan.orders, plan.used_buyers, plan.fees, plan.signers, plan.lock, plan.time) == (4, 1, 0, 0, 0, 0)
    assert plan.capital == RULES.knee
    first, known = 116_055 + 58_888 - 42_000 + 70_000 + 42_000, 116_055 + 58_888 - 42_000 + 30_000
    assert plan.gas == MARKET.gas_cost(first) + 3 * MARKET.gas_cost(known)
    assert plan.after.witnessed_score == 25


def test_one_buyer_stops_at_its_cap_until_the_next_period() -> None:
    one = Strategy(RULES.knee, True, buyers=1)
    most = model_score(Fraction(3_000), Fraction(0))
    within, beyond = (play(RULES, FREE, Sums(), at_least(goal), one) for goal in (most, most + 1))
    assert within is not None
    assert beyond is not None
    assert (within.orders, within.lots, within.time) == (3, 1, DAY)
    assert (beyond.lots, beyond.time) == (2, DAY + 1)  # the end of one period and the beginning of the next
    assert play(RULES, FREE, Sums(), at_least(800), one) is None


def test_a_platforms_cap_is_passed_with_a_second_platform() -> None:
    rules = replace(RULES, platform_cap=5_000)
    target = at_least(model_score(Fraction(7_000), Fraction(0)))
    alone = play(rules, FREE, Sums(), target, Strategy(RULES.knee, True))
    both = play(rules, FREE, Sums(), target, Strategy(RULES.knee, True, platforms=2))
    assert alone is not None
    assert both is not None
    assert (alone.lots, both.lots, both.orders) == (2, 1, 7)


@pytest.mark.parametrize(
    "strategy",
    [
        Strategy(RULES.knee, True),
        Strategy(RULES.top, False, once=True),
        Strategy(RULES.knee // 3, True, buyers=4),
        Strategy(RULES.knee, harm=True, once=True),
        Strategy(RULES.top, harm=True),
    ],
)
def test_a_plan_is_enough_and_one_order_less_is_not_in_the_rational_model(strategy: Strategy) -> None:
    """The model has the start as one order, by a buyer of its own in the period before."""
    rules = replace(RULES, buyer_cap=30_000, half_life=10**9 * 64)
    goal = (lambda sums: sums.score <= 600) if strategy.harm else at_least(920)
    plan = play(rules, MARKET, standing(20, 0), goal, strategy)
    assert plan is not None
    assert plan.lots == 1

    def scored(orders: int) -> int:
        model = Model(rules)
        at = moments(rules, 1)[0]
        on_time = Ending(*ON_TIME, True, 0, 1)
        for number in range(20):
            model.take(
                Outcome("", SELLER, f"old{number}", 9, 9, rules.knee, RATE_SCALE, True, on_time, at - rules.period)
            )
        ending = Ending(*(NOT_DELIVERED if strategy.harm else ON_TIME), not strategy.harm, 0, 1)
        each = strategy.buyers or orders
        for number in range(orders):
            buyer = str(number if strategy.once or strategy.harm else number % each)
            model.take(Outcome("", SELLER, buyer, 1, 1, strategy.value, RATE_SCALE, strategy.witnessed, ending, at))
        witnessed, other, bad = model.sums(SELLER, at)
        return model_score(witnessed + other, bad)

    enough, short = scored(plan.orders), scored(plan.orders - 1)
    assert (enough <= 600 < short) if strategy.harm else (short < 920 <= enough)


@pytest.mark.parametrize("attack", [Attack.SELF_DEALING, Attack.BURNERS, Attack.PUMPING, Attack.RING])
def test_the_cheapest_burns_no_more_than_any_single_strategy(attack: Attack) -> None:
    offered = list(strategies(attack, RULES, MARKET))
    goal = at_least(500)
    best = cheapest(RULES, MARKET, Sums(), goal, offered)
    each = [plan.burned for one in offered if (plan := play(RULES, MARKET, Sums(), goal, one))]
    assert best is not None
    assert best.burned == min(each)
    assert len(each) > len(values(RULES)) // 2


def test_every_plan_of_the_study_gets_where_its_row_says(found: Study) -> None:
    assert len(found.rows) == len(Attack) * len(STARTS) * 2
    for row in found.rows:
        start = STARTS[row.start]
        for plan, own in ((row.any, False), (row.witnessed, True)):
            if plan is None:
                continue
            if row.attack is Attack.GRIEFING:
                assert plan.after.score <= start.score - row.points
            else:
                begun = start.witnessed_score if own else start.score
                reached = plan.after.witnessed_score if own else plan.after.score
                assert reached >= begun + row.points
                assert plan.signers == int(plan.strategy.witnessed)
                assert not own or plan.signers == 1


def test_without_witnesses_an_attacker_needs_nobody_and_unlocks_nothing(found: Study) -> None:
    bought = [row.any for row in found.rows if row.any and not row.any.strategy.witnessed and row.start == "new"]
    assert bought
    for plan in bought:
        assert MARKET.unlocked(plan.after.witnessed >> 16, plan.after.witnessed_score, RULES) == 0


def test_the_default_limit_is_zero_because_the_provider_takes_less_than_the_line_gives(found: Study) -> None:
    assert found.default_limit == 0
    assert found.safe_bps is not None
    assert found.safe_bps < MARKET.line_bps
    assert all(level.pays and level.limit == 0 for level in found.levels if level.plan)
    assert "can be faked for" in found.reason


def test_a_line_below_the_safe_part_pays_no_attacker_and_one_above_pays(found: Study) -> None:
    assert found.safe_bps is not None
    below = study(RULES, replace(MARKET, line_bps=found.safe_bps))
    assert not any(level.pays for level in below.levels)
    assert below.default_limit == max(level.unlocked for level in below.levels) > 0
    assert below.reason.startswith("Every level costs")
    above = study(RULES, replace(MARKET, line_bps=found.safe_bps + 2))
    assert any(level.pays for level in above.levels)


def test_a_dearer_provider_makes_the_witnessed_part_dearer_and_nothing_else(found: Study) -> None:
    dear = study(RULES, replace(MARKET, provider_bps=5_000))
    for cheap, row in zip(found.rows, dear.rows, strict=True):
        if cheap.witnessed and row.witnessed and row.attack is not Attack.GRIEFING:
            assert row.witnessed.burned > cheap.witnessed.burned
    assert dear.safe_bps is not None
    assert found.safe_bps is not None
    assert dear.safe_bps > found.safe_bps


def test_where_gas_is_free_only_the_provider_costs(found: Study) -> None:
    free = study(RULES, FREE)
    for row in free.rows:
        if row.any and row.attack is not Attack.GRIEFING:
            assert row.any.burned == 0
        if row.witnessed and row.attack is not Attack.GRIEFING:
            assert row.witnessed.burned == row.witnessed.fees > 0


def test_where_what_has_no_witnesses_counts_nothing_every_rise_needs_a_signer() -> None:
    strict = study(replace(RULES, unwitnessed=0), MARKET)
    rises = [row.any for row in strict.rows if row.any and row.attack is not Attack.GRIEFING]
    assert rises
    assert {plan.signers for plan in rises} == {1}


def test_costs_are_shown_rounded_up() -> None:
    assert [units(0), units(1), units(1_230_000), units(1_230_001)] == ["0.00", "0.01", "1.23", "1.24"]


@pytest.mark.parametrize("change", [{"ring": 1}, {"periods": 0}, {"gas_price": -1}])
def test_prices_that_make_no_sense_are_refused_by_name(change: dict[str, int]) -> None:
    with pytest.raises(MarketInvalid, match=next(iter(change))):
        replace(MARKET, **change)
