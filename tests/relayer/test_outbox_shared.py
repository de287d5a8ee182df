"""The outbox on both databases: events at once, batches as ranges, items that lead to their events, one leader."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from databases import IDENTITY

from lading.epcis.canonical import content_hash
from lading.epcis.event_id import event_id_uri
from lading.epcis.object_events import object_events
from lading.provenance.item_map import entry_of, things_of
from lading.provenance.leaf import EventLeaf
from lading.relayer.anchoring.closing import Closing
from lading.relayer.anchoring.leader import Leader, leading
from lading.relayer.config.settings import Batching
from lading.relayer.errors import NotLeader, OutboxLocked, OutboxUnreadable
from lading.relayer.items.links import PAIR, PAIRS_IN_A_ROW, Links, events_back, next_pair
from lading.relayer.outbox.events import things_in, things_text, time_ms
from lading.relayer.outbox.outbox import NewEvent, Outbox
from lading.relayer.store.database import MEMORY, Database

Connect = Callable[[], Database]
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
WRITER = b"\x55" * 20
START = 1_772_439_330_000
ITEM = "https://id.gs1.org/01/09521141123454/21/{}"
REST = {"action": "OBSERVE", "bizStep": "receiving", "eventTimeZoneOffset": "+00:00", "@context": CONTEXT}
MAKE = object_events(REST)


def made(number: int, *items: str) -> NewEvent:
    """As the fast path makes it."""
    listed = list(items) or [ITEM.format(number)]
    one = MAKE(START + number, listed)
    return NewEvent(START + number, one.event_id, b"", one.content_hash, things_text(sorted(listed)), one.form)


@pytest.fixture
def box(connect: Connect) -> Callable[[], Outbox]:
    return lambda: Outbox(connect(), IDENTITY)


def close_all(outbox: Outbox, most: int) -> list[tuple[int, int] | None]:
    ranges = []
    while (batch := outbox.close_batch(most)) is not None:
        outbox.mark_anchored(batch.index, 7, WRITER)
        ranges.append(batch.events)
    return ranges


def test_what_the_fast_path_makes_is_stored_as_the_general_one_stores_it(box: Callable[[], Outbox]):
    fast, slow = box(), Outbox.in_memory(IDENTITY)
    event = {**REST, "type": "ObjectEvent", "eventTime": "2026-03-02T08:15:30.007Z", "epcList": [ITEM.format(1)]}
    fast.put_many([made(7, ITEM.format(1))])
    slow.add(event, None)
    columns = "time_ms, event_id, correction, content_hash, things"
    both = [one.store.one(f"SELECT {columns} FROM events") for one in (fast, slow)]  # noqa: S608
    assert both[0] == both[1] == (*made(7, ITEM.format(1))[:4], ITEM.format(1))
    assert time_ms(event["eventTime"]) == START + 7
    slow.close()


def test_of_many_events_each_says_where_it_is_and_whether_it_is_new(box: Callable[[], Outbox]):
    outbox = box()
    assert outbox.put_many([]) == []
    assert outbox.put_many([made(number) for number in (5, 3, 4)]) == [(1, True), (2, True), (3, True)]
    again = outbox.put_many([made(number) for number in (3, 8, 8, 5, 9)])
    assert [one.new for one in again] == [False, True, False, False, True]
    assert [one.row for one in again][::3] == [2, 1]
    assert again[1].row == again[2].row < again[4].row
    salts = outbox.store.rows("SELECT DISTINCT salt FROM events")
    assert (len(salts), outbox.waiting()) == (5, 5)


def test_batches_are_ranges_without_gap_or_overlap_and_change_no_event(box: Callable[[], Outbox]):
    outbox = box()
    outbox.begin_log(0)
    for first in range(0, 20, 5):
        outbox.put_many([made(number) for number in range(first, first + 5)])
        outbox.put_many([made(number) for number in range(first, first + 5)])  # redelivered: PostgreSQL skips ids
    before = outbox.store.rows("SELECT * FROM events ORDER BY id")
    ranges = close_all(outbox, 7)
    rows = [row[0] for row in before]
    assert [tuple(row for row in rows if one and one[0] <= row <= one[1]) for one in ranges] == [
        tuple(rows[:7]),
        tuple(rows[7:14]),
        tuple(rows[14:]),
    ]
    assert outbox.store.rows("SELECT * FROM events ORDER BY id") == before
    assert outbox.waiting() == 0


def test_an_item_leads_to_all_its_events_in_the_order_of_the_log(box: Callable[[], Outbox]):
    outbox = box()
    outbox.begin_log(0)
    named: dict[str, list[int]] = {}
    for number in range(30):
        items = {ITEM.format(number % 4), ITEM.format(100 + number)} | ({ITEM.format(1)} if number % 3 else set())
        (placed,) = outbox.put_many([made(number, *items)])
        for item in items:
            named.setdefault(item, []).append(placed.row)
        if number % 8 == 7:
            close_all(outbox, 3)
    close_all(outbox, 100)
    for again in (outbox, box()):
        assert {item: again.items.events_of(item) for item in named} == named
        assert again.items.events_of(ITEM.format(999)) == []
    for item in (ITEM.format(1), ITEM.format(120)):
        entries = outbox.entries(item)
        leaves = [EventLeaf.of(one.event_id, content_hash(one.event), one.salt) for one in entries]
        assert len(entries) == len(named[item])
        assert outbox.items.entry(item) == entry_of(leaf.hash() for leaf in leaves)
        assert all(item in things_of(one.event) for one in entries)
        assert all(
            leaf.is_in(one.batch.root, one.batch.count, one.proof) for leaf, one in zip(leaves, entries, strict=True)
        )


def test_links_that_were_altered_are_noticed(box: Callable[[], Outbox]):
    outbox = box()
    outbox.begin_log(0)
    outbox.put_many([made(number, ITEM.format(1)) for number in range(3)])
    close_all(outbox, 10)
    (links,) = outbox.store.one("SELECT links FROM item_links")
    for broken in (links[:32], links[:32] + PAIR.pack(3, 3), links[:32] + PAIR.pack(3, 1)):
        outbox.store.execute("UPDATE item_links SET links = ?", (broken,))
        with pytest.raises(OutboxUnreadable, match="links"):
            outbox.items.events_of(ITEM.format(1))


@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=6))
@settings(max_examples=300)
def test_things_survive_their_column(things: list[str]):
    text = things_text(things)
    assert things_in(text) == things
    assert "\0" not in text


@given(st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 2**60)), max_size=12), max_size=6))
@settings(max_examples=40, deadline=None)
def test_links_lead_back_through_all_batches(batches: list[list[tuple[int, int]]]):
    database = Database.open(MEMORY, IDENTITY)
    newest: dict[bytes, int] = {}
    expected: dict[bytes, list[int]] = {}
    for batch in batches:
        links = Links(next_pair(database))
        for thing, event in batch:
            links.add(bytes([thing]), event)
            expected.setdefault(bytes([thing]), []).append(event)
        newest |= {key: links.newest(key, newest.get(key, 0)) for key in {bytes([thing]) for thing, _ in batch}}
        database.many("INSERT INTO item_links (first_pair, links) VALUES (?, ?)", links.rows())
    assert {key: list(events_back(database, pair))[::-1] for key, pair in newest.items()} == expected
    database.close()


def test_pairs_of_a_large_batch_stand_in_rows_of_bounded_size():
    links = Links(11)
    for number in range(2 * PAIRS_IN_A_ROW + 1):
        links.add(b"%d" % number, number + 1)
    rows = links.rows()
    assert [first for first, _ in rows] == [11, 11 + PAIRS_IN_A_ROW, 11 + 2 * PAIRS_IN_A_ROW]
    assert [len(one) // PAIR.size for _, one in rows] == [PAIRS_IN_A_ROW, PAIRS_IN_A_ROW, 1]


def test_of_two_that_close_from_one_state_the_second_is_refused(box: Callable[[], Outbox]):
    first, second = box(), box()
    first.begin_log(0)
    first.put_many([made(number) for number in range(4)])
    overtaken = second.items.plan

    def plan(*given: Any) -> Any:
        planned = overtaken(*given)
        first_batch = first.close_batch(2)
        assert first_batch is not None
        return planned

    second.items.plan = plan  # type: ignore[method-assign]
    with pytest.raises(OutboxLocked):
        second.close_batch(4)
    second.items.plan = overtaken  # type: ignore[method-assign]
    assert [batch.count for batch in second.batches()] == [2]
    assert close_all(second, 10) == [(3, 4)]
    assert second.items.events_of(ITEM.format(3)) == first.items.events_of(ITEM.format(3)) == [4]


def test_no_event_that_is_still_being_written_falls_between_batches(schema: str):
    """An id that was given before, and is committed after, others is in a batch nevertheless."""
    slow, fast, closer = (Outbox(Database.open(schema, IDENTITY), IDENTITY) for _ in range(3))
    closer.begin_log(0)
    given, go = Event(), Event()

    def write_slowly() -> None:
        with slow.transaction():
            slow.put_many([made(1)])
            given.set()
            go.wait(10)

    writer = Thread(target=write_slowly)
    writer.start()
    assert given.wait(10)
    fast.put_many([made(2)])
    with pytest.raises(OutboxLocked):
        closer.close_batch(10)  # waits for the slow one, but not for ever
    go.set()
    writer.join()
    assert close_all(closer, 10) == [(1, 2)]
    for one in (slow, fast, closer):
        one.close()


def test_one_leads_at_a_time_and_another_after_it(connect: Connect):
    ours, theirs = connect(), connect()
    first, second = Leader(ours), Leader(theirs)
    assert first.take()
    assert first.take()
    assert not second.take()
    with pytest.raises(NotLeader), leading(theirs):
        pass
    first.release()
    assert second.take()
    assert not first.take()
    second.release()
    assert (first.take(), first.term, second.term) == (True, 2, 1)
    ours.close()
    first.release()
    assert second.take()


def test_a_leader_whose_session_broke_has_to_take_the_lock_again(schema: str):
    ours, theirs = Database.open(schema, IDENTITY), Database.open(schema, IDENTITY)
    first, second = Leader(ours), Leader(theirs)
    assert first.take()
    theirs.rows("SELECT pg_terminate_backend(?)", (ours.one("SELECT pg_backend_pid()")[0],))
    with pytest.raises(Exception, match="does not answer"):
        first.take()
    assert second.take()
    assert not first.take()
    second.release()
    assert first.take()
    assert first.term == 2
    ours.close()
    theirs.close()


def test_a_batch_is_closed_by_count_bytes_or_age():
    outbox, now = Outbox.in_memory(IDENTITY), [0.0]
    outbox.begin_log(0)
    size = len(made(0).body)
    bounds = Batching(max_events=3, max_bytes=max(1000, 4 * size), max_age_seconds=2)
    closing = Closing(outbox, bounds, clock=lambda: now[0])
    assert closing.close() is None
    outbox.put_many([made(1)])
    assert closing.close() is None
    now[0] = 1.9
    assert closing.close() is None
    now[0] = 2.0
    assert closing.close().count == 1  # type: ignore[union-attr]
    outbox.put_many([made(number) for number in range(2, 6)])
    assert closing.close().count == 3  # type: ignore[union-attr]
    assert closing.close() is None
    now[0] = 4.0
    assert closing.close().count == 1  # type: ignore[union-attr]
    long = ITEM.format("x" * bounds.max_bytes)
    outbox.put_many([made(7), made(8, long), made(9)])
    assert [closing.close().count for _ in range(2)] == [1, 1]  # type: ignore[union-attr]
    assert closing.close() is None
    assert closing.close(all_of_it=True).count == 1  # type: ignore[union-attr]
    outbox.close()


def test_ids_in_rows_are_those_of_the_events(box: Callable[[], Outbox]):
    outbox = box()
    outbox.begin_log(0)
    outbox.put_many([made(1)])
    close_all(outbox, 1)
    (entry,) = outbox.entries(ITEM.format(1))
    assert entry.event_id == event_id_uri(made(1).event_id)
