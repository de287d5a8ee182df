"""Events on their way into an outbox: what their rows hold, and how many are stored at once."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from lading.epcis.canonical import content_hash
from lading.epcis.event_id import event_id
from lading.epcis.values import utc_milliseconds
from lading.provenance.item_map import things_of
from lading.provenance.leaf import event_id_digest, self_contained
from lading.provenance.merkle import HASH_BYTES
from lading.relayer.outbox.spelling import check_spelling
from lading.relayer.store.database import Database

WRITERS: Final = "events"
"""The lock that writers of events hold together, and that whoever needs to know what was written takes alone."""

_COLUMNS: Final = "time_ms, event_id, correction, content_hash, salt, things, body"
_INSERT: Final = f"INSERT INTO events ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"  # noqa: S608
_INSERT_ARRAYS: Final = (
    f"INSERT INTO events ({_COLUMNS}) SELECT * FROM unnest(?::bigint[], ?::bytea[], ?::bytea[], ?::bytea[],"  # noqa: S608
    " ?::bytea[], ?::text[], ?::bytea[]) ON CONFLICT DO NOTHING RETURNING id, salt"
)
_KNOWN: Final = "SELECT id FROM events WHERE time_ms = ? AND event_id = ? AND correction = ?"
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00Z")


class NewEvent(NamedTuple):
    """An event as it is stored: its Unix time in ms, the SHA-256 inside its CBV event id, the SHA-256 of its error
    declaration (empty: it has none), the SHA-256 of its RFC 8785 form, the things that it counts for (`things_text`),
    and itself as JSON. What `lading.epcis.object_events` makes has all but the time and the things."""

    time_ms: int
    event_id: bytes
    correction: bytes
    content_hash: bytes
    things: str
    body: bytes

    @classmethod
    def of(cls, event: Mapping[str, Any], context: object) -> NewEvent:
        """Of any event; `context` is the `@context` of its document, and is kept inside it.

        Raises:
            MisspeltThings: it names things under spellings that no item map counts as what they name.
            EventIdError, CanonicalError: it has no event id or no canonical form.
        """
        check_spelling(event)
        event = self_contained(event, context)
        identifier, content = event_id_digest(event_id(event)), content_hash(event)
        declaration = event.get("errorDeclaration")
        correction = b"" if declaration is None else content_hash(declaration)
        body = json.dumps(event, ensure_ascii=False).encode()
        return cls(time_ms(event["eventTime"]), identifier, correction, content, things_text(things_of(event)), body)


class Placed(NamedTuple):
    """The row of an event, and whether it is new."""

    row: int
    new: bool


def time_ms(text: str) -> int:
    """A valid `eventTime` as Unix time in milliseconds, rounded as in the event id."""
    since = datetime.fromisoformat(utc_milliseconds(text)) - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def things_text(things: Iterable[str]) -> str:
    """Things as the column `things` has them: one a line. Of a thing that is no sane text, `\\`, line feed and NUL are
    written as `\\\\`, `\\n` and `\\0`, and an empty one as `\\e`; no other thing changes."""
    listed = list(things)
    text = "\n".join(listed)
    if "" not in listed and text.count("\n") == max(len(listed) - 1, 0) and "\\" not in text and "\0" not in text:
        return text
    return "\n".join(map(_escaped, listed))


def things_in(text: str) -> list[str]:
    """The things of a row."""
    if not text:
        return []
    listed = text.split("\n")
    return listed if "\\" not in text else [_unescaped(one) for one in listed]


def _escaped(thing: str) -> str:
    return thing.replace("\\", "\\\\").replace("\n", "\\n").replace("\0", "\\0") or "\\e"


def _unescaped(text: str) -> str:
    if text == "\\e":
        return ""
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\0", "\0") for part in parts)


def put_many(database: Database, made: Sequence[NewEvent]) -> list[Placed]:
    """Stores events, in this order, by one statement; where each of them is, be it new or known before."""
    if not made:
        return []
    random = secrets.token_bytes(HASH_BYTES * len(made))
    salts = [random[at : at + HASH_BYTES] for at in range(0, len(random), HASH_BYTES)]
    rows = [(*one[:4], salt, *one[4:]) for one, salt in zip(made, salts, strict=True)]
    with database.transaction():
        new = _inserted(database, rows)
        if isinstance(new, int):
            return [Placed(new + place, True) for place in range(len(rows))]
        return [
            Placed(new[salt], True) if salt in new else Placed(database.one(_KNOWN, one[:3])[0], False)
            for one, salt in zip(made, salts, strict=True)
        ]


def _inserted(database: Database, rows: Sequence[tuple[Any, ...]]) -> int | dict[bytes, int]:
    """The first row of those, if all are new and follow each other; else the rows of the new ones by their salt."""
    if database.shared:
        database.lock(WRITERS, together=True)
        columns = [list(column) for column in zip(*rows, strict=True)]
        return {salt: row for row, salt in database.rows(_INSERT_ARRAYS, columns)}
    last = int(database.one("SELECT coalesce(max(id), 0) FROM events")[0])
    if database.many(_INSERT, rows) == len(rows):
        return last + 1
    return {salt: row for row, salt in database.rows("SELECT id, salt FROM events WHERE id > ?", (last,))}
