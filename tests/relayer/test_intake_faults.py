"""A PostgreSQL server that is shot while reads are stored, and comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from databases import IDENTITY
from feeds_kit import decoder, lines, sequences, until

from lading.relayer.database import Database
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.message import Message
from lading.relayer.intake_queue import Intake


@pytest.fixture
def server() -> Iterator[Any]:
    """One that no other test uses."""
    pgserver = pytest.importorskip("pgserver", reason="pgserver is not in this environment")
    with TemporaryDirectory(prefix="lading-pg-") as folder:
        running = pgserver.get_server(folder, cleanup_mode="stop")
        yield running
        running.cleanup()


def shoot(server: Any) -> None:
    """All of its processes, at once."""
    main = psutil.Process(server.get_pid())
    family = [main, *main.children(recursive=True)]
    for process in family:
        os.kill(process.pid, signal.SIGKILL)
    psutil.wait_procs(family)


def test_puts_wait_for_a_server_that_was_shot_and_none_is_lost(server: Any):
    database = Database.open(server.get_uri(), IDENTITY)

    async def run() -> None:
        async with Intake(database, decoder(), Backoff(first=0.02, most=0.1)) as intake:

            async def put(number: int) -> None:
                payload = lines(range(100 * number, 100 * (number + 1)))
                await intake.put([Message("test", "place", payload)])

            first = [asyncio.ensure_future(put(number)) for number in range(20)]
            await until(lambda: intake.state.groups)
            shoot(server)
            rest = [asyncio.ensure_future(put(number)) for number in range(20, 40)]
            await until(lambda: intake.state.problem)
            assert "does not answer" in str(intake.state.problem)
            assert not all(one.done() for one in rest)
            await asyncio.to_thread(server.ensure_postgres_running)
            await asyncio.gather(*first, *rest)
            assert intake.state.problem is None

    asyncio.run(run())
    # What was committed as the server died is stored again: the same reads, which inference tells apart.
    assert set(sequences(database)) == set(range(4000))
    database.close()
