"""One tag read as a tuple of plain values, its identity, and reads packed for a row of the inbox. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import orjson

NONE = -1
"""In place of an antenna or a sequence number that a line does not name."""

Identity = tuple[int, str, int, str, int]
"""(time in ns, EPC, antenna, reader, sequence number): what two deliveries of one read have in common. For readers that
count nothing the time must do."""
Numbered = tuple[str, int]
"""(reader, sequence number) of a line that is no read, whose number arrived all the same."""


Row = tuple[int, str, int, str, int, int, bool, int | None]
"""A `Read` without its names. Where reads pass by the hundred thousand they are plain tuples, which the collector of
garbage forgets at once, while it goes through named ones again and again."""


class Read(NamedTuple):
    """One tag read at a configured read point.

    `time_ns` is the reader's own time in nanoseconds since 1970-01-01T00:00:00Z, `offset_minutes` the zone that it was
    written in; `epc` upper-case hex; `antenna` and `sequence` are `NONE` where the line names none; `rssi` is in
    hundredths of a dBm. `double_hexed`: the line spelled the EPC as the hex of its hex.

    The identity stands first, so that reads in their natural order are in order of time, and deliveries of one read
    beside each other.
    """

    time_ns: int
    epc: str
    antenna: int
    reader: str
    sequence: int
    offset_minutes: int = 0
    double_hexed: bool = False
    rssi: int | None = None

    @property
    def identity(self) -> Identity:
        return self[:5]


def read_hash(identity: Identity) -> int:
    """A read's name within its nanosecond: 8 bytes, as a signed number. The reader's name stands last, since it alone
    may hold any character."""
    time_ns, epc, antenna, reader, sequence = identity
    text = f"{time_ns} {epc} {antenna} {sequence} {reader}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def in_order(reads: Iterable[Row]) -> list[Row]:
    """By time and identity; deliveries of one read that differ in the rest stand in an order of that rest."""
    found = list(reads)
    try:
        found.sort()
    except TypeError:  # two deliveries of one read, of which only one says how strong it was
        found.sort(key=lambda read: (*read[:7], read[7] is not None, read[7] or 0))
    return found


def pack(reads: Sequence[Row], numbered: Sequence[Numbered] = ()) -> bytes:
    """For one row of the inbox: the columns of `reads`, which are written many times as fast as rows."""
    return orjson.dumps([list(zip(*reads, strict=True)), numbered])


def unpack(packed: bytes) -> tuple[list[Row], list[Numbered]]:
    """What `pack` was given."""
    columns, numbered = orjson.loads(packed)
    return list(zip(*columns, strict=True)), [(reader, number) for reader, number in numbered]


def times_in(packed: bytes) -> list[int]:
    """Of the reads that `pack` was given: its first column, without the rest of it."""
    if not packed.startswith(b"[[["):
        return []
    found: list[int] = orjson.loads(packed[2 : packed.index(b"]") + 1])
    return found
