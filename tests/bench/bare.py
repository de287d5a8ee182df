"""The bare loop that the relayer is measured against: from Zebra's lines to events in SQLite and the roots of batches,
for one reader, one partition of SGTIN-96 and one read point, with no check of anything."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

GAP_MS = 30_000


def observations(log: bytes) -> list[tuple[str, int]]:
    """(EPC in upper-case hex, time of its first read in ms), smoothed over 30 s; the log is in the order of time."""
    last: dict[str, int] = {}
    found = []
    for line in log.splitlines():
        read = json.loads(line)
        epc = read["data"]["idHex"].upper()
        time = round(datetime.fromisoformat(read["timestamp"]).timestamp() * 1000)
        if time - last.get(epc, -GAP_MS - 1) > GAP_MS:
            found.append((epc, time))
        last[epc] = time
    return found


def uri(epc: str) -> str:
    """The pure identity of an SGTIN-96 with a company prefix of 7 digits."""
    value = int(epc, 16)
    return f"urn:epc:id:sgtin:{value >> 58 & 0xFFFFFF:07d}.{value >> 38 & 0xFFFFF:06d}.{value & (1 << 38) - 1}"


def event(epc: str, time: int) -> dict[str, object]:
    seconds, ms = divmod(time, 1000)
    return {
        "type": "ObjectEvent",
        "eventTime": f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [uri(epc)],
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": "urn:epc:id:sgln:9524321.00001.1"},
        "bizLocation": {"id": "urn:epc:id:sgln:9524321.00001.0"},
    }


class Store:
    """Events by the hash of their sorted JSON, as durable as the outbox."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE events (hash BLOB PRIMARY KEY, body TEXT NOT NULL) STRICT")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def take_in(self, log: bytes) -> list[bytes]:
        """The hashes of a log's events, which are stored in one transaction."""
        bodies = [json.dumps(event(*one), sort_keys=True) for one in observations(log)]
        rows = [(sha256(body.encode()).digest(), body) for body in bodies]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT OR IGNORE INTO events VALUES (?, ?)", rows)
        self._connection.execute("COMMIT")
        return [digest for digest, _ in rows]

    def events(self) -> list[tuple[str, str]]:
        """(EPC, time) of all that is stored."""
        bodies = (json.loads(body) for (body,) in self._connection.execute("SELECT body FROM events"))
        return [(body["epcList"][0], body["eventTime"]) for body in bodies]


def roots(hashes: Iterable[bytes], in_a_batch: int, keccak: Callable[[bytes], bytes]) -> list[bytes]:
    """The roots of batches of so many, with nothing but the hash function."""
    leaves = list(hashes)
    return [_root(leaves[first : first + in_a_batch], keccak) for first in range(0, len(leaves), in_a_batch)]


def _root(level: list[bytes], keccak: Callable[[bytes], bytes]) -> bytes:
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [keccak(left + right) for left, right in pairs] + level[len(level) & ~1 :]
    return level[0]
