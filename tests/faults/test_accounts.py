"""The accounts find what is wrong: each fault is made in a copy of what a relay left, or in what the chain says."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import raw
from accounts import audit
from bed import Bed, Ground
from chain_books import ChainView, map_root, tree_root
from violations import Kind

from lading.provenance.item_map import EMPTY
from lading.provenance.merkle import MerkleTree
from lading.relayer.items.store import ItemStore
from lading.relayer.reads.reads import Read, pack
from lading.relayer.run import log_identity
from lading.relayer.store.database import Database

COPY = Read(1_772_439_330_000_000_000, "3036451FD40C0E4000000001", -1, "dock", 9)


class Books:
    """What a relay left, and the chain's word on it, to be spoilt."""

    def __init__(self, bed: Bed, folder: Path) -> None:
        self.bed, self.folder, self._numbers = bed, folder, itertools.count()
        self.chain = ChainView.of(bed.ground.client, bed.ground.publisher)
        self.reads, self.refused = raw.offered(bed.lines), raw.refused(bed.lines)

    def copy(self) -> Database:
        path = self.folder / f"{next(self._numbers)}.sqlite3"
        shutil.copy(self.bed.config.outbox, path)
        return Database.open(path, log_identity(self.bed.config, self.bed.ground.client))

    def kinds(self, spoil: Callable[[Database], Any], **how: Any) -> set[Kind]:
        database = self.copy()
        database.rows("PRAGMA foreign_keys = OFF")
        spoil(database)
        told = {"chain": self.chain, "offered": self.reads, "quarantined": self.refused} | how
        found = audit(database, self.bed.config, **told)
        database.close()
        return {one.kind for one in found}


@pytest.fixture(scope="module")
def books(shared_ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    folder = tmp_path_factory.mktemp("books")
    with shared_ground.untouched():
        bed = Bed(shared_ground, folder / "relay", raw.log(1, 60))
        assert bed.run(1)[0] == 0
        yield Books(bed, folder)


def sql(*statements: str) -> Callable[[Database], None]:
    def spoil(database: Database) -> None:
        for statement in statements:
            assert database.execute(statement) > 0, statement

    return spoil


def test_what_a_relay_left_is_right(books: Books):
    assert books.kinds(lambda _: None) == set()


def chunk_of(change: Callable[[list[tuple[int, ...]]], list[tuple[int, ...]]]) -> Callable[[Database], None]:
    """Changes the reads of the first chunk that has several."""

    def spoil(database: Database) -> None:
        row, packed = database.one("SELECT id, reads FROM read_chunks WHERE count > 1 ORDER BY id LIMIT 1")
        rows = change(list(struct.iter_unpack(">qqq", packed)))
        database.execute(
            "UPDATE read_chunks SET reads = ?, first_ns = ?, last_ns = ?, count = ? WHERE id = ?",
            (b"".join(struct.pack(">qqq", *one) for one in rows), rows[0][0], rows[-1][0], len(rows), row),
        )

    return spoil


def to_another(rows: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The first read goes to the observation after its own."""
    return [(rows[0][0], rows[0][1], rows[0][2] + 1), *rows[1:]]


def other_item(database: Database) -> None:
    """One link of one item leads to another event."""
    first, links = database.one("SELECT first_pair, links FROM item_links ORDER BY first_pair LIMIT 1")
    event, before = struct.unpack(">QQ", links[:16])
    database.execute(
        "UPDATE item_links SET links = ? WHERE first_pair = ?",
        (struct.pack(">QQ", event + 1, before) + links[16:], first),
    )


SPOILT = {
    Kind.READ_TWICE: chunk_of(lambda rows: [rows[0], *rows]),
    Kind.READ_NOWHERE: chunk_of(lambda rows: [(*rows[0][:2], 1 << 40), *rows[1:]]),
    Kind.READ_LOST: chunk_of(lambda rows: rows[1:]),
    Kind.READ_UNKNOWN: chunk_of(lambda rows: [(rows[0][0], 12345, rows[0][2]), *rows]),
    Kind.READ_ELSEWHERE: sql("UPDATE observations SET epc = '3036451FD40C0E4000000FFF' WHERE id = 1"),
    Kind.READ_OUTSIDE: sql("UPDATE observations SET last_ns = last_ns - 1 WHERE last_ns > first_ns"),
    Kind.CHUNK: sql("UPDATE read_chunks SET count = count + 1 WHERE id = 1"),
    Kind.OBSERVATION_COUNT: sql("UPDATE observations SET reads = reads + 1 WHERE id = 2"),
    Kind.COUNTS: sql("UPDATE counters SET value = value + 1 WHERE name = 'redelivered'"),
    Kind.QUARANTINE: sql("DELETE FROM counters WHERE name = 'quarantined'"),
    Kind.NOT_STATED: sql("UPDATE observations SET event = NULL WHERE id = 3"),
    Kind.STATED_WRONG: sql("UPDATE observations SET event = (SELECT max(id) FROM events) WHERE id = 1"),
    Kind.STATED_TWICE: sql(
        "UPDATE observations SET left_event = (SELECT min(left_event) FROM observations) WHERE left_event IS NOT NULL"
    ),
    Kind.EVENT_STRAY: sql(
        "INSERT INTO events SELECT id + 1000, time_ms + 1, event_id, correction, content_hash, salt, things, body"
        " FROM events WHERE id = 1"
    ),
    Kind.EVENT_FALSE: sql(
        "UPDATE events SET body = CAST(replace(CAST(body AS TEXT), 'receiving', 'shipping') AS BLOB) WHERE id = 1"
    ),
    Kind.BATCH_RANGE: sql("UPDATE batches SET last_event = last_event - 1 WHERE idx = 1"),
    Kind.BATCH_COUNT: sql("UPDATE batches SET count = count + 1 WHERE idx = 0"),
    Kind.BATCH_ROOT: sql("UPDATE events SET salt = zeroblob(32) WHERE id = 1"),
    Kind.ITEMS_ROOT: sql("UPDATE batches SET items_root = zeroblob(32) WHERE idx = 1"),
    Kind.ITEM: other_item,
    Kind.WAITING: sql("UPDATE batches SET anchored_block = NULL WHERE idx = 0"),
    Kind.CHAIN_LACKS: sql(
        "INSERT INTO batches (idx, root, items_root, count, closed_ns, writer, anchored_block)"
        " SELECT max(idx) + 1, zeroblob(32), zeroblob(32), 1, 0, zeroblob(20), 1 FROM batches"
    ),
    Kind.CHAIN_DIFFERS: sql("UPDATE batches SET writer = zeroblob(20) WHERE idx = 0"),
    Kind.CHAIN_MORE: sql("DELETE FROM batches WHERE idx = (SELECT max(idx) FROM batches)"),
}


@pytest.mark.parametrize("kind", SPOILT, ids=lambda kind: kind.name)
def test_each_fault_is_found(books: Books, kind: Kind):
    assert kind in books.kinds(SPOILT[kind])


def test_every_kind_of_fault_is_tried():
    assert set(SPOILT) | {Kind.CHAIN_TWICE} == set(Kind)


def test_what_the_chain_says_otherwise_is_found(books: Books):
    chain = books.chain
    twice = dataclasses.replace(chain, told=(*chain.told, chain.told[0]))
    other = dataclasses.replace(chain, digests=chain.digests | {0: bytes(27)})
    more = dataclasses.replace(chain, next_index=chain.next_index + 1)
    less = dataclasses.replace(chain, next_index=chain.next_index - 1)
    kinds = [books.kinds(lambda _: None, chain=one) for one in (twice, other, more, less)]
    assert kinds == [{Kind.CHAIN_TWICE}, {Kind.CHAIN_DIFFERS}, {Kind.CHAIN_MORE}, {Kind.CHAIN_LACKS, Kind.WAITING}]


def test_reads_that_nobody_took_wait_and_are_not_lost(books: Books):
    def forgotten(database: Database) -> None:
        database.execute(
            "INSERT INTO inbox (id, lane, received_ns, count, reads) VALUES (10000, 'dock', 0, 1, ?)", (pack([COPY]),)
        )

    assert books.kinds(forgotten, offered=[*books.reads, COPY]) == {Kind.WAITING}
    assert books.kinds(forgotten, offered=[*books.reads, COPY], done=False) == set()
    assert Kind.COUNTS in books.kinds(lambda _: None, offered=[*books.reads, COPY])
    assert Kind.READ_LOST in books.kinds(lambda _: None, offered=[*books.reads, COPY])


def test_a_read_in_the_observation_of_another_tag_is_found(books: Books):
    assert books.kinds(chunk_of(to_another)) & {Kind.READ_ELSEWHERE, Kind.READ_OUTSIDE, Kind.OBSERVATION_COUNT}


@pytest.mark.parametrize("count", range(1, 18))
def test_roots_worked_out_here_are_those_of_the_tree_and_the_map(count: int, store: Database):
    leaves = [bytes([number]) * 32 for number in range(count)]
    assert tree_root(leaves) == MerkleTree(leaves).root
    items = ItemStore(store)
    things = {f"urn:thing:{number % 11}": [] for number in range(count)}
    for number, leaf in enumerate(leaves):
        things[f"urn:thing:{number % 11}"].append((number, leaf))
    items.apply([(f"urn:thing:{number % 11}", leaf) for number, leaf in enumerate(leaves)])
    assert map_root(things) == items.root() != EMPTY
