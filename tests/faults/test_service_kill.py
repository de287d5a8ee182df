"""The installed command, as it is run: `lading relay run`, killed by the clock instead of at a step, again and again
while lines are appended to the file that it follows.

Time goes on for its readers as for us, so what it makes of the lines depends on when they come: here the accounts alone
are asked.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import raw
from accounts import audit, reads_in
from bed import Bed, Ground
from chain_books import ChainView
from relay_process import Relay, Steps, connect

from lading.relayer.reads.reads import read_hash
from lading.relayer.reads.roster import Roster

SEEDS = min(int(os.environ.get("LADING_FAULT_SEEDS", "1")), 20)
KILLS = 2
COMMAND = Path(sys.executable).parent / "lading"


@contextmanager
def service(bed: Bed) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {"LADING_KEY": bed.ground.key, "LADING_DEPLOYMENT": str(bed.ground.record)}
    with (bed.folder / "service.log").open("ab") as log:
        running = subprocess.Popen(
            [COMMAND, "relay", "run", "--config", bed.path], env=environment, stdout=log, stderr=log
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.wait()


def until(condition: Callable[[], bool], running: subprocess.Popen[bytes], bed: Bed, what: str) -> None:
    ends = time.monotonic() + 60
    while not condition():
        assert running.poll() is None, (bed.folder / "service.log").read_text()
        assert time.monotonic() < ends, what
        time.sleep(0.02)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_service_killed_at_any_time_loses_nothing_and_doubles_nothing(chain: Ground, tmp_path: Path, seed: int):
    chance = random.Random(f"service {seed}")  # noqa: S311 - the same at each run
    lines = raw.log(seed + 200, 60 * (KILLS + 1))
    bed = Bed(chain, tmp_path / "relay", lines)
    log = bed.folder / "reads.ndjson"
    settings = json.loads(bed.path.read_text())
    settings["sources"] = [{"file": str(log), "follow": True}]
    settings["chain"] = {"endpoints": [chain.url]}
    settings["batch"] = {"max_events": 10, "max_age_seconds": 0.2}
    bed.path.write_text(json.dumps(settings))
    log.write_bytes(b"")
    offered, roster = {(one.time_ns, read_hash(one.identity)) for one in raw.offered(lines)}, Roster(bed.config)

    def stored() -> set[tuple[int, int]]:
        """As one sees it who comes and goes, like `relay status`: with its connection the last one may be closed."""
        with bed.database() as database:
            return reads_in(database, roster)

    for part in range(KILLS):
        with service(bed) as running, log.open("ab", 0) as file:
            for line in lines[60 * part : 60 * part + 60]:
                file.write(line[:20])
                file.write(line[20:] + b"\n")
            before = len(stored())
            until(lambda: len(stored()) > before, running, bed, "reads are stored")  # noqa: B023
            time.sleep(chance.random())
            running.send_signal(signal.SIGKILL)
            running.wait()
        view = ChainView.of(chain.client, chain.publisher)
        with bed.database() as database:
            assert audit(database, bed.config, chain=view, done=False) == []
    with log.open("ab", 0) as file:
        file.write(b"".join(line + b"\n" for line in lines[60 * KILLS :]))
    with service(bed) as running:
        until(lambda: stored() == offered, running, bed, "all reads are stored")
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
    # What it held back for late reads is released, and all is anchored.
    relay = Relay(bed.config, connect(chain.url, chain.record, chain.key), Steps(), seed)
    relay.finish()
    relay.outbox.close()
    assert bed.accounts(done=True) == []
    assert bed.sent() == bed.batches()
