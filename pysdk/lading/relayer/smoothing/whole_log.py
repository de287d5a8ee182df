"""What waits in a lane's inbox, in order of time, a part after the other: for logs that are there as a whole, in
whatever order their lines stand, and however long they are.

A row of the inbox stands for some thousand lines, of which its first and last time are remembered. Rows are read in the
order of their first times, and what is older than all rows that follow is handed out. Where too many of them overlap,
since the log is in no order at all, they are spread first: each read goes to a row of its stretch of time, as in any
sort that is larger than memory.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from lading.relayer.reads.reads import Numbered, Row, in_order, pack, times_in, unpack
from lading.relayer.store.database import Database

MOST_READS: Final = 50_000
"""That one transaction takes in, but for the last row's: so that it is over in a second or two, and holds little."""
MOST_HELD: Final = 200_000
"""Reads that are in memory until they are in order."""
_SAMPLES: Final = 16


@dataclass(slots=True)
class Taken:
    """Of the inbox. `reads` are to be smoothed now; `count` of them, or of those that follow, were taken from rows, of
    which `ends` says the newest time. `position`: the last row that was taken."""

    position: int
    reads: list[Row] = field(default_factory=list)
    numbered: list[Numbered] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)
    count: int = 0

    def add(self, row: int, packed: bytes) -> None:
        reads, numbers = unpack(packed)
        self.ends[row] = max((read[0] for read in reads), default=-1)
        self.reads += reads
        self.numbered += numbers
        self.count += len(reads)


@dataclass(frozen=True, slots=True, order=True)
class _Waiting:
    """A row. Times are nanoseconds; `samples` of them, which ascend."""

    first_ns: int
    last_ns: int
    row: int
    count: int
    samples: tuple[int, ...] = ()


def parts(database: Database, lane: str, after: int, newest: int) -> Iterator[tuple[Taken, bool]]:
    """All that waits in the rows from `after` to `newest`, and whether it is the last part. Inside of a transaction in
    which nobody else writes to the inbox."""
    rows = _waiting(database, lane, after, newest)
    if _held(rows) > MOST_HELD:
        rows = _spread(database, lane, rows)
    position = max((one.row for one in rows), default=after)
    held: list[Row] = []
    for group, following in _groups(rows):
        part = Taken(position, held)
        for one in group:
            part.add(one.row, _packed(database, one.row)[0])
        found = in_order(part.reads)
        end = len(found) if following is None else bisect_left(found, (following,))
        part.reads, held = found[:end], found[end:]
        yield part, following is None
    if not rows:
        yield Taken(position), True


def _packed(database: Database, row: int) -> tuple[bytes, int]:
    packed, received = database.one("SELECT reads, received_ns FROM inbox WHERE id = ?", (row,))
    return packed, received


def _waiting(database: Database, lane: str, after: int, newest: int) -> list[_Waiting]:
    found = database.rows(
        "SELECT id, count FROM inbox WHERE lane = ? AND id > ? AND id <= ? ORDER BY id", (lane, after, newest)
    )
    if sum(count for _, count in found) <= MOST_READS:
        return [_Waiting(0, 0, row, count) for row, count in found]  # all of them together, in whatever order
    return sorted(_looked_at(row, times_in(_packed(database, row)[0])) for row, _ in found)


def _looked_at(row: int, times: list[int]) -> _Waiting:
    count = len(times)
    times = sorted(times) or [0]
    samples = tuple(times[len(times) * number // _SAMPLES] for number in range(_SAMPLES))
    return _Waiting(times[0], times[-1], row, count, samples)


def _held(rows: Sequence[_Waiting]) -> int:
    """The reads of rows that overlap, where those are the most."""
    most = now = 0
    open_ones: list[tuple[int, int]] = []
    for one in rows:
        while open_ones and open_ones[0][0] < one.first_ns:
            now -= heappop(open_ones)[1]
        heappush(open_ones, (one.last_ns, one.count))
        now += one.count
        most = max(most, now)
    return most


def _groups(rows: Sequence[_Waiting]) -> Iterator[tuple[Sequence[_Waiting], int | None]]:
    """Rows that are read together, and the first time of those that follow; None if none do."""
    begin = count = 0
    for number, one in enumerate(rows):
        count += one.count
        if number + 1 == len(rows):
            yield rows[begin:], None
        elif count + rows[number + 1].count > MOST_READS and rows[number + 1].first_ns > rows[begin].first_ns:
            yield rows[begin : number + 1], rows[number + 1].first_ns
            begin, count = number + 1, 0


def _spread(database: Database, lane: str, rows: Sequence[_Waiting]) -> list[_Waiting]:
    """The same reads in other rows, each of which is of one stretch of time."""
    samples = sorted(time_ns for one in rows for time_ns in one.samples)
    stretches = max(1, sum(one.count for one in rows) // MOST_READS)
    bounds = sorted({samples[len(samples) * number // stretches] for number in range(1, stretches)})
    heaps: list[list[Row]] = [[] for _ in range(len(bounds) + 1)]
    found: list[_Waiting] = []
    numbered: list[Numbered] = []
    held = received = 0

    def put() -> None:
        for heap in heaps:
            if not heap and not numbered:
                continue
            row = database.insert(
                "INSERT INTO inbox (lane, received_ns, count, reads) VALUES (?, ?, ?, ?)",
                (lane, received, len(heap), pack(heap, numbered)),
            )
            assert row is not None  # noqa: S101 - nothing in an inbox conflicts
            found.append(_looked_at(row, [read[0] for read in heap]))
            heap.clear()
            numbered.clear()

    for one in rows:
        packed, received = _packed(database, one.row)
        reads, numbers = unpack(packed)
        numbered += numbers
        ordered, begin = in_order(reads), 0
        for heap, bound in zip(heaps, [*bounds, None], strict=True):
            end = len(ordered) if bound is None else bisect_left(ordered, (bound,), lo=begin)
            heap.extend(ordered[begin:end])
            begin = end
        database.execute("DELETE FROM inbox WHERE id = ?", (one.row,))
        held += one.count
        if held >= MOST_HELD:
            put()
            held = 0
    put()
    return sorted(found)
