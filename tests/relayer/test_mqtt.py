"""Reads over MQTT from a real broker: acknowledged when they are durable, so that none is lost."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from brokers import Broker
from databases import IDENTITY
from feeds_kit import decoder, line, quarantined, sequences, stored, until

from lading.relayer.config import feeds as config_feeds
from lading.relayer.feeds import mqtt_session
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.errors import SlotTaken
from lading.relayer.feeds.mqtt import MqttFeed
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.store.database import Database

VERSIONS = pytest.mark.parametrize("version", ["5", "3.1.1"])


def settings(broker: Broker, **more: object) -> config_feeds.MqttFeed:
    given = {"mqtt": f"mqtt://127.0.0.1:{broker.port}", "topics": ("readers/+/tags",), "client_id": "dock"}
    return config_feeds.MqttFeed(**(given | more))


def tags(*numbers: int, reader: str = "ours") -> list[tuple[str, bytes]]:
    return [(f"readers/{reader}/tags", line(number, reader)) for number in numbers]


@asynccontextmanager
async def running(feed: MqttFeed) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(feed.run())
    try:
        await until(lambda: feed.state.connected or task.done())
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database.open(tmp_path / "outbox.sqlite3", IDENTITY)


def _quick() -> Backoff:
    return Backoff(first=0.02, most=0.1)


@VERSIONS
def test_reads_are_stored_with_their_topic_and_acknowledged(broker: Broker, database: Database, version: str):
    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            async with running(MqttFeed(settings(broker, version=version), intake)):
                await broker.publish([*tags(1, 2), ("readers/x/tags", b"no read"), ("others", line(9))])
                await until(lambda: len(stored(database)) == 2 and quarantined(database))
            again = MqttFeed(settings(broker, version=version), intake)
            async with running(again):
                await broker.publish(tags(3))
                await until(lambda: again.state.messages)

    asyncio.run(run())
    assert sequences(database) == [1, 2, 3]
    assert quarantined(database) == [(f"mqtt 127.0.0.1:{broker.port} readers/x/tags", 0, "not-json")]


@VERSIONS
def test_what_came_while_the_worker_was_away_waits_for_it(broker: Broker, database: Database, version: str):
    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            async with running(MqttFeed(settings(broker, version=version), intake)):
                pass
            await broker.publish(tags(*range(100)))
            async with running(MqttFeed(settings(broker, version=version), intake)):
                await until(lambda: len(stored(database)) == 100)

    asyncio.run(run())
    assert sequences(database) == list(range(100))


@VERSIONS
def test_nothing_is_acknowledged_while_nothing_can_be_stored(broker: Broker, database: Database, version: str):
    database.patience = 0.02
    other = sqlite3.connect(database.path, isolation_level=None)

    async def run() -> None:
        intake = Intake(database, decoder(), _quick())
        async with intake, running(MqttFeed(settings(broker, version=version), intake)):
            other.execute("BEGIN IMMEDIATE")
            await broker.publish(tags(*range(50)))
            await until(lambda: intake.state.problem)
        # That process ended without having stored anything; the next one gets all of it.
        other.execute("ROLLBACK")
        assert stored(database) == []
        async with Intake(database, decoder()) as intake, running(MqttFeed(settings(broker, version=version), intake)):
            await until(lambda: len(stored(database)) == 50)

    asyncio.run(run())
    assert sequences(database) == list(range(50))
    other.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_broker_that_is_started_again_has_lost_nothing(broker: Broker, database: Database, how: signal.Signals):
    async def run() -> MqttFeed:
        async with Intake(database, decoder()) as intake:
            feed = MqttFeed(settings(broker), intake, backoff=_quick())
            async with running(feed):
                await broker.publish(tags(*range(20)))
                await until(lambda: len(stored(database)) == 20)
            # What waits for the worker is on the broker's disk before that is killed.
            await broker.publish(tags(*range(20, 60)))
            await broker.save()
            broker.stop(how)
            broker.start()
            async with running(feed):
                await until(lambda: len(stored(database)) == 60)
                await broker.save()
                broker.stop(how)
                await until(lambda: not feed.state.connected)
                broker.start()
                await until(lambda: feed.state.connected)
                await broker.publish(tags(*range(60, 80)))
                await until(lambda: len(set(sequences(database))) == 80)
            return feed

    feed = asyncio.run(run())
    assert set(sequences(database)) == set(range(80))
    assert feed.sessions_lost == 0


def test_a_broker_that_forgot_the_session_is_told_of(broker: Broker, database: Database):
    async def run() -> MqttFeed:
        async with Intake(database, decoder()) as intake:
            feed = MqttFeed(settings(broker), intake, backoff=_quick())
            async with running(feed):
                broker.stop(signal.SIGKILL)
                broker.saved.unlink(missing_ok=True)
                broker.start()
                await until(lambda: feed.sessions_lost)
                await broker.publish(tags(1))
                await until(lambda: stored(database))
            return feed

    assert asyncio.run(run()).sessions_lost == 1


def test_a_broker_that_is_away_is_asked_ever_less_often(broker: Broker, database: Database):
    class Counted(Backoff):
        waits: list[float]

        def __init__(self) -> None:
            super().__init__(first=0.02, most=0.16)
            self.waits = []

        def seconds(self, at_least: float = 0.0) -> float:
            self.waits.append(super().seconds(at_least))
            return self.waits[-1]

    backoff = Counted()
    broker.stop()

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            feed = MqttFeed(settings(broker), intake, backoff=backoff)
            task = asyncio.create_task(feed.run())
            await until(lambda: len(backoff.waits) >= 6)
            assert "refused" in str(feed.state.problem)
            broker.start()
            await until(lambda: feed.state.connected)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    ceilings = [0.02, 0.04, 0.08, 0.16, 0.16, 0.16]
    assert all(top / 2 <= wait <= top for wait, top in zip(backoff.waits, ceilings, strict=False))


def test_who_is_told_that_its_slot_was_taken_stops(database: Database):
    """By a broker that says so, as the standard asks; mosquitto 2.0.11 just closes the connection."""

    async def run() -> None:
        taken = b"\xe0\x01\x8e"  # DISCONNECT: session taken over
        async with _pretender(b"\x01", taken) as there, Intake(database, decoder()) as intake:
            with pytest.raises(SlotTaken, match="dock-3"):
                await asyncio.wait_for(MqttFeed(there, intake, slot=3, backoff=_quick()).run(), 10)

    asyncio.run(run())


def test_two_workers_that_were_given_one_slot_do_not_fight_without_end(broker: Broker, database: Database):
    async def run() -> int:
        async with Intake(database, decoder()) as intake:
            feeds = [MqttFeed(settings(broker), intake, backoff=Backoff(first=0.02, most=30.0)) for _ in range(2)]
            async with running(feeds[0]), running(feeds[1]):
                await until(lambda: sum(feed.state.connects for feed in feeds) >= 8)
                connects = [feed.state.connects for feed in feeds]
                # By now each waits for about a second; what comes is stored by whoever has the slot.
                await broker.publish(tags(1))
                await until(lambda: stored(database))
                return max(feed.state.connects - before for feed, before in zip(feeds, connects, strict=True))

    assert asyncio.run(run()) <= 3


def test_two_workers_share_and_a_survivor_takes_over_a_dead_ones_messages(broker: Broker, database: Database):
    shared = settings(broker, share="lading")

    async def run() -> tuple[int, int]:
        async with Intake(database, decoder()) as intake:
            first, second = MqttFeed(shared, intake, slot=0), MqttFeed(shared, intake, slot=1)
            async with running(first), running(second):
                await broker.publish(tags(*range(100)))
                await until(lambda: len(stored(database)) == 100)
            apart = first.state.messages, second.state.messages
            # Slot 1 stays away; the broker keeps its share for it all the same.
            survivor = MqttFeed(shared, intake, slot=0)
            async with running(survivor):
                await broker.publish(tags(*range(100, 200)))
                await until(lambda: survivor.state.messages)
                async with running(MqttFeed(shared, intake, slot=1)):
                    await until(lambda: len(stored(database)) == 200)
            return apart

    assert min(asyncio.run(run())) > 0
    assert sorted(sequences(database)) == list(range(200))


@VERSIONS
def test_more_than_may_wait_stays_with_the_broker(
    broker: Broker,
    database: Database,
    version: str,
    monkeypatch: pytest.MonkeyPatch,
):
    """MQTT 3.1.1 has no flow control, and this broker sends all at once."""
    monkeypatch.setattr(mqtt_session, "PAUSE_MESSAGES", 40)
    broker.stop()
    broker.add("max_inflight_messages 0\n")
    broker.start()
    database.patience = 0.02
    other = sqlite3.connect(database.path, isolation_level=None)

    async def run() -> None:
        async with Intake(database, decoder(), _quick()) as intake:
            feed = MqttFeed(settings(broker, version=version), intake)
            async with running(feed):
                other.execute("BEGIN IMMEDIATE")
                await broker.publish(tags(*range(2000)))
                await until(lambda: intake.state.problem and intake.state.retries > 3)
                assert intake.state.waiting_messages <= 42
                other.execute("ROLLBACK")
                await until(lambda: len(set(sequences(database))) == 2000, 20)

    asyncio.run(run())
    assert sequences(database) == list(range(2000))
    other.close()


def test_a_subscription_that_is_refused_is_a_problem_and_no_silence(database: Database):
    async def run() -> None:
        async with _pretender(b"\x87") as there, Intake(database, decoder()) as intake:
            feed = MqttFeed(there, intake, backoff=_quick())
            task = asyncio.create_task(feed.run())
            await until(lambda: feed.state.problem)
            assert "refuses the subscription to x" in str(feed.state.problem)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


@asynccontextmanager
async def _pretender(subscribed: bytes, after: bytes = b"") -> AsyncIterator[config_feeds.MqttFeed]:
    """The settings of a broker that answers a subscription with this reason, says `after`, and goes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"\x20\x03\x01\x00\x00")  # CONNACK: the session is present
        await reader.read(1000)
        writer.write(b"\x90\x04\x00\x01\x00" + subscribed + after)  # SUBACK
        await reader.read(1000)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield config_feeds.MqttFeed(mqtt=f"mqtt://127.0.0.1:{port}", topics=("x",), client_id="dock")
