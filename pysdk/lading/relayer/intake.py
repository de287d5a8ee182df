"""A scanned log, or a document of events -> the outbox: what is new of it, in one transaction."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from time import time_ns
from typing import Any, Final

from lading.relayer.capture import CONTEXT, events_of, observe
from lading.relayer.config import RelayConfig
from lading.relayer.database import Database
from lading.relayer.gaps import Numbers, arrived
from lading.relayer.outbox import Outbox
from lading.relayer.smoothing import Known, Observation, Place, in_time_order, smooth
from lading.relayer.sources import Quarantined, Read, Scan

LANE: Final = ""
"""Whole logs are taken in one after the other, all readers together."""
CHUNK_NS: Final = 600 * 10**9
_MARK: Final = struct.Struct(">q8s")
_READ: Final = struct.Struct(">q8sQ")


@dataclass(frozen=True, slots=True)
class Intake:
    """What one log brought. `reads` counts its well-formed reads, `duplicates` those of them that were delivered
    before, `events` new events, `gaps` the numbers that are missing now, of all readers."""

    reads: int
    events: int
    duplicates: int
    quarantined: int
    gaps: int


def take_in(outbox: Outbox, scan: Scan, config: RelayConfig, source: str) -> Intake:
    """Stores reads, observations, their events, quarantined lines and gaps; all of them or, on an error, none.

    Raises `OutboxError`.
    """
    store = outbox.store
    with outbox.transaction():
        fresh = _first_deliveries(store, scan.reads)
        observations = smooth(fresh, config.smoothing.gap_ns, _known(store, fresh, config.smoothing.gap_ns))
        put = [_put(outbox, observation, config) for observation in observations]
        _keep(store, (read for _, reads in put for read in reads))
        events = sum(new for new, _ in put)
        _quarantine(store, source, scan.quarantined)
        gaps = _count(store, scan)
    return Intake(len(scan.reads), events, len(scan.reads) - len(fresh), len(scan.quarantined), gaps)


def take_document(outbox: Outbox, document: Mapping[str, Any]) -> int:
    """Takes in the events of an EPCIS document that others made: factory, port, customs. How many of them are new.

    Raises:
        DocumentError, EventIdError, CanonicalError: it is refused; nothing of it was taken in.
        OutboxError: as everywhere.
    """
    events, context = events_of(document)
    with outbox.transaction():
        return sum(outbox.add(event, context) for event in events)


def _first_deliveries(store: Database, reads: Sequence[Read]) -> list[Read]:
    seen = _delivered(store, reads)
    fresh = []
    for read in in_time_order(reads):
        mark = _mark(read)
        if mark not in seen:
            seen.add(mark)
            fresh.append(read)
    return fresh


def _mark(read: Read) -> bytes:
    """What two deliveries of one read share, as 16 bytes: its time, and a hash of all that names it."""
    return _MARK.pack(read.time_ns, blake2b(json.dumps(read.identity).encode(), digest_size=8).digest())


def _delivered(store: Database, reads: Sequence[Read]) -> set[bytes]:
    """The marks of what was delivered before within the times of these reads."""
    times = [read.time_ns for read in reads] or [0]
    chunks = store.rows(
        "SELECT reads FROM read_chunks WHERE lane = ? AND first_ns BETWEEN ? AND ? AND last_ns >= ?",
        (LANE, min(times) - CHUNK_NS, max(times), min(times)),
    )
    return {chunk[at : at + _MARK.size] for (chunk,) in chunks for at in range(0, len(chunk), _READ.size)}


def _known(store: Database, reads: Iterable[Read], gap_ns: int) -> dict[Place, list[Known]]:
    """The observations that these reads may join."""
    times = [read.time_ns for read in reads] or [0]
    found: dict[Place, list[Known]] = {}
    for epc, read_point, *known in store.rows(
        "SELECT epc, read_point, id, first_ns, last_ns FROM observations"
        " WHERE lane = ? AND first_ns <= ? AND last_ns >= ?",
        (LANE, max(times) + gap_ns, min(times) - gap_ns),
    ):
        found.setdefault((epc, read_point), []).append(Known(*known))
    return found


def _put(outbox: Outbox, observation: Observation, config: RelayConfig) -> tuple[int, list[tuple[bytes, int]]]:
    """How many new events this observation made (one or none), and its reads with its row."""
    store, row, new = outbox.store, observation.known, False
    if row is None:
        event, new = outbox.put(observe(observation, config), CONTEXT)
        row = store.insert(
            "INSERT INTO observations (lane, epc, read_point, first_ns, last_ns, reads, open, event)"
            " VALUES (?, ?, ?, ?, ?, 0, 0, ?)",
            (LANE, observation.epc, observation.read_point, observation.first_ns, observation.last_ns, event),
        )
    assert row is not None  # noqa: S101 - no conflict is ignored
    store.execute(
        "UPDATE observations SET first_ns = ?, last_ns = ?, reads = reads + ? WHERE id = ?",
        (observation.first_ns, observation.last_ns, len(observation.reads), row),
    )
    return int(new), [(_mark(read), row) for read in observation.reads]


def _keep(store: Database, reads: Iterable[tuple[bytes, int]]) -> None:
    """Stores reads, ascending by time, in chunks that each span `CHUNK_NS` at most."""
    parts: dict[int, list[tuple[bytes, int]]] = {}
    for mark, row in sorted(reads, key=lambda one: _MARK.unpack(one[0])):
        parts.setdefault(_MARK.unpack(mark)[0] // CHUNK_NS, []).append((mark, row))
    store.many(
        "INSERT INTO read_chunks (lane, first_ns, last_ns, count, reads) VALUES (?, ?, ?, ?, ?)",
        [
            (
                LANE,
                _MARK.unpack(part[0][0])[0],
                _MARK.unpack(part[-1][0])[0],
                len(part),
                b"".join(mark + row.to_bytes(8, "big") for mark, row in part),
            )
            for part in parts.values()
        ],
    )


def _quarantine(store: Database, source: str, lines: Iterable[Quarantined]) -> None:
    # The same line of the same log is kept once, however often the log is read.
    store.many(
        "INSERT INTO quarantine (received_ns, origin, line, sha256, reason, detail, state, length, head)"
        " VALUES (?, ?, ?, ?, ?, ?, 'kept', ?, ?) ON CONFLICT DO NOTHING",
        [(time_ns(), source, one.line, one.sha256, str(one.reason), one.detail, one.length, one.head) for one in lines],
    )


def _count(store: Database, scan: Scan) -> int:
    """Takes in the sequence numbers that arrived; how many are missing now."""
    for reader, numbers in sorted(scan.sequences().items()):
        after = arrived(_numbers(store, reader), numbers)
        if after is None:
            continue
        store.execute("DELETE FROM gaps WHERE reader = ?", (reader,))
        store.execute(
            "INSERT INTO sequences (reader, lowest, highest) VALUES (?, ?, ?)"
            " ON CONFLICT (reader) DO UPDATE SET lowest = excluded.lowest, highest = excluded.highest",
            (reader, after.lowest, after.highest),
        )
        store.many(
            "INSERT INTO gaps (reader, first, last) VALUES (?, ?, ?)", [(reader, *hole) for hole in after.missing]
        )
    # Summed here: a forged number makes a gap too wide for SQLite's integers.
    return sum(last - first + 1 for first, last in store.rows("SELECT first, last FROM gaps"))


def _numbers(store: Database, reader: str) -> Numbers | None:
    ends = store.rows("SELECT lowest, highest FROM sequences WHERE reader = ?", (reader,))
    if not ends:
        return None
    missing = store.rows("SELECT first, last FROM gaps WHERE reader = ? ORDER BY first", (reader,))
    return Numbers(ends[0][0], ends[0][1], tuple((first, last) for first, last in missing))
