"""The file: every fault by its path, and no figure guessed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from adopt_kit import MARKET
from hypothesis import given
from hypothesis import strategies as st

from lading.adopt.basin import basin
from lading.adopt.config import game_of, load, parse
from lading.adopt.errors import GameInvalid

WHOLE = {"normal_income": "80", "extra_gain": "6", "extra_cost": "10", "boost": "12"}
GOOD = {"currency": "EUR", "platform": WHOLE, "technology": WHOLE}


def faults(document: object, *, from_ledger: bool = False) -> dict[str, str]:
    with pytest.raises(GameInvalid) as caught:
        parse(document, "x.yaml", from_ledger=from_ledger)
    return dict(caught.value.faults)


def test_every_example_is_whole(root: Path) -> None:
    for path in sorted((root / "examples" / "adopt").glob("*.yaml")):
        assert load(path, from_ledger=path.stem == "from-ledger").currency


def test_the_example_is_the_market_of_these_tests_in_thousands(root: Path) -> None:
    found = game_of(load(root / "examples" / "adopt" / "market.yaml").figures())
    assert [one.x for one in found.equilibria()] == [one.x for one in MARKET.equilibria()]
    assert found.platform.boost == 1000 * MARKET.platform.boost
    assert basin(found).area == pytest.approx(basin(MARKET).area, abs=1e-9)


def test_every_fault_is_named_by_its_path_at_once() -> None:
    bad = {
        "platform": {**WHOLE, "extra_cost": "-1", "boost": "much", "bonus": "1"},
        "technology": {"normal_income": "1", "boost": "nan"},
        "start": {"platform": "1.2"},
        "period_days": "0",
    }
    assert set(faults(bad)) == {
        "currency",
        "platform.extra_cost",
        "platform.boost",
        "platform.bonus",
        "technology.extra_gain",
        "technology.extra_cost",
        "technology.boost",
        "start.platform",
        "start.technology",
        "period_days",
    }


@pytest.mark.parametrize("document", [None, [], "text", 3])
def test_what_is_no_mapping_is_refused(document: object) -> None:
    assert "mapping" in faults(document)[""]


def test_what_the_ledger_can_tell_may_be_missing_only_if_it_is_asked() -> None:
    thin = {**GOOD, "platform": {"normal_income": "80", "extra_cost": "10"}}
    found = faults(thin)
    assert set(found) == {"platform.extra_gain", "platform.boost"}
    assert all("--from-ledger" in message for message in found.values())
    assert set(faults(thin, from_ledger=True)) == {"ledger"}
    told = parse({**thin, "ledger": {"additional": "0.4"}}, "x", from_ledger=True)
    assert "platform.boost" not in told.figures()


def test_what_no_ledger_tells_is_missing_all_the_same() -> None:
    thin = {**GOOD, "technology": {}, "ledger": {"additional": "0.4"}}
    assert set(faults(thin, from_ledger=True)) == {f"technology.{name}" for name in WHOLE}


def test_a_negative_boost_is_a_figure_and_a_negative_cost_is_none() -> None:
    assert parse({**GOOD, "platform": {**WHOLE, "boost": "-3"}}, "x").platform.boost == -3
    assert set(faults({**GOOD, "platform": {**WHOLE, "extra_gain": "-3"}})) == {"platform.extra_gain"}


@given(st.decimals(0, 10**9, places=6))
def test_money_is_exact(money: Decimal) -> None:
    read = parse({**GOOD, "platform": {**WHOLE, "extra_cost": f"{money:f}"}}, "x")
    assert game_of(read.figures()).platform.extra_cost == Fraction(money)


def test_a_key_that_stands_twice_and_a_file_that_is_away_are_said(tmp_path: Path) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text("currency: EUR\ncurrency: USD\n", encoding="utf-8")
    with pytest.raises(GameInvalid, match="'currency' stands twice"):
        load(path)
    with pytest.raises(GameInvalid, match="cannot be read"):
        load(tmp_path / "away.yaml")
