"""The leaves of a batch in its outbox, and the tree over them: those of events by row, then typed leaves by row.

A batch is a range of rows of either sort, so that closing one changes none of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from lading.provenance.bundle import BatchRef
from lading.provenance.keccak import keccak256
from lading.provenance.leaf import EVENT_LEAF
from lading.provenance.merkle import MerkleTree
from lading.relayer.store.database import Database

EVENTS, TYPED = "events", "typed_leaves"
"""The tables of the two sorts of leaves."""

_WAITING_EVENTS: Final = (
    "SELECT id, event_id, content_hash, salt, things, length(body) FROM events WHERE id > ? AND id <= ?"
    " ORDER BY id LIMIT ?"
)
_WAITING_TYPED: Final = "SELECT id, hash FROM typed_leaves WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"
_LAST: Final = (
    "SELECT coalesce((SELECT max(last_event) FROM batches WHERE last_event IS NOT NULL), 0),"
    " coalesce((SELECT max(last_leaf) FROM batches WHERE last_leaf IS NOT NULL), 0)"
)

Hashes = dict[tuple[str, int], bytes]
"""The leaf of each (table, row), in the order of the batch."""


class Ends(NamedTuple):
    """The last rows of the two sorts."""

    event: int
    leaf: int


@dataclass(frozen=True, slots=True)
class BatchTree:
    """An anchored batch, its tree, and the place of each (table, row) among the tree's leaves."""

    index: int
    batch: BatchRef
    tree: MerkleTree
    positions: dict[tuple[str, int], int]

    def proof(self, table: str, row: int) -> tuple[bytes, ...]:
        return self.tree.proof(self.positions[table, row])


@dataclass(frozen=True, slots=True)
class Waiting:
    """What goes into the next batch: the leaves, and of each of its events the row, the leaf and the things' text."""

    hashes: Hashes
    events: list[tuple[int, bytes, str]]
    typed: list[int]


def closed(database: Database) -> Ends:
    """The last rows that are in a batch; what waits comes after them."""
    return Ends(*database.one(_LAST))


def waiting(database: Database, after: Ends, until: Ends, most: int, most_bytes: int | None) -> Waiting:
    """Of what is in no batch yet, the oldest: at most `most` leaves, and no event once there are `most_bytes` of them,
    but at least one leaf. Typed leaves come before events, since money hangs on them."""
    typed = database.rows(_WAITING_TYPED, (after.leaf, until.leaf, most))
    rows = database.rows(_WAITING_EVENTS, (after.event, until.event, most - len(typed)))
    if most_bytes is not None:
        rows = rows[: _within(most_bytes, (row[5] for row in rows), at_least=0 if typed else 1)]
    leaves = _event_leaves(rows)
    hashes = {(EVENTS, row[0]): leaf for row, leaf in zip(rows, leaves, strict=True)}
    hashes |= {(TYPED, row): leaf for row, leaf in typed}
    events = [(row[0], leaf, row[4]) for row, leaf in zip(rows, leaves, strict=True)]
    return Waiting(hashes, events, [row for row, _ in typed])


def _within(most: int, sizes: Iterable[int], at_least: int) -> int:
    """How many of the first sizes fit."""
    count = total = 0
    for size in sizes:
        total += size
        if total > most and count >= at_least:
            break
        count += 1
    return count


def anchored_tree(database: Database, index: int) -> BatchTree:
    """The tree of an anchored batch."""
    root, items_root, writer, count, *ends = database.one(
        "SELECT root, items_root, writer, count, first_event, last_event, first_leaf, last_leaf FROM batches"
        " WHERE idx = ?",
        (index,),
    )
    rows = database.rows(
        "SELECT id, event_id, content_hash, salt FROM events WHERE id BETWEEN ? AND ? ORDER BY id", ends[:2]
    )
    typed = database.rows("SELECT id, hash FROM typed_leaves WHERE id BETWEEN ? AND ? ORDER BY id", ends[2:])
    places = [*((EVENTS, row[0]) for row in rows), *((TYPED, row) for row, _ in typed)]
    tree = MerkleTree([*_event_leaves(rows), *(leaf for _, leaf in typed)])
    batch = BatchRef(root=root, items_root=items_root, writer=writer, count=count)
    return BatchTree(index, batch, tree, {place: position for position, place in enumerate(places)})


def _event_leaves(rows: Sequence[tuple[Any, ...]]) -> list[bytes]:
    """`EventLeaf.hash` of rows of (id, event id, content hash, salt, …), 32 bytes each as the table demands."""
    return [keccak256(keccak256(EVENT_LEAF + row[1] + row[2] + row[3])) for row in rows]
