"""Events that others made, taken in and counted by where they came from, beside those that are made of reads."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from lading.relayer.outbox.captured import Judged, Outcome, put_all
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.smoothing import lane_store
from lading.relayer.store.database import Database

READS: Final = "reads"
_LANE: Final = "\tevents "
"""What they are counted under in `counters`; no reader's name begins with a tab."""


class Source(StrEnum):
    """Where events come from that are not made of reads."""

    DOCUMENT = "documents"
    """A file, or `lading relay publish`."""
    CAPTURE = "captures"
    """The capture interface."""


def take(outbox: Outbox, judged: Judged, source: Source) -> list[Outcome]:
    """As `put_all`, inside the caller's transaction; new ones are counted."""
    outcomes = put_all(outbox, judged)
    count(outbox.store, source, outcomes.count(Outcome.CAPTURED))
    return outcomes


def count(database: Database, source: Source, events: int) -> None:
    """Inside the caller's transaction, so many new ones."""
    lane_store.count(database, _LANE + source, {"events": events})


def by_source(database: Database) -> dict[str, int]:
    """New events since the outbox was made: `reads`, `documents`, `captures`."""
    found = dict.fromkeys((READS, *Source), 0)
    for lane, value in database.rows("SELECT lane, value FROM counters WHERE name = 'events'"):
        found[lane.removeprefix(_LANE) if lane.startswith(_LANE) else READS] += int(value)
    return {str(name): value for name, value in found.items()}
