"""What stands in quarantine is read again, after the configuration or the program was mended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.relayer.feeds.message import Form, LlrpContext, Message
from lading.relayer.intake.inbox import Decode, store
from lading.relayer.intake.quarantine import Kept, State, count, listed, shown
from lading.relayer.store.database import Database

if TYPE_CHECKING:
    from lading.relayer.captures.signing import CaptureSigner

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Replayed:
    """Ids of rows: `read` are in the inbox now, `refused` are still no reads (their reason is the one of now), of `cut`
    not all bytes were kept."""

    read: tuple[int, ...]
    refused: tuple[int, ...]
    cut: tuple[int, ...]


def replay(
    database: Database, decode: Decode, rows: Sequence[int] | None = None, captures: CaptureSigner | None = None
) -> Replayed:
    """Reads these rows again, or all that are kept. Each is stored, signed by `captures` if given, and marked in one
    transaction, so that it may be repeated and interrupted at will; a relay that runs goes on meanwhile. Raises
    `OutboxError`."""
    outcomes: dict[str, list[int]] = {"read": [], "refused": [], "cut": []}
    after = 0
    chosen = None if rows is None else list(rows)
    while page := _page(database, after) if chosen is None else [chosen.pop(0)] if chosen else []:
        for row in page:
            outcome = _one(database, decode, row, captures)
            if outcome is not None:
                outcomes[outcome].append(row)
        after = page[-1]
    return Replayed(*(tuple(outcomes[name]) for name in ("read", "refused", "cut")))


def _page(database: Database, after: int) -> list[int]:
    return [kept.id for kept in listed(database, after=after, limit=_PAGE)]


def _one(database: Database, decode: Decode, row: int, captures: CaptureSigner | None) -> str | None:
    """None for a row that is not there, or was replayed before, maybe at this moment by another."""
    with database.transaction():
        # Whoever replays the same row waits here, and then finds it marked.
        database.execute("UPDATE quarantine SET state = state WHERE id = ?", (row,))
        found = shown(database, row)
        if found is None or found[0].state is not State.KEPT:
            return None
        kept, head = found
        if len(head) < kept.length:
            return "cut"
        decoded = decode(_message(kept, head))
        if decoded.rejected:
            now = decoded.rejected[0]
            database.execute(
                "UPDATE quarantine SET reason = ?, detail = ? WHERE id = ?", (str(now.reason), now.detail, row)
            )
            return "refused"
        database.execute("UPDATE quarantine SET state = 'replayed' WHERE id = ?", (row,))
        # Before the signature, as the intake does it: else each could wait for the other.
        count(database, -1)
        store(database, [decoded], time.time_ns(), captures)
    return "read"


def _message(kept: Kept, head: bytes) -> Message:
    """As it came, but for its place."""
    if kept.form is Form.LLRP:
        return Message(
            kept.origin, kept.origin, head, Form.LLRP, llrp=LlrpContext(kept.context or None, kept.received_ns)
        )
    return Message(kept.origin, kept.origin, head, first_line=kept.line, header=kept.context.encode())
