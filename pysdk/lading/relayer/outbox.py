"""Events waiting to be anchored, the batches that they went into, and what a proof of each needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lading.chain.transactions import SignedTransaction
from lading.epcis.canonical import content_hash
from lading.epcis.event_id import event_id
from lading.provenance.bundle import BatchRef, Entry
from lading.provenance.item import same_thing
from lading.provenance.item_map import things_of
from lading.provenance.leaf import DeliveryLeaf, SealLeaf, new_salt, self_contained
from lading.provenance.merkle import MerkleTree, batch_digest
from lading.relayer.item_store import ItemStore
from lading.relayer.store import MEMORY, LogIdentity, Store
from lading.relayer.trees import EVENTS, TYPED, BatchTree, Hashes, anchored_tree, waiting_leaves


@dataclass(frozen=True, slots=True)
class Batch:
    """A closed batch. `transaction` is None until it is signed, `anchored_block` until its receipt is in; `writer` is
    the key (20 bytes) that the chain has it from, before that the one that last signed it."""

    index: int
    root: bytes
    items_root: bytes
    count: int
    writer: bytes | None
    transaction: SignedTransaction | None
    anchored_block: int | None

    def digest(self, writer: bytes) -> bytes:
        """What the chain stores of it, if that key anchored it."""
        return batch_digest(self.root, self.items_root, writer, self.count)


@dataclass(frozen=True, slots=True)
class LeafProof:
    """That a leaf is in batch `index` of the log: the batch as anchored, the siblings from the leaf to its root."""

    index: int
    batch: BatchRef
    proof: tuple[bytes, ...]


class Outbox:
    """The durable queue between capture and chain. Every method raises `OutboxError` where the file cannot be used,
    and leaves it as it was."""

    def __init__(self, store: Store, identity: LogIdentity) -> None:
        self.store = store
        self.identity = identity
        self.items = ItemStore(store)

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
            named = [(item, row) for item in things_of(event)]
            self.store.many("INSERT INTO event_items (item, event) VALUES (?, ?)", named)
        return row, True

    def put_leaf(self, leaf: DeliveryLeaf | SealLeaf) -> bool:
        """Takes a carrier's delivery or a brand's seal in, to be anchored as a leaf among those of events; False if it
        was there."""
        kind = "delivery" if isinstance(leaf, DeliveryLeaf) else "seal"
        stated = {name: _stated(value) for name, value in asdict(leaf).items()}
        row = self.store.insert(
            "INSERT OR IGNORE INTO typed_leaves (hash, kind, body) VALUES (?, ?, ?)",
            (leaf.hash(), kind, json.dumps(stated)),
        )
        return row is not None

    def waiting(self) -> int:
        """How many events and other leaves are in no batch yet."""
        tables = (EVENTS, TYPED)
        return sum(self.store.one(f"SELECT count(*) FROM {one} WHERE batch IS NULL")[0] for one in tables)  # noqa: S608

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

    def close_batch(self, max_leaves: int) -> Batch | None:
        """Puts the oldest of what waits, at most `max_leaves`, into the next batch, and its events into the item map;
        None if nothing waits."""
        with self.transaction():
            hashes = waiting_leaves(self.store, max_leaves)
            if not hashes:
                return None
            index, root = self.next_index(), MerkleTree(list(hashes.values())).root
            items_root = self._count_items(hashes)
            self.store.execute(
                "INSERT INTO batches (idx, root, items_root, count) VALUES (?, ?, ?, ?)",
                (index, root, items_root, len(hashes)),
            )
            for table in (EVENTS, TYPED):
                rows = [(index, row) for name, row in hashes if name == table]
                self.store.many(f"UPDATE {table} SET batch = ? WHERE id = ?", rows)  # noqa: S608 - no input in it
        return Batch(index, root, items_root, len(hashes), None, None, None)

    def _count_items(self, hashes: Hashes) -> bytes:
        """Counts a batch's events for each thing that they name, in the order of their rows; the map's new root."""
        events = [(row, leaf) for (table, row), leaf in hashes.items() if table == EVENTS]
        named = "SELECT item FROM event_items WHERE event = ?"
        return self.items.apply((item, leaf) for row, leaf in events for (item,) in self.store.rows(named, (row,)))

    def batches(self, since: int = 0) -> tuple[Batch, ...]:
        """The closed batches from index `since` on, ascending."""
        rows = self.store.rows(
            "SELECT idx, root, items_root, count, writer, tx_raw, tx_hash, tx_nonce, tx_sender, tx_to, anchored_block"
            " FROM batches WHERE idx >= ? ORDER BY idx",
            (since,),
        )
        return tuple(
            Batch(index, root, items_root, count, writer, SignedTransaction(*signed) if signed[0] else None, block)
            for index, root, items_root, count, writer, *signed, block in rows
        )

    def unanchored(self) -> tuple[Batch, ...]:
        """The closed batches without a receipt, ascending."""
        first = self.store.one("SELECT min(idx) FROM batches WHERE anchored_block IS NULL")[0]
        return () if first is None else self.batches(first)

    def store_transaction(self, index: int, signed: SignedTransaction) -> None:
        """Before it is first sent; from then on only these bytes are. Its sender is the batch's writer."""
        writer = bytes.fromhex(signed.sender[2:])
        self.store.execute(
            "UPDATE batches SET writer = ?, tx_raw = ?, tx_hash = ?, tx_nonce = ?, tx_sender = ?, tx_to = ?"
            " WHERE idx = ?",
            (writer, signed.raw, signed.hash, signed.nonce, signed.sender, signed.to, index),
        )

    def drop_transaction(self, index: int) -> None:
        """After it turned out that it can never take effect."""
        self.store.execute(
            "UPDATE batches SET tx_raw = NULL, tx_hash = NULL, tx_nonce = NULL, tx_sender = NULL, tx_to = NULL"
            " WHERE idx = ?",
            (index,),
        )

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
        rows = self.store.rows(
            "SELECT id, batch FROM typed_leaves JOIN batches ON idx = batch"
            " WHERE hash = ? AND anchored_block IS NOT NULL",
            (leaf.hash(),),
        )
        for row, index in rows:
            made = anchored_tree(self.store, index)
            return LeafProof(index, made.batch, made.proof(TYPED, row))
        return None

    def reopen(self, next_index: int) -> None:
        """Batches from `next_index` on are not on the chain (any more): their transactions are to be sent again."""
        self.store.execute("UPDATE batches SET anchored_block = NULL WHERE idx >= ?", (next_index,))

    def entries(self, item: str, trees: dict[int, BatchTree] | None = None) -> tuple[Entry, ...]:
        """The anchored events that name `item` (an EPC URI or GS1 Digital Link), each with its proof, in log order.
        `trees`: of batches that an earlier call made, to which those of this one are added.

        A bundle also needs the entries of what the item was packed in: those are items of their own.
        """
        rows = self.store.rows(
            "SELECT events.id, event_id, salt, body, batch FROM event_items"
            " JOIN events ON events.id = event JOIN batches ON idx = batch"
            " WHERE item = ? AND anchored_block IS NOT NULL ORDER BY batch, events.id",
            (same_thing(item),),
        )
        known = {} if trees is None else trees
        return tuple(self._entry(row, known) for row in rows)

    def _entry(self, row: tuple[Any, ...], trees: dict[int, BatchTree]) -> Entry:
        number, identifier, salt, body, index = row
        if index not in trees:
            trees[index] = anchored_tree(self.store, index)
        made = trees[index]
        return Entry(
            event=json.loads(body),
            event_id=identifier,
            publisher=bytes.fromhex(self.identity.publisher[2:]),
            index=index,
            batch=made.batch,
            salt=salt,
            proof=made.proof(EVENTS, number),
        )


def _stated(value: bytes | int) -> str | int:
    return value if isinstance(value, int) else "0x" + value.hex()
