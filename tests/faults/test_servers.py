"""Rows 12, 13 and 22: the database's server is shot, the disk is full, the broker goes, the clock jumps; the relay goes
on by itself, and its accounts close."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import raw
from accounts import reads_in
from bed import Bed, Ground
from brokers import MOSQUITTO, Broker
from databases import shoot
from model import expected, seen
from relay_process import PatientRelay, Steps, stream

from lading.errors import LadingError
from lading.relayer.config import feeds as config_feeds
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.mqtt import MqttFeed
from lading.relayer.intake.intake_queue import Intake

SEEDS = int(os.environ.get("LADING_FAULT_SEEDS", "1"))
DAY = 86_400


@pytest.mark.parametrize("seed", range(min(SEEDS, 10)))
def test_row_12_a_server_that_is_shot_again_and_again(chain: Ground, server: Any, tmp_path: Path, seed: int):
    bed = Bed(chain, tmp_path / "relay", raw.log(seed + 10, 120), where=server.get_uri().replace(":@", "@"))
    relay, puts, back = bed.patient(seed), iter(range(100)), threading.Event()
    go_on, shots = relay.a_little, []

    def restart() -> None:
        time.sleep(0.1)  # the relay finds nobody there meanwhile
        server.ensure_postgres_running()
        back.set()

    def then() -> None:
        if next(puts) in (1, 3):
            for one in shots:
                one.join()  # nobody can be shot who is not back yet
            shoot(server)
            shots.append(threading.Thread(target=restart))
            shots[-1].start()
        go_on()

    relay.a_little = then  # type: ignore[method-assign]
    asyncio.run(relay.run())
    for one in shots:
        one.join()
    assert len(shots) == 2
    assert back.is_set()
    bed.assert_whole(exactly=False)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("seed", range(min(SEEDS, 10)))
def test_row_12_a_disk_that_is_full_for_a_while(chain: Ground, small_disk: Path, tmp_path: Path, seed: int):
    bed = Bed(chain, tmp_path / "relay", raw.log(seed + 20), where=str(small_disk / "relay.sqlite3"))
    filler, chance = small_disk / "filler", random.Random(f"disk {seed}")  # noqa: S311 - the same at each run
    troubles: list[str] = []

    def fill() -> None:
        with filler.open("ab", 0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return

    def troubled(error: LadingError) -> None:
        troubles.append(str(error))
        if chance.random() < 0.3:
            filler.unlink(missing_ok=True)

    relay = bed.patient(seed, troubled)
    go_on = relay.a_little

    def then() -> None:
        if chance.random() < 0.7:
            fill()
        go_on()

    async def make_room(intake: Intake) -> None:
        """Someone does now and then, for the intake says nothing but waits."""
        reading = asyncio.ensure_future(relay.to_the_end(intake))
        while not reading.done():
            if intake.state.problem is not None:
                troubles.append(intake.state.problem)
                filler.unlink(missing_ok=True)
            await asyncio.sleep(0.005)
        await reading

    relay.a_little = then  # type: ignore[method-assign]
    asyncio.run(relay.run(make_room))
    assert any("full" in one for one in troubles), troubles
    filler.unlink(missing_ok=True)
    bed.assert_whole()


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not in this environment")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_row_22_a_broker_that_goes_and_comes_back(chain: Ground, tmp_path: Path, how: signal.Signals):
    lines = [line for line in raw.log(30, 80) if (one := seen(line)) is None or one.reader != "dock"]
    bed = Bed(chain, tmp_path / "relay", lines)
    (tmp_path / "broker").mkdir()
    broker = Broker(tmp_path / "broker")
    relay = bed.patient(30)
    wanted = {one.identity for one in raw.offered(lines)}

    async def listen(intake: Intake) -> None:
        there = config_feeds.MqttFeed(mqtt=f"mqtt://127.0.0.1:{broker.port}", topics=("readers/+/tags",), client_id="d")
        feed = MqttFeed(there, intake, backoff=Backoff(0.01, 0.1))
        running = asyncio.create_task(feed.run())
        while not feed.state.connected:
            await asyncio.sleep(0.005)
        for begin in range(0, len(lines), 25):
            for line in lines[begin : begin + 25]:
                await broker.publish([("readers/door/tags", line)])
            if how is signal.SIGKILL:
                await broker.save()  # else it is the broker that loses what it had acknowledged
            broker.stop(how)
            broker.start()
        while stored(relay) < len(wanted):
            await asyncio.sleep(0.005)
        running.cancel()

    try:
        asyncio.run(asyncio.wait_for(relay.run(listen), 60))
    finally:
        broker.stop(signal.SIGKILL)
    assert bed.accounts(done=True, exactly=False) == []
    assert bed.events() == expected(lines)


def stored(relay: PatientRelay) -> int:
    """How many different reads it has."""
    return len(reads_in(relay.outbox.store, relay.roster))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_row_13_a_clock_that_jumps_by_days_changes_nothing(chain: Ground, tmp_path: Path, seed: int):
    """Whoever looks at it sees another day, back or forth; the events' times are the readers'."""
    bed = Bed(chain, tmp_path / "relay", raw.log(seed + 40))

    def another_clock(*given: Any) -> Any:
        made = stream(*given)

        def body(steps: Steps) -> None:
            chance, now = random.Random(seed), time.time  # noqa: S311 - the same at each run

            def jumping() -> float:
                return now() + DAY * chance.randint(-2, 2)

            for name, module in list(sys.modules.items()):
                for told, clock in (("time", jumping), ("time_ns", lambda: int(jumping() * 1e9))):
                    if getattr(module, told, None) is getattr(time, told) and name.startswith("lading"):
                        setattr(module, told, clock)
            time.time, time.time_ns = jumping, lambda: int(jumping() * 1e9)
            made(steps)

        return body

    step, number = (("reads", 1), ("broadcast", 2), ("persist", 1))[seed % 3]
    assert bed.run(seed, step, number, another_clock)[0] == -signal.SIGKILL
    assert bed.run(seed, make=another_clock)[0] == 0
    bed.assert_whole()
