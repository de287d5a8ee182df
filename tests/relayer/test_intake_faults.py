"""A PostgreSQL server that is shot while reads are stored, and comes back."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from databases import IDENTITY, shoot
from feeds_kit import decoder, lines, sequences, until

from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.message import Message
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.store.database import Database


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
