"""Credit through the command: a score with its story and picture, the audit, the price of an attack."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from cli_kit import Cli
from sdk_kit import BUYER, SELLER, World

from lading.cli.credit_market import LABELS, load
from lading.credit.market import MarketInvalid
from lading.enums import Role

ROOT = Path(__file__).parents[2]
RULES = {
    "half_life": 7_776_000,
    "period": 2_592_000,
    "knee": 100_000_000,
    "top": 900_000_000,
    "unwitnessed": 250,
    "buyer_cap": 3_000,
    "platform_cap": 60_000,
    "total_cap": 100_000,
    "bad_cap": 3_000,
}


@pytest.fixture(scope="module")
def seller(world: World) -> str:
    """With a good outcome, forty days later a bad one, and twenty days since."""
    world.by(BUYER).orders.release(world.opened(world.terms(price=Decimal(900))))
    world.wait(world.now() + timedelta(days=40))
    world.by(SELLER).orders.refund(world.opened(world.terms(price=Decimal(20))))
    world.wait(world.now() + timedelta(days=20))
    return world.ids[Role.SELLER]


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """Rules of its own, so that no chain is asked; patience of two periods, so that it is soon done."""
    path = tmp_path / "market.yaml"
    path.write_text(yaml.safe_dump({"rules": RULES, "periods": 2}), encoding="utf-8")
    return path


def test_a_seller_without_an_outcome_has_the_score_of_the_prior(shell: Cli, world: World):
    shown = shell.json(f"credit show {world.ids[Role.BRAND]}")
    assert (shown["score"], shown["witnessed_score"], shown["outcomes"]) == (25, 25, [])
    assert shown["next"][0]["score"] == 278
    lines = shell(f"credit show {world.ids[Role.BRAND]}").out
    assert "25 of 1000" in lines
    assert "History" not in lines


def test_a_sellers_story_names_what_raised_and_lowered_it_and_what_comes_next(shell: Cli, seller: str):
    shown = shell.json(f"credit show {seller}")
    good, bad = shown["outcomes"]
    assert shown["rebuilt"] == {"score": shown["score"], "witnessed_score": shown["witnessed_score"]}
    assert (good["good"], good["bad"], bad["good"], bad["bad"]) == (750, 0, 0, 200)
    assert good["points_now"] > 0 > bad["points_now"]
    assert good["good_left"] < 750
    gains = {one["what"]: one["gain"] for one in shown["next"]}
    assert gains["one reference order on time, witnessed, from a new buyer"] > 0
    lines = shell(f"credit show {seller}").out
    for heading in ("History", "What raises it", "What lowers it", "What would move it next"):
        assert heading in lines
    assert "not shipped" in lines or "seller refund" in lines


def test_a_score_is_shown_as_of_a_past_block(shell: Cli, world: World, seller: str):
    now = shell.json(f"credit show {seller}")
    first = world.client.deployment.block + 1
    past = shell.json(f"credit show {seller} --block {now['block'] - 3}")
    assert past["block"] == now["block"] - 3
    assert shell.refused(f"credit show {seller} --block {first - 2}", 1)["type"] == "InputError"


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_history_is_drawn(shell: Cli, seller: str, tmp_path: Path, kind: str):
    path = tmp_path / f"history.{kind}"
    shell.json(f"credit show {seller} --plot {path}")
    drawn = path.read_bytes()
    if kind == "png":
        assert drawn.startswith(b"\x89PNG")
        assert len(drawn) > 20_000
    else:
        assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - our own


def test_a_picture_of_another_kind_is_refused_and_not_written(shell: Cli, seller: str, tmp_path: Path):
    path = tmp_path / "history.gif"
    assert shell.refused(f"credit show {seller} --plot {path}", 2)["type"] == "UsageError"
    assert not path.exists()


def test_an_audit_agrees_with_the_contract(shell: Cli, seller: str):
    found = shell.json("credit audit")
    assert (found["agrees"], found["differences"], found["unreported"]) == (True, [], [])
    assert [one["seller"] for one in found["sellers"]] == [seller]
    assert found["platforms"][0]["score"] == found["sellers"][0]["score"]
    alone = shell.json(f"credit audit --seller {seller} --block {found['block']}")
    assert alone["sellers"] == found["sellers"]
    assert "bit for bit" in shell("credit audit").out


def test_an_audit_that_finds_a_difference_ends_with_1_and_names_it(
    shell: Cli, seller: str, monkeypatch: pytest.MonkeyPatch
):
    """Another formula than the contract's: half a life as long."""
    from dataclasses import replace

    from lading.groups.credit import Credit

    rules = Credit.rules
    monkeypatch.setattr(Credit, "rules", lambda self: replace(rules(self), half_life=3_888_000))
    found = shell.json("credit audit", code=1)
    assert {one["what"] for one in found["differences"]} >= {"step", "good_other"}
    assert "differences between the contract and the logs" in shell("credit audit").out


def test_the_price_of_an_attack_follows_from_the_file_alone(cli: Cli, market: Path):
    found = cli.json(f"credit attack-cost --config {market} --network http://127.0.0.1:1")
    assert found["rules"] == RULES
    assert len(found["attacks"]) == 48
    assert found["default_limit"] == "0.00"
    assert "can be faked for" in found["reason"]
    first = next(one for one in found["attacks"] if (one["attack"], one["points"]) == ("griefing", -50) and one["any"])
    assert first["any"]["independent_signers"] == 0
    dear = {**yaml.safe_load(market.read_text()), "provider_bps": 9_000}
    market.write_text(yaml.safe_dump(dear), encoding="utf-8")
    lines = cli(f"credit attack-cost --config {market}").out
    assert "Every level costs an attacker more" in lines
    assert "value pumping" in lines.lower()


def test_the_figures_of_gas_are_the_measured_ones():
    measured = json.loads((ROOT / "tests/gas/gas.json").read_text(encoding="utf-8"))
    shipped = load(None).gas
    for label in LABELS.values():
        if "." in label:
            assert shipped[label] == measured[label], label


def _judged(path: Path) -> None:
    read = load(path)
    read.market()
    read.parameters()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("gas_price_gwei: -1", "gas_price_gwei"),
        ("colour: red", "colour"),
        ("gas: {escrow.fly: 3}", "escrow.fly"),
        ("rules: {knee: 3}", "half_life"),
        ("- a list", "no mapping"),
        ("{", "no YAML"),
    ],
)
def test_prices_that_are_none_are_refused_by_name(tmp_path: Path, text: str, named: str):
    path = tmp_path / "market.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MarketInvalid, match=named):
        _judged(path)


def test_a_rate_is_set_by_the_governor(shell: Cli, world: World):
    token = world.second_token
    shell.json(f"credit set-rate {token} {5 * 10**17} --dev-account 0")
    assert world.client.credit.rate(token) == 5 * 10**17
    assert shell.refused(f"credit set-rate {token} 1 --dev-account 9", 4)["type"] == "AccessManagedUnauthorized"
