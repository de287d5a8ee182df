"""One thing under another spelling is counted apart by every item map, so an event that uses one is not judged."""

from __future__ import annotations

from time import process_time

import pytest
from provenance_kit import CASE, HOUR, ITEM, PORT, event, journey, reasons, seen

from lading.provenance.item import item_of, misspelt, same_thing

OTHERWISE = [
    "URN:EPC:id:sgtin:0614141.812345.12345",
    " urn:epc:id:sgtin:0614141.812345.12345",
    "urn:epc:id:sgtin:0614141.812345.12345\n",
    "urn:epc:tag:sgtin-96:1.0614141.812345.12345",
    "3034257BF7194E4000003039",
    "3034257bf7194e4000003039",
    "(01)80614141123458(21)12345",
    "https://id.gs1.org/414/0614141000012/01/80614141123458/21/12345",
    " https://id.gs1.org/01/80614141123458/21/12345",
]
CANONICAL = [
    *("urn:epc:id:sgtin:0614141.812345.12345", "https://id.gs1.org/01/80614141123458/21/12345"),
    *("https://x.example/a/gtin/80614141123458/lot/L/ser/12345", "HTTPS://ID.GS1.ORG/01/80614141123458/21/12345"),
]
NO_KEYS = [
    *("tea", "urn:epc:id:usdod:CAGEY.5678", "urn:epc:id:gid:95100000.12345.400", "urn:epc:raw:96.x00", "4711", ""),
    *("https://lading.example/things/7", "urn:uuid:6a5d4c3b-0000-4000-8000-000000000000"),
]


@pytest.mark.parametrize("text", OTHERWISE)
def test_a_stolen_report_under_another_spelling_is_not_passed_over(text: str) -> None:
    told = event("ObjectEvent", 31 * HOUR, "OBSERVE", PORT, epcList=[text, ITEM], disposition="active")
    verdict, found = reasons(journey(told).judge())

    assert verdict == "unknown"
    assert "event-unreadable" in found


@pytest.mark.parametrize("text", OTHERWISE)
def test_another_spelling_is_no_canonical_one(text: str) -> None:
    assert misspelt(text)
    assert same_thing(text) != item_of(ITEM).key


@pytest.mark.parametrize("text", CANONICAL)
def test_what_the_map_counts_as_the_item_is_no_other_spelling(text: str) -> None:
    assert same_thing(text) == item_of(ITEM).key
    assert not misspelt(text)


@pytest.mark.parametrize("text", NO_KEYS)
def test_what_names_no_gs1_key_is_a_name_of_its_own(text: str) -> None:
    assert not misspelt(text)


def test_a_container_under_another_spelling_is_noticed() -> None:
    case = f"(00){item_of(CASE).key[-18:]}"
    told = event("AggregationEvent", 31 * HOUR, "ADD", None, parentID=case, childEPCs=[ITEM])

    assert reasons(journey(told).judge())[0] == "unknown"
    assert reasons(journey(seen(PORT, 31 * HOUR)).judge())[0] == "authentic"


def test_a_long_text_is_looked_at_once() -> None:
    """As many keys without a serial number as a bundle holds: a search that begins anew at each would take hours."""
    begun = process_time()

    assert not misspelt("https://a" + "/01/12345678" * 300_000 + "/x")
    assert process_time() - begun < 10
