"""The batches of a log, from closed to anchored (a block)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from lading.provenance.merkle import batch_digest
from lading.relayer.store.database import Database

_SELECT: Final = (
    "SELECT idx, root, items_root, count, writer, first_event, last_event, first_leaf, last_leaf, closed_ns,"
    " anchored_block FROM batches"
)
_INSERT: Final = (
    "INSERT INTO batches (idx, root, items_root, count, first_event, last_event, first_leaf, last_leaf, closed_ns)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

Range = tuple[int, int] | None
"""The first and the last row, both inclusive."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A closed batch. `anchored_block` is None until the chain has it; `writer` is the key (20 bytes) that the chain
    has it from, before that the one that is to sign it, None if it was never to be sent. `events` and `leaves` are the
    rows of its events and typed leaves, `closed_ns` the Unix time in nanoseconds at which it was closed."""

    index: int
    root: bytes
    items_root: bytes
    count: int
    writer: bytes | None
    anchored_block: int | None
    events: Range
    leaves: Range
    closed_ns: int

    def digest(self, writer: bytes) -> bytes:
        """What the chain stores of it, if that key anchored it."""
        return batch_digest(self.root, self.items_root, writer, self.count)


def insert(database: Database, batch: Batch) -> None:
    ends = (*(batch.events or (None, None)), *(batch.leaves or (None, None)))
    database.execute(_INSERT, (batch.index, batch.root, batch.items_root, batch.count, *ends, batch.closed_ns))


def since(database: Database, index: int) -> tuple[Batch, ...]:
    """Those from an index on, ascending."""
    return tuple(map(_batch, database.rows(f"{_SELECT} WHERE idx >= ? ORDER BY idx", (index,))))


def _batch(row: tuple[Any, ...]) -> Batch:
    index, root, items_root, count, writer, first_event, last_event, first_leaf, last_leaf, closed_ns = row[:10]
    return Batch(
        index=index,
        root=root,
        items_root=items_root,
        count=count,
        writer=writer,
        anchored_block=row[10],
        events=None if first_event is None else (first_event, last_event),
        leaves=None if first_leaf is None else (first_leaf, last_leaf),
        closed_ns=closed_ns,
    )
