"""Several workers on one PostgreSQL, of which one is killed: whoever takes its lanes over goes on where it stood, and
all of it together is counted once."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
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
from lading.relayer.service.duties import Duties
from lading.relayer.service.leases import LEASE_SECONDS, RENEW_SECONDS, now_ms

SEEDS = min(int(os.environ.get("LADING_FAULT_SEEDS", "1")), 10)
STEPS = ("smoothed", "events", "reads", "inferred", "store", "broadcast")
TAKEOVER_SECONDS = 10.0


def worker(bed: Bed, name: str, turns: Path) -> Body:
    """It renews its leases, works on its lanes, and anchors if it leads, until it is ended: each in its own way and by
    a connection of its own, as in a service, so that none waits for another. Of each turn with the leases it notes
    (begin, end, lanes), by the database's clock in milliseconds."""

    def body(steps: Steps) -> None:
        ground = bed.ground
        client = connect(ground.url, ground.record, ground.key)
        relay, anchoring, leasing = (Relay(bed.config, client, steps, 0) for _ in range(3))
        duties = Duties(leasing.outbox.store, name, relay.roster.lanes, ())
        lanes = {lane.name: lane for lane in relay.lanes}
        held: list[str] = []

        def anchor_what_waits() -> None:
            while True:
                with suppress(LadingError):  # such as that the other leads
                    anchor(anchoring.outbox, client, relay.config.batch.max_events, steps)
                time.sleep(0.02)

        def work() -> None:
            while True:
                with suppress(LadingError):
                    for one in tuple(held):
                        lanes[one].advance(1)
                time.sleep(0.002)

        for part in (anchor_what_waits, work):
            threading.Thread(target=part, daemon=True).start()
        with turns.open("a") as told:
            while True:
                begin = now_ms(leasing.outbox.store)
                held[:] = duties.renew().lanes
                told.write(json.dumps([begin, now_ms(leasing.outbox.store), list(held)]) + "\n")
                told.flush()
                time.sleep(RENEW_SECONDS)

    return body


def takeover_seconds(turns: list[tuple[int, int, list[str]]], lapsed: int, lanes: set[str]) -> float:
    """From the dead worker's last renewal, which is before its death, to the end of the turn in which the heir had all
    its lanes. Left out is what only the machine may cause: that the heir was started late, and that it overslept. How
    long its turns took counts, since that may be a lock."""
    after = next(number for number, (begin, _, _) in enumerate(turns) if begin > lapsed)
    begin, end, held = turns[after]
    assert set(held) == lanes, "the first turn after the lapse takes all that is free"
    if after == 0:
        return (end - begin) / 1000 + LEASE_SECONDS
    overslept = max(0, begin - turns[after - 1][1] - round(RENEW_SECONDS * 1000))
    return (end - overslept - lapsed) / 1000 + LEASE_SECONDS


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_worker_that_is_killed_is_made_up_for_within_ten_seconds(
    chain: Ground, schema: str, tmp_path: Path, seed: int
):
    bed = Bed(chain, tmp_path / "relay", raw.log(seed + 80, 120), where=schema.replace(":@", "@"))
    bed.make_outbox()
    chance = random.Random(f"workers {seed}")  # noqa: S311 - the same at each run
    doomed = chance.choice(STEPS), 1  # whatever it does, it passes each of them once
    notes = tmp_path / "turns"
    with bed.database() as database:
        put(database, bed, bed.lines[:60])
        first = Started(worker(bed, "doomed", tmp_path / "its turns"), *doomed)
        assert first.ended(60) == -signal.SIGKILL
        lapses = dict(database.rows("SELECT lane, lease_until FROM lanes WHERE holder = 'doomed'"))
        heir = Started(worker(bed, "heir", notes))
        put(database, bed, bed.lines[60:])
        try:
            lanes = {lane for lane in lapses if not lane.startswith("\t")}
            until(lambda: any(set(held) == lanes for _, _, held in turns_in(notes)), 60)
            until(lambda: waiting(database) == 0, 60)
        finally:
            heir.kill()
    assert takeover_seconds(turns_in(notes), max(lapses.values()), lanes) < TAKEOVER_SECONDS
    assert bed.accounts(done=False) == []
    assert bed.run(seed, make=only_the_end)[0] == 0
    bed.assert_whole(exactly=False)


def turns_in(notes: Path) -> list[tuple[int, int, list[str]]]:
    """As far as they are written."""
    text = notes.read_text() if notes.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


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


def waiting(database: Any) -> int:
    """Rows of the inbox that no lane has taken."""
    select = "SELECT count(*) FROM inbox WHERE id > coalesce((SELECT position FROM lanes WHERE lane = inbox.lane), 0)"
    return int(database.one(select)[0])


def until(condition: Any, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it never was"
        time.sleep(0.02)
