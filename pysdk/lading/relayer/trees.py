"""The leaves of a batch in its outbox, and the tree over them: those of events by row, then typed leaves by row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lading.provenance.bundle import BatchRef
from lading.provenance.leaf import EventLeaf
from lading.provenance.merkle import MerkleTree
from lading.relayer.store import Store

EVENTS, TYPED = "events", "typed_leaves"
"""The tables of the two sorts of leaves."""

Hashes = dict[tuple[str, int], bytes]
"""The leaf of each (table, row), in the order of the batch."""


@dataclass(frozen=True, slots=True)
class BatchTree:
    """An anchored batch, its tree, and the place of each (table, row) among the tree's leaves."""

    index: int
    batch: BatchRef
    tree: MerkleTree
    positions: dict[tuple[str, int], int]

    def proof(self, table: str, row: int) -> tuple[bytes, ...]:
        return self.tree.proof(self.positions[table, row])


def waiting_leaves(store: Store, most: int) -> Hashes:
    """Of what is in no batch yet, the oldest, at most `most`: typed leaves before events, since money hangs on them."""
    typed = store.rows("SELECT id, hash FROM typed_leaves WHERE batch IS NULL ORDER BY id LIMIT ?", (most,))
    events = store.rows(
        "SELECT id, event_id, content_hash, salt FROM events WHERE batch IS NULL ORDER BY id LIMIT ?",
        (most - len(typed),),
    )
    return _hashes(events, typed)


def anchored_tree(store: Store, index: int) -> BatchTree:
    """The tree of an anchored batch."""
    root, items_root, writer, count = store.one(
        "SELECT root, items_root, writer, count FROM batches WHERE idx = ?", (index,)
    )
    events = store.rows("SELECT id, event_id, content_hash, salt FROM events WHERE batch = ? ORDER BY id", (index,))
    typed = store.rows("SELECT id, hash FROM typed_leaves WHERE batch = ? ORDER BY id", (index,))
    hashes = _hashes(events, typed)
    batch = BatchRef(root=root, items_root=items_root, writer=writer, count=count)
    positions = {place: position for position, place in enumerate(hashes)}
    return BatchTree(index, batch, MerkleTree(list(hashes.values())), positions)


def _hashes(events: Iterable[tuple[Any, ...]], typed: Iterable[tuple[Any, ...]]) -> Hashes:
    """Of rows of (id, event id, content hash, salt) and of (id, leaf)."""
    found = {(EVENTS, row): EventLeaf.of(*leaf).hash() for row, *leaf in events}
    return found | {(TYPED, row): leaf for row, leaf in typed}
