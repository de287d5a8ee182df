"""Decoded reads -> rows of the inbox, one a lane, and what is no read into quarantine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from lading.relayer.feeds.message import Message
from lading.relayer.intake.quarantine import Rejected, keep
from lading.relayer.reads.reads import Numbered, Read, pack
from lading.relayer.smoothing.lane_store import INBOX
from lading.relayer.store.database import Database

if TYPE_CHECKING:
    from lading.relayer.captures.signing import CaptureSigner

MOST_READS_A_ROW = 20_000
"""So that whoever takes a lane's rows up again holds little at once: some megabytes."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a message holds for one lane: its reads, and the sequence numbers of lines that are none."""

    lane: str
    reads: Sequence[Read]
    numbered: Sequence[Numbered] = ()


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was made of one message."""

    arrived: Sequence[Arrived]
    rejected: Sequence[Rejected] = ()


Decode = Callable[[Message], Decoded]


def store(
    database: Database, decoded: Sequence[Decoded], received_ns: int, captures: CaptureSigner | None = None
) -> None:
    """Inside the caller's transaction, in the order in which the messages came; signed by `captures`, if given."""
    lanes: dict[str, tuple[list[Read], list[Numbered]]] = {}
    rejected: list[Rejected] = []
    rows: list[tuple[str, int, int, bytes]] = []
    for one in decoded:
        rejected += one.rejected
        for part in one.arrived:
            reads, numbered = lanes.setdefault(part.lane, ([], []))
            reads += part.reads
            numbered += part.numbered
            if len(reads) >= MOST_READS_A_ROW:
                rows.append(_row(part.lane, reads, numbered, received_ns))
                del lanes[part.lane]
    rows += [_row(lane, reads, numbered, received_ns) for lane, (reads, numbered) in lanes.items()]
    database.lock(INBOX, together=True)
    database.many("INSERT INTO inbox (lane, received_ns, count, reads) VALUES (?, ?, ?, ?)", rows)
    keep(database, rejected, received_ns)
    if captures is not None:
        # Last, since others who sign for these readers wait from here on.
        accepted = chain.from_iterable(part.reads for one in decoded for part in one.arrived)
        captures.store(database, accepted, received_ns)


def _row(
    lane: str, reads: Sequence[Read], numbered: Sequence[Numbered], received_ns: int
) -> tuple[str, int, int, bytes]:
    return lane, received_ns, len(reads), pack(reads, numbered)
