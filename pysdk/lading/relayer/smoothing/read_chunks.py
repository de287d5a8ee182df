"""Every read that is in an observation, 24 bytes each: its time, its hash, the observation. They say whether a read was
delivered before, found by its time alone."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from lading.relayer.reads.reads import Read, Row, read_hash
from lading.relayer.store.database import Database

SPAN_NS = 600_000_000_000
"""Of one chunk, at most: so that those that may hold a time are few."""


def keep(database: Database, lane: str, reads: Sequence[Row], observations: Sequence[int]) -> None:
    """Stores reads that are in order of time, with the rows of their observations. Inside the caller's transaction."""
    rows = []
    for begin, end in _parts(reads):
        part = reads[begin:end]
        numbers = [0] * (3 * len(part))
        numbers[0::3] = [read[0] for read in part]
        numbers[1::3] = [read_hash(read[:5]) for read in part]
        numbers[2::3] = observations[begin:end]
        packed = struct.pack(f">{len(numbers)}q", *numbers)
        rows.append((lane, part[0][0], part[-1][0], len(part), packed))
    database.many("INSERT INTO read_chunks (lane, first_ns, last_ns, count, reads) VALUES (?, ?, ?, ?, ?)", rows)


def _parts(reads: Sequence[Row]) -> Iterator[tuple[int, int]]:
    begin = 0
    while begin < len(reads):
        end = bisect_left(reads, reads[begin][0] + SPAN_NS + 1, lo=begin, key=itemgetter(0))
        yield begin, end
        begin = end


class Delivered:
    """What was delivered before, about the times of some late reads."""

    def __init__(self, database: Database, lane: str, windows: Iterable[tuple[int, int]]) -> None:
        self._chunks: list[tuple[int, int, tuple[int, ...]]] = []
        seen: set[int] = set()
        for first, last in windows:
            for row, begins, ends, packed in database.rows(
                "SELECT id, first_ns, last_ns, reads FROM read_chunks"
                " WHERE lane = ? AND first_ns BETWEEN ? AND ? AND last_ns >= ?",
                (lane, first - SPAN_NS, last, first),
            ):
                if row not in seen:
                    seen.add(row)
                    self._chunks.append((begins, ends, struct.unpack(f">{len(packed) // 8}q", packed)))

    def holds(self, read: Read) -> bool:
        """Whether this read is among them."""
        time_ns, known = read.time_ns, None
        for begins, ends, numbers in self._chunks:
            if not begins <= time_ns <= ends:
                continue
            known = read_hash(read.identity) if known is None else known
            at = bisect_left(range(0, len(numbers), 3), time_ns, key=numbers.__getitem__) * 3
            while at < len(numbers) and numbers[at] == time_ns:
                if numbers[at + 1] == known:
                    return True
                at += 3
        return False
