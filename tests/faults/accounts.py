"""The accounts of a relay: what an outbox database and a chain hold, gone through from the start, slowly and apart from
the code that wrote it.

    for violation in audit(database, config, chain=..., offered=...): ...

Reads: each that was accepted is in exactly one observation, of its tag, its place and a time that covers it, or it was
delivered before, or it is still held. Events: each observation stated its own, once, and no event is nobody's. Batches:
each event is in exactly one, whose root, item map and digest are worked out here anew, and the chain has these and no
others.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chain_books import EMPTY, ChainView, head_of, map_root, tree_root
from violations import Kind, Violation

from lading.epcis.canonical import content_hash
from lading.epcis.event_id import event_id
from lading.provenance.item_map import things_of
from lading.provenance.keccak import keccak256
from lading.relayer.config.settings import RelayConfig
from lading.relayer.items.store import ItemStore
from lading.relayer.reads.reads import Read, read_hash, unpack
from lading.relayer.reads.roster import Point, Roster
from lading.relayer.smoothing.naming import named
from lading.relayer.store.database import Database


def audit(
    database: Database,
    config: RelayConfig,
    *,
    chain: ChainView | None = None,
    offered: Sequence[Read] | None = None,
    quarantined: int | None = None,
    documents: int = 0,
    done: bool = True,
    exactly: bool = True,
) -> list[Violation]:
    """All that is wrong, as of one state of the database. `offered`: every read that was accepted, as often as it was;
    `quarantined` deliveries that were none; `documents` events that came as events; `done`: nothing is under way any
    more, else what waits may wait. Without `exactly` a source may have delivered a read again by itself."""
    with database.snapshot():
        books = _Books(database, Roster(config), done)
        books.reads(offered, quarantined, exactly=exactly)
        books.statements(documents)
        books.batches(chain)
        return books.found


def reads_in(database: Database, roster: Roster) -> set[tuple[int, int]]:
    """The names of all reads that are there, wherever."""
    books = _Books(database, roster, done=False)
    waiting = {(one.time_ns, read_hash(one.identity)) for reads in books._inbox() for one in reads}
    return waiting | {(time_ns, name) for _, time_ns, name, _ in books._kept()}


@dataclass
class _Books:
    database: Database
    roster: Roster
    done: bool
    found: list[Violation] = field(default_factory=list)

    def say(self, kind: Kind, detail: object) -> None:
        self.found.append(Violation(kind, str(detail)))

    def unless(self, good: object, kind: Kind, detail: object) -> None:
        if not good:
            self.say(kind, detail)

    # -- reads

    def reads(self, offered: Sequence[Read] | None, quarantined: int | None, *, exactly: bool) -> None:
        observations = self._observations()
        kept = list(self._kept())
        counts: Counter[int] = Counter()
        for name, many in Counter((time_ns, hashed) for _, time_ns, hashed, _ in kept).items():
            self.unless(many == 1, Kind.READ_TWICE, name)
        for lane, time_ns, hashed, row in kept:
            counts[row] += 1
            one = observations.get(row)
            if one is None or one["lane"] != lane:
                self.say(Kind.READ_NOWHERE, (lane, time_ns, hashed, row))
            else:
                self.unless(one["first_ns"] <= time_ns <= one["last_ns"], Kind.READ_OUTSIDE, (time_ns, one))
        for row, one in observations.items():
            self.unless(one["reads"] == counts[row] > 0, Kind.OBSERVATION_COUNT, (one, counts[row]))
        held, unread = self._inbox()
        self._add_up(len(kept), len(held), len(unread), None if offered is None else len(offered), exactly)
        self._quarantine(quarantined)
        if offered is not None:
            self._each_once(offered, {(time_ns, hashed): row for _, time_ns, hashed, row in kept}, held + unread)
        if self.done:
            self.unless(not held and not unread, Kind.WAITING, f"{len(held)} reads held, {len(unread)} not taken")

    def _observations(self) -> dict[int, dict[str, Any]]:
        names = "id", "lane", "epc", "read_point", "first_ns", "last_ns", "reads", "open", "event", "left_event"
        rows = self.database.rows(f"SELECT {', '.join(names)} FROM observations")  # noqa: S608 - no input
        return {row[0]: dict(zip(names, row, strict=True)) for row in rows}

    def _kept(self) -> Iterator[tuple[str, int, int, int]]:
        for lane, first, last, count, packed in self.database.rows(
            "SELECT lane, first_ns, last_ns, count, reads FROM read_chunks ORDER BY id"
        ):
            rows = list(struct.iter_unpack(">qqq", packed))
            times = [row[0] for row in rows]
            right = (first, last, count) == (times[0], times[-1], len(rows)) and times == sorted(times)
            self.unless(right and last - first <= 600_000_000_000, Kind.CHUNK, (lane, first, last, count))
            for time_ns, hashed, row in rows:
                yield lane, time_ns, hashed, row

    def _inbox(self) -> tuple[list[Read], list[Read]]:
        """Reads that were taken and are held back, and those that no lane has taken."""
        at = {
            lane: (position, -1 if mark is None else mark)
            for lane, position, mark in self.database.rows("SELECT lane, position, watermark_ns FROM lanes")
        }
        held: list[Read] = []
        unread: list[Read] = []
        for row, lane, packed in self.database.rows("SELECT id, lane, reads FROM inbox ORDER BY id"):
            position, mark = at.get(lane, (0, -1))
            reads = [Read(*one) for one in unpack(packed)[0]]
            if row > position:
                unread += reads
            else:
                held += [one for one in reads if one.time_ns > mark]
        return held, unread

    def _counter(self, name: str) -> int:
        return int(self.database.one("SELECT coalesce(sum(value), 0) FROM counters WHERE name = ?", (name,))[0])

    def _add_up(self, kept: int, held: int, unread: int, offered: int | None, exactly: bool) -> None:
        reads, again = self._counter("reads"), self._counter("redelivered")
        self.unless(reads == kept + again + held, Kind.COUNTS, f"{reads} taken, not {kept} + {again} + {held} held")
        if offered is not None and (reads + unread != offered if exactly else reads + unread < offered):
            self.say(Kind.COUNTS, f"{offered} accepted, {reads} taken and {unread} not yet")

    def _quarantine(self, expected: int | None) -> None:
        rows = int(self.database.one("SELECT count(*) FROM quarantine WHERE state = 'kept'")[0])
        counted = self._counter("quarantined")
        self.unless(rows <= counted, Kind.QUARANTINE, f"{rows} rows, {counted} counted")
        self.unless(expected in (None, counted), Kind.QUARANTINE, f"{expected} refused, {counted} counted")
        for row, length, digest, head in self.database.rows("SELECT id, length, sha256, head FROM quarantine"):
            whole = len(head) < length or hashlib.sha256(head).digest() == digest
            self.unless(whole and len(head) == min(length, 65536), Kind.QUARANTINE, f"row {row} has other bytes")

    def _each_once(self, offered: Sequence[Read], kept: dict[tuple[int, int], int], waiting: list[Read]) -> None:
        observations, wait = self._observations(), {one.identity for one in waiting}
        accepted = {(one.time_ns, read_hash(one.identity)): one for one in offered}
        for name in kept.keys() - accepted.keys():
            self.say(Kind.READ_UNKNOWN, name)
        for name, one in accepted.items():
            if name not in kept:
                self.unless(one.identity in wait, Kind.READ_LOST, one)
            elif (observation := observations.get(kept[name])) is not None:
                own, other = self._point(one), self.roster.points[observation["read_point"]]
                here = own.place == other.place and one.epc == observation["epc"]
                self.unless(here, Kind.READ_ELSEWHERE, (one, observation))

    def _point(self, read: Read) -> Point:
        return self.roster.point_of(read.reader, None if read.antenna < 0 else read.antenna)

    # -- statements

    def statements(self, documents: int) -> None:
        bodies = {row: json.loads(body) for row, body in self.database.rows("SELECT id, body FROM events")}
        stated: Counter[int] = Counter()
        for one in self._observations().values():
            point = self.roster.points[one["read_point"]]
            for name in ("event", "left_event"):
                if one[name] is not None:
                    self.unless(_says(bodies.get(one[name]), one, point, name), Kind.STATED_WRONG, (name, one))
                    stated[one[name]] += 1
            pending = point.tunnel and one["open"] and not self.done
            self.unless(one["event"] is not None or pending, Kind.NOT_STATED, one)
            over = not one["open"] and point.states_left
            self.unless(one["left_event"] is not None or not over or self._moved_on(one, point), Kind.NOT_STATED, one)
        for row, many in stated.items():
            packing = bodies.get(row, {}).get("type") == "AggregationEvent"
            self.unless(many == 1 or packing, Kind.STATED_TWICE, (row, many))
        strays = sorted(bodies.keys() - stated.keys())
        self.unless(len(strays) == documents, Kind.EVENT_STRAY, f"{strays[:5]} …, {documents} came as documents")
        self._bodies(bodies)

    def _moved_on(self, one: dict[str, Any], point: Point) -> bool:
        """In an area an observation may end because the tag is elsewhere in it."""
        if point.place == point.sgln:
            return False
        later = self.database.rows(
            "SELECT read_point FROM observations WHERE epc = ? AND first_ns >= ? AND id != ?",
            (one["epc"], one["first_ns"], one["id"]),
        )
        return any(self.roster.points[name].place == point.place for (name,) in later)

    def _bodies(self, bodies: dict[int, dict[str, Any]]) -> None:
        for row, digest, content, things in self.database.rows("SELECT id, event_id, content_hash, things FROM events"):
            body = bodies[row]
            right = digest == _event_digest(body) and content == content_hash(body)
            self.unless(right and things.split("\n") == list(things_of(body)), Kind.EVENT_FALSE, row)

    # -- batches

    def batches(self, chain: ChainView | None) -> None:
        columns = "idx, root, items_root, count, first_event, last_event, first_leaf, last_leaf, writer, anchored_block"
        batches = self.database.rows(f"SELECT {columns} FROM batches ORDER BY idx")  # noqa: S608 - no input
        events = self.database.rows("SELECT id, event_id, content_hash, salt, things FROM events ORDER BY id")
        typed = self.database.rows("SELECT id, hash FROM typed_leaves ORDER BY id")
        tag = keccak256(b"lading.event-leaf.v1")
        leaves = {row: keccak256(keccak256(tag + one + content + salt)) for row, one, content, salt, _ in events}
        chains: defaultdict[str, list[tuple[int, bytes]]] = defaultdict(list)
        taken: Counter[int] = Counter()
        for number, (index, root, items_root, count, first, last, first_leaf, last_leaf, *_) in enumerate(batches):
            self.unless(index == batches[0][0] + number, Kind.BATCH_RANGE, f"index {index} after a hole")
            rows = [row for row in events if first is not None and first <= row[0] <= last]
            own = [leaves[row[0]] for row in rows]
            own += [digest for row, digest in typed if first_leaf is not None and first_leaf <= row <= last_leaf]
            taken.update(row[0] for row in rows)
            self.unless(count == len(own), Kind.BATCH_COUNT, (index, count, len(own)))
            self.unless(own and tree_root(own) == root, Kind.BATCH_ROOT, index)
            for row in rows:
                for thing in row[4].split("\n") if row[4] else ():
                    chains[thing].append((row[0], leaves[row[0]]))
            self.unless(map_root(chains) == items_root, Kind.ITEMS_ROOT, index)
        last_taken = max(taken, default=0)
        for row in leaves:
            good = taken[row] == 1 or (not self.done and taken[row] == 0 and row > last_taken)
            self.unless(good, Kind.BATCH_RANGE, f"event {row} is in {taken[row]} batches")
        self._items(chains, batches[-1][2] if batches else EMPTY)
        if chain is not None:
            self._on_chain(batches, chain)

    def _items(self, chains: dict[str, list[tuple[int, bytes]]], root: bytes) -> None:
        items = ItemStore(self.database)
        self.unless(items.root() == root, Kind.ITEMS_ROOT, "as stored")
        for thing, chain in chains.items():
            entry = items.entry(thing)
            right = (entry.count, entry.head) == (len(chain), head_of(leaf for _, leaf in chain))
            self.unless(right, Kind.ITEM, thing)
            self.unless(sorted(items.events_of(thing)) == [row for row, _ in chain], Kind.ITEM, f"links of {thing}")

    def _on_chain(self, batches: list[tuple[Any, ...]], chain: ChainView) -> None:
        first = int(self.database.one("SELECT coalesce(first_index, 0) FROM store")[0])
        ours = {row[0]: row for row in batches}
        told = {one.index: one for one in chain.told}
        self.unless(len(told) == len(chain.told), Kind.CHAIN_TWICE, Counter(one.index for one in chain.told))
        for index in range(first, chain.next_index):
            row, one = ours.get(index), told.get(index)
            if row is None or one is None:
                self.say(Kind.CHAIN_MORE, f"batch {index}")
                continue
            same = (one.root, one.items_root, one.count) == tuple(row[1:4])
            digest = keccak256(row[1] + row[2] + one.writer.rjust(32, b"\0") + row[3].to_bytes(32, "big"))[:27]
            known = row[8] == one.writer or row[9] is None
            self.unless(same and known and chain.digests.get(index) == digest, Kind.CHAIN_DIFFERS, index)
            self.unless(row[9] is not None or not self.done, Kind.WAITING, f"batch {index} is not marked")
        for index, row in ours.items():
            on_chain = first <= index < chain.next_index
            self.unless(on_chain or row[9] is None, Kind.CHAIN_LACKS, index)
            self.unless(on_chain or not self.done, Kind.WAITING, f"batch {index}")


def _says(event: dict[str, Any] | None, one: dict[str, Any], point: Point, name: str) -> bool:
    """Whether an event states this observation: tag, place, meaning, and a time that the observation covers."""
    if event is None:
        return False
    tag = named(one["epc"])[0]
    packing = event["type"] == "AggregationEvent"
    tags = [event["parentID"], *event["childEPCs"]] if packing else event["epcList"]
    own = point.meaning
    seen = [own, own.moved] if point.place != point.sgln else [own]
    meant = [own.left] if name == "left_event" else seen
    meanings = {(one.biz_step, one.disposition) for one in meant if one is not None}
    at = _milliseconds(event["eventTime"])
    return (
        (tag in tags if packing else tags == [tag])
        and event["readPoint"]["id"] == one["read_point"]
        and (event["bizStep"], event["disposition"]) in meanings
        and (packing or _rounded(one["first_ns"]) <= at <= _rounded(one["last_ns"]))
    )


def _rounded(time_ns: int) -> int:
    return (time_ns + 500_000) // 1_000_000


def _milliseconds(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime.fromisoformat("1970-01-01T00:00:00Z")) // timedelta(milliseconds=1)


def _event_digest(body: dict[str, Any]) -> bytes:
    return bytes.fromhex(event_id(body).removeprefix("ni:///sha-256;").removesuffix("?ver=CBV2.0"))
