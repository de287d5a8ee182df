"""Events waiting to be anchored, the batches that they went into, and what a proof of each needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lading.chain.transactions import SignedTransaction
from lading.epcis.canonical import content_hash
from lading.epcis.event_id import event_id
from lading.provenance.bundle import BatchRef, Entry
from lading.provenance.item import same_thing
from lading.provenance.leaf import EventLeaf, new_salt, self_contained
from lading.provenance.merkle import MerkleTree, batch_hash
from lading.relayer.store import MEMORY, LogIdentity, Store

_ITEM_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


@dataclass(frozen=True, slots=True)
class Batch:
    """A closed batch. `transaction` is None until it is signed, `anchored_block` until its receipt is in."""

    index: int
    root: bytes
    count: int
    transaction: SignedTransaction | None
    anchored_block: int | None

    @property
    def hash(self) -> bytes:
        """What the chain stores of it."""
        return batch_hash(self.root, self.count)


class Outbox:
    """The durable queue between capture and chain. Every method raises `OutboxError` where the file cannot be used,
    and leaves it as it was."""

    def __init__(self, store: Store, identity: LogIdentity) -> None:
        self.store = store
        self.identity = identity

    @classmethod
    def open(cls, path: Path, identity: LogIdentity) -> Self:
        """Opens or creates the outbox of one log.

        Raises:
            OutboxForeign: it belongs to another chain, registry or publisher.
            OutboxUnreadable: it is no outbox, or cannot be opened.
        """
        return cls(Store.open(str(path), identity), identity)

    @classmethod
    def in_memory(cls, identity: LogIdentity) -> Self:
        """One that writes no file, for dry runs."""
        return cls(Store.open(MEMORY, identity), identity)

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
            EventIdError, CanonicalError: the event has no event id or no canonical form.
        """
        return self.put(event, context)[1]

    def put(self, event: Mapping[str, Any], context: object) -> tuple[int, bool]:
        """As `add`; the event's row, and whether it is new."""
        event = self_contained(event, context)
        identifier, content = event_id(event), content_hash(event)
        declaration = event.get("errorDeclaration")
        correction = b"" if declaration is None else content_hash(declaration)
        with self.transaction():
            row = self.store.insert(
                "INSERT OR IGNORE INTO events (event_id, correction, content_hash, salt, body) VALUES (?, ?, ?, ?, ?)",
                (identifier, correction, content, new_salt(), json.dumps(event, ensure_ascii=False)),
            )
            if row is None:
                key = (identifier, correction)
                return self.store.one("SELECT id FROM events WHERE event_id = ? AND correction = ?", key)[0], False
            items = sorted(set(map(same_thing, _items(event))))
            self.store.many("INSERT INTO event_items (item, event) VALUES (?, ?)", [(item, row) for item in items])
        return row, True

    def waiting(self) -> int:
        """How many events are in no batch yet."""
        return int(self.store.one("SELECT count(*) FROM events WHERE batch IS NULL")[0])

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
        after_ours = "1 + ifnull((SELECT max(idx) FROM batches), -1)"
        return int(self.store.one(f"SELECT max(first_index, {after_ours}) FROM store")[0])  # noqa: S608 - no input in it

    def close_batch(self, max_events: int) -> Batch | None:
        """Puts the oldest waiting events, at most `max_events`, into the next batch; None if none wait."""
        with self.transaction():
            rows = self.store.rows(
                "SELECT id, event_id, content_hash, salt FROM events WHERE batch IS NULL ORDER BY id LIMIT ?",
                (max_events,),
            )
            if not rows:
                return None
            index, root = self.next_index(), MerkleTree([EventLeaf.of(*leaf).hash() for _, *leaf in rows]).root
            self.store.execute("INSERT INTO batches (idx, root, count) VALUES (?, ?, ?)", (index, root, len(rows)))
            self.store.many("UPDATE events SET batch = ? WHERE id = ?", [(index, row[0]) for row in rows])
        return Batch(index, root, len(rows), None, None)

    def batches(self, since: int = 0) -> tuple[Batch, ...]:
        """The closed batches from index `since` on, ascending."""
        rows = self.store.rows(
            "SELECT idx, root, count, tx_raw, tx_hash, tx_nonce, tx_sender, tx_to, anchored_block FROM batches"
            " WHERE idx >= ? ORDER BY idx",
            (since,),
        )
        return tuple(
            Batch(index, root, count, SignedTransaction(*signed) if signed[0] else None, block)
            for index, root, count, *signed, block in rows
        )

    def unanchored(self) -> tuple[Batch, ...]:
        """The closed batches without a receipt, ascending."""
        first = self.store.one("SELECT min(idx) FROM batches WHERE anchored_block IS NULL")[0]
        return () if first is None else self.batches(first)

    def store_transaction(self, index: int, signed: SignedTransaction) -> None:
        """Before it is first sent; from then on only these bytes are."""
        self.store.execute(
            "UPDATE batches SET tx_raw = ?, tx_hash = ?, tx_nonce = ?, tx_sender = ?, tx_to = ? WHERE idx = ?",
            (signed.raw, signed.hash, signed.nonce, signed.sender, signed.to, index),
        )

    def drop_transaction(self, index: int) -> None:
        """After it turned out that it can never take effect."""
        self.store.execute(
            "UPDATE batches SET tx_raw = NULL, tx_hash = NULL, tx_nonce = NULL, tx_sender = NULL, tx_to = NULL"
            " WHERE idx = ?",
            (index,),
        )

    def mark_anchored(self, index: int, block: int) -> None:
        self.store.execute("UPDATE batches SET anchored_block = ? WHERE idx = ?", (block, index))

    def reopen(self, next_index: int) -> None:
        """Batches from `next_index` on are not on the chain (any more): their transactions are to be sent again."""
        self.store.execute("UPDATE batches SET anchored_block = NULL WHERE idx >= ?", (next_index,))

    def entries(self, item: str) -> tuple[Entry, ...]:
        """The anchored events that name `item` (an EPC URI or GS1 Digital Link), each with its proof, in log order.

        A bundle also needs the entries of what the item was packed in: those are items of their own.
        """
        rows = self.store.rows(
            "SELECT events.id, event_id, salt, body, batch FROM event_items"
            " JOIN events ON events.id = event JOIN batches ON idx = batch"
            " WHERE item = ? AND anchored_block IS NOT NULL ORDER BY batch, events.id",
            (same_thing(item),),
        )
        trees: dict[int, _Tree] = {}
        return tuple(self._entry(row, trees) for row in rows)

    def _entry(self, row: tuple[Any, ...], trees: dict[int, _Tree]) -> Entry:
        number, identifier, salt, body, index = row
        if index not in trees:
            trees[index] = self._tree(index)
        made = trees[index]
        return Entry(
            event=json.loads(body),
            event_id=identifier,
            publisher=bytes.fromhex(self.identity.publisher[2:]),
            index=index,
            batch=BatchRef(root=made.tree.root, count=len(made.tree)),
            salt=salt,
            proof=made.tree.proof(made.positions[number]),
        )

    def _tree(self, index: int) -> _Tree:
        rows = self.store.rows(
            "SELECT id, event_id, content_hash, salt FROM events WHERE batch = ? ORDER BY id", (index,)
        )
        tree = MerkleTree([EventLeaf.of(*leaf).hash() for _, *leaf in rows])
        return _Tree(tree, {row[0]: position for position, row in enumerate(rows)})


@dataclass(frozen=True, slots=True)
class _Tree:
    """A batch's tree, and the place of each event's row among its leaves."""

    tree: MerkleTree
    positions: dict[int, int]


def _items(event: Mapping[str, Any]) -> Iterator[str]:
    """Every EPC that the event is about (EPCIS 2.0, section 7.4): epcList, children, parent, inputs and outputs."""
    lists = (event.get(name) for name in _ITEM_LISTS)
    for item in chain([event.get("parentID")], *(found for found in lists if isinstance(found, list))):
        if isinstance(item, str):
            yield item
