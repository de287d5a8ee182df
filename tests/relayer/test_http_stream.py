"""Impinj's stream from a server that behaves as readers do, and as they should not."""

from __future__ import annotations

import asyncio
import base64
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from databases import IDENTITY
from feeds_kit import decoder, line, lines, quarantined, sequences, until

from lading.relayer.config import feeds as config_feeds
from lading.relayer.errors import RelayConfigError
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.http_stream import HttpFeed
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.store.database import Database

OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Reader:
    """Answers each connection with the next of `answers`, and from then on holds the stream open. `requests` are what
    it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.requests: list[bytes] = []
        self.port = 0

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            if self._answers:
                await self._answers.pop(0)(writer)
            else:
                writer.write(OPEN)
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def says(*parts: bytes) -> Answer:
    """Each part in a segment of its own, then the connection ends."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)

    return answer


async def falls_silent(writer: asyncio.StreamWriter) -> None:
    writer.write(OPEN + chunk(line(0) + b"\n"))
    await asyncio.Event().wait()


async def cuts(writer: asyncio.StreamWriter) -> None:
    """Ends with a reset in the middle of a line."""
    writer.write(OPEN + chunk(line(0) + b"\n" + line(1)[:20]))
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database.open(tmp_path / "outbox.sqlite3", IDENTITY)


def run(
    database: Database,
    reader: Reader,
    done: Callable[[HttpFeed], object],
    tls: ssl.SSLContext | None = None,
    **settings: object,
) -> HttpFeed:
    """Feeds from that reader until `done`."""

    async def whole() -> HttpFeed:
        async with reader.serving(tls), Intake(database, decoder()) as intake:
            url = f"{'https' if tls else 'http'}://localhost:{reader.port}/api/v1/data/stream"
            there = config_feeds.HttpFeed(http=url, **settings)
            feed = HttpFeed(there, intake, Backoff(first=0.01, most=0.05, refused=0.05), silent_seconds=0.3)
            task = asyncio.create_task(feed.run())
            try:
                await until(lambda: task.done() or done(feed))
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            if not task.cancelled():
                task.result()
            return feed

    return asyncio.run(whole())


def test_lines_are_stored_however_the_stream_is_cut_into_chunks(database: Database):
    log = lines(range(40))
    parts = [log[at : at + 7] for at in range(0, len(log), 7)]
    run(database, Reader(says(OPEN, *map(chunk, parts), END)), lambda _: len(sequences(database)) == 40)
    assert sequences(database) == list(range(40))
    assert quarantined(database) == []


def test_the_stream_is_opened_again_after_its_end_and_after_a_reset(database: Database):
    reader = Reader(cuts, says(OPEN, chunk(line(2) + b"\n"), END), says(OPEN, chunk(line(3) + b"\n")))
    feed = run(database, reader, lambda feed: len(sequences(database)) == 3 and feed.state.connected)
    assert sequences(database) == [0, 2, 3]
    assert feed.state.connects >= 3


def test_a_line_that_was_cut_off_is_kept_in_quarantine(database: Database):
    feed = run(database, Reader(cuts), lambda _: quarantined(database))
    assert quarantined(database) == [(feed.name, 0, "not-json")]
    assert database.one("SELECT head FROM quarantine") == (line(1)[:20],)


def test_a_stream_that_falls_silent_is_opened_again(database: Database):
    feed = run(database, Reader(falls_silent), lambda feed: feed.state.connects == 2)
    assert sequences(database) == [0]
    assert feed.state.connects == 2


def test_empty_lines_by_which_a_reader_shows_that_it_is_alive_are_no_reads(database: Database):
    run(database, Reader(says(OPEN, chunk(b"\r\n"), chunk(b"\r\n" + line(1) + b"\r\n"))), lambda _: sequences(database))
    assert sequences(database) == [1]
    assert quarantined(database) == []


def test_what_is_no_http_is_waited_out(database: Database):
    problems = []
    reader = Reader(says(b"\x00\xffgarbage\r\n\r\n"), says(OPEN, b"zz\r\n"), says(OPEN, chunk(line(1) + b"\n")))
    run(database, reader, lambda feed: problems.append(feed.state.problem) or sequences(database))
    assert sequences(database) == [1]
    said = " ".join(map(str, problems))
    assert "Bad status line" in said
    assert "Invalid character in chunk size" in said


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (b"401 Unauthorized", "refused: the reader answers 401 Unauthorized; it is asked again every minute or two"),
        (b"403 Forbidden", "refused: the reader answers 403 Forbidden; it is asked again every minute or two"),
        (b"503 Service Unavailable\r\nRetry-After: 0", "the reader answers 503 Service Unavailable"),
        (b"302 Found\r\nLocation: http://elsewhere.invalid/", "the reader answers 302 Found"),
    ],
)
def test_a_reader_that_refuses_is_asked_again(database: Database, status: bytes, problem: str):
    seen = []
    refusal = says(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
    reader = Reader(refusal, refusal, says(OPEN, chunk(line(1) + b"\n")))
    run(database, reader, lambda feed: seen.append(feed.state.problem) or sequences(database))
    assert problem in seen
    assert len(reader.requests) >= 3


def test_a_line_of_ten_megabytes_is_counted_and_not_held(database: Database):
    size = 10_000_000
    parts = [b"x" * 100_000] * (size // 100_000)
    reader = Reader(says(OPEN, *map(chunk, parts), chunk(b"\n" + line(1) + b"\n")))
    run(database, reader, lambda _: sequences(database))
    assert database.rows("SELECT reason, length, length(head) FROM quarantine") == [("too-long", size, 65536)]


def test_the_password_comes_from_the_environment_and_goes_to_the_reader_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("READER_PASSWORD", "s3cret:ü")
    reader = Reader(says(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"))
    feed = run(database, reader, lambda feed: feed.state.connected, username="root", password_env="READER_PASSWORD")
    expected = base64.b64encode("root:s3cret:ü".encode())
    assert b"Authorization: Basic " + expected in reader.requests[0]
    assert "s3cret" not in caplog.text + repr(feed.state)


def test_a_password_that_is_not_there_ends_the_feed(database: Database):
    with pytest.raises(RelayConfigError, match="NOT_SET_AT_ALL is not set"):
        run(database, Reader(), lambda _: False, username="root", password_env="NOT_SET_AT_ALL")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_tls_is_verified_by_the_given_authority(database: Database, certificate: tuple[Path, Path]):
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(*certificate)
    reader = Reader(says(OPEN, chunk(line(1) + b"\n")))
    run(database, reader, lambda _: sequences(database), tls=server, ca=certificate[0])
    assert sequences(database) == [1]


def test_a_reader_whose_certificate_nobody_vouches_for_gets_no_request(
    database: Database, certificate: tuple[Path, Path]
):
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(*certificate)
    reader = Reader()
    feed = run(database, reader, lambda feed: feed.state.problem, tls=server)
    assert "certificate" in str(feed.state.problem).lower()
    assert feed.state.refused
    assert reader.requests == []
