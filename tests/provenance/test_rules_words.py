"""Words and names that a person reads as EPCIS's or CBV's, and no rule: an event that uses one is not judged."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from provenance_kit import BRAND, FACTORY, HOUR, ITEM, born, event
from story_kit import STRANGER, act, judged

from lading.provenance.fields import written_out
from lading.provenance.parties import handovers

BIRTH = (BRAND, born())
UNKNOWN = ("unknown", ["event-unreadable"])


@pytest.mark.parametrize("action", ["delete", "Delete", "DELETE ", "epcis:DELETE", "REMOVE", None])
@pytest.mark.parametrize("kind", ["ObjectEvent", "TransactionEvent", "AggregationEvent", "AssociationEvent"])
def test_an_action_that_is_none_hides_no_end(kind: str, action: str | None) -> None:
    told = event(kind, 20 * HOUR, action, FACTORY, bizStep="decommissioning")
    told |= {"childEPCs" if "A" in kind else "epcList": [ITEM]}

    assert judged(BIRTH, (BRAND, told)) == UNKNOWN


NAMES = ["epcis:disposition", "epcis:persistentDisposition", "epcis:epcList"]


@pytest.mark.parametrize("name", [*NAMES, "e:bizStep"])
def test_a_property_under_another_name_is_not_passed_over(name: str) -> None:
    hidden = {"@context": {"e": "https://ref.gs1.org/epcis/"}, name: "stolen"}

    assert judged(BIRTH, (BRAND, act("inspecting", 20 * HOUR, **hidden))) == UNKNOWN


@pytest.mark.parametrize("wrong", [{"epcis:set": ["stolen"]}, {"set": [], "epcis:set": ["stolen"]}])
def test_a_lasting_disposition_has_no_other_members(wrong: dict[str, Any]) -> None:
    assert judged(BIRTH, (BRAND, act("inspecting", 20 * HOUR, persistentDisposition=wrong))) == UNKNOWN


ALMOST = [
    *("Stolen", " stolen", "cbv:disp-stolen", "CBV:Disp-stolen", "http://ref.gs1.org/cbv/Disp-stolen"),
    *("https://ref.gs1.org/cbv/disp-stolen", "https://gs1.org/voc/Disp-stolen", "gs1:stolen"),
    *("HTTPS://ref.gs1.org/cbv/Disp-stolen", "urn:epcglobal:cbv:disp:Stolen"),
]


@pytest.mark.parametrize("word", ALMOST)
def test_what_looks_like_an_alarm_raises_one_or_is_not_judged(word: str) -> None:
    later = (STRANGER, act("inspecting", 25 * HOUR, disposition="in_progress"))
    for said in ({"disposition": word}, {"persistentDisposition": {"set": [word]}}):
        assert judged(BIRTH, (BRAND, act("inspecting", 20 * HOUR, **said)), later) == UNKNOWN


@pytest.mark.parametrize("step", ["Destroying", "cbv:bizstep-destroying", "https://ref.gs1.org/CBV/BizStep-destroying"])
def test_what_looks_like_a_step_is_one_or_is_not_judged(step: str) -> None:
    assert judged(BIRTH, (BRAND, act(step, 20 * HOUR))) == UNKNOWN


@pytest.mark.parametrize("word", ["https://shop.example/voc/stolen", "x:fine", "urn:example:state:stolen"])
def test_words_of_other_vocabularies_say_nothing_here(word: str) -> None:
    assert judged(BIRTH, (BRAND, act("inspecting", 20 * HOUR, disposition=word))) == ("authentic", [])


def test_a_context_is_read_once_for_all_words() -> None:
    """As many prefixes and words as a bundle holds: reading one for each of the other would take hours."""
    told = {
        "@context": {f"p{number}": f"urn:{number}:" for number in range(100_000)},
        "sourceList": [{"type": f"p1:{number}", "source": "urn:x:y"} for number in range(40_000)],
    }
    begun = process_time()

    assert handovers(told, written_out(told)) == {}
    assert process_time() - begun < 10
