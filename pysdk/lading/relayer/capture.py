"""Observations -> EPCIS 2.0 events, and EPCIS documents -> the events in them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lading.epcis.check import parse_document
from lading.epcis.epc import name_of
from lading.epcis.errors import DocumentError
from lading.relayer.config import RelayConfig
from lading.relayer.smoothing import Observation

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
"""The JSON-LD context of what is captured here; it uses no extension."""

_NS_PER_MS = 1_000_000


def observe(observation: Observation, config: RelayConfig) -> dict[str, Any]:
    """The ObjectEvent that a tag appeared at a read point (EPCIS 2.0, section 7.4.2; action OBSERVE).

    A tag that holds a Digital Link is named by it, one without a GS1 identity by its raw URI (TDS 1.13, section 12).
    The event's time is that of the first read, rounded here, once, to whole milliseconds, so that no later reader of
    the event rounds in another way.
    """
    first = observation.reads[0]
    biz_location, biz_step, disposition = config.meaning_of(observation.read_point)
    return {
        "type": "ObjectEvent",
        "eventTime": event_time(first.time_ns),
        "eventTimeZoneOffset": zone_offset(first.offset_minutes),
        "epcList": [name_of(observation.epc)],
        "action": "OBSERVE",
        "bizStep": biz_step,
        "disposition": disposition,
        "readPoint": {"id": observation.read_point},
        "bizLocation": {"id": biz_location},
    }


def event_time(time_ns: int) -> str:
    """UTC with exactly three decimals; halves of a millisecond go up."""
    seconds, ms = divmod((time_ns + _NS_PER_MS // 2) // _NS_PER_MS, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


def zone_offset(minutes: int) -> str:
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
