"""The footprint on the page: that of `lading proof footprint`, and nothing of it that is not verified."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from web_kit import PATHS, VERIFIED_MG, Site, World, serving

from lading import facts
from lading.chain.node import Chain
from lading.deploy import registry
from lading.provenance.bundle import parse
from lading.provenance.footprint import Footprint, Missing, Part
from lading.web import carbon
from lading.web.words import words

SUM = "3.215351"


def test_the_sum_is_that_of_the_command(site: Site, world: World) -> None:
    command = [Path(sys.executable).with_name("lading"), "proof", "footprint", world.bundles / "travelled.json"]
    options = ["--rpc", world.node, "--deployment", world.record, "--json"]
    done = subprocess.run([*map(str, command), *map(str, options)], capture_output=True, check=True, timeout=60)
    found = json.loads(done.stdout)
    assert (found["verified_mg"], found["stated_mg"]) == (str(sum(VERIFIED_MG)), "910000")
    page = site.get(PATHS["travelled"])
    assert f'data-mg="{found["verified_mg"]}"' in page.text
    assert f"at least {SUM} kg CO₂e" in page.words
    assert page.text.count("data-event=") == 2


def test_what_each_amount_is_stands_below_it(site: Site) -> None:
    english, chinese = (site.get(PATHS["travelled"], language).words for language in ("en", "zh"))
    for amount in ("0.48235", "2.733001"):
        assert f"{amount} kg step" in english
        assert f"{amount} 千克 第" in chinese
    assert english.count("ISO 14083:2023 · container ship") == 2
    assert english.count("Verified by Inspector DE-HRB-DEMO-17") == 2
    assert f"至少 {SUM} 千克 CO₂e" in chinese
    assert "由检验方 DE-HRB-DEMO-17核实" in chinese


def test_what_is_not_verified_is_left_out_and_said(site: Site) -> None:
    english, chinese = (site.get(PATHS["travelled"], language).words for language in ("en", "zh"))
    assert "0.91 kg" not in english
    assert "Left out, since not verified: 1 of 3 amounts. Nobody verified it." in english
    assert "2 of 5 steps state nothing" in english
    assert "因未经核实而未计入：3 个数值中的 1 个。 无人核实。" in chinese


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        ("genuine", "No footprint stated: none of the", "未说明碳足迹"),
        ("recalled", "No footprint stated: none of the", "未说明碳足迹"),
        ("cloned", "No footprint is shown, since the record of this item is not proven.", "不显示碳足迹"),
    ],
)
def test_where_there_is_none_it_is_said_plainly(site: Site, name: str, english: str, chinese: str) -> None:
    assert english in site.get(PATHS[name]).words
    assert chinese in site.get(PATHS[name], "zh").words
    assert "kg CO₂e" not in site.get(PATHS[name]).words


def test_without_a_node_no_amount_is_shown(world: World) -> None:
    with serving(world.bundles, "--deployment", world.record) as alone:
        page = alone.get(PATHS["travelled"])
        assert "No footprint is shown" in page.words
        assert "data-mg" not in page.text


PART = Part("e1", "2026-01-01T00:00:00Z", "transporting", 3, 5, "ISO 14083:2023", "lorry\u202e", b"\x01" * 32, None)


def shown(world: World, *parts: Part, missing: tuple[Missing, ...] = (), passed: bool = False) -> Any:
    trusted = facts.TrustedDeployment.of_record(registry.read(world.record))
    verdict = facts.verify(parse(world.bundle("travelled")), chain=Chain.open(world.node), deployment=trusted)
    found = Footprint("item", parts, missing, 3, 3, passed)
    return carbon.shown(found, verdict, {"e1": 7}, {b"\x01" * 32: "Inspector X"}, words("en"))


def test_a_share_is_told_as_one_and_marks_that_mislead_are_not_shown(world: World) -> None:
    found = shown(world, PART)
    assert (found.state, found.amount) == ("shown", "0.000003\u00a0kg\u00a0CO₂e")
    (part,) = found.parts
    assert (part.step, part.amount, part.scope) == (7, "0.000003 kg, its share of 0.000005 kg", "lorry?")


@pytest.mark.parametrize("problem", ["unsigned", "signature-foreign", "not-checked"])
def test_stated_amounts_alone_are_no_footprint(world: World, problem: str) -> None:
    found = shown(world, replace(PART, problem=problem))
    assert (found.state, found.amount, found.parts) == ("unverified", "", ())
    assert "3 steps state what they emitted, but no inspector" in found.said


def test_a_sum_that_may_be_too_small_says_at_least_and_why(world: World) -> None:
    gap = Missing("container-unknown", "e1", "")
    found = shown(world, PART, missing=(gap, gap), passed=True)
    assert found.amount == "at least 0.000003\u00a0kg\u00a0CO₂e"
    assert [one for one in found.limits if "It was in something whose record" in one] == [found.limits[0]]
    assert "The item went into other goods, and its footprint with it." in found.limits


def test_what_one_node_does_not_confirm_is_not_verified() -> None:
    assert carbon.agreed([{"a": None, "b": None, "c": "key-revoked"}, {"a": None, "b": "not-anchored", "c": None}]) == {
        "a": None,
        "b": "not-anchored",
        "c": "key-revoked",
    }
    assert carbon.agreed([{"a": None}, {}]) == {}
