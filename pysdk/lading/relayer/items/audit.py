"""Does a log say what its item maps say? Anyone who has a publisher's batches can replay them.

Each batch is made again from the events themselves: its leaves and their root, then the item map with its events
counted in, and the digest that the chain should have of both. The first difference is told. Where the outbox also holds
the map that was anchored, the event that it leaves out becomes a fault document (`lading.provenance.faults`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lading.epcis.canonical import content_hash
from lading.epcis.event_id import event_id_uri
from lading.provenance.bundle import ChainRef, Entry, MapEntry
from lading.provenance.faults import FORMAT, Judged, Lacks, Standing, judge
from lading.provenance.item_map import ItemEntry, entry_of, things_of
from lading.provenance.leaf import EventLeaf
from lading.provenance.merkle import MerkleTree
from lading.relayer.items.store import ItemStore
from lading.relayer.outbox.outbox import Batch, Outbox
from lading.relayer.outbox.trees import EVENTS, anchored_tree
from lading.relayer.store.database import MEMORY, Database

DigestOf = Callable[[int], bytes | None]
"""The 27 bytes that the chain has of a batch of the log; None if it has none."""


class Difference(StrEnum):
    """What can be wrong with a batch, the gravest last."""

    NOT_ANCHORED = "not-anchored"
    """The chain does not have it (yet)."""
    ANCHOR = "anchor-differs"
    """The chain has another batch under its index."""
    ROOT = "root-differs"
    """Its events do not give its root."""
    ITEMS = "items-root-differs"
    """Its item map does not count its events and those before."""


@dataclass(frozen=True, slots=True)
class Audited:
    """`batches` were replayed, from `first` on. `difference` is the first that was found, at batch `index`; batches
    that are only not anchored yet are none. `fault` is what proves it to others, if anything here does."""

    first: int
    batches: int
    things: int
    difference: Difference | None
    index: int | None
    anchored: int
    fault: Lacks | None

    @property
    def complete(self) -> bool:
        """Whether the log was replayed from its beginning, all that is replayed being on the chain."""
        return self.first == 0 and self.anchored == self.batches


@dataclass(frozen=True, slots=True)
class _Event:
    row: int
    index: int
    event: dict[str, Any]
    event_id: str
    salt: bytes

    @property
    def leaf(self) -> bytes:
        """The content is hashed again: what the outbox remembers of it is not asked."""
        return EventLeaf.of(self.event_id, content_hash(self.event), self.salt).hash()


def audit(outbox: Outbox, digest_of: DigestOf, chain: ChainRef) -> Audited:
    """Replays every closed batch, in order.

    Raises:
        OutboxError: the file cannot be read, or the pages of its map are damaged.
        CanonicalError, MerkleError: it holds an event or leaf that cannot be hashed.
    """
    scratch = Database.open(MEMORY, outbox.identity)
    try:
        return _replay(outbox, ItemStore(scratch), digest_of, chain)
    finally:
        scratch.close()


def _replay(outbox: Outbox, truth: ItemStore, digest_of: DigestOf, chain: ChainRef) -> Audited:
    found: tuple[Difference, int] | None = None
    anchored = 0
    batches = outbox.batches()
    for batch in batches:
        events = list(_events(outbox, batch))
        leaves = [event.leaf for event in events]
        named = [(thing, leaf) for event, leaf in zip(events, leaves, strict=True) for thing in things_of(event.event)]
        difference = _difference(outbox, batch, leaves, truth.apply(named), digest_of(batch.index))
        if difference is Difference.NOT_ANCHORED:
            continue
        anchored += 1
        found = found or (None if difference is None else (difference, batch.index))
    fault = None
    if found is not None and found[0] is Difference.ITEMS:
        fault = _fault(outbox, truth, digest_of, chain)
    first = batches[0].index if batches else 0
    difference, index = found or (None, None)
    return Audited(first, len(batches), truth.things(), difference, index, anchored, fault)


def _difference(
    outbox: Outbox, batch: Batch, events: Sequence[bytes], items_root: bytes, digest: bytes | None
) -> Difference | None:
    typed = outbox.store.rows(
        "SELECT hash FROM typed_leaves WHERE id BETWEEN ? AND ? ORDER BY id", batch.leaves or (None, None)
    )
    leaves = [*events, *(leaf for (leaf,) in typed)]
    if len(leaves) != batch.count or not leaves or MerkleTree(leaves).root != batch.root:
        return Difference.ROOT
    if items_root != batch.items_root:
        return Difference.ITEMS
    if digest is None:
        return Difference.NOT_ANCHORED
    if batch.writer is None or digest != batch.digest(batch.writer):
        return Difference.ANCHOR
    return None


def _events(outbox: Outbox, batch: Batch) -> Iterator[_Event]:
    rows = outbox.store.rows(
        "SELECT id, event_id, salt, body FROM events WHERE id BETWEEN ? AND ? ORDER BY id", batch.events or (None, None)
    )
    for row, digest, salt, body in rows:
        yield _Event(row, batch.index, json.loads(body), event_id_uri(digest), salt)


def _fault(outbox: Outbox, truth: ItemStore, digest_of: DigestOf, chain: ChainRef) -> Lacks | None:
    """The first event, if there is one, that the outbox's own map leaves out, as a document that the chain bears out.

    The map is at hand as of the last batch only, and a document must list what the map counts; so a map that counts
    leaves which are nowhere in the log shows a difference here and makes no document."""
    latest = outbox.latest()
    if latest is None or latest[1].items_root != outbox.items.root():
        return None
    index, batch = latest
    publisher = bytes.fromhex(outbox.identity.publisher[2:])
    for thing in _lied_about(outbox, truth):
        entry, proof = outbox.items.prove(thing)
        events = [one for one in _all(outbox) if thing in things_of(one.event)]
        chained = _chain(entry, [one.leaf for one in events])
        left_out = next((one for one in events if chained is not None and one.leaf not in chained), None)
        if left_out is None or chained is None:
            continue
        shown = MapEntry.of(publisher, index, batch, thing, entry, proof)
        fault = Lacks(
            format=FORMAT,
            kind="lacks",
            chain=chain,
            entry=_entry(outbox, publisher, left_out),
            map=shown,
            leaves=chained,
        )
        if _judged(fault, digest_of).standing is Standing.PROVEN:
            return fault
    return None


def _all(outbox: Outbox) -> Iterator[_Event]:
    for batch in outbox.batches():
        if batch.anchored_block is not None:
            yield from _events(outbox, batch)


def _lied_about(outbox: Outbox, truth: ItemStore) -> Iterator[str]:
    seen: set[str] = set()
    for event in _all(outbox):
        for thing in things_of(event.event):
            if thing not in seen and outbox.items.entry(thing) != truth.entry(thing):
                seen.add(thing)
                yield thing


def _chain(entry: ItemEntry, leaves: Sequence[bytes]) -> tuple[bytes, ...] | None:
    """Those of a thing's leaves that an entry folds: the first ones, or all but one."""
    candidates = [leaves[: entry.count]]
    if entry.count == len(leaves) - 1:
        candidates += [[*leaves[:left], *leaves[left + 1 :]] for left in range(len(leaves))]
    return next((tuple(one) for one in candidates if entry_of(one) == entry), None)


def _entry(outbox: Outbox, publisher: bytes, event: _Event) -> Entry:
    made = anchored_tree(outbox.store, event.index)
    return Entry(
        event=event.event,
        event_id=event.event_id,
        publisher=publisher,
        index=event.index,
        batch=made.batch,
        salt=event.salt,
        proof=made.proof(EVENTS, event.row),
    )


def _judged(fault: Lacks, digest_of: DigestOf) -> Judged:
    asked = {(fault.map.publisher, index): digest_of(index) for index in (fault.entry.index, fault.map.index)}
    return judge(fault, {place: digest for place, digest in asked.items() if digest is not None})
