"""Lines and frames that could not be read: kept with their reason, source and bytes, and read again after a fix."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lading.relayer.feeds.message import Form
from lading.relayer.store.database import Database

KEPT_BYTES = 65536
"""Of each, at most."""
KEPT_IN_ALL = 1_000_000_000
"""Once so many bytes have been kept, of each further one only its beginning is: a hostile reader fills no disk with
what nobody will look at. Its length and hash are those of all of it."""
BEGINNING_BYTES = 256

DELIVERIES = "quarantined"
"""The counter, of lane "", of deliveries that are no reads."""
_KEPT = "quarantine-bytes"
_COLUMNS = "id, received_ns, origin, line, reason, detail, state, form, length, sha256"


class State(StrEnum):
    KEPT = "kept"
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Rejected:
    """`origin`: the feed and where in it; `line`: its number there, 0 where lines have none. `head` is what is kept of
    the bytes, `length` and `sha256` are of all. `context` is what their reading needs beside them: a CSV stream's
    header, an LLRP reader's name."""

    origin: str
    line: int
    reason: str
    detail: str
    head: bytes
    length: int
    sha256: bytes
    form: Form = Form.LINES
    context: str = ""

    @classmethod
    def of(cls, origin: str, line: int, reason: str, detail: str, data: bytes, form: Form, context: str) -> Rejected:
        """Of bytes that are all there."""
        digest = hashlib.sha256(data).digest()
        return cls(origin, line, reason, detail, data[:KEPT_BYTES], len(data), digest, form, context)


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of the quarantine, without its bytes."""

    id: int
    received_ns: int
    origin: str
    line: int
    reason: str
    detail: str
    state: State
    form: Form
    context: str
    length: int
    sha256: bytes


def keep(database: Database, rejected: Iterable[Rejected], received_ns: int) -> None:
    """Inside the caller's transaction. The same bytes from the same place are kept once, however often they come, so
    that a reader that repeats itself fills no disk; each delivery counts (`counters`, lane "", "quarantined")."""
    refused = list(rejected)
    if not refused:
        return
    most = KEPT_BYTES if counted(database, _KEPT) < KEPT_IN_ALL else BEGINNING_BYTES
    rows = [
        (
            received_ns,
            one.origin,
            one.line,
            one.sha256,
            str(one.reason),
            one.detail,
            f"{one.form} {one.context}",
            one.length,
            one.head[:most],
        )
        for one in refused
    ]
    new = database.many(
        "INSERT INTO quarantine (received_ns, origin, line, sha256, reason, detail, state, form, length, head)"
        " VALUES (?, ?, ?, ?, ?, ?, 'kept', ?, ?, ?) ON CONFLICT (origin, line, sha256) DO NOTHING",
        rows,
    )
    # Of those that were there already nobody asks which they are: a share of the bytes is near enough for a bound.
    count(database, sum(len(row[-1]) for row in rows) * new // len(rows), _KEPT)
    count(database, len(rows))


def count(database: Database, change: int, name: str = DELIVERIES) -> None:
    """Changes how many deliveries are no reads."""
    database.execute(
        "INSERT INTO counters (lane, name, value) VALUES ('', ?, ?)"
        " ON CONFLICT (lane, name) DO UPDATE SET value = counters.value + excluded.value",
        (name, change),
    )


def counted(database: Database, name: str = DELIVERIES) -> int:
    """How many deliveries are no reads."""
    found = database.rows("SELECT value FROM counters WHERE lane = '' AND name = ?", (name,))
    return int(found[0][0]) if found else 0


def listed(database: Database, *, after: int = 0, limit: int = 100, state: State | None = State.KEPT) -> list[Kept]:
    """The oldest rows with an id above `after`, in the order in which they came; of one state, or of all."""
    only = "" if state is None else " AND state = ?"
    rows = database.rows(
        f"SELECT {_COLUMNS} FROM quarantine WHERE id > ?{only} ORDER BY id LIMIT ?",  # noqa: S608 - no input in it
        (after, *(() if state is None else (str(state),)), limit),
    )
    return [_kept(row) for row in rows]


def shown(database: Database, row: int) -> tuple[Kept, bytes] | None:
    """One row, and what is kept of its bytes; None if there is no such row."""
    found = database.rows(f"SELECT {_COLUMNS}, head FROM quarantine WHERE id = ?", (row,))  # noqa: S608 - no input
    return (_kept(found[0][:-1]), found[0][-1]) if found else None


def _kept(row: Sequence[Any]) -> Kept:
    number, received, origin, line, reason, detail, state, form, length, digest = row
    name, _, context = form.partition(" ")
    return Kept(number, received, origin, line, reason, detail, State(state), Form(name), context, length, digest)
