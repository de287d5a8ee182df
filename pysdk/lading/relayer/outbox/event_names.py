"""Which events are called by a name, for corrections: an error declaration names the events that stand for the wrong
one (EPCIS 2.0, section 7.4.1.3), by CBV id or by their own eventID, and they may be about other goods.

The table `event_names` holds the names of what came in a document, and of nothing else: declarations, and what stands
for wrong events, are made by people and their systems, and come as documents. For what is made of reads it would be an
index that grows at random. Measured on SQLite (500 events a transaction, its own cache of 2 MB, seconds of the
processor): storing an event costs 4 µs; with an index on `events (event_id)` 21 µs behind 10^5 events and 49 µs behind
4·10^6; with this table 16 and 27 µs. To read and check an event of a document costs 80 µs, so that in all it costs an
eighth more behind the longer history, and what is made of reads costs the same.

An event made of reads is found by its CBV id too if it states the time of the one that was declared wrong after it
(the events' own key begins with the time), or once it was given again in a document, beside its declaration say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import orjson

from lading.provenance.leaf import EVENT_ID, event_id_digest
from lading.relayer.outbox.events import NewEvent, Placed
from lading.relayer.store.database import Database

_NOTE = "INSERT INTO event_names (name, event) VALUES (?, ?) ON CONFLICT DO NOTHING"
_OF_THAT_TIME = "SELECT id FROM events WHERE time_ms = ? AND event_id = ?"


def note(database: Database, made: Sequence[NewEvent], placed: Sequence[Placed]) -> None:
    """Inside the transaction that stored these events of a document, or found that they are there: what they are
    called, and what is called by their declarations."""
    rows: list[tuple[bytes, int]] = []
    for event, (row, _) in zip(made, placed, strict=True):
        rows.append((event.event_id, row))
        if b'"eventID"' not in event.body and not event.correction:
            continue
        body = orjson.loads(event.body)
        if isinstance(own := body.get("eventID"), str):
            rows.append((_key(own), row))
        for key in map(_key, _correctives(body)):
            rows += ((key, found) for (found,) in database.rows(_OF_THAT_TIME, (event.time_ms, key)))
    database.many(_NOTE, sorted(set(rows)))


def called(database: Database, names: Iterable[str]) -> list[int]:
    """The rows of the events with one of these names, ascending."""
    found: set[int] = set()
    for key in set(map(_key, names)):
        found.update(row for (row,) in database.rows("SELECT event FROM event_names WHERE name = ?", (key,)))
    return sorted(found)


def _correctives(event: dict[str, object]) -> list[str]:
    declared = event.get("errorDeclaration")
    named = declared.get("correctiveEventIDs") if isinstance(declared, dict) else None
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def _key(name: str) -> bytes:
    """Of a CBV id the SHA-256 inside it, of any other text its own."""
    return event_id_digest(name) if EVENT_ID.fullmatch(name) else hashlib.sha256(name.encode()).digest()
