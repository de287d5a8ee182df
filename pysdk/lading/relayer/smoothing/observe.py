"""What is stated of tags -> EPCIS 2.0 events, as they are stored. Pure.

The events of a read point differ in their time and tags alone. So each shape is made and validated once, as any event
is, and kept; `event_of` says the same for one statement as plain data, and a property holds both to each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from lading.epcis.check import parse_document
from lading.epcis.errors import DocumentError
from lading.epcis.object_events import AggregationEvents, ObjectEvents, aggregation_events, object_events
from lading.relayer.outbox.events import NewEvent, things_text
from lading.relayer.reads.roster import Point
from lading.relayer.smoothing.naming import named
from lading.relayer.smoothing.track import Kind, Statement

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
"""The JSON-LD context of what is captured here; it uses no extension."""

_NS_PER_MS = 1_000_000
_Shape = tuple[str, Kind, int]


class Observer:
    """Makes the events of one configuration. Everything it keeps is bounded by the read points and the zones."""

    def __init__(self) -> None:
        self._objects: dict[_Shape, ObjectEvents] = {}
        self._packings: dict[_Shape, AggregationEvents] = {}

    def events(self, statements: Iterable[Statement]) -> list[NewEvent]:
        """One event for each statement, in their order."""
        found, objects = [], self._objects
        for said in statements:
            kind, time_ns, offset, point, epc, _, _ = said
            if kind is Kind.PACKED:
                found.append(self._packing(said))
                continue
            make = objects.get((point.sgln, kind, offset)) or self._object_maker(said)
            time_ms = (time_ns + _NS_PER_MS // 2) // _NS_PER_MS
            name, things = named(epc)
            form, event_id, content_hash = make(time_ms, [name])
            found.append(NewEvent(time_ms, event_id, b"", content_hash, things, form))
        return found

    def _packing(self, said: Statement) -> NewEvent:
        shape = said.point.sgln, said.kind, said.offset_minutes
        if shape not in self._packings:
            _validate(event_of(said))
            self._packings[shape] = aggregation_events({"@context": CONTEXT, **_common(said)})
        names = [named(epc) for epc in (said.epc, *said.children)]
        time_ms = milliseconds(said.time_ns)
        made = self._packings[shape](time_ms, names[0][0], [name for name, _ in names[1:]])
        things = things_text(sorted({thing for _, thing in names}))
        return NewEvent(time_ms, made.event_id, b"", made.content_hash, things, made.form)

    def _object_maker(self, said: Statement) -> ObjectEvents:
        _validate(event_of(said))
        shape = said.point.sgln, said.kind, said.offset_minutes
        maker = self._objects[shape] = object_events({"@context": CONTEXT, **_common(said)})
        return maker


def event_of(said: Statement) -> dict[str, Any]:
    """A statement as an event: that a tag was seen (ObjectEvent, EPCIS 2.0, section 7.4.2; action OBSERVE), or that
    what passed with a logistic unit is packed in it (AggregationEvent, section 7.4.3; action ADD).

    A tag that holds a Digital Link is named by it, one without a GS1 identity by its raw URI (TDS 1.13, section 12).
    The event's time is that of the first read (of a tag's leaving, the last), rounded here, once, to whole
    milliseconds, so that no later reader of the event rounds in another way.
    """
    common = {"eventTime": event_time(said.time_ns), **_common(said)}
    if said.kind is Kind.PACKED:
        children = [named(epc)[0] for epc in said.children]
        return {"type": "AggregationEvent", "parentID": named(said.epc)[0], "childEPCs": children, **common}
    return {"type": "ObjectEvent", "epcList": [named(said.epc)[0]], **common}


def _common(said: Statement) -> dict[str, Any]:
    """All that events of a read point and zone share."""
    meaning = _meaning(said.kind, said.point)
    return {
        "eventTimeZoneOffset": zone_offset(said.offset_minutes),
        "action": "ADD" if said.kind is Kind.PACKED else "OBSERVE",
        "bizStep": meaning[0],
        "disposition": meaning[1],
        "readPoint": {"id": said.point.sgln},
        "bizLocation": {"id": said.point.meaning.biz_location},
    }


def _meaning(kind: Kind, point: Point) -> tuple[str, str]:
    own = point.meaning
    other = own.moved if kind is Kind.MOVED else own.left if kind is Kind.LEFT else None
    return (own.biz_step, own.disposition) if other is None else (other.biz_step, other.disposition)


def _validate(event: Mapping[str, Any]) -> None:
    """One event of a shape; what varies within the shape, a time and names of tags, is valid as it is made."""
    document = {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": event["eventTime"],
        "epcisBody": {"eventList": [event]},
    }
    parse_document(document)


def milliseconds(time_ns: int) -> int:
    """Halves of a millisecond go up."""
    return (time_ns + _NS_PER_MS // 2) // _NS_PER_MS


def event_time(time_ns: int) -> str:
    """UTC with exactly three decimals."""
    seconds, ms = divmod(milliseconds(time_ns), 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


def zone_offset(minutes: int) -> str:
    """As EPCIS writes a zone."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def events_of(document: Mapping[str, Any]) -> tuple[list[dict[str, Any]], object]:
    """The events of an EPCIS 2.0 capture document, and the `@context` that they stand in.

    Raises:
        DocumentError: it has faults (`lading epcis check` lists them), or is the answer to a query.
    """
    parse_document(document)
    if document["type"] != "EPCISDocument":
        raise DocumentError(["$.type: only an EPCISDocument is captured; a query document repeats others' events"])
    return document["epcisBody"]["eventList"], document["@context"]
