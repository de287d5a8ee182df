"""What the ledger's orders tell: by hand, and from orders that really ended on a chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sdk_kit import BUYER, PLATFORM, SELLER, World

from lading.adopt.config import Ledger
from lading.adopt.errors import LedgerTooThin
from lading.adopt.estimate import Ending, endings, estimate

NOW = datetime(2026, 3, 1, tzinfo=UTC)
P1, P2 = "0x" + "11" * 20, "0x" + "22" * 20
TOKEN = "0x" + "33" * 20


def ending(fee: object, linked: bool, days_ago: int = 10, platform: str = P1, token: str = TOKEN) -> Ending:
    return Ending(platform, token, linked, Decimal(str(fee)), NOW - timedelta(days=days_ago))


#: Two plain orders that kept 3 and 1, two linked that kept 5 and 4, over ten days.
FOUR = [ending(3, False), ending(1, False, 5), ending(5, True, 4), ending(4, True, 1)]
ASKED = Ledger(additional=Decimal("0.5"))


def values(found: list[Ending], ledger: Ledger = ASKED, days: int = 30) -> dict[str, Decimal]:
    return {one.path: one.value for one in estimate(found, ledger, days, NOW)}


def test_the_figures_are_those_of_the_formulas() -> None:
    # 4 orders in 10 days are 12 in 30; plain orders keep 2 on average, linked ones 4.5.
    assert values(FOUR) == {"platform.extra_gain": Decimal(12), "platform.boost": Decimal(30)}
    gain, boost = estimate(FOUR, ASKED, 30, NOW)
    assert "0.5 (given)" in gain.basis
    assert "2 linked" in boost.basis
    # Variances 2 and 0.5 of two orders each: 12 * root of 1.25.
    assert "standard error 13.42" in boost.basis


def test_a_boost_may_be_found_negative() -> None:
    worse = [ending(3, False), ending(3, False), ending(1, True), ending(1, True)]
    assert values(worse)["platform.boost"] < 0


def test_figures_are_per_platform() -> None:
    both = [*FOUR, *(replace(one, platform=P2) for one in FOUR)]
    assert values(both) == values(FOUR)
    assert values([*FOUR, ending(100, True, platform=P2)], Ledger(additional=Decimal("0.5"), platform=P1)) == values(
        FOUR
    )


def test_the_share_of_platforms_needs_the_market_and_is_of_all_orders() -> None:
    both = [*FOUR, ending(1, True, platform=P2)]
    market = Ledger(additional=Decimal(1), platform=P1, market_platforms=8)
    assert values(both, market)["start.platform"] == Decimal("0.25")
    with pytest.raises(LedgerTooThin, match="2 platforms have orders here"):
        values(both, market.model_copy(update={"market_platforms": 1}))


def test_since_leaves_out_what_ended_before() -> None:
    late = Ledger(additional=Decimal(1), since=NOW - timedelta(days=5))
    more = [*FOUR, ending(2, False, 2)]
    # 4 orders in 5 days are 24 in 30; plain 1.5.
    assert values(more, late)["platform.extra_gain"] == 36


@pytest.mark.parametrize(("left", "named"), [(FOUR[:2], "linked"), (FOUR[1:], "plain"), ([], "plain")])
def test_too_few_orders_of_a_kind_are_no_estimate(left: list[Ending], named: str) -> None:
    with pytest.raises(LedgerTooThin, match=named):
        values(list(left))


def test_money_of_two_tokens_is_not_added() -> None:
    with pytest.raises(LedgerTooThin, match="2 tokens"):
        values([*FOUR, ending(1, False, token=P2)])
    named = Ledger(additional=Decimal("0.5"), token=TOKEN)
    assert values([*FOUR, ending(1, False, token=P2)], named) == values(FOUR)


def test_endings_are_read_from_a_chain_to_the_cent(world: World) -> None:
    """The platform's balance is the judge: what it was paid is what was read."""
    before = world.client.token().balance(PLATFORM.address)
    for terms in (world.terms(), world.terms(fee_ceiling=Decimal("1.25"))):
        world.by(BUYER).orders.release(world.opened(terms))
    world.by(SELLER).orders.refund(world.opened(world.with_customs()))
    split = world.delivered(world.terms())
    world.by(BUYER).orders.propose_split(split, Decimal("20.50"), world.now() + timedelta(hours=1))
    world.by(SELLER).orders.accept_split(split, Decimal("20.50"))
    cancelled = world.terms()
    world.by(BUYER).orders.open(cancelled)
    world.by(BUYER).orders.cancel(cancelled)
    world.opened(world.terms())
    found = list(endings(world.client))
    # 2.5 % of 120.50 or of the 100.00 that the split left; what was cancelled or still goes on is not there.
    fees = [(False, Decimal("3.0125")), (False, Decimal("1.25")), (True, Decimal(0)), (False, Decimal("2.5"))]
    assert [(one.linked, one.fee) for one in found] == fees
    assert world.client.token().balance(PLATFORM.address) - before == sum(fee for _, fee in fees)
    assert {(one.platform, one.token) for one in found} == {(PLATFORM.address, world.client.token().address)}
