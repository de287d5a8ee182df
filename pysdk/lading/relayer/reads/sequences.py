"""The sequence numbers of readers as they are stored: what arrived, and what is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lading.relayer.reads.gaps import Numbers, arrived
from lading.relayer.reads.reads import NONE, Numbered, Row
from lading.relayer.store.database import Database

_State = Numbers | None


def by_reader(reads: Iterable[Row], numbered: Iterable[Numbered]) -> dict[str, set[int]]:
    """The numbers that arrived, with those of lines that are no reads."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for read in reads:
        found[read[3]].add(read[4])
    for reader, sequence in numbered:
        found[reader].add(sequence)
    for counted in found.values():
        counted.discard(NONE)
    return {reader: counted for reader, counted in found.items() if counted}


class Sequences:
    """Of the readers of one lane. What it keeps is what was stored when it last came back from `store`; after a
    transaction that failed it is of no more use."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Numbers] = {}

    def store(self, numbers: dict[str, set[int]]) -> None:
        """Inside the caller's transaction: takes in what arrived, and writes what that changes."""
        for reader, fresh in sorted(numbers.items()):
            before = self._known.get(reader) or self._load(reader)
            after = _after(before, fresh)
            if after != before:
                self._write(reader, before, after)
            self._known[reader] = after

    def _load(self, reader: str) -> _State:
        ends = self._database.rows("SELECT lowest, highest FROM sequences WHERE reader = ?", (reader,))
        if not ends:
            return None
        missing = self._database.rows("SELECT first, last FROM gaps WHERE reader = ? ORDER BY first", (reader,))
        return Numbers(ends[0][0], ends[0][1], tuple((first, last) for first, last in missing))

    def _write(self, reader: str, before: _State, after: Numbers) -> None:
        database = self._database
        database.execute(
            "INSERT INTO sequences (reader, lowest, highest) VALUES (?, ?, ?)"
            " ON CONFLICT (reader) DO UPDATE SET lowest = excluded.lowest, highest = excluded.highest",
            (reader, after.lowest, after.highest),
        )
        was, now = set(before.missing if before else ()), set(after.missing)
        database.many(
            "DELETE FROM gaps WHERE reader = ? AND first = ?", [(reader, first) for first, _ in sorted(was - now)]
        )
        database.many(
            "INSERT INTO gaps (reader, first, last) VALUES (?, ?, ?)", [(reader, *hole) for hole in sorted(now - was)]
        )


def _after(before: _State, fresh: set[int]) -> Numbers:
    first, last = min(fresh), max(fresh)
    if before is not None and first == before.highest + 1 and last - first + 1 == len(fresh):
        return Numbers(before.lowest, last, before.missing)  # the usual case: they go on without a hole
    after = arrived(before, fresh)
    assert after is not None  # noqa: S101 - there is at least one number
    return after


def missing(database: Database) -> int:
    """How many numbers are missing now, of all readers."""
    # Summed here: a forged number makes a gap too wide for SQLite's integers.
    return sum(last - first + 1 for first, last in database.rows("SELECT first, last FROM gaps"))
