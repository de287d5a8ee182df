"""What came back from the intake is there, however its process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from databases import IDENTITY
from feeds_kit import sequences

from lading.relayer.store.database import Database

Connect = Callable[[], Database]


_CHILD = """
import asyncio, sys
sys.path.insert(0, sys.argv[2])
from databases import IDENTITY
from feeds_kit import decoder, line
from lading.relayer.store.database import Database
from lading.relayer.feeds.message import Message
from lading.relayer.intake.intake_queue import Intake

async def main():
    database = Database.open(sys.argv[1], IDENTITY)
    async with Intake(database, decoder()) as intake:
        number = 0
        while True:
            messages = [Message("test", "place", line(number + more)) for more in range(10)]
            await intake.put(messages)
            number += 10
            print(number, flush=True)

asyncio.run(main())
"""


def test_what_came_back_outlives_sigkill(tmp_path: Path):
    path = tmp_path / "outbox.sqlite3"
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(path), str(Path(__file__).parent)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    acknowledged = 0
    while acknowledged < 300:
        acknowledged = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    acknowledged = max([acknowledged, *(int(text) for text in child.stdout.read().split())])
    child.wait()
    child.stdout.close()
    database = Database.open(path, IDENTITY)
    found = sequences(database)
    assert found[:acknowledged] == list(range(acknowledged))
    assert len(found) == len(set(found))
    assert len(found) % 10 == 0, "a put is stored as a whole or not at all"
    database.close()
