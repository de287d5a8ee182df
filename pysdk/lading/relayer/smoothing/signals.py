"""When a tag moves from one read point of its area to another. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from lading.relayer.config.settings import Smoothing
from lading.relayer.reads.reads import Read
from lading.relayer.reads.roster import Point
from lading.relayer.smoothing.track import Track

_NEEDED = 2
"""Signals at the new read point, before their mean is compared: one alone may be a reflection."""


@dataclass(frozen=True, slots=True)
class MoveRule:
    """`margin` in hundredths of a dBm; `reads`: of so many last signals the mean is taken; `silence_ns`: after so long
    without a read the old read point has lost the tag."""

    reads: int
    margin: int
    silence_ns: int

    @classmethod
    def of(cls, smoothing: Smoothing) -> MoveRule:
        return cls(smoothing.move_reads, int(100 * smoothing.move_margin_db), smoothing.move_silence_ns)

    def hear(self, track: Track, point: Point, read: Read) -> None:
        """Takes a signal in."""
        if track.signals is None:
            track.signals = {}
        last, heard = track.signals.get(point.sgln, (read.time_ns, []))
        if read.rssi is not None:
            heard = [*heard, read.rssi][-self.reads :]
        track.signals[point.sgln] = max(last, read.time_ns), heard

    def moves(self, track: Track, point: Point, read: Read) -> bool:
        """Whether this read says that the tag is at `point` now."""
        if point is track.point:
            return False
        known = track.signals or {}
        last, here = known.get(track.point.sgln, (track.first_ns, []))
        if read.time_ns - last > self.silence_ns:
            return True
        _, there = known.get(point.sgln, (0, []))
        if read.rssi is not None:
            there = [*there, read.rssi][-self.reads :]
        if len(there) < _NEEDED or not here:
            return False
        # Means compared without a division: exact.
        return sum(there) * len(here) > (sum(here) + self.margin * len(here)) * len(there)
