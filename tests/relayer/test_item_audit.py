"""An outbox is replayed against its maps and the chain; who left something out is found, and proven."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lading.provenance import faults
from lading.provenance.bundle import ChainRef
from lading.provenance.faults import Standing
from lading.provenance.item_map import things_of
from lading.relayer.items.audit import Audited, Difference, audit
from lading.relayer.outbox.events import things_in, things_text
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.store.database import LogIdentity

CHAIN = ChainRef(
    chain_id=31337, genesis=b"\x11" * 32, participant_registry=b"\x02" * 20, provenance_registry=b"\x22" * 20
)
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
WRITER = b"\x55" * 20
PUBLISHER = b"\xab" * 32
ITEM = "urn:epc:id:sgtin:9521141.012345.{}"
LINK = "https://id.gs1.org/01/09521141123454/21/{}"


def happened(second: int, *serials: int) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": f"2026-03-02T08:15:{second:02d}.000Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [ITEM.format(serial) for serial in serials],
        "action": "OBSERVE",
    }


def anchor(outbox: Outbox, *events: dict[str, Any], forget: str = "") -> None:
    """Closes a batch of these events and marks it as anchored. `forget`: a thing that the map is not told of."""
    outbox.begin_log(0)
    for event in events:
        outbox.add(event, CONTEXT)
    for row, things in outbox.store.rows("SELECT id, things FROM events") if forget else []:
        kept = things_text(thing for thing in things_in(things) if thing != forget)
        outbox.store.execute("UPDATE events SET things = ? WHERE id = ?", (kept, row))
    batch = outbox.close_batch(100)
    assert batch is not None
    outbox.mark_anchored(batch.index, 7, WRITER)


def chain_of(outbox: Outbox) -> dict[int, bytes]:
    return {batch.index: batch.digest(WRITER) for batch in outbox.batches()}


def audited(outbox: Outbox, chain: dict[int, bytes] | None = None) -> Audited:
    return audit(outbox, (chain_of(outbox) if chain is None else chain).get, CHAIN)


@pytest.fixture
def outbox(where: str, identity: LogIdentity) -> Iterator[Outbox]:
    """On SQLite, and again on PostgreSQL."""
    with Outbox.open(where, identity) as opened:
        yield opened


@pytest.fixture
def honest(outbox: Outbox) -> Outbox:
    anchor(outbox, happened(1, 1), happened(2, 2))
    anchor(outbox, happened(3, 1, 2), happened(4, 3))
    anchor(outbox, happened(5, 1))
    return outbox


def test_an_honest_log_agrees_with_its_maps_and_the_chain(honest: Outbox) -> None:
    found = audited(honest)
    assert found == Audited(0, 3, 3, None, None, 3, None)
    assert found.complete


def test_a_log_that_is_audited_stays_as_it_is(honest: Outbox) -> None:
    tables = ("store", "events", "batches", "typed_leaves", "item_pages", "item_root", "item_links")

    def content() -> list[list[tuple[Any, ...]]]:
        return [honest.store.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables]  # noqa: S608

    before = content()
    audited(honest)
    assert content() == before


def test_an_empty_outbox_has_nothing_to_find(outbox: Outbox) -> None:
    assert audited(outbox) == Audited(0, 0, 0, None, None, 0, None)


@pytest.mark.parametrize("serial", [1, 2])
def test_a_map_that_was_not_told_of_a_thing_is_found_and_proven(honest: Outbox, serial: int) -> None:
    anchor(honest, happened(6, 1, 2), forget=LINK.format(serial))
    found = audited(honest)
    assert (found.difference, found.index, found.anchored) == (Difference.ITEMS, 3, 4)
    assert found.fault is not None
    assert (found.fault.map.thing, found.fault.entry.index) == (LINK.format(serial), 3)
    assert LINK.format(serial) in things_of(found.fault.entry.event)
    shown = faults.parse(faults.dump(found.fault))
    anchors = {(PUBLISHER, index): digest for index, digest in chain_of(honest).items()}
    assert faults.judge(shown, anchors).standing is Standing.PROVEN


def test_the_first_batch_that_differs_is_told_and_a_later_map_proves_it(honest: Outbox) -> None:
    anchor(honest, happened(6, 4), forget=LINK.format(4))
    anchor(honest, happened(7, 3))
    anchor(honest, happened(8, 4))
    found = audited(honest)
    assert (found.difference, found.index) == (Difference.ITEMS, 3)
    assert found.fault is not None
    assert (found.fault.entry.index, found.fault.map.index, len(found.fault.leaves)) == (3, 5, 1)


def test_a_map_that_counts_what_never_happened_is_found_but_not_provable(honest: Outbox) -> None:
    with honest.transaction():
        honest.add(happened(6, 1), CONTEXT)
        honest.items.apply([(LINK.format(9), b"\x09" * 32)])
        batch = honest.close_batch(100)
    assert batch is not None
    honest.mark_anchored(batch.index, 7, WRITER)
    found = audited(honest)
    assert (found.difference, found.index, found.fault) == (Difference.ITEMS, 3, None)


def test_events_that_do_not_give_the_root_are_found(honest: Outbox) -> None:
    row = (honest.batches(1)[0].events or (0, 0))[0]
    (body,) = honest.store.one("SELECT body FROM events WHERE id = ?", (row,))
    honest.store.execute("UPDATE events SET body = ? WHERE id = ?", (body.replace(b"OBSERVE", b"DELETE"), row))
    found = audited(honest)
    assert (found.difference, found.index) == (Difference.ROOT, 1)


def test_an_event_that_is_gone_is_found(honest: Outbox) -> None:
    honest.store.execute("DELETE FROM events WHERE id = 2")
    assert (audited(honest).difference, audited(honest).index) == (Difference.ROOT, 0)


def test_another_batch_on_the_chain_is_found(honest: Outbox) -> None:
    found = audited(honest, chain_of(honest) | {1: b"\x00" * 27})
    assert (found.difference, found.index) == (Difference.ANCHOR, 1)


def test_batches_that_the_chain_does_not_have_are_counted_and_no_fault(honest: Outbox) -> None:
    chain = chain_of(honest)
    del chain[2]
    found = audited(honest, chain)
    assert (found.difference, found.anchored, found.complete) == (None, 2, False)


def test_a_log_without_its_beginning_is_not_complete(outbox: Outbox) -> None:
    outbox.begin_log(4)
    anchor(outbox, happened(1, 1))
    found = audited(outbox)
    assert (found.first, found.difference, found.complete) == (4, None, False)
