"""A scanned log, or a document of events -> the outbox: what is new of it, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lading.relayer.capture import CONTEXT, events_of, observe
from lading.relayer.config import RelayConfig
from lading.relayer.gaps import Numbers, arrived
from lading.relayer.outbox import Outbox
from lading.relayer.smoothing import Known, Observation, Place, in_time_order, smooth
from lading.relayer.sources import Quarantined, Read, Scan
from lading.relayer.store import Store


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
        observations = smooth(fresh, config.smoothing.gap_ns, _known(store, fresh))
        events = sum(_put(outbox, observation, config) for observation in observations)
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


def _first_deliveries(store: Store, reads: Iterable[Read]) -> list[Read]:
    seen: set[tuple[str, int, int, str, int]] = set()
    fresh = []
    for read in in_time_order(reads):
        if read.identity in seen:
            continue
        seen.add(read.identity)
        if not store.rows(
            "SELECT 1 FROM reads WHERE reader = ? AND sequence = ? AND time_ns = ? AND epc = ? AND antenna = ?",
            read.identity,
        ):
            fresh.append(read)
    return fresh


def _known(store: Store, reads: Iterable[Read]) -> dict[Place, list[Known]]:
    places = {(read.epc, read.read_point) for read in reads}
    select = "SELECT id, first_ns, last_ns FROM observations WHERE epc = ? AND read_point = ?"
    return {place: [Known(*row) for row in store.rows(select, place)] for place in places}


def _put(outbox: Outbox, observation: Observation, config: RelayConfig) -> int:
    """How many new events this observation made: one or none."""
    store, row, new = outbox.store, observation.known, False
    if row is None:
        event, new = outbox.put(observe(observation, config), CONTEXT)
        row = store.insert(
            "INSERT INTO observations (epc, read_point, first_ns, last_ns, event) VALUES (?, ?, ?, ?, ?)",
            (observation.epc, observation.read_point, observation.first_ns, observation.last_ns, event),
        )
    else:
        store.execute(
            "UPDATE observations SET first_ns = ?, last_ns = ? WHERE id = ?",
            (observation.first_ns, observation.last_ns, row),
        )
    store.many(
        "INSERT INTO reads (reader, sequence, time_ns, epc, antenna, double_hexed, observation)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*read.identity, read.double_hexed, row) for read in observation.reads],
    )
    return int(new)


def _quarantine(store: Store, source: str, lines: Iterable[Quarantined]) -> None:
    # The same line of the same log is kept once, however often the log is read.
    store.many(
        "INSERT OR IGNORE INTO quarantine (source, line, sha256, reason, detail, length, head)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(source, one.line, one.sha256, str(one.reason), one.detail, one.length, one.head) for one in lines],
    )


def _count(store: Store, scan: Scan) -> int:
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


def _numbers(store: Store, reader: str) -> Numbers | None:
    ends = store.rows("SELECT lowest, highest FROM sequences WHERE reader = ?", (reader,))
    if not ends:
        return None
    missing = store.rows("SELECT first, last FROM gaps WHERE reader = ? ORDER BY first", (reader,))
    return Numbers(ends[0][0], ends[0][1], tuple((first, last) for first, last in missing))
