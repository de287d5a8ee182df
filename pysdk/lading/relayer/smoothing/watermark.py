"""Reads as they came -> reads in order of time, as far as it is known, and those that are late. Pure.

Readers deliver out of order. A read is held back until one has come that is newer by `lateness`; then it is released,
in its place. Whatever is released by time T is final: a read of time T or before that comes later is late. What is
released and what is late depends on the order of arrival alone, not on how arrivals are grouped, so that a process that
begins anew with what is stored decides as the one before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lading.relayer.reads.reads import Row, in_order

BEFORE_ALL = -1
"""The watermark of a lane that has released nothing; no reader's time is below 0."""


@dataclass(slots=True)
class Step:
    """`released`: in order of time, deliveries of one read beside each other. Then all up to `mark_ns` is final, and
    then came the `late` reads, in their order."""

    released: list[Row]
    mark_ns: int
    late: list[Row]


class Watermark:
    """Of one lane. `mark_ns`: all up to here is released. `pending`: what is held, in no order."""

    __slots__ = ("lateness_ns", "mark_ns", "newest_ns", "pending")

    def __init__(self, lateness_ns: int, mark_ns: int = BEFORE_ALL, pending: Iterable[Row] = ()) -> None:
        self.lateness_ns = lateness_ns
        self.mark_ns = mark_ns
        self.pending = list(pending)
        self.newest_ns = max((read[0] for read in self.pending), default=mark_ns)

    def take(self, reads: Sequence[Row]) -> list[Step]:
        """What the arrival of these reads releases."""
        steps: list[Step] = []
        newest, mark, lateness = self.newest_ns, self.mark_ns, self.lateness_ns
        held, late = self.pending, None
        for read in reads:
            time_ns = read[0]
            if time_ns > newest:
                newest = time_ns
                mark = max(mark, newest - lateness)
            elif time_ns <= mark:
                if late is None:
                    steps.append(self._release(held, mark))
                    held, late = self.pending, steps[-1].late
                late.append(read)
                continue
            held.append(read)
            late = None
        self.newest_ns = newest
        steps.append(self._release(held, mark))
        return steps

    def pass_to(self, time_ns: int) -> Step:
        """Releases all up to a time, because nothing came for as long, or nothing more will."""
        self.newest_ns = max(self.newest_ns, time_ns)
        return self._release(self.pending, max(self.mark_ns, time_ns))

    def _release(self, held: list[Row], mark: int) -> Step:
        self.mark_ns = mark
        found = in_order(held)
        # A tuple of one stands before every read of that time: this is the first read after the mark.
        end = bisect_left(found, (mark + 1,))
        self.pending = found[end:]
        return Step(found[:end], mark, [])
