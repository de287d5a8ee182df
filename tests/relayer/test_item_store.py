"""The item map on SQLite: the same map as the reference at every step, whatever happens to its transactions."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.provenance.errors import MerkleError
from lading.provenance.item_map import EMPTY, entry_of, item_key, root_of
from lading.relayer.errors import OutboxLocked, OutboxUnreadable
from lading.relayer.items.heap import LEVELS, bottom_of
from lading.relayer.items.store import ItemStore
from lading.relayer.store.database import MEMORY, Database

sys.path.insert(0, str(Path(__file__).parent))
from item_store_kit import IDENTITY, LEAVES, NEAR, THINGS, Addition, ReferenceMap, assert_is, content

batches = st.lists(
    st.lists(st.tuples(st.sampled_from([*THINGS[:12], *NEAR]), st.sampled_from(LEAVES)), max_size=12), max_size=5
)


@given(batches)
@settings(max_examples=15, deadline=None)
def test_any_sequence_of_batches_gives_the_reference_map(made: list[list[Addition]]) -> None:
    store = Database.open(MEMORY, IDENTITY)
    items, log = ItemStore(store), []
    for batch in made:
        log += batch
        assert items.apply(batch) == items.root() == ReferenceMap(content(log)).root
    assert_is(items, log)
    store.close()


def test_an_empty_map_proves_that_there_is_nothing(items: ItemStore) -> None:
    assert items.root() == EMPTY
    assert_is(items, [])


def test_neighbours_in_one_page_are_told_apart(items: ItemStore) -> None:
    assert bottom_of(item_key(NEAR[0])) == bottom_of(item_key(NEAR[1]))
    additions = [(NEAR[0], LEAVES[0])]
    items.apply(additions)
    assert_is(items, additions)
    items.apply([(NEAR[1], LEAVES[1])])
    assert_is(items, [*additions, (NEAR[1], LEAVES[1])])
    assert len([one for one in items.prove(NEAR[0])[1].siblings if one is None]) >= 24 - LEVELS


def test_a_thing_twice_in_a_batch_counts_twice_in_the_order_of_the_log(items: ItemStore) -> None:
    items.apply([(THINGS[0], LEAVES[1]), (THINGS[1], LEAVES[2]), (THINGS[0], LEAVES[0])])
    assert items.entry(THINGS[0]) == entry_of([LEAVES[1], LEAVES[0]])
    assert items.entry(THINGS[0]) != entry_of([LEAVES[0], LEAVES[1]])


def test_the_order_among_different_things_makes_no_difference(items: ItemStore, tmp_path: Path) -> None:
    additions = list(zip(THINGS, LEAVES, strict=True))
    other = Database.open(str(tmp_path / "other.sqlite3"), IDENTITY)
    assert items.apply(additions) == ItemStore(other).apply(additions[::-1])
    other.close()


def test_batches_give_the_same_map_as_one(items: ItemStore, tmp_path: Path) -> None:
    additions = list(zip(THINGS * 2, [*LEAVES, *LEAVES[::-1]], strict=True))
    other = Database.open(str(tmp_path / "other.sqlite3"), IDENTITY)
    whole = ItemStore(other).apply(additions)
    for addition in additions:
        items.apply([addition])
    assert items.root() == whole
    other.close()


def test_a_map_outlives_its_process(tmp_path: Path) -> None:
    path, additions = str(tmp_path / "outbox.sqlite3"), list(zip(THINGS, LEAVES, strict=True))
    store = Database.open(path, IDENTITY)
    ItemStore(store).apply(additions)
    store.close()
    again = Database.open(path, IDENTITY)
    assert_is(ItemStore(again), additions)
    again.close()


class Stopped(Exception):
    pass


def stop() -> None:
    raise Stopped


def roll_back(store: Database, items: ItemStore, additions: list[Addition]) -> None:
    """A transaction that fails after the map took the additions in."""

    def run() -> None:
        with store.transaction():
            items.apply(additions)
            assert items.entry(additions[-1][0]).count == 1
            stop()

    with pytest.raises(Stopped):
        run()


def test_a_batch_that_is_rolled_back_leaves_no_trace(items: ItemStore, store: Database) -> None:
    kept = [(THINGS[0], LEAVES[0])]
    items.apply(kept)
    roll_back(store, items, [(thing, LEAVES[1]) for thing in THINGS])
    assert_is(items, kept)
    items.apply([(THINGS[1], LEAVES[2])])
    assert_is(items, [*kept, (THINGS[1], LEAVES[2])])


def test_a_batch_after_one_that_was_rolled_back_counts_from_what_is_stored(items: ItemStore, store: Database) -> None:
    roll_back(store, items, [(THINGS[0], LEAVES[0])])
    items.apply([(THINGS[0], LEAVES[1])])
    assert_is(items, [(THINGS[0], LEAVES[1])])


def test_a_leaf_that_is_no_hash_changes_nothing(items: ItemStore) -> None:
    kept = [(THINGS[0], LEAVES[0])]
    items.apply(kept)
    with pytest.raises(MerkleError):
        items.apply([(THINGS[1], LEAVES[1]), (THINGS[2], b"short")])
    assert_is(items, kept)


class Failing:
    """A database that refuses once, after part of the work."""

    def __init__(self, store: Database) -> None:
        self.path, self.transaction, self.snapshot = store.path, store.transaction, store.snapshot
        self.execute, self.rows, self._many, self.fails = store.execute, store.rows, store.many, False

    def many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._many(sql, rows)
        if self.fails:
            self.fails = False
            stop()


def test_an_error_in_the_middle_leaves_memory_like_the_database(store: Database) -> None:
    database = Failing(store)
    items, kept = ItemStore(database), [(THINGS[0], LEAVES[0])]
    items.apply(kept)
    database.fails = True
    with pytest.raises(Stopped):
        items.apply([(thing, LEAVES[1]) for thing in THINGS])
    assert_is(items, kept)


def test_what_another_process_added_is_seen(tmp_path: Path) -> None:
    path = str(tmp_path / "outbox.sqlite3")
    ours, theirs = Database.open(path, IDENTITY), Database.open(path, IDENTITY)
    first, second = ItemStore(ours), ItemStore(theirs)
    first.apply([(THINGS[0], LEAVES[0])])
    second.apply([(THINGS[0], LEAVES[1])])
    assert_is(first, [(THINGS[0], LEAVES[0]), (THINGS[0], LEAVES[1])])
    ours.close()
    theirs.close()


def test_a_proof_is_taken_from_one_state_while_another_process_writes(tmp_path: Path) -> None:
    path = str(tmp_path / "outbox.sqlite3")
    ours, theirs = Database.open(path, IDENTITY), Database.open(path, IDENTITY)
    first, second = ItemStore(ours), ItemStore(theirs)
    first.apply([(THINGS[0], LEAVES[0])])
    with ours.snapshot():
        root = first.root()
        second.apply([(THINGS[0], LEAVES[1])])
        entry, proof = first.prove(THINGS[0])
    assert entry.count == 1
    assert root_of(item_key(THINGS[0]), entry, proof) == root
    ours.close()
    theirs.close()


def test_a_map_that_another_writer_changed_meanwhile_is_not_overwritten(items: ItemStore, store: Database) -> None:
    items.apply([(THINGS[0], LEAVES[0])])

    planned = items.plan([(THINGS[0], LEAVES[1])])
    ItemStore(store).apply([(THINGS[0], LEAVES[2])])
    with pytest.raises(OutboxLocked), store.transaction():
        items.store(planned)
    assert_is(items, [(THINGS[0], LEAVES[0]), (THINGS[0], LEAVES[2])])


@pytest.mark.parametrize("at", [0, 30, 69])
def test_an_altered_page_is_noticed_when_the_map_is_opened(items: ItemStore, store: Database, at: int) -> None:
    items.apply(list(zip(THINGS, LEAVES, strict=True)))
    number = bottom_of(item_key(THINGS[0]))
    records = bytearray(store.one("SELECT records FROM item_pages WHERE number = ?", (number,))[0])
    records[at] ^= 1
    store.execute("UPDATE item_pages SET records = ? WHERE number = ?", (bytes(records), number))
    with pytest.raises(OutboxUnreadable, match="root"):
        ItemStore(store).prove(THINGS[1])
    with pytest.raises(OutboxUnreadable, match="root"):
        items.prove(THINGS[0])


def test_a_lost_page_is_noticed(items: ItemStore, store: Database) -> None:
    items.apply(list(zip(THINGS, LEAVES, strict=True)))
    store.execute("DELETE FROM item_pages WHERE number = ?", (bottom_of(item_key(THINGS[0])),))
    with pytest.raises(OutboxUnreadable, match="root"):
        items.prove(THINGS[0])


def statements(store: Database, items: ItemStore, additions: list[Addition]) -> int:
    """How many rows a batch reads and writes, which is what its time follows."""
    counted = 0

    def count(_sql: str) -> None:
        nonlocal counted
        counted += 1

    store._driver.set_trace_callback(count)
    items.apply(additions)
    store._driver.set_trace_callback(None)
    return counted


def test_a_batch_costs_the_same_whatever_came_before_it(items: ItemStore, store: Database) -> None:
    first = statements(store, items, [(thing, LEAVES[0]) for thing in THINGS])
    for number in range(20):
        items.apply([(f"urn:example:{number}:{one}", LEAVES[1]) for one in range(200)])
    assert statements(store, items, [(thing, LEAVES[0]) for thing in THINGS]) <= first
