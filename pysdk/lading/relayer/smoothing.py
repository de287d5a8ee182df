"""Reads -> observations: a tag at a read point, from its first read until it is not read for longer than the gap.
Pure.

Readers deliver out of order, so the reads of a run are sorted by the reader's time before anything is decided, and
the order of lines in a log changes nothing. This needs the end of the log; a stream that has none takes a watermark's
word for it, and that comes with the streams.

What an earlier run stated stands. A late read that lies within the gap of a known observation joins it, also in front
of its first read or between two that it would have made one, and nothing new is stated; any other read begins an
observation at its own time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lading.relayer.sources import Read

Place = tuple[str, str]
"""(EPC in hex, SGLN of the read point): within one of these, reads are smoothed."""


@dataclass(frozen=True, slots=True)
class Known:
    """An observation of an earlier run, by its row in the outbox."""

    row: int
    first_ns: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class Observation:
    """`reads` are those of this run, ascending by time; there is at least one. `known` is None where the tag appeared
    in this run, at `reads[0]`."""

    epc: str
    read_point: str
    first_ns: int
    last_ns: int
    reads: tuple[Read, ...]
    known: int | None


@dataclass(slots=True)
class _Track:
    first_ns: int
    last_ns: int
    known: int | None = None
    reads: list[Read] = field(default_factory=list)


def in_time_order(reads: Iterable[Read]) -> list[Read]:
    """By the reader's time; of equal times in an order that does not depend on the log's."""
    return sorted(reads, key=lambda read: (read.time_ns, read.identity, read.offset_minutes, read.raw))


def smooth(
    reads: Iterable[Read], gap_ns: int, known: Mapping[Place, Iterable[Known]] | None = None
) -> tuple[Observation, ...]:
    """The observations that `reads` make or extend, each read in exactly one of them, ordered by their first read.

    `reads` hold no redelivered ones. A tag has left when it was not read for more than `gap_ns` nanoseconds.
    """
    before = known or {}
    tracks: dict[Place, list[_Track]] = {}
    for read in in_time_order(reads):
        place = (read.epc, read.read_point)
        if place not in tracks:
            earlier = sorted(before.get(place, ()), key=lambda one: one.first_ns)
            tracks[place] = [_Track(one.first_ns, one.last_ns, one.row) for one in earlier]
        _place(tracks[place], read, gap_ns)
    observations = (
        Observation(epc, read_point, track.first_ns, track.last_ns, tuple(track.reads), track.known)
        for (epc, read_point), found in tracks.items()
        for track in found
        if track.reads
    )
    return tuple(sorted(observations, key=lambda one: (one.reads[0].time_ns, one.epc, one.read_point)))


def _place(tracks: list[_Track], read: Read, gap_ns: int) -> None:
    time = read.time_ns
    at = bisect_right(tracks, time, key=lambda track: track.first_ns)
    if at and time - tracks[at - 1].last_ns <= gap_ns:
        track = tracks[at - 1]
        track.last_ns = max(track.last_ns, time)
    elif at < len(tracks) and tracks[at].first_ns - time <= gap_ns:
        track = tracks[at]
        track.first_ns = time
    else:
        track = _Track(time, time)
        tracks.insert(at, track)
    track.reads.append(read)
