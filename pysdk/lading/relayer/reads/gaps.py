"""Sequence numbers of one reader: which are missing. Pure.

A reader that counts its reports from some number on leaves a hole where a report was lost, and fills it where a
replay brings it later. A reader that restarts and counts from 1 again is not told apart: numbers that it used before
count as seen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Numbers:
    """All numbers from `lowest` to `highest` arrived, but those in `missing`: (first, last) pairs, both inclusive,
    ascending."""

    lowest: int
    highest: int
    missing: tuple[tuple[int, int], ...] = ()

    @property
    def open_count(self) -> int:
        return sum(last - first + 1 for first, last in self.missing)


def arrived(before: Numbers | None, numbers: Iterable[int]) -> Numbers | None:
    """The state after `numbers` arrived too, in whatever order; None if there never were any."""
    fresh = sorted(set(numbers))
    if not fresh:
        return before
    if before is None:
        before = Numbers(fresh[0], fresh[0])
    missing = list(before.missing)
    if fresh[0] < before.lowest - 1:
        missing.insert(0, (fresh[0] + 1, before.lowest - 1))
    lowest, highest = min(fresh[0], before.lowest), before.highest
    for number in fresh:
        if number > highest:
            if number > highest + 1:
                missing.append((highest + 1, number - 1))
            highest = number
        else:
            _fill(missing, number)
    return Numbers(lowest, highest, tuple(missing))


def _fill(missing: list[tuple[int, int]], number: int) -> None:
    at = bisect_right(missing, number, key=lambda hole: hole[0]) - 1
    if at < 0 or number > missing[at][1]:
        return
    first, last = missing[at]
    missing[at : at + 1] = [hole for hole in ((first, number - 1), (number + 1, last)) if hole[0] <= hole[1]]
