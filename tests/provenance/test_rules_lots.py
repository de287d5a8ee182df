"""A recall by lot reaches the item wherever its lot stands, and however it is written; a neighbour's lot does not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from facts_kit import BRAND as BRAND_KEY
from facts_kit import Ledger, set_up
from provenance_kit import BRAND, CASE, FACTORY, HOUR, ITEM, START, TRUSTED, World, born, event, packed

from lading.chain.node import Chain
from lading.enums import RecallScope
from lading.facts import verify
from lading.facts.question import asked_by
from lading.provenance.item import item_of
from lading.provenance.lots import spellings
from lading.provenance.verdict import Verdict, judge

LINK = "https://id.gs1.org/01/80614141123458"
LABEL = f"{LINK}/10/L-7/21/12345"


def commissioned(*things: str, **more: Any) -> dict[str, Any]:
    fields = {"bizStep": "commissioning", "disposition": "active", **more}
    return event("ObjectEvent", 0, "ADD", FACTORY, epcList=list(things), **fields)


def judged(world: World, *, recalled: Iterable[str] = ("L-7",), label: str = ITEM) -> Verdict:
    """As a chain answers that is asked only for what the bundle and the label name."""
    bundle, scanned = world.bundle(), item_of(label)
    asked = asked_by(bundle, (), scanned).lots
    world.changes["lots_recalled_at"] = {lot: START for lot in recalled if lot in asked}
    return judge(bundle, world.facts(), TRUSTED, scanned)


@pytest.mark.parametrize(
    "link",
    [LABEL, "https://brand.example/x/gtin/80614141123458/lot/L%2D7/ser/12345", f"{LINK}/21/12345?10=L-7"],
)
def test_a_lot_in_the_item_s_own_link_is_recalled(link: str) -> None:
    verdict = judged(World().publish(BRAND, commissioned(link)))

    assert (verdict.verdict, verdict.reasons) == ("recalled", ("recalled-lot",))
    assert "lot" not in verdict.not_proven


def test_a_lot_in_the_link_under_which_it_was_packed_is_recalled() -> None:
    world = World().publish(BRAND, born(lot=None), packed(CASE, LABEL, HOUR))

    assert judged(world).verdict == "recalled"


def test_a_lot_on_the_scanned_label_is_recalled() -> None:
    verdict = judged(World().publish(BRAND, born(lot=None)), label=LABEL)

    assert (verdict.verdict, verdict.reasons) == ("recalled", ("recalled-lot",))
    assert "lot" in verdict.not_proven, "the label is nobody's statement"


def test_a_lot_in_an_element_string_is_recalled() -> None:
    assert (
        judged(World().publish(BRAND, born(lot=None)), label="(01)80614141123458(10)L-7(21)12345").verdict == "recalled"
    )


def test_a_neighbour_s_lot_is_not_the_item_s() -> None:
    neighbour = f"{LINK}/10/L-7/21/777"
    verdict = judged(World().publish(BRAND, commissioned(f"{LINK}/10/L-8/21/12345", neighbour)))

    assert verdict.verdict == "authentic"
    assert judged(World().publish(BRAND, commissioned(ITEM, neighbour))).not_proven.count("lot") == 1


FULL_WIDTH = "\uff2c\uff0d\uff17"


@pytest.mark.parametrize(
    "written",
    [
        *("L-7", " L-7", "L-7 ", "\tL-7\n", "L -7", FULL_WIDTH),
        *("urn:epc:class:lgtin:0614141.812345.L-7", f"{LINK}/10/L-7"),
    ],
)
def test_a_recall_reaches_a_lot_however_the_brand_wrote_it(written: str) -> None:
    assert judged(World().publish(BRAND, born(lot=written))).verdict == "recalled"


@pytest.mark.parametrize("written", ["l-7", "L-70", "L7", "", "  "])
def test_another_lot_is_not_recalled(written: str) -> None:
    assert judged(World().publish(BRAND, born(lot=written)), recalled=["L-7", ""]).verdict == "authentic"


@pytest.mark.parametrize("written", ["", "  ", "批7", "L" * 21])
def test_what_no_recall_can_name_is_no_lot(written: str) -> None:
    assert spellings(written) == ()
    assert "lot" in judged(World().publish(BRAND, born(lot=written))).not_proven


def test_the_chain_is_asked_for_the_label_s_lot(tmp_path: Path) -> None:
    ledger: Ledger = set_up(Chain.open("embedded"), "", tmp_path)
    bundle = ledger.bundle(ledger.publish(BRAND_KEY, born(lot=None)))
    ledger.client.using(BRAND_KEY).goods.recall("80614141123458", RecallScope.LOT, "L-7", reason="It leaks.")

    def asked(label: str) -> str:
        return verify(bundle, chain=ledger.chain, deployment=ledger.trusted, item=item_of(label)).verdict

    assert (asked(ITEM), asked(LABEL)) == ("authentic", "recalled")


def test_the_lot_is_no_part_of_the_identity() -> None:
    assert dataclasses.replace(item_of(LABEL), lot=None) == item_of(ITEM)
