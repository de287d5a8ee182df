"""A process that sends and may end itself, with SIGKILL, at a labelled step."""

from __future__ import annotations

import os
import signal
import traceback
from pathlib import Path

from lading.chain.endpoints import Endpoints
from lading.chain.sender import Policy, Sender
from lading.chain.sender_sqlite import SqliteDatabase
from lading.chain.signer import Signer


def in_a_process(url: str, database: Path, key: str, first: int, count: int, label: str | None, number: int) -> int:
    """Submits `pay-0` …, one wei each to `count` addresses from `first` on, and goes on until all are mined. The
    `number`-th time that the step `label` is passed ends the process; None: nothing does. What it ended with: 0, 1 (its
    traceback is on stderr) or minus a signal. Forked, because starting Python takes longer than all of it."""
    if (child := os.fork()) == 0:
        code = 1
        try:
            _send(url, database, key, first, count, label, number)
            code = 0
        except BaseException:  # noqa: BLE001 - nothing may get back into the test that was forked
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _send(url: str, database: Path, key: str, first: int, count: int, label: str | None, number: int) -> None:
    left = number

    def checkpoint(step: str) -> None:
        nonlocal left
        if step == label:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    signer, store = Signer.unsafe_from_key(key), SqliteDatabase.open(database)
    with Sender(Endpoints([url]), signer, store, Policy(max_in_flight=4), checkpoint=checkpoint) as sender:
        for place in range(count):
            sender.submit(f"pay-{place}", f"0x{first + place:040x}", b"", value=1)
        for place in range(count):
            sender.wait(f"pay-{place}", timeout=60)
