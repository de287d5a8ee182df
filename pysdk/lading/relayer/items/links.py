"""Which events name an item, without an index that grows at random: every (event, thing) pair of the log has a number,
counted from 1, and knows the event and the pair before it that names the same thing. The item map's record of a thing
holds the number of its newest pair, from which the chain leads back to its first event.

A pair is 16 bytes: the event's row and the number of the pair before (0 if there is none), 8 bytes each, big-endian.
A row of the table holds the pairs of a batch, at most `PAIRS_IN_A_ROW` each.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from lading.relayer.errors import OutboxUnreadable

if TYPE_CHECKING:
    from lading.relayer.store.database import Database

PAIR: Final = struct.Struct(">QQ")
PAIRS_IN_A_ROW: Final = 1024

WRITE: Final = "INSERT INTO item_links (first_pair, links) VALUES (?, ?)"
_LAST: Final = "SELECT first_pair, length(links) FROM item_links ORDER BY first_pair DESC LIMIT 1"
_READ: Final = (
    f"SELECT substr(links, CAST((? - first_pair) * {PAIR.size} + 1 AS INTEGER), {PAIR.size})"  # noqa: S608 - constants
    " FROM item_links WHERE first_pair <= ? ORDER BY first_pair DESC LIMIT 1"
)


class Links:
    """The pairs of one batch, the first of which has the number `first`. They are added in the order of the log; then
    `newest` is asked once for each thing, and fills in what was before the batch."""

    def __init__(self, first: int) -> None:
        self.first = first
        self._events: list[int] = []
        self._before: list[int] = []
        self._oldest: dict[bytes, int] = {}
        self._newest: dict[bytes, int] = {}

    def add(self, key: bytes, event: int) -> None:
        """A pair of the thing with this key."""
        number = self.first + len(self._events)
        self._events.append(event)
        self._before.append(self._newest.get(key, 0))
        self._oldest.setdefault(key, number)
        self._newest[key] = number

    def newest(self, key: bytes, stored: int) -> int:
        """The number of a thing's newest pair, `stored` being the one before this batch."""
        if key not in self._newest:
            return stored
        self._before[self._oldest[key] - self.first] = stored
        return self._newest[key]

    def rows(self) -> list[tuple[int, bytes]]:
        """As they are stored."""
        flat = [number for pair in zip(self._events, self._before, strict=True) for number in pair]
        parts = (flat[at : at + 2 * PAIRS_IN_A_ROW] for at in range(0, len(flat), 2 * PAIRS_IN_A_ROW))
        return [
            (self.first + PAIRS_IN_A_ROW * place, struct.pack(f">{len(part)}Q", *part))
            for place, part in enumerate(parts)
        ]


def next_pair(database: Database) -> int:
    """The number that the next pair of the log gets."""
    for first, length in database.rows(_LAST):
        return int(first) + int(length) // PAIR.size
    return 1


def events_back(database: Database, newest: int) -> Iterator[int]:
    """The events of a thing, the newest first, from the number of its newest pair.

    Raises:
        OutboxUnreadable: the chain leads nowhere.
    """
    pair = newest
    while pair:
        rows: Sequence[tuple[bytes]] = database.rows(_READ, (pair, pair))
        event, before = PAIR.unpack(rows[0][0]) if rows and len(rows[0][0]) == PAIR.size else (0, pair)
        if before >= pair:
            raise OutboxUnreadable(
                database.path, f"pair {pair} of its item links is damaged", hint="Restore a copy of it."
            )
        yield event
        pair = before
