"""Workers and brokers that are killed while reads flow, and brokers that want to know who comes."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from brokers import Broker
from databases import IDENTITY
from feeds_kit import decoder, line, sequences, stored, until

from lading.relayer.config import feeds as config_feeds
from lading.relayer.errors import RelayConfigError
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.errors import CredentialFile
from lading.relayer.feeds.mqtt import MqttFeed
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.store.database import Database

Connect = Callable[[], Database]
KILLS = int(os.environ.get("LADING_MQTT_KILLS", "2"))
_CHILD = """
import asyncio, sys
sys.path.insert(0, sys.argv[4])
from databases import IDENTITY
from feeds_kit import decoder
from lading.relayer.config.feeds import MqttFeed as Settings
from lading.relayer.store.database import Database
from lading.relayer.feeds.mqtt import MqttFeed
from lading.relayer.intake.intake_queue import Intake

async def main():
    database = Database.open(sys.argv[1], IDENTITY)
    there = Settings(mqtt=sys.argv[2], topics=("readers/+/tags",), client_id="dock", share="lading")
    async with Intake(database, decoder()) as intake:
        feed = MqttFeed(there, intake, slot=int(sys.argv[3]))
        running = asyncio.create_task(feed.run())
        while not feed.state.connected:
            await asyncio.sleep(0.01)
        print("connected", flush=True)
        await running

asyncio.run(main())
"""


class Worker:
    """A process with one slot."""

    def __init__(self, where: str, broker: Broker, slot: int) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", _CHILD, where, f"mqtt://127.0.0.1:{broker.port}", str(slot)),
                str(Path(__file__).parent),
            ],
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"connected\n"

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def tags(numbers: range) -> list[tuple[str, bytes]]:
    return [("readers/ours/tags", line(number)) for number in numbers]


def shared(broker: Broker) -> config_feeds.MqttFeed:
    url = f"mqtt://127.0.0.1:{broker.port}"
    return config_feeds.MqttFeed(mqtt=url, topics=("readers/+/tags",), client_id="dock", share="lading")


def test_no_read_is_lost_where_a_worker_is_killed_again_and_again(
    broker: Broker,
    tmp_path: Path,
):
    where, total = str(tmp_path / "outbox.sqlite3"), 400 * KILLS
    database = Database.open(where, IDENTITY)

    async def run() -> None:
        worker = await asyncio.to_thread(Worker, where, broker, 0)
        for kill in range(KILLS):
            publishing = asyncio.create_task(broker.publish(tags(range(400 * kill, 400 * (kill + 1)))))
            held = len(set(sequences(database)))
            await until(lambda held=held: len(set(sequences(database))) > held)
            worker.kill()
            await publishing
            worker = await asyncio.to_thread(Worker, where, broker, 0)
        await until(lambda: len(set(sequences(database))) == total, 20)
        worker.kill()

    asyncio.run(run())
    assert set(sequences(database)) == set(range(total))
    # What was stored and not acknowledged came again, as the same read, and is told apart by its identity.
    assert max(Counter(sequences(database)).values()) <= KILLS + 1


def test_a_survivor_takes_the_slot_of_a_worker_that_was_killed(broker: Broker, tmp_path: Path):
    where = str(tmp_path / "outbox.sqlite3")
    database = Database.open(where, IDENTITY)

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            own = MqttFeed(shared(broker), intake, slot=0)
            feeds = [asyncio.create_task(own.run())]
            worker = await asyncio.to_thread(Worker, where, broker, 1)
            await until(lambda: own.state.connected)
            publishing = asyncio.create_task(broker.publish(tags(range(600))))
            await until(lambda: stored(database))
            worker.kill()
            await publishing
            feeds.append(asyncio.create_task(MqttFeed(shared(broker), intake, slot=1).run()))
            await until(lambda: len(set(sequences(database))) == 600, 20)
            for feed in feeds:
                feed.cancel()
            await asyncio.gather(*feeds, return_exceptions=True)

    asyncio.run(run())
    assert set(sequences(database)) == set(range(600))


def test_broker_and_worker_killed_at_once_lose_nothing_that_the_broker_had_on_disk(broker: Broker, tmp_path: Path):
    where = str(tmp_path / "outbox.sqlite3")
    database = Database.open(where, IDENTITY)

    async def run() -> None:
        worker = await asyncio.to_thread(Worker, where, broker, 0)
        worker.kill()
        await broker.publish(tags(range(500)))
        await broker.save()
        worker = await asyncio.to_thread(Worker, where, broker, 0)
        broker.stop(signal.SIGKILL)
        worker.kill()
        broker.start()
        worker = await asyncio.to_thread(Worker, where, broker, 0)
        await until(lambda: len(set(sequences(database))) == 500, 20)
        worker.kill()

    asyncio.run(run())
    assert set(sequences(database)) == set(range(500))


class Authority:
    """Certificates of the test's own: of the broker, and of a client."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.pem"
        self._key = folder / "ca.key"
        new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
        self._openssl(*new, "-subj", "/CN=test authority", "-keyout", self._key, "-out", self.ca)

    def issue(self, name: str) -> tuple[Path, Path]:
        cert, key, request, more = (self.folder / f"{name}{end}" for end in (".pem", ".key", ".csr", ".ext"))
        more.write_text(f"subjectAltName=DNS:{name}\n")
        new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}")
        self._openssl(*new, "-keyout", key, "-out", request)
        signed = ("x509", "-req", "-days", "2", "-CA", self.ca, "-CAkey", self._key, "-CAcreateserial")
        self._openssl(*signed, "-in", request, "-extfile", more, "-out", cert)
        return cert, key

    def _openssl(self, *words: str | Path) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "ca"
    folder.mkdir()
    return Authority(folder)


def until_stored(database: Database, settings: config_feeds.MqttFeed, publish: Callable[[], object]) -> MqttFeed:
    """Feeds until a read came, or the feed knows of a problem."""

    async def run() -> MqttFeed:
        async with Intake(database, decoder()) as intake:
            feed = MqttFeed(settings, intake, backoff=Backoff(first=0.02, most=0.1))
            task = asyncio.create_task(feed.run())
            try:
                await until(lambda: feed.state.connected or feed.state.problem or task.done())
                if feed.state.connected:
                    await publish()  # type: ignore[misc]
                    await until(lambda: stored(database))
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            if not task.cancelled():
                task.result()
            return feed

    return asyncio.run(run())


def strict_broker(folder: Path, authority: Authority) -> Broker:
    """One that wants TLS, a certificate of this authority's, and dock's password."""
    folder.mkdir()
    cert, key = authority.issue("localhost")
    users = folder / "users"
    users.write_text("dock:s3cret\n")
    subprocess.run(["mosquitto_passwd", "-U", str(users)], check=True)
    return Broker(
        folder,
        f"cafile {authority.ca}\ncertfile {cert}\nkeyfile {key}\nrequire_certificate true\n"
        f"allow_anonymous false\npassword_file {users}\n",
    )


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_tls_a_client_certificate_and_a_password(
    tmp_path: Path,
    authority: Authority,
    version: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    client = authority.issue("dock")
    secure = strict_broker(tmp_path / "broker", authority)
    monkeypatch.setenv("RELAY_MQTT_PASSWORD", "s3cret")
    database = Database.open(tmp_path / "outbox.sqlite3", IDENTITY)

    def settings(**more: object) -> config_feeds.MqttFeed:
        given = {"mqtt": f"mqtts://localhost:{secure.port}", "topics": ("readers/+/tags",), "client_id": "dock"}
        whole = {"version": version, "ca": authority.ca, "cert": client[0], "key": client[1]}
        who = {"username": "dock", "password_env": "RELAY_MQTT_PASSWORD"}
        chosen = given | whole | who | more
        return config_feeds.MqttFeed(**{name: one for name, one in chosen.items() if one is not None})

    async def publish() -> None:
        tls = ssl.create_default_context(cafile=str(authority.ca))
        tls.load_cert_chain(*client)
        who = {"username": "dock", "password": "s3cret"}
        async with aiomqtt.Client("localhost", secure.port, tls_context=tls, **who) as publisher:
            await publisher.publish("readers/ours/tags", line(1), qos=1)

    try:
        until_stored(database, settings(), publish)
        assert sequences(database) == [1]
        # Each of the three is needed.
        monkeypatch.setenv("WRONG", "wr0ng")
        refused = until_stored(database, settings(password_env="WRONG"), publish)
        assert "ot authorized" in str(refused.state.problem)
        assert refused.state.refused
        assert until_stored(database, settings(cert=None, key=None), publish).state.problem
        stranger = until_stored(database, settings(ca=None), publish)
        assert "certificate" in str(stranger.state.problem).lower()
        assert stranger.state.refused
        with pytest.raises(RelayConfigError, match="NOT_SET_AT_ALL"):
            until_stored(database, settings(password_env="NOT_SET_AT_ALL"), publish)
        with pytest.raises(CredentialFile):
            until_stored(database, settings(ca=tmp_path / "nothing.pem"), publish)
    finally:
        secure.stop(signal.SIGKILL)
    assert "s3cret" not in caplog.text
    assert "wr0ng" not in caplog.text
