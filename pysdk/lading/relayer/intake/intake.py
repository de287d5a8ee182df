"""A whole log, or a document of events -> the outbox: what is new of it, in one transaction.

A log that is there as a whole goes the way of any stream, through inbox and inference, but for one thing: its end is
known. So nothing is held back, and the order of its lines changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING, Any

from lading.relayer.config.settings import RelayConfig
from lading.relayer.feeds.blocks import LineBlocks
from lading.relayer.feeds.message import Message
from lading.relayer.intake import inbox, others
from lading.relayer.outbox.captured import Judged, Outcome
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.outbox.spelling import check_spelling
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.reads.roster import Roster
from lading.relayer.reads.sequences import missing
from lading.relayer.smoothing.inference import Advanced, Lane
from lading.relayer.smoothing.observe import events_of
from lading.relayer.smoothing.regroup import regroup

if TYPE_CHECKING:
    from lading.relayer.captures.signing import CaptureSigner


@dataclass(frozen=True, slots=True)
class Intake:
    """What one log brought. `reads` counts its well-formed reads, `duplicates` those of them that were delivered
    before (of a document: events that were there), `events` new events, `gaps` the numbers that are missing now, of all
    readers."""

    reads: int
    events: int
    duplicates: int
    quarantined: int
    gaps: int


def take_in(
    outbox: Outbox, log: Iterable[bytes], config: RelayConfig, source: str, captures: CaptureSigner | None = None
) -> Intake:
    """Stores reads, observations, their events, quarantined lines and gaps; all of them or, on an error, none. `log` is
    cut anywhere. In memory is a part of it at a time. `captures` signs what is accepted, block by block.

    Raises `OutboxError`, and what `log` raises.
    """
    return take_messages(outbox, _messages(log, source), config, captures)


def take_messages(
    outbox: Outbox, messages: Iterable[Message], config: RelayConfig, captures: CaptureSigner | None = None
) -> Intake:
    """As `take_in`, of what is cut into messages already."""
    roster = Roster(config)
    decode = MessageDecoder(roster)
    reads = quarantined = 0
    with outbox.transaction():
        regroup(outbox.store, roster)
        for message in messages:
            decoded = decode(message)
            inbox.store(outbox.store, [decoded], time_ns(), captures)
            reads += sum(len(part.reads) for part in decoded.arrived)
            quarantined += len(decoded.rejected)
        brought = Advanced()
        for lane in roster.lanes:
            brought += _drained(outbox, roster, config, lane)
        return Intake(reads, brought.events, brought.redelivered, quarantined, missing(outbox.store))


def _messages(log: Iterable[bytes], source: str) -> Iterator[Message]:
    blocks = LineBlocks(source, source, line=0)
    for data in log:
        yield from blocks.take(data)
    yield from blocks.finish()


def _drained(outbox: Outbox, roster: Roster, config: RelayConfig, name: str) -> Advanced:
    while True:
        moved = Lane(outbox, roster, config, name).drain()
        if moved is not None:
            return moved
        # Another process has moved this lane in between: it is made anew.


def take_judged(outbox: Outbox, judged: Judged) -> Intake:
    """Takes in the events of a document that has no faults; those that were there already are `duplicates`. Raises
    `OutboxError`."""
    with outbox.transaction():
        found = Counter(others.take(outbox, judged, others.Source.DOCUMENT))
        return Intake(0, found[Outcome.CAPTURED], found[Outcome.DUPLICATE], 0, missing(outbox.store))


def take_document(outbox: Outbox, document: Mapping[str, Any]) -> int:
    """Takes in the events of an EPCIS document that others made: factory, port, customs. How many of them are new.

    Raises:
        DocumentError, MisspeltThings, EventIdError, CanonicalError: it is refused; nothing of it was taken in.
        OutboxError: as everywhere.
    """
    events, context = events_of(document)
    check_spelling(*events, places=[f"$.epcisBody.eventList[{number}]" for number in range(len(events))])
    with outbox.transaction():
        new = sum(outbox.add(event, context) for event in events)
        others.count(outbox.store, others.Source.DOCUMENT, new)
        return new
