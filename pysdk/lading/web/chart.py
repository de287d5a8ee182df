"""The map of a journey: where its places lie in a drawing, and which part of the world is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import dist

UNITS = 10
"""Of the drawing (static/land.svg) to one degree; north is up, so latitudes change their sign."""

MARGIN = 0.14
SMALLEST = 240
"""The least width shown, 24 degrees: coastlines at 1:110m say nothing of a city."""

NEAR = 0.04
"""Of the width: marks nearer to each other than this are one."""

RATIO = 0.5
"""Height to width."""

_EAST, _NORTH = 1800, 900


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the map, in units of the drawing. `numbers` are the steps there, counted from 1."""

    x: float
    y: float
    numbers: tuple[int, ...]

    @property
    def label(self) -> str:
        first, last = self.numbers[0], self.numbers[-1]
        run = last - first + 1 == len(self.numbers)
        return str(first) if first == last else f"{first}–{last}" if run else f"{first} …"


@dataclass(frozen=True, slots=True)
class Chart:
    """`left`, `top`, `width`, `height` of what is shown; `path` joins the places in order (SVG path data)."""

    left: float
    top: float
    width: float
    height: float
    points: tuple[Point, ...]
    path: str


def chart_of(stops: Sequence[tuple[int, float, float]]) -> Chart | None:
    """From (number of the step, latitude, longitude) in order; None without any place. The shorter way round the globe
    is not looked for: a journey over the date line is drawn the long way."""
    if not stops:
        return None
    places: dict[tuple[float, float], list[int]] = {}
    way: list[tuple[float, float]] = []
    for number, latitude, longitude in stops:
        at = (round(longitude * UNITS, 1), round(-latitude * UNITS, 1))
        places.setdefault(at, []).append(number)
        if not way or way[-1] != at:
            way.append(at)
    left, top, width, height = _window([x for x, _ in places], [y for _, y in places])
    return Chart(left, top, width, height, _points(places, width * NEAR), _curve(way))


def _points(places: Mapping[tuple[float, float], Sequence[int]], near: float) -> tuple[Point, ...]:
    """Places whose marks would lie on each other share one, where the first of them is."""
    shared: dict[tuple[float, float], list[int]] = {}
    for at, numbers in places.items():
        there = next((known for known in shared if dist(known, at) < near), at)
        shared.setdefault(there, []).extend(numbers)
    return tuple(Point(x, y, tuple(sorted(numbers))) for (x, y), numbers in shared.items())


def _window(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float, float, float]:
    wide = max((max(xs) - min(xs)) * (1 + 2 * MARGIN), (max(ys) - min(ys)) * (1 + 2 * MARGIN) / RATIO, SMALLEST)
    width = min(wide, 2 * _EAST)
    height = width * RATIO
    left = (min(xs) + max(xs) - width) / 2
    top = (min(ys) + max(ys) - height) / 2
    left = min(max(left, -_EAST), _EAST - width)
    top = min(max(top, -_NORTH), _NORTH - height)
    return round(left, 1), round(top, 1), round(width, 1), round(height, 1)


def _curve(way: Sequence[tuple[float, float]]) -> str:
    """Each leg bends a little to its left, so that a way back is not drawn over the way there."""
    parts = [f"M{way[0][0]} {way[0][1]}"]
    for (x1, y1), (x2, y2) in pairwise(way):
        bend_x, bend_y = (x1 + x2) / 2 + (y2 - y1) * 0.15, (y1 + y2) / 2 - (x2 - x1) * 0.15
        parts.append(f"Q{bend_x:.1f} {bend_y:.1f} {x2} {y2}")
    return "".join(parts)
