"""Several workers on one PostgreSQL, of which one is killed: whoever takes its lanes over goes on where it stood, and
all of it together is counted once."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import raw
from bed import Bed, Ground
from relay_process import Body, Relay, Started, Steps, connect

from lading.errors import LadingError
from lading.relayer.anchoring.anchoring import anchor
from lading.relayer.config.settings import load
from lading.relayer.feeds.blocks import LineBlocks
from lading.relayer.intake.inbox import store
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.reads.roster import Roster
from lading.relayer.service.leases import LEASE_SECONDS, Leases

SEEDS = min(int(os.environ.get("LADING_FAULT_SEEDS", "1")), 10)
STEPS = ("smoothed", "events", "reads", "inferred", "store", "broadcast")


def worker(bed: Bed, name: str) -> Body:
    """It takes leases, works on its lanes, and anchors if it leads, until it is ended."""

    def body(steps: Steps) -> None:
        ground = bed.ground
        relay = Relay(bed.config, connect(ground.url, ground.record, ground.key), steps, 0)
        leases = Leases(relay.outbox.store, name)
        lanes = {lane.name: lane for lane in relay.lanes}
        while True:
            # Such as a lock that the other holds, or that it leads: the next turn goes on.
            with suppress(LadingError):
                for one in leases.take(relay.roster.lanes):
                    lanes[one].advance(1)
                anchor(relay.outbox, relay.client, relay.config.batch.max_events, steps)
            time.sleep(0.002)

    return body


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_worker_that_is_killed_is_made_up_for_once_its_leases_have_lapsed(
    chain: Ground, schema: str, tmp_path: Path, seed: int
):
    bed = Bed(chain, tmp_path / "relay", raw.log(seed + 80, 120), where=schema.replace(":@", "@"))
    bed.make_outbox()
    chance = random.Random(f"workers {seed}")  # noqa: S311 - the same at each run
    doomed = chance.choice(STEPS), 1  # whatever it does, it passes each of them once
    with bed.database() as database:
        put(database, bed, bed.lines[:60])
        first = Started(worker(bed, "doomed"), *doomed)
        assert first.ended(60) == -signal.SIGKILL
        put(database, bed, bed.lines[60:])
        heir = Started(worker(bed, "heir"))
        try:
            # Nothing has to happen but that a lease lapses; on a busy machine all takes longer.
            until(lambda: taken(database) == {"heir"}, LEASE_SECONDS + 40)
            until(lambda: waiting(database) == 0, 60)
        finally:
            heir.kill()
    assert bed.accounts(done=False) == []
    assert bed.run(seed, make=only_the_end)[0] == 0
    bed.assert_whole(exactly=False)


def only_the_end(*given: Any) -> Any:
    """What the workers held back is released, and anchored."""
    url, record, key, config, seed = given

    def body(steps: Steps) -> None:
        relay = Relay(load(config), connect(url, record, key), steps, seed)
        relay.finish()
        relay.outbox.close()

    return body


def put(database: Any, bed: Bed, lines: list[bytes]) -> None:
    """As the intake does, a few lines at a time."""
    blocks, decode = LineBlocks("test", "test", line=0), MessageDecoder(Roster(bed.config))
    for begin in range(0, len(lines), 6):
        messages = blocks.take(b"".join(line + b"\n" for line in lines[begin : begin + 6]))
        with database.transaction():
            store(database, [decode(message) for message in messages], time.time_ns())


def taken(database: Any) -> set[str]:
    """Who holds the lanes."""
    return {holder for (holder,) in database.rows("SELECT DISTINCT holder FROM lanes")}


def waiting(database: Any) -> int:
    """Rows of the inbox that no lane has taken."""
    select = "SELECT count(*) FROM inbox WHERE id > coalesce((SELECT position FROM lanes WHERE lane = inbox.lane), 0)"
    return int(database.one(select)[0])


def until(condition: Any, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it never was"
        time.sleep(0.02)
