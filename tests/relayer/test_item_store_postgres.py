"""The item map on a real PostgreSQL: the same map, and nobody overwrites another's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from item_store_kit import IDENTITY, LEAVES, NEAR, THINGS, Addition, assert_is

from lading.relayer.errors import OutboxAway, OutboxLocked
from lading.relayer.items.store import ItemStore
from lading.relayer.store.database import Database

ALL = list(zip([*THINGS, *NEAR], [*LEAVES, *LEAVES[:2]], strict=True))


@pytest.fixture
def database(schema: str) -> Iterator[Callable[[], Database]]:
    """Connects to tables of its own."""
    opened: list[Database] = []

    def connect() -> Database:
        opened.append(Database.open(schema, IDENTITY))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


def test_batches_give_the_reference_map_and_outlive_the_connection(database: Callable[[], Database]) -> None:
    items = ItemStore(database())
    assert_is(items, [])
    items.apply(ALL, range(1, 1 + len(ALL)))
    items.apply(ALL[::-1], range(101, 101 + len(ALL)))
    assert_is(items, ALL + ALL[::-1])
    again = ItemStore(database())
    assert_is(again, ALL + ALL[::-1])
    assert again.events_of(THINGS[0]) == [1, 100 + len(ALL)]


class Stopped(Exception):
    pass


def test_a_batch_that_is_rolled_back_leaves_no_trace(database: Callable[[], Database]) -> None:
    mine = database()
    items = ItemStore(mine)
    items.apply(ALL[:1])

    def run() -> None:
        with mine.transaction():
            items.apply(ALL)
            raise Stopped

    with pytest.raises(Stopped):
        run()
    assert_is(items, ALL[:1])


def test_of_two_batches_from_one_map_the_second_is_refused(database: Callable[[], Database]) -> None:
    ours, theirs = database(), database()
    first, second = ItemStore(ours), ItemStore(theirs)
    kept: list[Addition] = ALL[:1]
    first.apply(kept)
    second.prove(THINGS[0])
    with ours.transaction():
        first.apply(ALL[1:2], [1])
        with pytest.raises(OutboxLocked):
            second.apply(ALL[2:3], [1])
    assert_is(second, ALL[:2])
    second.apply(ALL[2:3])
    assert_is(first, ALL[:3])


def test_a_proof_is_taken_from_one_state_while_another_writes(database: Callable[[], Database]) -> None:
    ours, theirs = database(), database()
    first, second = ItemStore(ours), ItemStore(theirs)
    first.apply(ALL[:1])
    with ours.snapshot():
        assert first.root() == first.root()
        second.apply([(THINGS[0], LEAVES[5])])
        assert first.prove(THINGS[0])[0].count == 1
    assert first.prove(THINGS[0])[0].count == 2


def test_a_server_that_is_gone_is_an_error_of_ours_and_the_map_goes_on(database: Callable[[], Database]) -> None:
    mine = database()
    items = ItemStore(mine)
    items.apply(ALL[:1])

    def run() -> None:
        with mine.transaction():
            items.apply(ALL[1:])
            mine.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(OutboxAway):
        run()
    assert_is(items, ALL[:1])
