"""Where each antenna stands, and which readers are ordered together. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from lading.relayer.config.points import NS_PER_SECOND, ReadPoint
from lading.relayer.config.settings import RelayConfig
from lading.relayer.errors import ReaderLineError, Reason


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A read point of the configuration. `place` is what a tag is at only once at a time: the read point itself, or the
    area that it belongs to. Equal only to itself, so that it is a cheap key."""

    sgln: str
    place: str
    gap_ns: int
    meaning: ReadPoint
    tunnel: bool
    states_left: bool


class Roster:
    """Which reader a line speaks of, which read point its antenna is, and which lane the reader belongs to.

    A lane is what is ordered and leased as a whole: a reader, or all readers that are linked by a read point or an area
    that they share. It has the name of the first of them in alphabetical order.
    """

    def __init__(self, config: RelayConfig) -> None:
        self.unnamed = config.unnamed_reader
        self.points: Mapping[str, Point] = {
            one.sgln: _point(one, config.smoothing.gap_ns) for one in reversed(config.read_points)
        }
        """By SGLN."""
        self._antennas = {(one.reader, one.antenna): self.points[one.sgln] for one in config.read_points}
        self._lanes = _lanes(config.read_points)
        self.lanes = tuple(sorted(set(self._lanes.values())))
        antennas = sorted(
            (one.reader, str(one.antenna), one.sgln, self._lanes[one.reader]) for one in config.read_points
        )
        self.grouping = json.dumps(antennas)
        """As text: which antenna is where, and in which lane."""

    def reader_of(self, names: tuple[str, ...]) -> str:
        """The configured reader among the names that a line gives to its own.

        Raises `ReaderLineError` if none is configured.
        """
        for name in names:
            if name in self._lanes:
                return name
        if names:
            raise ReaderLineError(Reason.READER_UNKNOWN, f"no read point is configured for reader {names[0][:200]!a}")
        if self.unnamed is None:
            raise ReaderLineError(
                Reason.READER_UNKNOWN, "the line names no reader, and `unnamed_reader` is not configured"
            )
        return self.unnamed

    def point_of(self, reader: str, antenna: int | None) -> Point:
        """The read point of an antenna of a configured reader. Raises `ReaderLineError` if that antenna has none."""
        found = self._antennas.get((reader, None)) or self._antennas.get((reader, antenna))
        if found is None:
            said = "the line names no antenna" if antenna is None else f"antenna {antenna} has no read point"
            raise ReaderLineError(Reason.ANTENNA_UNMAPPED, f"{said}, and reader {reader!a} has none for any antenna")
        return found

    def lane_of(self, reader: str) -> str:
        """The lane of a configured reader."""
        return self._lanes[reader]

    def lane_if_known(self, reader: str) -> str | None:
        """The lane of a reader; None if it is not configured."""
        return self._lanes.get(reader)

    def lane_at(self, sgln: str) -> str | None:
        """The lane that a read point is in; None if it is not configured."""
        point = self.points.get(sgln)
        return None if point is None else self._lanes[point.meaning.reader]


def _point(one: ReadPoint, gap_ns: int) -> Point:
    return Point(
        sgln=one.sgln,
        # No SGLN begins like this: an area never has the name of a read point.
        place=one.sgln if one.area is None else f"area {one.area}",
        gap_ns=gap_ns if one.gap_seconds is None else int(one.gap_seconds * NS_PER_SECOND),
        meaning=one,
        tunnel=one.tunnel,
        states_left=one.left is not None,
    )


def _lanes(points: tuple[ReadPoint, ...]) -> dict[str, str]:
    """Reader -> lane."""
    groups: list[tuple[set[str], set[str]]] = []  # readers, and what links them
    for point in points:
        readers, links = {point.reader}, {point.sgln, f"area {point.area}" if point.area else point.sgln}
        apart = []
        for group in groups:
            if group[0] & readers or group[1] & links:
                readers, links = readers | group[0], links | group[1]
            else:
                apart.append(group)
        groups = [*apart, (readers, links)]
    return {reader: min(readers) for readers, _ in groups for reader in readers}
