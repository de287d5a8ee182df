"""A small world of goods for the tests of bundles and verdicts: events are published, anchored in batches, and judged.

`World.judge` says what a verifier with an honest node would say; tests change one thing at a time.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from reference_map import ReferenceMap

from lading.epcis.canonical import content_hash
from lading.epcis.event_id import event_id
from lading.errors import LadingError
from lading.provenance.bundle import BatchRef, Bundle, ChainRef, Entry, MapEntry, build_bundle
from lading.provenance.item import item_of
from lading.provenance.item_map import NOTHING, ItemEntry, item_key, things_of
from lading.provenance.leaf import EventLeaf, self_contained
from lading.provenance.maps import things
from lading.provenance.merkle import MerkleTree
from lading.provenance.story import Unreadable, read
from lading.provenance.truth import Anchor, ChainFacts, Trusted, WriterKey
from lading.provenance.verdict import Verdict, judge

ITEM = "urn:epc:id:sgtin:0614141.812345.12345"
OTHER = "urn:epc:id:sgtin:0614141.812345.777"
CASE = "urn:epc:id:sscc:0614141.0000000001"
PALLET = "urn:epc:id:sscc:0614141.0000000002"
FACTORY = "urn:epc:id:sgln:0614141.00001.0"
PORT = "urn:epc:id:sgln:0614141.00002.0"
PORT_DOCK = "urn:epc:id:sgln:0614141.00002.7"
SHOP = "urn:epc:id:sgln:0614141.00003.0"
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]

BRAND, CARRIER, STRANGER = (bytes([number]) * 32 for number in (1, 2, 3))
CHAIN = ChainRef(
    chain_id=31337, genesis=b"\x07" * 32, participant_registry=b"\x0a" * 20, provenance_registry=b"\x0b" * 20
)
TRUSTED = Trusted(CHAIN.chain_id, CHAIN.genesis, CHAIN.participant_registry, CHAIN.provenance_registry)

HOUR = 3600
START = 1_700_000_000
"""Event times count in seconds from here (November 2023), before the clock of any chain that a test makes."""


def at(seconds: float) -> str:
    moment = datetime.fromtimestamp(START + seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def event(
    kind: str, when: float, action: str | None = "OBSERVE", place: str | None = None, **more: Any
) -> dict[str, Any]:
    made: dict[str, Any] = {"type": kind, "eventTime": at(when), "eventTimeZoneOffset": "+00:00", **more}
    if action is not None:
        made["action"] = action
    if place is not None:
        made["readPoint"] = {"id": place}
    return made


def born(when: float = 0, item: str = ITEM, lot: str | None = "L-7", **more: Any) -> dict[str, Any]:
    ilmd = {"ilmd": {"cbvmda:lotNumber": lot}} if lot else {}
    fields = {"bizStep": "commissioning", "disposition": "active", **ilmd, **more}
    return event("ObjectEvent", when, "ADD", FACTORY, epcList=[item, OTHER], **fields)


def seen(place: str | None, when: float, item: str = ITEM, **more: Any) -> dict[str, Any]:
    fields = {"bizStep": "receiving", "disposition": "in_progress", **more}
    return event("ObjectEvent", when, "OBSERVE", place, epcList=[item], **fields)


def packed(parent: str, child: str, when: float, action: str = "ADD", **more: Any) -> dict[str, Any]:
    return event("AggregationEvent", when, action, None, parentID=parent, childEPCs=[child], bizStep="packing", **more)


def batch_of(
    who: bytes,
    index: int,
    events: Sequence[Mapping[str, Any]],
    writer: bytes | None = None,
    items: dict[bytes, ItemEntry] | None = None,
) -> tuple[BatchRef, list[Entry]]:
    """A batch of these events and two neighbours that stay out of the bundle. Nothing is random. The events are counted
    in the publisher's item map, or in a new one."""
    items = {} if items is None else items
    contained = [self_contained(each, CONTEXT) for each in events]
    salts = [hashlib.sha256(who + b"%d %d" % (index, number)).digest() for number in range(len(events) + 2)]
    ids = [event_id(each) for each in contained]
    leaves = [
        EventLeaf.of(name, content_hash(each), salt) for name, each, salt in zip(ids, contained, salts, strict=False)
    ]
    tree = MerkleTree([leaf.hash() for leaf in leaves] + salts[-2:])
    for each, leaf in zip(contained, leaves, strict=True):
        for thing in things_of(each):
            key = item_key(thing)
            items[key] = items.get(key, NOTHING).after(leaf.hash())
    batch = BatchRef(
        root=tree.root, items_root=ReferenceMap(items).root, writer=writer or writer_of(who), count=len(tree)
    )
    return batch, [
        Entry(
            event=each,
            event_id=name,
            publisher=who,
            index=index,
            batch=batch,
            salt=salt,
            proof=tree.proof(position),
        )
        for position, (each, name, salt) in enumerate(zip(contained, ids, salts, strict=False))
    ]


def map_ref(who: bytes, index: int, batch: BatchRef, items: Mapping[bytes, ItemEntry], thing: str) -> MapEntry:
    """What a publisher's map says of a thing after that batch."""
    return MapEntry.of(who, index, batch, thing, *ReferenceMap(items).prove(item_key(thing)))


def things_in(item: str, entries: Sequence[Entry]) -> list[str]:
    """The item, and what held it, as far as events can be read."""
    happenings = []
    for position, entry in enumerate(entries):
        with suppress(Unreadable, LadingError):
            happenings.append(read(position, entry, content_hash(entry.event)))
    return things(item_of(item).key, happenings)


class World:
    """Publishers with their logs, and the chain's view of them."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.items: dict[bytes, dict[bytes, ItemEntry]] = {}
        self.latest: dict[bytes, tuple[int, BatchRef]] = {}
        self.anchors: dict[tuple[bytes, int], Anchor] = {}
        self.keys = {writer_of(who): WriterKey(who, START - HOUR, 0, 0) for who in (BRAND, CARRIER, STRANGER)}
        self.changes: dict[str, Any] = {}

    def publish(self, who: bytes, *events: Mapping[str, Any], anchored_at: float = 48 * HOUR) -> World:
        index = sum(publisher == who for publisher, _ in self.anchors)
        batch, entries = batch_of(who, index, events, items=self.items.setdefault(who, {}))
        self.latest[who] = index, batch
        self.anchors[who, index] = Anchor(batch.digest, START + int(anchored_at))
        self.entries += entries
        return self

    def maps(self, item: str = ITEM) -> list[MapEntry]:
        """As each publisher of an entry gives them out."""
        known = [who for who in self.latest if any(entry.publisher == who for entry in self.entries)]
        wanted = things_in(item, self.entries)
        return [map_ref(who, *self.latest[who], self.items[who], thing) for who in known for thing in wanted]

    def bundle(self, item: str = ITEM) -> Bundle:
        return build_bundle(item, CHAIN, self.entries, self.maps(item))

    def facts(self) -> ChainFacts:
        facts = ChainFacts(
            chain_id=CHAIN.chain_id,
            genesis=CHAIN.genesis,
            participant_registry=CHAIN.participant_registry,
            provenance_registry=CHAIN.provenance_registry,
            block=500,
            block_hash=b"\x05" * 32,
            time=START + 50 * HOUR,
            deployed=True,
            anchors=self.anchors,
            keys=self.keys,
            heads={who: index + 1 for who, (index, _) in self.latest.items()},
            roles={},
            parties={},
            brand=BRAND,
            class_recalled_at=None,
            serial_recalled_at=None,
            lots_recalled_at={},
            believed="node-trust",
        )
        return dataclasses.replace(facts, **self.changes)

    def judge(self, item: str = ITEM) -> Verdict:
        return judge(self.bundle(item), self.facts(), TRUSTED)


def writer_of(who: bytes) -> bytes:
    return who[:20]


def journey(*more: Mapping[str, Any]) -> World:
    """A genuine item: born by its brand, seen at the port and in the shop; `more` is published by the carrier."""
    world = World().publish(BRAND, born())
    return world.publish(CARRIER, seen(PORT, 10 * HOUR), seen(SHOP, 30 * HOUR), *more)


def reasons(verdict: Verdict) -> tuple[str, Sequence[str]]:
    return verdict.verdict, list(verdict.reasons)
