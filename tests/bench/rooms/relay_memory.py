"""How much memory the service holds after ten million reads: as much as after two."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import inputs
from kit import Measured, Side, benchmark
from relay_kit import anchored, disk, publishing, service, until

READS = 10_000_000
FEWER = 2_000_000
A_WINDOW = 1_000_000
TAGS, READS_EACH = 5000, 4
EVERY_SECONDS = 0.1
SETTINGS = {
    "smoothing": {"gap_seconds": inputs.GAP_SECONDS, "lateness_seconds": 0.2},
    "batch": {"max_events": 20_000, "max_bytes": 100_000_000},
}


@benchmark("relay.memory", "MB, peak", rounds=1)
def relay_memory() -> tuple[Side, Side]:
    """The resident memory of `lading relay run` and its anchoring process together, at most, over the last million of
    10,000,000 reads (`LADING_BENCH_READS`) in a log that it follows, each tag read four times, every event anchored on
    Anvil; beside it the same after 2,000,000. A ratio of 1 is memory that does not follow the history; what the item
    map's upper levels take is there from the start."""

    def side(reads: int) -> Measured:
        from lading import __version__

        peaks = _peaks(reads)
        told = ", ".join(f"{peak:.0f}" for peak in peaks)
        return Measured(f"lading {__version__} after {reads:,} reads (each million: {told})", peaks[-1:], "")

    return lambda: side(int(os.environ.get("LADING_BENCH_READS", READS))), lambda: side(FEWER)


def _peaks(reads: int) -> list[float]:
    """The most of each million, in MB."""
    from lading.relayer.store.database import Database, owner_of

    peaks = []
    in_a_part = TAGS * READS_EACH
    with disk() as folder, publishing(folder) as (client, who), service(folder, client, who, SETTINGS) as log:
        outbox = folder / "relay.sqlite3"
        database = Database.open(outbox, owner_of(outbox))
        for first in range(0, reads, A_WINDOW):
            with _watching(folder / "relay.yaml") as seen:
                _write(log, range(first // in_a_part, (first + A_WINDOW) // in_a_part))
                events = (first + A_WINDOW) // READS_EACH
                until(lambda events=events: anchored(database) == events, f"{events} events were not anchored")
            peaks.append(max(seen) / 1e6)
        database.close()
    return peaks


def _write(log: Path, parts: range) -> None:
    with log.open("ab") as lines:
        for part in parts:
            lines.write(inputs.reader_log(part, TAGS, READS_EACH) + b"\n")


@contextmanager
def _watching(config: Path) -> Iterator[list[int]]:
    """The resident bytes of the service that has this configuration, and of its children, every now and then."""
    import psutil

    (parent,) = (one for one in psutil.process_iter(["cmdline"]) if str(config) in (one.info["cmdline"] or ()))
    seen: list[int] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(EVERY_SECONDS):
            seen.append(sum(one.memory_info().rss for one in (parent, *parent.children(recursive=True))))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()
