"""What item maps would count apart is refused where it is taken in, by path, with what to write instead."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from feeds_kit import decoder

from lading.epcis.errors import DocumentError, EpcError
from lading.provenance.item import item_of, misspelt, same_thing
from lading.relayer.feeds.documents import DocumentFeed
from lading.relayer.intake.intake import take_document
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.outbox.captured import judge, put_all
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.outbox.spelling import MisspeltThings
from lading.relayer.smoothing.naming import named

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
RIGHT = "urn:epc:id:sgtin:0614141.812345.12345"
OTHERWISE = [
    "URN:EPC:id:sgtin:0614141.812345.12345",
    " urn:epc:id:sgtin:0614141.812345.12345",
    "urn:epc:tag:sgtin-96:1.0614141.812345.12345",
    "3034257bf7194e4000003039",
    "(01)80614141123458(21)12345",
    "https://id.gs1.org/414/0614141000012/01/80614141123458/21/12345",
    " https://id.gs1.org/01/80614141123458/21/12345",
]
PLACES = ["parentID", "epcList[0]", "childEPCs[0]", "inputEPCList[0]", "outputEPCList[0]"]


def event(things: list[str], **more: Any) -> dict[str, Any]:
    when = {"eventTime": "2026-03-02T08:15:30.000Z", "eventTimeZoneOffset": "+00:00"}
    return {"type": "ObjectEvent", **when, "action": "OBSERVE", "bizStep": "receiving", "epcList": things, **more}


def document(*events: dict[str, Any]) -> dict[str, Any]:
    head = {"@context": [CONTEXT], "type": "EPCISDocument", "schemaVersion": "2.0"}
    return {**head, "creationDate": "2026-03-02T08:15:30.000Z", "epcisBody": {"eventList": list(events)}}


@pytest.mark.parametrize("text", OTHERWISE)
def test_another_spelling_is_refused_with_the_one_to_write(outbox: Outbox, text: str):
    with pytest.raises(MisspeltThings) as refused:
        outbox.add(event([RIGHT, text]), CONTEXT)
    (found,) = refused.value.found
    assert (found.path, found.text) == ("$.epcList[1]", text)
    assert found.instead is not None
    assert same_thing(found.instead) == item_of(RIGHT).key
    assert found.instead in refused.value.message
    assert outbox.waiting() == 0
    assert outbox.add(event([found.instead]), CONTEXT)


@pytest.mark.parametrize("place", PLACES)
def test_a_thing_is_looked_at_wherever_events_name_one(outbox: Outbox, place: str):
    name, listed, _ = place.partition("[")
    with pytest.raises(MisspeltThings) as refused:
        outbox.add(event([]) | {name: [OTHERWISE[0]] if listed else OTHERWISE[0]}, CONTEXT)
    assert [one.path for one in refused.value.found] == [f"$.{place}"]


def test_a_text_that_leads_nowhere_is_refused_with_the_forms_that_there_are(outbox: Outbox):
    with pytest.raises(MisspeltThings, match=r"write its pure identity \(urn:epc:id:…\)"):
        outbox.add(event(["https://id.gs1.org/414/1/01/80614141123458/9/x/21/12345"]), CONTEXT)


def test_a_published_document_is_refused_whole(outbox: Outbox):
    told = document(event([RIGHT]), event([OTHERWISE[0], RIGHT, OTHERWISE[2]]))
    with pytest.raises(MisspeltThings) as refused:
        take_document(outbox, told)
    second = "$.epcisBody.eventList[1].epcList"
    assert [one.path for one in refused.value.found] == [f"{second}[0]", f"{second}[2]"]
    assert outbox.waiting() == 0


def test_of_a_captured_document_the_other_events_may_be_taken_in(outbox: Outbox):
    judged = judge(json.dumps(document(event([RIGHT]), event([OTHERWISE[0]]))).encode())
    assert [(one.path, one.rule) for one in judged.found] == [("$.epcisBody.eventList[1].epcList[0]", "thing-spelling")]
    assert f"write {RIGHT}" in judged.found[0].message
    assert [str(one) for one in put_all(outbox, judged)] == ["captured", "refused"]


def test_a_document_in_a_file_is_refused(outbox: Outbox, tmp_path: Path):
    path = tmp_path / "events.jsonld"
    path.write_text(json.dumps(document(event([RIGHT]), event([OTHERWISE[0]]))))

    async def run() -> None:
        async with Intake(outbox.store, decoder()) as intake:
            await DocumentFeed(path, intake, outbox).run()

    with pytest.raises(DocumentError, match="thing-spelling"):
        asyncio.run(run())
    assert outbox.waiting() == 0


HEADERS = [*range(0x2C, 0x41), *range(0xF0, 0xFC)]
WORDS = st.binary(min_size=2, max_size=62).filter(lambda data: len(data) % 2 == 0)
TAGS = st.one_of(WORDS, st.builds(lambda header, data: bytes([header]) + data[1:], st.sampled_from(HEADERS), WORDS))


@given(TAGS)
def test_no_tag_is_named_by_another_spelling(memory: bytes):
    """What the relayer itself makes of reads cannot be refused, and need not be asked."""
    try:
        name, thing = named(memory.hex().upper())
    except EpcError:
        return
    assert not misspelt(name)
    assert thing == same_thing(name)
