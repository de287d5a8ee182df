"""Events waiting to be anchored, the batches that they went into, and what a proof of each needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import time_ns
from types import TracebackType
from typing import Any, Literal, Self

from lading.epcis.event_id import event_id_uri
from lading.provenance.bundle import BatchRef, Entry
from lading.provenance.item import same_thing
from lading.provenance.leaf import DeliveryLeaf, SealLeaf
from lading.provenance.merkle import MerkleTree
from lading.relayer.errors import OutboxLocked
from lading.relayer.items.store import ItemStore
from lading.relayer.outbox import batches, event_names
from lading.relayer.outbox.batches import Batch
from lading.relayer.outbox.events import WRITERS, NewEvent, Placed, put_many, things_in
from lading.relayer.outbox.trees import EVENTS, TYPED, BatchTree, Ends, anchored_tree, closed, waiting
from lading.relayer.store.database import MEMORY, Database, LogIdentity

__all__ = ["Batch", "LeafProof", "NewEvent", "Outbox", "Placed"]


@dataclass(frozen=True, slots=True)
class LeafProof:
    """That a leaf is in batch `index` of the log: the batch as anchored, the siblings from the leaf to its root."""

    index: int
    batch: BatchRef
    proof: tuple[bytes, ...]


class Outbox:
    """The durable queue between capture and chain. Every method raises `OutboxError` where the file cannot be used,
    and leaves it as it was."""

    def __init__(self, store: Database, identity: LogIdentity) -> None:
        self.store = store
        self.identity = identity
        self.items = ItemStore(store)

    @classmethod
    def open(cls, where: str | Path, identity: LogIdentity) -> Self:
        """Opens or creates the outbox of one log: a file, or `postgresql://…`.

        Raises:
            OutboxForeign: it belongs to another chain, registry or publisher.
            OutboxUnreadable: it is no outbox, or cannot be opened.
            OutboxAway: its server does not answer.
        """
        return cls(Database.open(where, identity), identity)

    @classmethod
    def in_memory(cls, identity: LogIdentity) -> Self:
        """One that writes no file, for dry runs."""
        return cls(Database.open(MEMORY, identity), identity)

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Several calls as one: all or nothing."""
        return self.store.transaction()

    def add(self, event: Mapping[str, Any], context: object) -> bool:
        """Takes an event in; False if it was there already (same event id, same error declaration).

        `context` is the `@context` of the event's document; the event is kept with it inside (see `self_contained`).

        Raises:
            MisspeltThings: it names things under spellings that no item map counts as what they name.
            EventIdError, CanonicalError: the event has no event id or no canonical form.
        """
        return self.put(event, context)[1]

    def put(self, event: Mapping[str, Any], context: object) -> tuple[int, bool]:
        """As `add`; the event's row, and whether it is new."""
        (placed,) = self.put_named([NewEvent.of(event, context)])
        return placed

    def put_many(self, made: Sequence[NewEvent]) -> list[Placed]:
        """Takes in events that were made before, in this order and by one statement; the row of each, and whether it
        is new."""
        return put_many(self.store, made)

    def put_named(self, made: Sequence[NewEvent]) -> list[Placed]:
        """As `put_many`, of events in documents: corrections find them by what they are called (`event_names`)."""
        with self.transaction():
            placed = put_many(self.store, made)
            event_names.note(self.store, made, placed)
        return placed

    def put_leaf(self, leaf: DeliveryLeaf | SealLeaf) -> bool:
        """Takes a carrier's delivery or a brand's seal in, to be anchored as a leaf among those of events; False if it
        was there."""
        kind = "delivery" if isinstance(leaf, DeliveryLeaf) else "seal"
        stated = {name: _stated(value) for name, value in asdict(leaf).items()}
        with self.transaction():
            self.store.lock(WRITERS, together=True)
            row = self.store.insert(
                "INSERT INTO typed_leaves (hash, kind, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (leaf.hash(), kind, json.dumps(stated)),
            )
        return row is not None

    def waiting(self) -> int:
        """How many events and other leaves are in no batch yet."""
        return self.waiting_size()[0]

    def waiting_size(self, most: int = 1 << 62) -> tuple[int, int]:
        """How many leaves are in no batch yet, and how many bytes their events have; of events at most the `most`
        oldest are counted."""
        with self.store.snapshot():
            after = closed(self.store)
            (typed,) = self.store.one("SELECT count(*) FROM typed_leaves WHERE id > ?", (after.leaf,))
            events, size = self.store.one(
                "SELECT count(*), coalesce(sum(size), 0) FROM"
                " (SELECT length(body) AS size FROM events WHERE id > ? ORDER BY id LIMIT ?) AS oldest",
                (after.event, most),
            )
        return typed + events, int(size)

    def begun(self) -> bool:
        """Whether it knows where in its log it begins."""
        return self.store.one("SELECT first_index FROM store")[0] is not None

    def begin_log(self, next_index: int) -> int:
        """Where this outbox begins in its log: at `next_index` if it has closed no batch yet, else where it began."""
        with self.transaction():
            self.store.execute("UPDATE store SET first_index = ? WHERE first_index IS NULL", (next_index,))
            return int(self.store.one("SELECT first_index FROM store")[0])

    def next_index(self) -> int:
        """The index that the next batch gets. Only after `begin_log`."""
        (first,) = self.store.one("SELECT first_index FROM store")
        (last,) = self.store.one("SELECT max(idx) FROM batches")
        return int(first) if last is None else max(int(first), int(last) + 1)

    def close_batch(
        self, max_leaves: int, max_bytes: int | None = None, also: Callable[[Batch], None] | None = None
    ) -> Batch | None:
        """Puts the oldest of what waits, at most `max_leaves`, and of events about `max_bytes`, into the next batch,
        and its events into the item map; None if nothing waits. Others write events meanwhile, but for a moment.
        `also` is called inside the transaction that stores the batch.

        Raises:
            OutboxLocked: another process closed a batch at the same time.
        """
        until = self._written()
        with self.store.snapshot():
            found = waiting(self.store, closed(self.store), until, max_leaves, max_bytes)
            if not found.hashes:
                return None
            named = [(row, leaf, things_in(text)) for row, leaf, text in found.events]
            planned = self.items.plan(
                ((thing, leaf) for _, leaf, things in named for thing in things),
                (row for row, _, things in named for _ in things),
            )
            batch = Batch(
                index=self.next_index(),
                root=MerkleTree(list(found.hashes.values())).root,
                items_root=planned.after,
                count=len(found.hashes),
                writer=None,
                anchored_block=None,
                events=(named[0][0], named[-1][0]) if named else None,
                leaves=(found.typed[0], found.typed[-1]) if found.typed else None,
                closed_ns=time_ns(),
            )
        with self.transaction():
            self.store.lock("batches")
            if self.next_index() != batch.index:
                raise self._overtaken()
            self.items.store(planned)
            batches.insert(self.store, batch)
            if also is not None:
                also(batch)
        return batch

    def _written(self) -> Ends:
        """The last rows of which it is sure that none before them is still being written."""
        with self.transaction():
            self.store.lock(WRITERS)
            return Ends(
                self.store.one("SELECT coalesce(max(id), 0) FROM events")[0],
                self.store.one("SELECT coalesce(max(id), 0) FROM typed_leaves")[0],
            )

    def _overtaken(self) -> OutboxLocked:
        return OutboxLocked(
            self.store.path,
            "another process closed a batch at the same time",
            hint="Let one process anchor; run again.",
            retryable=True,
        )

    def batches(self, since: int = 0) -> tuple[Batch, ...]:
        """The closed batches from index `since` on, ascending."""
        return batches.since(self.store, since)

    def unanchored(self) -> tuple[Batch, ...]:
        """The closed batches without a receipt, ascending."""
        first = self.store.one("SELECT min(idx) FROM batches WHERE anchored_block IS NULL")[0]
        return () if first is None else self.batches(first)

    def set_writer(self, index: int, writer: bytes) -> None:
        """Before its transaction is sent: the key (20 bytes) that is to sign it."""
        self.store.execute("UPDATE batches SET writer = ? WHERE idx = ?", (writer, index))

    def mark_anchored(self, index: int, block: int, writer: bytes) -> None:
        """After the chain has it from that key."""
        self.store.execute("UPDATE batches SET anchored_block = ?, writer = ? WHERE idx = ?", (block, writer, index))

    def latest(self) -> tuple[int, BatchRef] | None:
        """The last anchored batch of the log with its index: the item map that verifiers ask for is the one after it,
        and `items` holds that one if its root is the batch's."""
        rows = self.store.rows(
            "SELECT idx, root, items_root, writer, count FROM batches WHERE anchored_block IS NOT NULL"
            " ORDER BY idx DESC LIMIT 1"
        )
        for index, root, items_root, writer, count in rows:
            return index, BatchRef(root=root, items_root=items_root, writer=writer, count=count)
        return None

    def leaf_proof(self, leaf: DeliveryLeaf | SealLeaf) -> LeafProof | None:
        """That this delivery or seal is in the log; None if it was never put in, or is not anchored yet."""
        for (row,) in self.store.rows("SELECT id FROM typed_leaves WHERE hash = ?", (leaf.hash(),)):
            index = self._batch_of("leaf", row)
            if index is not None:
                made = anchored_tree(self.store, index)
                return LeafProof(index, made.batch, made.proof(TYPED, row))
        return None

    def reopen(self, next_index: int) -> None:
        """Batches from `next_index` on are not on the chain (any more): their transactions are to be sent again."""
        self.store.execute(
            "UPDATE batches SET anchored_block = NULL WHERE idx >= ? AND anchored_block IS NOT NULL", (next_index,)
        )

    def entries(self, item: str, trees: dict[int, BatchTree] | None = None) -> tuple[Entry, ...]:
        """The anchored events that name `item` (an EPC URI or GS1 Digital Link), each with its proof, in log order.
        `trees`: of batches that an earlier call made, to which those of this one are added.

        A bundle also needs the entries of what the item was packed in: those are items of their own.
        """
        with self.store.snapshot():
            return self._entries(self.items.events_of(same_thing(item)), {} if trees is None else trees)

    def called(self, names: Iterable[str], trees: dict[int, BatchTree] | None = None) -> tuple[Entry, ...]:
        """The anchored events with one of these CBV ids or own eventIDs, as far as `event_names` knows them, in log
        order. `trees` as above."""
        with self.store.snapshot():
            return self._entries(event_names.called(self.store, names), {} if trees is None else trees)

    def _entries(self, rows: Iterable[int], trees: dict[int, BatchTree]) -> tuple[Entry, ...]:
        places = ((row, self._batch_of("event", row)) for row in rows)
        return tuple(self._entry(row, index, trees) for row, index in places if index is not None)

    def _batch_of(self, sort: Literal["event", "leaf"], row: int) -> int | None:
        """The batch that a row is in; None if it is in none that is anchored."""
        found = self.store.rows(
            f"SELECT idx, anchored_block FROM batches WHERE last_{sort} >= ? ORDER BY last_{sort} LIMIT 1",  # noqa: S608
            (row,),
        )
        return found[0][0] if found and found[0][1] is not None else None

    def _entry(self, row: int, index: int, trees: dict[int, BatchTree]) -> Entry:
        if index not in trees:
            trees[index] = anchored_tree(self.store, index)
        made = trees[index]
        digest, salt, body = self.store.one("SELECT event_id, salt, body FROM events WHERE id = ?", (row,))
        return Entry(
            event=json.loads(body),
            event_id=event_id_uri(digest),
            publisher=bytes.fromhex(self.identity.publisher[2:]),
            index=index,
            batch=made.batch,
            salt=salt,
            proof=made.proof(EVENTS, row),
        )


def _stated(value: bytes | int) -> str | int:
    return value if isinstance(value, int) else "0x" + value.hex()
