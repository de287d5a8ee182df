"""The item map on a real PostgreSQL: the same map, and nobody overwrites another's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from item_store_kit import LEAVES, NEAR, THINGS, Addition, assert_is

from lading.relayer.errors import OutboxLocked, OutboxUnreadable
from lading.relayer.item_postgres import POSTGRES, PostgresItems
from lading.relayer.item_store import ItemStore

psycopg = pytest.importorskip("psycopg", reason="psycopg is not in this environment")
pgserver = pytest.importorskip("pgserver", reason="pgserver is not in this environment")

ALL = list(zip([*THINGS, *NEAR], [*LEAVES, *LEAVES[:2]], strict=True))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    found = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield found.get_uri()
    found.cleanup()


@pytest.fixture
def database(server: str) -> Iterator[Any]:
    """Connects to tables of its own."""
    opened: list[Any] = []

    def connect() -> PostgresItems:
        opened.append(psycopg.connect(server, autocommit=True, options="-c lock_timeout=200ms"))
        return PostgresItems(opened[-1])

    yield connect
    connect().execute("DROP TABLE IF EXISTS item_pages, item_root")
    for one in opened:
        one.close()


def test_batches_give_the_reference_map_and_outlive_the_connection(database: Any) -> None:
    items = ItemStore(database(), POSTGRES)
    assert_is(items, [])
    items.apply(ALL)
    items.apply(ALL[::-1])
    assert_is(items, ALL + ALL[::-1])
    assert_is(ItemStore(database(), POSTGRES), ALL + ALL[::-1])


class Stopped(Exception):
    pass


def test_a_batch_that_is_rolled_back_leaves_no_trace(database: Any) -> None:
    mine = database()
    items = ItemStore(mine, POSTGRES)
    items.apply(ALL[:1])

    def run() -> None:
        with mine.transaction():
            items.apply(ALL)
            raise Stopped

    with pytest.raises(Stopped):
        run()
    assert_is(items, ALL[:1])


def test_of_two_batches_from_one_map_the_second_is_refused(database: Any) -> None:
    ours, theirs = database(), database()
    first, second = ItemStore(ours, POSTGRES), ItemStore(theirs, POSTGRES)
    kept: list[Addition] = ALL[:1]
    first.apply(kept)
    second.prove(THINGS[0])
    with ours.transaction():
        first.apply(ALL[1:2])
        with pytest.raises(OutboxLocked):
            second.apply(ALL[2:3])
    assert_is(second, ALL[:2])
    second.apply(ALL[2:3])
    assert_is(first, ALL[:3])


def test_a_proof_is_taken_from_one_state_while_another_writes(database: Any) -> None:
    ours, theirs = database(), database()
    first, second = ItemStore(ours, POSTGRES), ItemStore(theirs, POSTGRES)
    first.apply(ALL[:1])
    with ours.snapshot():
        assert first.root() == first.root()
        second.apply([(THINGS[0], LEAVES[5])])
        assert first.prove(THINGS[0])[0].count == 1
    assert first.prove(THINGS[0])[0].count == 2


def test_a_server_that_is_gone_is_an_error_of_ours(database: Any) -> None:
    mine = database()
    items = ItemStore(mine, POSTGRES)
    with pytest.raises(OutboxUnreadable, match="PostgreSQL says"):
        mine.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(OutboxUnreadable):
        items.root()
