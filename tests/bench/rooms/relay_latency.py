"""How long it takes from a read to its batch on the chain, while 1,000 reads come each second."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import inputs
from kit import ROOT, Measured, Side, benchmark

from rooms.relay import PLACE, POINT, WRITER, _publisher

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.relayer.store.database import Database

A_SECOND = 1000
SECONDS = 10
PIECE = 20
"""Reads that are written at once, 50 times a second."""
LONGEST_WAIT = 60.0


@benchmark("relay.latency", "ms, median", rounds=2)
def relay_latency() -> tuple[Side, Side]:
    """From a line in a reader's log that the service follows, to its batch marked as anchored: `lading relay run` with
    batches of 1 s on Anvil, every read another tag. The bare loop keeps nothing: it counts for a second, and sends a
    root. Both cannot be faster than half a second in the middle."""

    def ours() -> Measured:
        from lading import __version__

        with (
            tempfile.TemporaryDirectory(prefix="bench-", dir=_build()) as name,
            _publisher(Path(name)) as (client, who),
        ):
            folder = Path(name)
            _configure(folder, client, who)
            service = subprocess.Popen(
                [str(Path(sys.executable).parent / "lading"), "relay", "run", "--config", str(folder / "relay.yaml")],
                env=os.environ | {"LADING_KEY": WRITER, "LADING_DEPLOYMENT": str(next(folder.glob("31337-*.json")))},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                samples = _latencies(folder)
            finally:
                service.terminate()
                service.wait()
        return Measured(f"lading {__version__}", [statistics.median(samples)], str(len(samples)))

    def theirs() -> Measured:
        with (
            tempfile.TemporaryDirectory(prefix="bench-", dir=_build()) as name,
            _publisher(Path(name)) as (client, who),
        ):
            samples: list[float] = []
            for index in range(SECONDS):
                times = []
                for _ in range(A_SECOND // PIECE):
                    times += [time.time()] * PIECE
                    time.sleep(PIECE / A_SECOND)
                client.goods.anchor(who, index, "0x" + "11" * 32, "0x" + "22" * 32, len(times))
                now = time.time()
                samples += [(now - at) * 1000 for at in times]
        return Measured("bare loop that keeps nothing", [statistics.median(samples)], str(len(samples)))

    return ours, theirs


def _build() -> Path:
    (ROOT / "build").mkdir(exist_ok=True)
    return ROOT / "build"


def _configure(folder: Path, client: Lading, who: str) -> None:
    point = {"reader": inputs.READER, "antenna": "any", "sgln": POINT, "biz_location": PLACE}
    document = {
        "publisher": who,
        "outbox": "relay.sqlite3",
        "smoothing": {"gap_seconds": 60, "lateness_seconds": 0.2},
        "batch": {"max_events": 5000, "max_age_seconds": 1},
        "chain": {"endpoints": [client.chain.network.url]},
        "sources": [{"file": "reads.ndjson", "follow": True}],
        "read_points": [point | {"biz_step": "shipping", "disposition": "in_transit"}],
    }
    (folder / "relay.yaml").write_text(json.dumps(document))


def _latencies(folder: Path) -> list[float]:
    """In milliseconds, of each read."""
    from lading.relayer.store.database import Database, owner_of

    log, outbox = folder / "reads.ndjson", folder / "relay.sqlite3"
    samples: list[float] = []
    with log.open("ab", buffering=0) as lines:
        _until(lambda: _made(outbox))
        lines.write(_line(0))
        database = Database.open(outbox, owner_of(outbox))
        _until(lambda: _anchored(database) == 1)  # warm: a first batch went all the way
        sent, done, begun = 0, 1, time.monotonic()
        while done < 1 + A_SECOND * SECONDS:
            due = min(int((time.monotonic() - begun) * A_SECOND), A_SECOND * SECONDS)
            if due - sent >= PIECE or (due > sent and due == A_SECOND * SECONDS):
                lines.write(b"".join(_line(1 + number) for number in range(sent, due)))
                sent = due
            found = _anchored(database)
            if found > done:
                now = time.time() * 1000
                rows = database.rows("SELECT time_ms FROM events WHERE id > ? AND id <= ?", (done, found))
                samples += [now - at for (at,) in rows]
                done = found
            if time.monotonic() - begun > SECONDS + LONGEST_WAIT:
                raise RuntimeError("not every read was anchored in time")
            time.sleep(0.005)
        database.close()
    return samples


def _made(outbox: Path) -> bool:
    """Whether the service has made its outbox."""
    from lading.relayer.errors import OutboxError
    from lading.relayer.store.database import owner_of

    try:
        owner_of(outbox)
    except OutboxError:
        return False
    return True


def _anchored(database: Database) -> int:
    """Up to which event all are on the chain."""
    (first,) = database.one("SELECT min(first_event) FROM batches WHERE anchored_block IS NULL")
    if first is not None:
        return int(first) - 1
    return int(database.one("SELECT coalesce(max(last_event), 0) FROM batches WHERE last_event IS NOT NULL")[0])


def _line(number: int) -> bytes:
    now = time.time_ns()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9)) + f".{now % 10**9:09d}Z"
    line = {"reader": inputs.READER, "epc": f"3036451FD40C0E4{number:09X}", "time": stamp, "sequence": number}
    return json.dumps(line).encode() + b"\n"


def _until(question: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_WAIT
    while not question():
        if time.monotonic() > end:
            raise RuntimeError("the service did not start")
        time.sleep(0.05)
