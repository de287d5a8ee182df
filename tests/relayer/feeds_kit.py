"""What the tests of feeds share: a configuration of one lane, numbered reads, and what the database holds of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lading.relayer.config.settings import parse
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.reads.reads import Numbered, Read, unpack
from lading.relayer.reads.roster import Roster
from lading.relayer.store.database import Database

EPC = "3036451FD40C0E40000003E9"
READERS = ("impinj", "ours", "zebra")


def read_points(*readers: str) -> list[dict[str, Any]]:
    """One for each reader, whichever the antenna."""
    return [
        {
            "reader": reader,
            "antenna": "any",
            "sgln": f"urn:epc:id:sgln:9524321.0000{number}.1",
            "biz_location": f"urn:epc:id:sgln:9524321.0000{number}.0",
            "biz_step": "receiving",
            "disposition": "in_progress",
        }
        for number, reader in enumerate(readers, 1)
    ]


def roster(*readers: str) -> Roster:
    """Each reader with a read point of its own, so that each is a lane."""
    document = {
        "publisher": "0x" + "ab" * 32,
        "source": "reads.ndjson",
        "outbox": "relay.sqlite3",
        "smoothing": {"gap_seconds": "10"},
        "batch": {"max_events": "3"},
        "read_points": read_points(*(readers or READERS)),
    }
    return Roster(parse(document, Path("relay.yaml")))


def decoder(*readers: str) -> MessageDecoder:
    return MessageDecoder(roster(*readers))


def line(number: int, reader: str = "ours", **fields: Any) -> bytes:
    """A read of our own form, without its line feed."""
    told = {"reader": reader, "epc": EPC, "time": "2026-03-02T08:15:30Z", "sequence": number}
    return json.dumps(told | fields).encode()


def lines(numbers: range, reader: str = "ours") -> bytes:
    return b"".join(line(number, reader) + b"\n" for number in numbers)


def stored(database: Database) -> list[Read]:
    """All reads in the inbox, in the order in which they came."""
    rows = database.rows("SELECT reads FROM inbox ORDER BY id")
    return [Read._make(read) for (packed,) in rows for read in unpack(packed)[0]]


def numbered(database: Database) -> list[Numbered]:
    rows = database.rows("SELECT reads FROM inbox ORDER BY id")
    return [number for (packed,) in rows for number in unpack(packed)[1]]


def sequences(database: Database) -> list[int]:
    return [read.sequence for read in stored(database)]


def quarantined(database: Database) -> list[tuple[str, int, str]]:
    return database.rows("SELECT origin, line, reason FROM quarantine ORDER BY id")


async def until(condition: Callable[[], object], seconds: float = 10.0, what: str = "") -> None:
    """Comes back once the condition holds; fails if it does not in time."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, what or "the condition never held"
        await asyncio.sleep(0.005)
