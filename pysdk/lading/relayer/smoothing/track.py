"""One observation in memory, and what is stated of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from lading.relayer.reads.roster import Point

Key = tuple[str, str]
"""(place, EPC in hex): a tag has one observation there at a time."""
Signals = dict[str, tuple[int, list[int]]]
"""By read point of an area: when the tag was last read there, and how strong its last signals were."""


@dataclass(slots=True, eq=False)
class Track:
    """An observation. Times are nanoseconds, `offset_minutes` is the zone of its first read as it was stated, `row` its
    number in the database, 0 until it has one. While it is `open`, something may still be stated of it; `gone`: it is
    stated that the tag left."""

    epc: str
    point: Point
    first_ns: int
    offset_minutes: int
    last_ns: int = -1
    reads: int = 0
    open: bool = True
    gone: bool = False
    row: int = 0
    event: int | None = None
    left_event: int | None = None
    signals: Signals | None = None

    def __post_init__(self) -> None:
        if self.last_ns < 0:
            self.last_ns = self.first_ns

    @property
    def key(self) -> Key:
        return self.point.place, self.epc


class Kind(IntEnum):
    """What a statement says of a tag."""

    APPEARED = 0
    MOVED = 1
    LEFT = 2
    PACKED = 3
    """In a tunnel, `children` in the SSCC `epc`."""
    UNCLEAR = 4
    """It passed a tunnel, and it is not known what is packed in what."""


class Statement(NamedTuple):
    """What is to become one event: `time_ns` and zone, where, of which tag, and the observations that it states."""

    kind: Kind
    time_ns: int
    offset_minutes: int
    point: Point
    epc: str
    children: tuple[str, ...]
    tracks: tuple[Track, ...]
