"""What is stored of a lane: its position and watermark, its observations, what it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from lading.relayer.reads.roster import Roster
from lading.relayer.smoothing.track import Key, Track
from lading.relayer.smoothing.watermark import BEFORE_ALL
from lading.relayer.store.database import Database

INBOX = "inbox"
"""The lock that writers of the inbox hold together: on a server rows get their ids in one order, and may be committed
in another."""
LEASE_SECONDS = 5
"""For so long a lane is its holder's since the lease was last renewed."""
LONG_NS = 600_000_000_000
"""Longer observations are found by an index of their own; the number stands in its definition."""

_COLUMNS = "id, epc, read_point, first_ns, last_ns, reads, open, offset_minutes, signals, event, left_event"
Span = tuple[int, int]
"""(first, last) in nanoseconds, both inclusive."""


def state_of(database: Database, lane: str) -> tuple[int, int]:
    """(the last inbox row that was taken, the watermark in ns)."""
    for position, mark in database.rows("SELECT position, watermark_ns FROM lanes WHERE lane = ?", (lane,)):
        return int(position), BEFORE_ALL if mark is None else int(mark)
    return 0, BEFORE_ALL


def advance_state(
    database: Database, lane: str, before: tuple[int, int], after: tuple[int, int], holder: str | None = None
) -> bool:
    """Moves a lane on, and renews its lease if that is the `holder`'s; False if it is not where the caller thinks,
    since another moved it."""
    database.execute("INSERT INTO lanes (lane, position) VALUES (?, 0) ON CONFLICT (lane) DO NOTHING", (lane,))
    moved = database.execute(
        "UPDATE lanes SET position = ?, watermark_ns = ?,"  # noqa: S608 - a constant
        f" lease_until = CASE WHEN holder = ? THEN {database.now_ms} + ? ELSE lease_until END"
        " WHERE lane = ? AND position = ? AND coalesce(watermark_ns, ?) = ?",
        (*after, holder, LEASE_SECONDS * 1000, lane, before[0], BEFORE_ALL, before[1]),
    )
    return moved == 1


def open_tracks(database: Database, lane: str, roster: Roster) -> list[Track]:
    """The observations that may go on."""
    rows = database.rows(f"SELECT {_COLUMNS} FROM observations WHERE lane = ? AND open = 1", (lane,))  # noqa: S608
    return _tracks(rows, roster)


def closed_tracks(database: Database, lane: str, roster: Roster, spans: Iterable[Span]) -> dict[Key, list[Track]]:
    """The closed observations that have a read in one of these spans, each once."""
    found: dict[int, tuple[Any, ...]] = {}
    select = f"SELECT {_COLUMNS} FROM observations WHERE lane = ? AND open = 0"  # noqa: S608 - constants
    for first, last in spans:
        for row in database.rows(
            f"{select} AND first_ns BETWEEN ? AND ? AND last_ns >= ?", (lane, first - LONG_NS, last, first)
        ):
            found[row[0]] = row
        for row in database.rows(
            f"{select} AND last_ns - first_ns > 600000000000 AND last_ns >= ? AND first_ns < ?",
            (lane, first, first - LONG_NS),
        ):
            found[row[0]] = row
    tracks: dict[Key, list[Track]] = {}
    for track in _tracks(found.values(), roster):
        tracks.setdefault(track.key, []).append(track)
    return tracks


def _tracks(rows: Iterable[Sequence[Any]], roster: Roster) -> list[Track]:
    """Those at read points that are still configured."""
    found = []
    for row, epc, sgln, first, last, reads, is_open, offset, signals, event, left in rows:
        point = roster.points.get(sgln)
        if point is not None:
            heard = (
                None if signals is None else {name: (at, said) for name, (at, said) in orjson.loads(signals).items()}
            )
            gone = left is not None
            found.append(Track(epc, point, first, offset, last, reads, bool(is_open), gone, row, event, left, heard))
    return found


def store_tracks(database: Database, lane: str, tracks: Mapping[Track, bool]) -> None:
    """Inserts the observations that have no row yet, and gives them one; updates the others, of which some are merely
    closed (False)."""
    new = [track for track in tracks if not track.row]
    for track, row in zip(new, _rows_for(database, len(new)), strict=True):
        track.row = row
    fresh = set(map(id, new))
    database.many(
        f"INSERT INTO observations (lane, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        [
            (lane, one.row, one.epc, one.point.sgln, one.first_ns, one.last_ns, one.reads, int(one.open),
             one.offset_minutes, _signals(one), one.event, one.left_event)
            for one in new
        ],
    )  # fmt: skip
    database.many(
        "UPDATE observations SET first_ns = ?, last_ns = ?, reads = ?, open = ?, signals = ?, event = ?, left_event = ?"
        " WHERE id = ?",
        [
            (one.first_ns, one.last_ns, one.reads, int(one.open), _signals(one), one.event, one.left_event, one.row)
            for one, more in tracks.items()
            if more and id(one) not in fresh
        ],
    )
    closed = [(one.row,) for one, more in tracks.items() if not more and id(one) not in fresh]
    database.many("UPDATE observations SET open = 0, signals = NULL WHERE id = ?", closed)


def _signals(track: Track) -> bytes | None:
    return orjson.dumps(track.signals) if track.signals and track.open else None


def _rows_for(database: Database, count: int) -> Iterable[int]:
    if not count:
        return ()
    if database.shared:
        reserve = "SELECT nextval(pg_get_serial_sequence('observations', 'id')) FROM generate_series(1, ?)"
        return [int(row) for (row,) in database.rows(reserve, (count,))]
    last = int(database.one("SELECT coalesce(max(id), 0) FROM observations")[0])
    return range(last + 1, last + 1 + count)


def count(database: Database, lane: str, counts: Mapping[str, int]) -> None:
    """Adds to what a lane counts."""
    database.many(
        "INSERT INTO counters (lane, name, value) VALUES (?, ?, ?)"
        " ON CONFLICT (lane, name) DO UPDATE SET value = counters.value + excluded.value",
        [(lane, name, number) for name, number in counts.items() if number],
    )


def counts_of(database: Database) -> dict[str, int]:
    """What all lanes count together."""
    rows = database.rows("SELECT name, sum(value) FROM counters GROUP BY name ORDER BY name")
    return {name: int(value) for name, value in rows}
