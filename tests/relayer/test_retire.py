"""What is gone for good: readers, whose lanes a status names no more, and workers, whose places at the broker end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from brokers import Broker
from databases import IDENTITY
from feeds_kit import line, read_points, roster, sequences
from service_kit import COMMAND, until

from lading.relayer.config.feeds import MqttFeed as MqttSettings
from lading.relayer.feeds.mqtt import MqttFeed
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.service.duties import Duties
from lading.relayer.service.status import status_at
from lading.relayer.smoothing.regroup import regroup
from lading.relayer.store.database import Database

VERSIONS = pytest.mark.parametrize("version", ["5", "3.1.1"])


def test_the_lane_of_a_reader_that_is_gone_is_named_no_more_unless_something_waits_in_it(tmp_path: Path):
    where = tmp_path / "outbox.sqlite3"
    database = Database.open(where, IDENTITY)

    def named(*readers: str) -> list[str]:
        now = roster(*readers)
        regroup(database, now)
        duties = Duties(database, "0", now.lanes, ())
        duties.renew()
        duties.leave()
        return [lane.name for lane in status_at(where).lanes]

    assert named("dock", "gate") == ["dock", "gate"]
    assert named("gate") == ["gate"]
    assert named("dock", "gate") == ["dock", "gate"]
    assert named("gate") == ["gate"]
    database.execute("INSERT INTO inbox (lane, received_ns, count, reads) VALUES ('dock', 0, 0, ?)", (b"[[],[]]",))
    assert [lane.name for lane in status_at(where).lanes] == ["dock", "gate"]
    database.close()


@pytest.fixture
def site(tmp_path: Path, broker: Broker) -> Callable[[str], Path]:
    """A configuration with a broker, and an outbox in which a worker `old` had its place."""

    def make(version: str) -> Path:
        source = {"topics": ["readers/+/tags"], "client_id": "dock", "share": "lading", "version": version}
        document: dict[str, Any] = {
            "publisher": IDENTITY.publisher,
            "outbox": "outbox.sqlite3",
            "smoothing": {"gap_seconds": 10},
            "batch": {"max_events": 3},
            "read_points": read_points("ours"),
            "sources": [{"mqtt": f"mqtt://127.0.0.1:{broker.port}", **source}],
        }
        path = tmp_path / "relay.yaml"
        path.write_text(yaml.safe_dump(document))
        database = Database.open(tmp_path / "outbox.sqlite3", IDENTITY)
        old = Duties(database, "old", (), ())
        assert old.renew().slots == ("old",)
        old.leave()
        database.close()
        return path

    return make


def settings(broker: Broker, version: str) -> MqttSettings:
    where = f"mqtt://127.0.0.1:{broker.port}"
    return MqttSettings(mqtt=where, topics=("readers/+/tags",), client_id="dock", share="lading", version=version)


async def leave_behind(broker: Broker, database: Database, version: str, numbers: range) -> None:
    """The worker subscribed and is gone; then these came."""
    async with Intake(database, MessageDecoder(roster("ours"))) as intake:
        feed = MqttFeed(settings(broker, version), intake, "old")
        task = asyncio.create_task(feed.run())
        while not feed.state.connected:
            await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await broker.publish([("readers/ours/tags", line(number)) for number in numbers])


async def command(*words: str) -> tuple[int, str, str]:
    made = await asyncio.create_subprocess_exec(
        str(COMMAND), "relay", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await made.communicate()
    return made.returncode or 0, out.decode(), err.decode()


@VERSIONS
def test_a_retired_workers_messages_are_stored_and_its_place_at_the_broker_ends(
    site: Callable[[str], Path], broker: Broker, tmp_path: Path, version: str
):
    config = str(site(version))
    database = Database.open(tmp_path / "outbox.sqlite3", IDENTITY)
    other = Duties(database, "other", (), ())

    async def run() -> None:
        await leave_behind(broker, database, version, range(1, 101))
        assert set(other.renew().slots) == {"other", "old"}
        retiring = asyncio.create_task(command("retire", "old", "--config", config, "--json"))
        while not retiring.done():  # as the service that runs beside it
            other.renew()
            await asyncio.sleep(0.1)
        code, out, err = await retiring
        assert code == 0, err
        assert json.loads(out) == {"worker": "old", "messages": 100}
        assert sorted(sequences(database)) == list(range(1, 101))
        assert other.renew().slots == ("other",)
        # What comes now is for those that are left: nobody's session keeps it.
        await broker.publish([("readers/ours/tags", line(101))])
        async with Intake(database, MessageDecoder(roster("ours"))) as intake:
            assert await MqttFeed(settings(broker, version), intake, "old").retire() == 0
        code, _, err = await command("retire", "old", "--config", config)
        assert code == 1
        assert "No worker 'old'" in err
        assert "other" in err

    asyncio.run(run())
    database.close()


def test_a_worker_that_runs_is_not_retired_nor_one_whose_broker_is_away(
    site: Callable[[str], Path], broker: Broker, tmp_path: Path
):
    config = str(site("5"))
    database = Database.open(tmp_path / "outbox.sqlite3", IDENTITY)
    running = Duties(database, "old", (), ())
    running.enter()
    code, _, err = asyncio.run(command("retire", "old", "--config", config))
    assert code == 1
    assert "Another process works as 'old'" in err
    running.leave()
    broker.stop()
    code, _, err = asyncio.run(command("retire", "old", "--config", config))
    assert code == 1
    assert "The session of dock-old at the broker stays" in err
    until(lambda: running.renew().slots == ("old",), "its place is there", 20)
    database.close()
