"""Corrections find what stands for a wrong event by its name, whatever it is about; on both databases."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from databases import IDENTITY

from lading.epcis.event_id import event_id
from lading.provenance.gather import Lookup
from lading.relayer.outbox.captured import judge, put_all
from lading.relayer.outbox.export import OutboxSource
from lading.relayer.outbox.outbox import NewEvent, Outbox
from lading.relayer.store.database import Database

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
WRITER = b"\x55" * 20
UUID = "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"


def event(number: int, time: int = 0, **more: Any) -> dict[str, Any]:
    when = {"eventTime": f"2026-03-02T08:{time:02d}:00.000Z", "eventTimeZoneOffset": "+00:00"}
    things = [f"urn:epc:id:sgtin:0614141.812345.{number}"]
    return {"type": "ObjectEvent", **when, "action": "OBSERVE", "bizStep": "receiving", "epcList": things, **more}


def wrong(*correctives: str) -> dict[str, Any]:
    stated = {"declarationTime": "2026-03-03T08:00:00.000Z", "correctiveEventIDs": list(correctives)}
    return event(1, errorDeclaration=stated)


@pytest.fixture
def outbox(connect: Callable[[], Database]) -> Outbox:
    opened = Outbox(connect(), IDENTITY)
    opened.begin_log(0)
    return opened


def anchored(outbox: Outbox) -> OutboxSource:
    while (batch := outbox.close_batch(2)) is not None:
        outbox.mark_anchored(batch.index, 7, WRITER)
    return OutboxSource(outbox)


def found(source: OutboxSource, *names: str) -> list[str]:
    return [entry.event["epcList"][0].rpartition(".")[2] for entry in source.called(frozenset(names))]


def test_an_event_is_called_by_its_cbv_id_and_by_its_own(outbox: Outbox):
    for one in (event(1), event(2, eventID=UUID), event(3, 5), event(4)):
        outbox.add(one, CONTEXT)
    source = anchored(outbox)
    assert isinstance(source, Lookup)
    assert found(source, event_id(event(3, 5))) == ["3"]
    assert found(source, UUID) == found(source, event_id(event(2)), UUID) == ["2"]
    assert found(source, event_id(event(4)), UUID, event_id(event(1)), "urn:uuid:none") == ["1", "2", "4"]
    (entry,) = source.called(frozenset([UUID]))
    assert (entry.index, entry.event["eventID"], entry.event_id) == (0, UUID, event_id(event(2)))


def test_what_is_not_anchored_yet_is_not_there(outbox: Outbox):
    outbox.add(event(1), CONTEXT)
    source = anchored(outbox)
    outbox.add(event(2), CONTEXT)
    outbox.close_batch(2)
    assert found(source, event_id(event(1)), event_id(event(2))) == ["1"]


def test_whatever_bears_a_name_is_called_by_it(outbox: Outbox):
    """A declaration has the id of what it declares wrong."""
    for one in (event(1), wrong(UUID), event(2, eventID=UUID), event(3, eventID=UUID)):
        outbox.add(one, CONTEXT)
    assert found(anchored(outbox), event_id(event(1))) == ["1", "1"]
    assert found(anchored(outbox), UUID) == ["2", "3"]


def test_events_of_reads_have_no_names_but_a_declaration_finds_those_of_its_time(outbox: Outbox):
    outbox.put_many([NewEvent.of(one, CONTEXT) for one in (event(1), event(2), event(3, 5))])
    assert outbox.store.one("SELECT count(*) FROM event_names") == (0,)
    outbox.add(wrong(event_id(event(2)), event_id(event(3, 5))), CONTEXT)
    assert found(anchored(outbox), event_id(event(2)), event_id(event(3, 5))) == ["2"]
    assert not outbox.put(event(3, 5), CONTEXT)[1]
    assert found(anchored(outbox), event_id(event(3, 5))) == ["3"]


def test_names_are_noted_with_their_events_or_not_at_all(outbox: Outbox):
    class Stopped(Exception):
        pass

    def run() -> None:
        with outbox.transaction():
            outbox.add(event(1), CONTEXT)
            raise Stopped

    with pytest.raises(Stopped):
        run()
    assert outbox.store.one("SELECT count(*) FROM event_names") == (0,)


def test_a_captured_document_gives_names(outbox: Outbox):
    document = {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-03T08:00:00.000Z",
        "epcisBody": {"eventList": [wrong(UUID), event(2, 5, eventID=UUID)]},
    }
    judged = judge(json.dumps(document).encode())
    assert judged.found == ()
    put_all(outbox, judged)
    assert found(anchored(outbox), UUID) == ["2"]


def test_names_of_documents_are_looked_up_by_key_alone(outbox: Outbox):
    """However many there are: no scan."""
    database = outbox.store
    if database.shared:
        database.execute("SET enable_seqscan = off")
    explain = "EXPLAIN" if database.shared else "EXPLAIN QUERY PLAN"
    steps = database.rows(f"{explain} SELECT event FROM event_names WHERE name = ?", (b"\1" * 32,))  # noqa: S608
    plan = " ".join(str(part) for step in steps for part in step)
    assert "event_names_pkey" in plan if database.shared else "SEARCH event_names USING PRIMARY KEY" in plan
