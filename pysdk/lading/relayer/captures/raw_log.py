"""Captures against the log that a reader, or somebody beside it, has kept of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from lading.relayer.captures.codec import rows_of
from lading.relayer.captures.document import Capture
from lading.relayer.captures.verify import Fault, Verified
from lading.relayer.config.points import NS_PER_SECOND
from lading.relayer.config.settings import RelayConfig, parse
from lading.relayer.errors import Reason
from lading.relayer.feeds.blocks import LineBlocks
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.reads.reads import Row
from lading.relayer.reads.roster import Roster

_PLACE: Final = "urn:epc:id:sgln:0000000.00000.0"

Known = tuple[int, str, int, int]
"""(time, EPC, antenna, sequence number): a read's identity, of one reader."""


@dataclass(frozen=True, slots=True)
class Compared:
    """`reads`: different ones of this reader in the log; `missing`: of them, those between the first and the last time
    in the captures that no capture has; `foreign`: different captured ones that are not in the log; `outside`: those of
    the log before or after all captured ones, of which a file of other captures may tell. `others`: lines of other
    readers; `unreadable`: lines that are no reads."""

    reads: int
    missing: int
    foreign: int
    outside: int
    others: int
    unreadable: int


class RawLog:
    """A log of JSON lines or CSV, some 300 bytes of memory a read. Lines that name no reader are this one's."""

    def __init__(self, reader: str, blocks: Iterable[bytes]) -> None:
        self._reader = reader
        self._known: set[Known] = set()
        self._captured: set[Known] = set()
        self._others = self._unreadable = 0
        decode, cut = MessageDecoder(Roster(_of_one(reader))), LineBlocks("log", "log", line=0)
        for message in (*(one for block in blocks for one in cut.take(block)), *cut.finish()):
            decoded = decode(message)
            self._known.update(_known(read) for part in decoded.arrived for read in part.reads)
            others = sum(one.reason == Reason.READER_UNKNOWN for one in decoded.rejected)
            self._others += others
            self._unreadable += len(decoded.rejected) - others

    def take(self, capture: Capture) -> None:
        """Notes what is in a capture."""
        self._captured.update(map(_known, rows_of(capture.reads or (), self._reader)))

    def compare(self, verified: Verified) -> Compared:
        """After all captures, with a fault where they differ."""
        times = [one[0] for one in self._captured]
        first, last = (min(times), max(times)) if times else (0, -1)
        foreign, absent = self._captured - self._known, self._known - self._captured
        missing = [one for one in absent if first <= one[0] <= last]
        for fault, some, what in (
            (Fault.READ_FOREIGN, foreign, "captured reads are not in the log"),
            (Fault.READ_MISSING, missing, "reads of the log are in no capture"),
        ):
            if some:
                time_ns, epc, _, number = min(some)
                numbered = "" if number < 0 else f", number {number}"
                told = f"{what}: {len(some)}, the first at {_told(time_ns)}, {epc}{numbered}"
                verified.add(fault, None, told)
        counts = (len(missing), len(foreign), len(absent) - len(missing))
        return Compared(len(self._known), *counts, self._others, self._unreadable)


def _told(time_ns: int) -> str:
    """To the nanosecond, as readers write it: whoever looks for the line finds it."""
    seconds, rest = divmod(time_ns, NS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def _known(read: Row) -> Known:
    return read[0], read[1], read[2], read[4]


def _of_one(reader: str) -> RelayConfig:
    """A configuration under which every read of this reader is understood: where it stands says nothing here."""
    point = {"reader": reader, "antenna": "any", "sgln": _PLACE, "biz_location": _PLACE}
    document = {
        "publisher": "0x" + "00" * 32,
        "source": "log",
        "outbox": "none",
        "unnamed_reader": reader,
        "smoothing": {"gap_seconds": "1"},
        "batch": {"max_events": "1"},
        "read_points": [point | {"biz_step": "inspecting", "disposition": "in_progress"}],
    }
    return parse(document, Path("log"))
