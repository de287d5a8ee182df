"""Whether one thing can have made the journey: the speed between its places, and the counter of its tag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lading.provenance.coordinates import Position
from lading.provenance.item import Item
from lading.provenance.reasons import CLOCK_TOLERANCE_SECONDS, MAX_SPEED_KMH
from lading.provenance.rules import Finding
from lading.provenance.story import Happening

_HOUR = 3600
_HALF_ROUND_KM = 20_038
"""No two places are further apart (half the equator)."""


def possible_speed(story: Sequence[Happening]) -> Iterator[Finding]:
    """`story` in order of time. Pairs of all events and not of neighbours only: the tolerance of clocks is granted once
    between two places and not again at each stop between them."""
    located: list[tuple[Happening, Position]] = [(one, one.point) for one in story if one.point is not None]
    window = _HALF_ROUND_KM / MAX_SPEED_KMH * _HOUR
    start = 0
    for index, (later, there) in enumerate(located):
        while located[start][0].time < later.time - window:
            start += 1
        for earlier, here in located[start:index]:
            kilometres = here.kilometres_to(there)
            taken = later.time - earlier.time
            if kilometres > MAX_SPEED_KMH * (taken + CLOCK_TOLERANCE_SECONDS) / _HOUR:
                yield Finding("too-fast", later.position, f"{kilometres:.0f} km in {taken:.0f} s")
                break


def counter_grows(item: Item, story: Sequence[Happening]) -> Iterator[Finding]:
    """`story` in order of time. Within what clocks explain either read may have been first; a tag that counts its
    reads still gives no number twice, so the same one at two sites is a copy's."""
    counted = list(
        {one.identity: one for one in story if one.counter is not None and item.key in one.subjects}.values()
    )
    places: dict[int, Happening] = {}
    highest, settled = -1, 0
    for one in counted:
        while counted[settled].time < one.time - CLOCK_TOLERANCE_SECONDS:
            highest = max(highest, counted[settled].counter or 0)
            settled += 1
        count = one.counter or 0
        if count < highest:
            yield Finding("counter-fell", one.position, f"from {highest} to {count}")
        first = places.setdefault(count, one)
        if _apart(first, one):
            yield Finding("counter-repeats", one.position, f"{count} at {first.site or 'one point'} as well")


def _apart(first: Happening, second: Happening) -> bool:
    if first.site is not None and second.site is not None:
        return first.site != second.site
    return first.point is not None and second.point is not None and first.point.kilometres_to(second.point) > 1
