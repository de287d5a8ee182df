"""What the tests of the outbox share: events of numbered items, batches of them, and what is counted."""

from __future__ import annotations

from typing import Any

from lading.relayer.outbox.outbox import Outbox

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
ITEM = "urn:epc:id:sgtin:9521141.012345.{}"
SIGNER = b"\x44" * 20
WRITER = b"\x55" * 20


def event(serial: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": "2026-03-02T08:15:30.421Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [ITEM.format(serial)],
        "action": "OBSERVE",
        "bizStep": "receiving",
    } | more


def filled(outbox: Outbox, count: int, batch: int = 1000) -> None:
    outbox.begin_log(0)
    for serial in range(count):
        outbox.add(event(serial), CONTEXT)
    while (closed := outbox.close_batch(batch)) is not None:
        outbox.mark_anchored(closed.index, 10 + closed.index, WRITER)


def counts(outbox: Outbox) -> dict[str, int]:
    tables = ("events", "observations", "read_chunks", "quarantine", "sequences", "gaps", "batches", "item_links")
    return {table: outbox.store.one(f"SELECT count(*) FROM {table}")[0] for table in tables}  # noqa: S608
