"""Reader logs: one JSON object a line, from a Zebra IoT Connector, an Impinj R700, or in a form of our own.

    {"timestamp": "….912+0000", "type": "INVENTORY", "data": {"eventNum": 2, "idHex": "3034…", "antenna": 1}}
    {"timestamp": "….278427551Z", "hostname": "…", "eventType": "tagInventory",
     "tagInventoryEvent": {"epcHex": "3034…", "antennaPort": 1}}
    {"reader": "…", "antenna": 1, "epc": "3034…", "time": "….278427551Z", "sequence": 2}

The form is recognised line by line, so that feeds may stand mixed in one log. A malformed line becomes a
`Quarantined` with its reason, number and bytes; the others flow on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from lading.relayer.config import RelayConfig
from lading.relayer.errors import ReaderLineError, Reason
from lading.relayer.lines import Sighting, parse_line

MAX_LINE_BYTES = 65536
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Read:
    """One tag read, at a known read point.

    `epc` is upper-case hex, `time_ns` the reader's own time in nanoseconds since 1970-01-01T00:00:00Z,
    `offset_minutes` the zone that it was written in. `double_hexed`: the log spelled the EPC as the hex of its hex.
    """

    reader: str
    antenna: int | None
    epc: str
    time_ns: int
    offset_minutes: int
    sequence: int | None
    double_hexed: bool
    read_point: str
    line: int
    raw: bytes

    @property
    def identity(self) -> tuple[str, int, int, str, int]:
        """What two deliveries of one read have in common; for readers that count nothing the time must do."""
        sequence = -1 if self.sequence is None else self.sequence
        return self.reader, sequence, self.time_ns, self.epc, -1 if self.antenna is None else self.antenna


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A malformed line. `head` is its bytes, up to the longest that a line may have; `length` and `sha256` are of the
    whole line. `reader` and `sequence` are given where they could be read, since such a number is not missing."""

    line: int
    reason: Reason
    detail: str
    head: bytes
    length: int
    sha256: bytes
    reader: str | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything that one log held. Every line is in exactly one of the four counts: `len(reads)`,
    `len(quarantined)`, `skipped` (well-formed reports of other things than tags) and `blank`."""

    reads: tuple[Read, ...]
    quarantined: tuple[Quarantined, ...]
    skipped: int
    blank: int

    def sequences(self) -> dict[str, set[int]]:
        """The sequence numbers that arrived, by reader, those of malformed lines among them."""
        numbers: dict[str, set[int]] = {}
        arrivals: tuple[Read | Quarantined, ...] = (*self.reads, *self.quarantined)
        for item in arrivals:
            if item.reader is not None and item.sequence is not None:
                numbers.setdefault(item.reader, set()).add(item.sequence)
        return numbers


class Roster:
    """Which read point a sighting belongs to."""

    def __init__(self, config: RelayConfig) -> None:
        self._unnamed = config.unnamed_reader
        self._points: Mapping[tuple[str, int | None], str] = {
            (point.reader, point.antenna): point.sgln for point in config.read_points
        }
        self._readers = frozenset(point.reader for point in config.read_points)

    def reader_of(self, names: tuple[str, ...]) -> str:
        """The configured reader among the names that a line gives to its own.

        Raises `ReaderLineError` if none is configured.
        """
        for name in names:
            if name in self._readers:
                return name
        if names:
            raise ReaderLineError(Reason.READER_UNKNOWN, f"no read point is configured for reader {names[0][:200]!a}")
        if self._unnamed is None:
            raise ReaderLineError(
                Reason.READER_UNKNOWN, "the line names no reader, and `unnamed_reader` is not configured"
            )
        return self._unnamed

    def read_point(self, reader: str, antenna: int | None) -> str:
        """The SGLN of the read point. Raises `ReaderLineError` if that antenna has none."""
        found = self._points.get((reader, None)) or self._points.get((reader, antenna))
        if found is None or (antenna is None and (reader, None) not in self._points):
            said = "the line names no antenna" if antenna is None else f"antenna {antenna} has no read point"
            raise ReaderLineError(Reason.ANTENNA_UNMAPPED, f"{said}, and reader {reader!a} has none for any antenna")
        return found


def scan(stream: BinaryIO, roster: Roster) -> Scan:
    """Reads a whole log. A line is never held beyond `MAX_LINE_BYTES` and a buffer, however long it is."""
    reads: list[Read] = []
    quarantined: list[Quarantined] = []
    skipped = blank = 0
    for line in _lines(stream):
        if line.length <= MAX_LINE_BYTES and not line.head.strip():
            blank += 1
            continue
        outcome = _take(line, roster)
        if isinstance(outcome, Read):
            reads.append(outcome)
        elif isinstance(outcome, Quarantined):
            quarantined.append(outcome)
        else:
            skipped += 1
    return Scan(tuple(reads), tuple(quarantined), skipped, blank)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    head: bytes
    length: int
    sha256: bytes | None  # of a line that is longer than its head


def _lines(stream: BinaryIO) -> Iterator[_Line]:
    number = 0
    while head := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if head.endswith(b"\n"):
            text = head[:-1].removesuffix(b"\r")
            yield _Line(number, text, len(text), None)
        elif len(head) <= MAX_LINE_BYTES:
            yield _Line(number, head, len(head), None)  # the last line of a log that ends without a line feed
        else:
            yield _overlong(stream, number, head)


def _overlong(stream: BinaryIO, number: int, head: bytes) -> _Line:
    digest, length = hashlib.sha256(head), len(head)
    while chunk := stream.readline(_CHUNK):
        ended = chunk.endswith(b"\n")
        chunk = chunk[:-1] if ended else chunk
        digest.update(chunk)
        length += len(chunk)
        if ended:
            break
    return _Line(number, head[:MAX_LINE_BYTES], length, digest.digest())


def _take(line: _Line, roster: Roster) -> Read | Quarantined | None:
    """One line's outcome; None for a report of something else than a tag."""
    reader: str | None = None
    sighting: Sighting | None = None
    try:
        sighting = _parse(line)
        if sighting is None:
            return None
        reader = roster.reader_of(sighting.names)
        return _read(line, sighting, reader, roster)
    except ReaderLineError as error:
        sha256 = line.sha256 or hashlib.sha256(line.head).digest()
        number = sighting.sequence_or_none() if sighting and reader else None
        return Quarantined(line.number, error.reason, error.detail, line.head, line.length, sha256, reader, number)


def _parse(line: _Line) -> Sighting | None:
    if line.length > MAX_LINE_BYTES:
        raise ReaderLineError(Reason.TOO_LONG, f"{line.length} bytes; a line has at most {MAX_LINE_BYTES}")
    return parse_line(line.head)


def _read(line: _Line, sighting: Sighting, reader: str, roster: Roster) -> Read:
    tag, time = sighting.tag(), sighting.instant()
    antenna = sighting.antenna_number()
    return Read(
        reader=reader,
        antenna=antenna,
        epc=tag.epc,
        time_ns=time.ns,
        offset_minutes=time.offset_minutes,
        sequence=sighting.sequence_number(),
        double_hexed=tag.double_hexed,
        read_point=roster.read_point(reader, antenna),
        line=line.number,
        raw=line.head,
    )
