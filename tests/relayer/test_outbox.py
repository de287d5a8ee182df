from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from outbox_kit import CONTEXT, ITEM, SIGNER, WRITER, counts, event, filled

from lading.epcis.canonical import content_hash
from lading.provenance.bundle import BatchRef
from lading.provenance.item import same_thing
from lading.provenance.item_map import EMPTY, NOTHING, entry_of, item_key, root_of
from lading.provenance.leaf import DeliveryLeaf, EventLeaf
from lading.relayer.errors import OutboxFull, OutboxLocked
from lading.relayer.intake.intake import take_in
from lading.relayer.outbox.outbox import Outbox


@pytest.fixture
def outbox(where: str, identity) -> Iterator[Outbox]:
    """On SQLite, and again on PostgreSQL."""
    with Outbox.open(where, identity) as opened:
        yield opened


@pytest.fixture
def file_outbox(tmp_path: Path, identity) -> Iterator[Outbox]:
    with Outbox.open(tmp_path / "outbox.sqlite3", identity) as opened:
        yield opened


def test_the_same_event_is_taken_in_once_and_its_correction_too(outbox: Outbox):
    declared = {"declarationTime": "2026-03-03T00:00:00.000Z", "reason": "incorrect_data"}
    assert outbox.add(event(1), CONTEXT)
    assert not outbox.add(event(1), CONTEXT)
    assert not outbox.add(event(1, recordTime="2026-03-02T09:00:00.000Z"), CONTEXT)
    assert outbox.add(event(1, errorDeclaration=declared), CONTEXT)
    assert not outbox.add(event(1, errorDeclaration=declared), CONTEXT)
    assert outbox.add(event(1, errorDeclaration=declared | {"reason": "did_not_occur"}), CONTEXT)
    assert outbox.waiting() == 3


def test_batches_are_gapless_and_hold_every_event_once_in_order(outbox: Outbox):
    assert outbox.begin_log(5) == 5
    for serial in range(7):
        outbox.add(event(serial), CONTEXT)
    closed = [outbox.close_batch(3) for _ in range(4)]
    assert [(batch.index, batch.count) for batch in closed if batch] == [(5, 3), (6, 3), (7, 1)]
    assert closed[3] is None
    assert outbox.batches() == tuple(closed[:3])
    assert (outbox.waiting(), outbox.next_index(), outbox.begin_log(99)) == (0, 8, 5)


def test_a_batch_goes_from_closed_to_anchored_and_back_when_the_chain_lost_it(outbox: Outbox):
    filled(outbox, 3, batch=1)
    assert outbox.unanchored() == ()
    outbox.set_writer(2, bytes(20))
    outbox.reopen(1)
    assert [(batch.index, batch.writer) for batch in outbox.unanchored()] == [(1, WRITER), (2, bytes(20))]


def test_the_entries_of_an_item_prove_its_events_in_their_batches(outbox: Outbox):
    pallet = "urn:epc:id:sscc:9521141.0000000077"
    packed = event(0, type="AggregationEvent", action="ADD", parentID=pallet, childEPCs=[ITEM.format(1)])
    del packed["epcList"]
    outbox.add(packed, CONTEXT)
    filled(outbox, 9, batch=4)
    assert [(entry.index, entry.batch.count) for entry in outbox.entries(ITEM.format(1))] == [(0, 4), (0, 4)]
    assert [entry.event["type"] for entry in outbox.entries(pallet)] == ["AggregationEvent"]
    assert [entry.index for entry in outbox.entries("https://id.gs1.org/01/09521141123454/21/8")] == [2]
    salts = set()
    for serial in range(9):
        for entry in outbox.entries(ITEM.format(serial)):
            leaf = EventLeaf.of(entry.event_id, content_hash(entry.event), entry.salt)
            assert leaf.is_in(entry.batch.root, entry.batch.count, entry.proof)
            assert (entry.event["@context"], entry.publisher) == (CONTEXT, b"\xab" * 32)
            salts.add(entry.salt)
    assert len(salts) == 10


def test_nothing_is_handed_out_before_it_is_anchored(outbox: Outbox):
    outbox.begin_log(0)
    outbox.add(event(1), CONTEXT)
    outbox.close_batch(10)
    assert outbox.entries(ITEM.format(1)) == ()


@contextmanager
def another_writer(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_locked_outbox_takes_in_nothing_and_everything_afterwards(file_outbox: Outbox, read_log, config, zebra):
    found = read_log(zebra(1), b"{", zebra(3))
    with another_writer(Path(file_outbox.store.path)), pytest.raises(OutboxLocked) as caught:
        take_in(file_outbox, found, config, "log")
    assert caught.value.retryable
    assert set(counts(file_outbox).values()) == {0}
    assert take_in(file_outbox, found, config, "log").events == 1


def test_a_full_disk_leaves_no_half_intake_and_no_half_batch(file_outbox: Outbox, read_log, config, zebra):
    """SQLite refuses to grow the file exactly as it does where the disk is full."""
    file_outbox.begin_log(0)
    filled_before = read_log(*(zebra(number, epc=f"30{number:022X}") for number in range(40)))
    take_in(file_outbox, filled_before, config, "log")
    before = counts(file_outbox)
    (pages,) = file_outbox.store.one("PRAGMA page_count")
    file_outbox.store.execute(f"PRAGMA max_page_count = {pages}")
    more = read_log(*(zebra(number, epc=f"31{number:022X}") for number in range(40, 400)))
    with pytest.raises(OutboxFull):
        take_in(file_outbox, more, config, "log")
    assert counts(file_outbox) == before
    file_outbox.store.execute("PRAGMA max_page_count = 1073741823")
    assert take_in(file_outbox, more, config, "log").events == 360
    assert file_outbox.close_batch(1000).count == 400  # type: ignore[union-attr]


def test_a_batch_that_cannot_be_written_is_not_closed_by_half(file_outbox: Outbox):
    file_outbox.begin_log(0)
    with file_outbox.transaction():
        for serial in range(2000):
            file_outbox.add(event(serial), CONTEXT)
    (pages,) = file_outbox.store.one("PRAGMA page_count")
    file_outbox.store.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutboxFull):
        file_outbox.close_batch(2000)
    assert (counts(file_outbox)["batches"], file_outbox.waiting(), file_outbox.next_index()) == (0, 2000, 0)


def delivery(number: int) -> DeliveryLeaf:
    return DeliveryLeaf(bytes([number]) * 32, b"\x02" * 32, b"\x03" * 32, 1_800_000_000 + number)


def leaves_of(outbox: Outbox, item: str) -> list[bytes]:
    entries = outbox.entries(item)
    return [EventLeaf.of(one.event_id, content_hash(one.event), one.salt).hash() for one in entries]


def test_a_delivery_stands_among_events_and_is_proven_once_it_is_anchored(outbox: Outbox):
    outbox.begin_log(0)
    for serial in range(5):
        outbox.add(event(serial), CONTEXT)
    assert outbox.put_leaf(delivery(1))
    assert not outbox.put_leaf(delivery(1))
    assert outbox.put_leaf(delivery(2))
    assert outbox.waiting() == 7
    closed = outbox.close_batch(10)
    assert closed is not None
    assert (closed.count, outbox.waiting()) == (7, 0)
    assert outbox.leaf_proof(delivery(1)) is None
    outbox.mark_anchored(0, 10, WRITER)
    for number in (1, 2):
        found = outbox.leaf_proof(delivery(number))
        assert found is not None
        assert (found.index, found.batch.digest) == (0, closed.digest(WRITER))
        assert delivery(number).is_in(found.batch.root, found.batch.count, found.proof)
        assert not delivery(3 - number).is_in(found.batch.root, found.batch.count, found.proof)
    assert outbox.leaf_proof(delivery(3)) is None
    for serial in range(5):
        (entry,) = outbox.entries(ITEM.format(serial))
        assert EventLeaf.of(entry.event_id, content_hash(entry.event), entry.salt).is_in(
            entry.batch.root, entry.batch.count, entry.proof
        )


def test_deliveries_come_before_events_and_both_fill_batches(outbox: Outbox):
    outbox.begin_log(0)
    for serial in range(4):
        outbox.add(event(serial), CONTEXT)
    for number in range(3):
        outbox.put_leaf(delivery(number))
    roots = []
    while (closed := outbox.close_batch(2)) is not None:
        outbox.mark_anchored(closed.index, 10, WRITER)
        roots.append(closed.items_root)
    found = [outbox.leaf_proof(delivery(number)) for number in range(3)]
    assert [one.index for one in found if one] == [0, 0, 1]
    assert [outbox.entries(ITEM.format(serial))[0].index for serial in range(4)] == [1, 2, 2, 3]
    # Deliveries count for no item
    assert roots[0] == EMPTY
    assert len(set(roots)) == len(roots) == 4


def test_each_batch_names_the_item_map_after_its_events_in_the_order_of_the_log(outbox: Outbox):
    filled(outbox, 6, batch=4)
    for step in range(3):
        outbox.add(event(1, eventTime=f"2026-03-02T09:0{step}:00.000Z"), CONTEXT)
    closed = outbox.close_batch(10)
    assert closed is not None
    assert outbox.latest() is not None
    assert outbox.latest()[1].items_root != outbox.items.root() == closed.items_root  # type: ignore[index]
    outbox.mark_anchored(closed.index, 20, WRITER)
    newest = BatchRef(root=closed.root, items_root=closed.items_root, writer=WRITER, count=3)
    assert outbox.latest() == (2, newest)

    leaves = leaves_of(outbox, ITEM.format(1))
    thing = same_thing(ITEM.format(1))
    entry, proof = outbox.items.prove(thing)
    assert (entry.count, entry) == (4, entry_of(leaves))
    assert entry != entry_of(reversed(leaves))
    assert root_of(item_key(thing), entry, proof) == closed.items_root

    absent = same_thing(ITEM.format(99))
    assert root_of(item_key(absent), *outbox.items.prove(absent)) == closed.items_root
    assert outbox.items.entry(absent) == NOTHING


def test_the_item_map_is_the_same_after_reopening_and_goes_on_from_there(tmp_path: Path, identity):
    path = tmp_path / "outbox.sqlite3"
    with Outbox.open(path, identity) as first, Outbox.in_memory(identity) as other:
        for one in (first, other):
            filled(one, 3)
        before = first.items.root()
        assert before != other.items.root(), "salts are random"
    with Outbox.open(path, identity) as second:
        assert second.items.root() == before
        second.add(event(7), CONTEXT)
        closed = second.close_batch(10)
        assert closed is not None
        assert second.items.entry(same_thing(ITEM.format(0))).count == 1
        assert closed.items_root == second.items.root() != before


def close_and_fail(outbox: Outbox) -> None:
    before = outbox.items.root()
    with outbox.transaction():
        assert outbox.close_batch(10) is not None
        assert outbox.items.root() != before
        raise KeyError


def test_a_batch_that_is_not_closed_leaves_the_item_map_as_it_was(outbox: Outbox):
    filled(outbox, 2)
    before = outbox.items.root()
    outbox.add(event(5), CONTEXT)
    with pytest.raises(KeyError):
        close_and_fail(outbox)
    assert (outbox.items.root(), outbox.waiting()) == (before, 1)
    closed = outbox.close_batch(10)
    assert closed is not None
    assert closed.items_root == outbox.items.root() != before


def test_the_writer_of_a_batch_is_who_is_to_sign_it_until_the_chain_says_who_anchored_it(outbox: Outbox):
    outbox.begin_log(0)
    outbox.add(event(1), CONTEXT)
    outbox.close_batch(10)
    assert outbox.batches()[0].writer is None
    outbox.set_writer(0, SIGNER)
    assert outbox.batches()[0].writer == SIGNER
    outbox.mark_anchored(0, 10, WRITER)
    assert outbox.batches()[0].writer == outbox.entries(ITEM.format(1))[0].batch.writer == WRITER
