"""An outbox with a history of a given length, and what the next events cost in it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import unpack

from lading.epcis.object_events import object_events
from lading.relayer.outbox.outbox import NewEvent, Outbox
from lading.relayer.store.database import LogIdentity

IDENTITY = LogIdentity(31337, "0x" + "11" * 32, "0x" + "22" * 20, "0x" + "ab" * 32)
WRITER = b"\x55" * 20
START_MS = 1_772_439_330_000
ITEM = "https://id.gs1.org/01/09521141123454/21/{}"
IN_A_BATCH = 10_000
MEASURED = 500
ITEMS = 2_000
_MAKE = object_events({"action": "OBSERVE", "bizStep": "receiving", "eventTimeZoneOffset": "+00:00"})


@dataclass
class History:
    outbox: Outbox
    path: Path
    next_number: int = 0

    def more(self, count: int) -> list[NewEvent]:
        """The next events, a tenth of a second apart; items come again and again."""
        first, self.next_number = self.next_number, self.next_number + count
        return [self._event(number) for number in range(first, first + count)]

    def _event(self, number: int) -> NewEvent:
        thing, time = ITEM.format(number * 7919 % ITEMS), START_MS + 100 * number
        made = _MAKE(time, [thing])
        return NewEvent(time, made.event_id, b"", made.content_hash, thing, made.form)


@dataclass(frozen=True)
class Cost:
    """Of `MEASURED` events: the statements (without their values) in their order, and how many different pages of the
    file were written by taking them in and by closing their batch."""

    statements: tuple[str, ...]
    pages_of_put: int
    pages_of_close: int


@contextmanager
def grown(path: Path, events: int) -> Iterator[History]:
    """An outbox with so many events, all in anchored batches."""
    with Outbox.open(path, IDENTITY) as outbox:
        outbox.begin_log(0)
        history = History(outbox, path)
        for first in range(0, events, IN_A_BATCH):
            outbox.put_many(history.more(min(IN_A_BATCH, events - first)))
            batch = outbox.close_batch(IN_A_BATCH)
            assert batch is not None
            outbox.mark_anchored(batch.index, 7, WRITER)
        yield history


def cost_of(history: History) -> Cost:
    outbox = history.outbox
    events = history.more(MEASURED)
    statements: list[str] = []
    driver: sqlite3.Connection = outbox.store._driver
    driver.set_trace_callback(lambda text: statements.append(_shape(text)))
    put = _pages_written(history, lambda: outbox.put_many(events))
    close = _pages_written(history, lambda: outbox.close_batch(IN_A_BATCH))
    driver.set_trace_callback(None)
    runs = tuple(one for one, before in zip(statements, ["", *statements], strict=False) if one != before)
    return Cost(runs, put, close)


def _shape(statement: str) -> str:
    """Without its values, and with lists of values as one."""
    return re.sub(r"\?(, \?)+", "?…", re.sub(r"x'[0-9a-f]*'|'[^']*'|\b[0-9]+\b", "?", statement))


def _pages_written(history: History, work: Callable[[], object]) -> int:
    """How many different pages the write-ahead log holds after the work, that was empty before it."""
    history.outbox.store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    history.outbox.store.rows("PRAGMA wal_autocheckpoint = 0")
    work()
    wal = Path(f"{history.path}-wal").read_bytes()
    size = unpack(">I", wal[8:12])[0]
    return len({unpack(">I", wal[at : at + 4])[0] for at in range(32, len(wal), 24 + size)})
