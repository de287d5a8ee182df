"""What an event costs behind a long history: as much as behind a short one."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from kit import REPEATS, ROOT, Measured, Side, benchmark, digest, rates

if TYPE_CHECKING:
    from lading.relayer.outbox.outbox import NewEvent


@benchmark("relay.history", "events/s", rounds=1)
def relay_history() -> tuple[Side, Side]:
    """Events into the outbox and its batches behind 10,000,000 others (`LADING_BENCH_HISTORY`), as made by the fast
    path; beside it the same behind 100,000. A ratio of 1 is a cost that does not follow the history."""

    def side(events: int) -> Measured:
        from lading import __version__

        sys.path.insert(0, str(ROOT / "tests/relayer"))
        from history_kit import IN_A_BATCH, cost_of, grown

        with _folder() as folder, grown(folder / "history.sqlite3", events) as history:
            parts = [history.more(IN_A_BATCH) for _ in range(1 + REPEATS)]

            def work(part: list[NewEvent]) -> None:
                history.outbox.put_many(part)
                history.outbox.close_batch(IN_A_BATCH)

            samples = rates(work, parts, IN_A_BATCH, process_time)
            cost = cost_of(history)
            told = f"{cost.pages_of_put} and {cost.pages_of_close} pages for 500 events and their batch"
            return Measured(f"lading {__version__} behind {events:,} events ({told})", samples, digest(cost.statements))

    return lambda: side(int(os.environ.get("LADING_BENCH_HISTORY", "10000000"))), lambda: side(100_000)


@contextmanager
def _folder() -> Iterator[Path]:
    """On the checkout's disk, as the relayer's benchmarks have it."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="bench-") as folder:
        yield Path(folder)
