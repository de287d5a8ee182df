"""How long it takes from a read to its batch on the chain, while 1,000 reads come each second."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

import inputs
from kit import BenchError, Measured, Side, benchmark
from relay_kit import LONGEST_WAIT, anchored, disk, publishing, service, until

A_SECOND = 1000
SECONDS = 10
PIECE = 20
"""Reads that are written at once, 50 times a second."""
SETTINGS = {
    "smoothing": {"gap_seconds": 60, "lateness_seconds": 0.2},
    "batch": {"max_events": 5000, "max_age_seconds": 1},
}


@benchmark("relay.latency", "ms, median", rounds=2)
def relay_latency() -> tuple[Side, Side]:
    """From a line in a reader's log that the service follows, to its batch marked as anchored: `lading relay run` with
    batches of 1 s on Anvil, every read another tag. The bare loop keeps nothing: it counts for a second, and sends a
    root. Both cannot be faster than half a second in the middle."""

    def ours() -> Measured:
        from lading import __version__

        with disk() as folder, publishing(folder) as (client, who), service(folder, client, who, SETTINGS) as log:
            samples = _latencies(log)
        return Measured(f"lading {__version__}", [statistics.median(samples)], str(len(samples)))

    def theirs() -> Measured:
        with disk() as folder, publishing(folder) as (client, who):
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


def _latencies(log: Path) -> list[float]:
    """In milliseconds, of each read."""
    from lading.relayer.store.database import Database, owner_of

    outbox = log.with_name("relay.sqlite3")
    samples: list[float] = []
    with log.open("ab", buffering=0) as lines:
        lines.write(_line(0))
        database = Database.open(outbox, owner_of(outbox))
        until(lambda: anchored(database) == 1, "the service did not start")  # warm: a first batch went all the way
        sent, done, begun = 0, 1, time.monotonic()
        while done < 1 + A_SECOND * SECONDS:
            due = min(int((time.monotonic() - begun) * A_SECOND), A_SECOND * SECONDS)
            if due - sent >= PIECE or (due > sent and due == A_SECOND * SECONDS):
                lines.write(b"".join(_line(1 + number) for number in range(sent, due)))
                sent = due
            found = anchored(database)
            if found > done:
                now = time.time() * 1000
                rows = database.rows("SELECT time_ms FROM events WHERE id > ? AND id <= ?", (done, found))
                samples += [now - at for (at,) in rows]
                done = found
            if time.monotonic() - begun > SECONDS + LONGEST_WAIT:
                raise BenchError("not every read was anchored in time")
            time.sleep(0.005)
        database.close()
    return samples


def _line(number: int) -> bytes:
    now = time.time_ns()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9)) + f".{now % 10**9:09d}Z"
    line = {"reader": inputs.READER, "epc": f"3036451FD40C0E4{number:09X}", "time": stamp, "sequence": number}
    return json.dumps(line).encode() + b"\n"
