"""Customs events by customs keys, and the vocabulary that names their steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from provenance_kit import BRAND, CARRIER, CASE, HOUR, ITEM, PALLET, STRANGER, born, event, packed
from story_kit import (
    CUSTOMS_OFFICE,
    CUSTOMS_YARD,
    INSPECTOR,
    OTHER_OFFICE,
    SHOPKEEPER,
    VOC,
    Told,
    act,
    judged,
    receive,
    ship,
    verdict_on,
)

from lading.provenance import vocabulary

AUTHENTIC: tuple[str, list[str]] = ("authentic", [])
BIRTH: Told = (BRAND, born())


def suspect(*reasons: str) -> tuple[str, list[str]]:
    return "suspect", list(reasons)


def customs(step: str, when: float, who: bytes = CUSTOMS_OFFICE) -> Told:
    return who, act(f"{VOC}BizStep-{step}", when, CUSTOMS_YARD)


def test_both_borders_are_lawful() -> None:
    story = (
        BIRTH,
        customs("export_declared", 3 * HOUR),
        customs("customs_inspected", 4 * HOUR),
        customs("export_released", 5 * HOUR),
        customs("import_declared", 20 * HOUR, OTHER_OFFICE),
        customs("import_released", 22 * HOUR, OTHER_OFFICE),
    )

    assert judged(*story) == AUTHENTIC
    assert {"customs-by-customs", "let-through"} <= set(verdict_on(*story).checked)


@pytest.mark.parametrize("word", vocabulary.CUSTOMS_STEPS, ids=lambda word: word.name)
@pytest.mark.parametrize("who", [CARRIER, INSPECTOR, BRAND])
def test_a_customs_step_by_no_customs_office_is_suspect(word: vocabulary.Word, who: bytes) -> None:
    assert judged(BIRTH, (who, act(word.uri, 3 * HOUR, CUSTOMS_YARD))) == suspect("customs-foreign")


def test_a_prefix_hides_no_customs_step() -> None:
    hidden = (CARRIER, act("x:import_released", 3 * HOUR, **{"@context": {"x": VOC + "BizStep-"}}))

    assert judged(BIRTH, hidden) == suspect("customs-foreign")


def test_without_knowing_roles_the_rules_are_not_checked() -> None:
    verdict = verdict_on(BIRTH, customs("import_released", 3 * HOUR, CARRIER), known=False)

    assert verdict.verdict == "authentic"
    assert not {"customs-by-customs", "let-through"} & set(verdict.checked)


@pytest.mark.parametrize("step", ["customs_held", "customs_rejected"])
def test_what_customs_stopped_is_suspect_until_the_same_office_lets_it_go(step: str) -> None:
    stopped = BIRTH, customs(step, 3 * HOUR)

    assert judged(*stopped) == suspect("customs-stopped")
    assert judged(*stopped, known=False) == suspect("customs-stopped")
    assert judged(*stopped, customs("customs_inspected", 4 * HOUR)) == suspect("customs-stopped")
    assert judged(*stopped, customs("export_released", 4 * HOUR)) == AUTHENTIC
    assert judged(*stopped, customs("export_released", 4 * HOUR, OTHER_OFFICE)) == suspect("customs-stopped")
    assert judged(*stopped, customs("export_released", 4 * HOUR, CARRIER)) == suspect(
        "customs-foreign", "customs-stopped"
    )


def test_a_stranger_stops_nothing() -> None:
    assert judged(BIRTH, customs("customs_held", 3 * HOUR, CARRIER)) == suspect("customs-foreign")


def test_another_step_of_our_vocabulary_is_none_of_customs() -> None:
    assert judged(BIRTH, customs("photographed", 3 * HOUR, CARRIER)) == AUTHENTIC


def test_the_published_vocabulary_is_fresh_and_names_every_word() -> None:
    published = vocabulary.PUBLISHED.read_text(encoding="utf-8")
    named = {member["@id"] for member in json.loads(published)["@graph"]}

    assert published == vocabulary.text(), "write it anew: python -m lading.provenance.vocabulary"
    assert {word.uri for word in vocabulary.CUSTOMS_STEPS} < named
    assert all(uri.startswith(vocabulary.VOC) for uri in named)


def test_the_page_names_every_word_that_is_published() -> None:
    page = (Path(__file__).parents[2] / "docs" / "customs-vocabulary.md").read_text(encoding="utf-8")

    for word in (*vocabulary.CUSTOMS_STEPS, *vocabulary.DOCUMENT_TYPES, *vocabulary.PROPERTIES):
        assert f"`{word.name}`" in page
        assert word.sentence in page


# A container that was emptied before customs hold it.

PACKED = (CARRIER, packed(CASE, ITEM, HOUR))
HOLD = (CUSTOMS_OFFICE, act(VOC + "BizStep-customs_rejected", 5 * HOUR, CUSTOMS_YARD, item=CASE))
FREE = (CUSTOMS_OFFICE, act(VOC + "BizStep-import_released", 6 * HOUR, CUSTOMS_YARD, item=CASE))


def emptied(who: bytes, children: list[str], when: float = 2 * HOUR) -> Told:
    return who, event("AggregationEvent", when, "DELETE", None, parentID=CASE, childEPCs=children, bizStep="unpacking")


@pytest.mark.parametrize("children", [[], [ITEM]])
def test_a_stranger_empties_no_container_before_customs_hold_it(children: list[str]) -> None:
    story = ((BRAND, born()), PACKED, emptied(STRANGER, children), HOLD)

    assert judged(*story) == ("unknown", ["stop-not-judged"])
    assert judged(*story, FREE) == ("authentic", [])


@pytest.mark.parametrize("who", [CARRIER, BRAND, CUSTOMS_OFFICE])
def test_a_container_that_was_lawfully_emptied_is_held_for_itself(who: bytes) -> None:
    assert judged((BRAND, born()), PACKED, emptied(who, [ITEM]), HOLD) == ("authentic", [])


def test_the_holder_by_name_may_empty_what_another_packed() -> None:
    taken = receive(CARRIER, SHOPKEEPER, 1.5 * HOUR, item=CASE)
    story = (ship(BRAND, CARRIER, 0.2 * HOUR), receive(BRAND, CARRIER, 0.5 * HOUR), PACKED)
    story += (ship(CARRIER, SHOPKEEPER, 1.2 * HOUR, item=CASE), taken)

    assert judged((BRAND, born()), *story, emptied(SHOPKEEPER, []), HOLD) == ("authentic", [])


def test_a_stop_of_the_pallet_around_an_emptied_box_counts_as_well() -> None:
    hold = (CUSTOMS_OFFICE, act(VOC + "BizStep-customs_held", 5 * HOUR, CUSTOMS_YARD, item=PALLET))
    around = (CARRIER, packed(PALLET, CASE, 1.5 * HOUR))

    assert judged((BRAND, born()), PACKED, around, emptied(STRANGER, []), hold) == ("unknown", ["stop-not-judged"])


def test_what_was_put_back_is_held_with_its_container() -> None:
    back = (CARRIER, packed(CASE, ITEM, 3 * HOUR))

    assert judged((BRAND, born()), PACKED, emptied(STRANGER, []), back, HOLD) == ("suspect", ["customs-stopped"])


def test_a_stranger_s_stop_of_an_emptied_container_says_nothing() -> None:
    hold = (STRANGER, HOLD[1])

    assert judged((BRAND, born()), PACKED, emptied(STRANGER, []), hold) == ("authentic", [])


SEEN = [packed(CASE, ITEM, 0.5 * HOUR, "OBSERVE"), packed(CASE, ITEM, 1.5 * HOUR, "OBSERVE"), packed(CASE, ITEM, HOUR)]


@pytest.mark.parametrize("said", SEEN)
def test_who_only_says_that_a_container_is_full_may_not_empty_it(said: Mapping[str, Any]) -> None:
    story = ((BRAND, born()), PACKED, (STRANGER, said), emptied(STRANGER, [ITEM]), HOLD)

    assert judged(*story) == ("unknown", ["stop-not-judged"])


def test_who_packs_it_elsewhere_has_taken_it_out_as_well() -> None:
    elsewhere = (STRANGER, packed(PALLET, ITEM, 2 * HOUR - 10))

    assert judged((BRAND, born()), PACKED, elsewhere, emptied(STRANGER, [ITEM]), HOLD) == (
        "unknown",
        ["stop-not-judged"],
    )


REPORTS = [{"disposition": "stolen"}, {"persistentDisposition": {"set": ["recalled"]}}]


@pytest.mark.parametrize("report", REPORTS)
def test_a_stranger_empties_no_container_before_it_is_reported_stolen(report: dict[str, Any]) -> None:
    told = (CARRIER, act("holding", 5 * HOUR, CUSTOMS_YARD, item=CASE, **report))
    found = {"disposition": "active", "persistentDisposition": {"unset": ["recalled"]}}
    back = (CARRIER, act("holding", 6 * HOUR, CUSTOMS_YARD, item=CASE, **found))
    fence = (STRANGER, act("holding", 6 * HOUR, None, **found))
    story = ((BRAND, born()), PACKED, emptied(STRANGER, [ITEM]), told)

    assert judged(*story) == judged(*story, fence) == ("unknown", ["alarm-not-judged"])
    assert judged(*story, back) == ("authentic", [])
    assert judged((BRAND, born()), PACKED, emptied(CARRIER, [ITEM]), told) == ("authentic", [])


def test_a_box_that_is_thrown_away_is_not_the_item() -> None:
    gone = (STRANGER, act("holding", 5 * HOUR, item=CASE, disposition="disposed"))

    assert judged((BRAND, born()), PACKED, emptied(STRANGER, [ITEM]), gone) == ("authentic", [])
