"""Who does not want us as we are, is asked slowly and named as refusing; who is only away, is asked again soon."""

from __future__ import annotations

import asyncio
import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from databases import IDENTITY
from feeds_kit import decoder, until
from service_kit import Site
from service_kit import until as until_now

from lading.relayer.config.feeds import HttpFeed as HttpSettings
from lading.relayer.config.feeds import MqttFeed as MqttSettings
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.http_stream import HttpFeed
from lading.relayer.feeds.mqtt import MqttFeed
from lading.relayer.feeds.tls import is_refusal
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.store.database import Database

FOREVER = 1000.0


class Reader:
    """Answers every request with `status`; `asked` are the credentials that came."""

    def __init__(self) -> None:
        reader = self
        self.status, self.asked = 401, list[str | None]()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                reader.asked.append(self.headers.get("Authorization"))
                self.send_response(reader.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/v1/data/stream"


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.server.shutdown()
    made.server.server_close()


def listening(database: Database, feed_of: Callable[[Intake], Any], act: Callable[[Any], Any]) -> None:
    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            feed = feed_of(intake)
            task = asyncio.create_task(feed.run())
            try:
                await act(feed)
                assert not task.done()
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "outbox.sqlite3", IDENTITY)
    yield opened
    opened.close()


@pytest.mark.parametrize(("status", "refused"), [(401, True), (403, True), (503, False)])
def test_a_reader_that_refuses_us_is_not_asked_as_often_as_one_that_is_away(
    database: Database, reader: Reader, status: int, refused: bool
):
    reader.status = status
    pace = Backoff(first=0.001, most=0.002, refused=FOREVER)

    async def act(feed: HttpFeed) -> None:
        await until(lambda: feed.state.problem)
        assert feed.state.refused is refused
        assert str(feed.state.problem).startswith("refused: ") is refused
        # Where it is not slow, this many come by themselves.
        await asyncio.wait_for(until(lambda: len(reader.asked) >= 5, 0.5 if refused else 20), 30)

    if refused:
        with pytest.raises(AssertionError, match="never held"):
            listening(database, lambda intake: HttpFeed(HttpSettings(http=reader.url), intake, pace), act)
        assert len(reader.asked) == 1
    else:
        listening(database, lambda intake: HttpFeed(HttpSettings(http=reader.url), intake, pace), act)


def test_a_password_that_is_mended_in_its_file_is_used_by_the_next_attempt(
    database: Database, reader: Reader, tmp_path: Path
):
    secret = tmp_path / "password"
    secret.write_text("old")
    secret.chmod(0o600)
    settings = HttpSettings(http=reader.url, username="root", password_file=secret)

    async def act(feed: HttpFeed) -> None:
        await until(lambda: reader.asked)
        secret.write_text("new")
        await until(lambda: len(set(reader.asked)) == 2)

    listening(database, lambda intake: HttpFeed(settings, intake, Backoff(0.01, 0.01, refused=0.01)), act)


#: CONNACK of both versions, with what refuses for good and what does not (MQTT 5, 3.2.2.2; 3.1.1, 3.2.2.3).
CONNACKS = [
    ("5", b"\x20\x03\x00\x86\x00", True),
    ("5", b"\x20\x03\x00\x87\x00", True),
    ("5", b"\x20\x03\x00\x88\x00", False),
    ("3.1.1", b"\x20\x02\x00\x04", True),
    ("3.1.1", b"\x20\x02\x00\x05", True),
    ("3.1.1", b"\x20\x02\x00\x03", False),
]


@pytest.mark.parametrize(("version", "connack", "refused"), CONNACKS)
def test_a_broker_that_refuses_us_is_told_from_one_that_is_busy(
    database: Database, version: str, connack: bytes, refused: bool
):
    async def serve(incoming: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await incoming.read(1000)
        writer.write(connack)
        await incoming.read(1000)
        writer.close()

    async def run() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, Intake(database, decoder()) as intake:
            where = f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            settings = MqttSettings(mqtt=where, topics=("x",), client_id="dock", version=version)
            feed = MqttFeed(settings, intake, backoff=Backoff(FOREVER, FOREVER, refused=FOREVER))
            task = asyncio.create_task(feed.run())
            await until(lambda: feed.state.problem)
            assert feed.state.refused is refused, feed.state.problem
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


def test_certificates_are_refusals_and_broken_connections_are_none():
    wrapped = OSError("cannot connect")
    wrapped.__cause__ = ssl.SSLCertVerificationError(1, "self-signed certificate")
    assert is_refusal(wrapped)
    alert = ssl.SSLError(1, "…")
    alert.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    assert is_refusal(alert)
    alert.reason = "UNEXPECTED_EOF_WHILE_READING"
    assert not is_refusal(alert)
    assert not is_refusal(ConnectionResetError())


def test_a_refusal_is_named_where_people_and_alarms_look(site: Site, reader: Reader):
    site.write(sources=[{"http": reader.url}])
    with site.service() as running:
        until_now(lambda: running.alive() and running.metric("feed_failed") == 1, "the refusal is told")
        code, text = running.get("/readyz")
        (told,) = [one for one in json.loads(text)["reasons"] if reader.url in one["part"]]
        assert (code, told["problem"][:8], told["fatal"]) == (503, "refused:", False)
        assert running.get("/healthz")[0] == 200
        assert told in site.status()["reasons"]
        assert "refused: the reader answers 401" in site.run("status").stdout
        running.end()
    assert site.status()["reasons"] is None
