"""Logs that are appended to, renamed, emptied and killed over; documents and captures; standard input."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from databases import IDENTITY
from feeds_kit import decoder, line, lines, quarantined, sequences, stored, until

from lading.relayer.errors import ReaderLogError
from lading.relayer.feeds import files
from lading.relayer.feeds.documents import LlrpCaptureFeed
from lading.relayer.feeds.files import FileFeed
from lading.relayer.feeds.stdin import StdinFeed
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.store.database import Database

KILLS = int(os.environ.get("LADING_FOLLOW_KILLS", "3"))
CSV = b"time,epc,reader,sequence\n"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database.open(tmp_path / "outbox.sqlite3", IDENTITY)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "reads.ndjson"


def record(number: int) -> bytes:
    return b"2026-03-02T08:15:30Z,3036451FD40C0E40000003E9,ours,%d\n" % number


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def once(database: Database, path: Path) -> None:
    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            await FileFeed(path, intake, database).run()

    asyncio.run(run())


@asynccontextmanager
async def following(database: Database, path: Path) -> AsyncIterator[FileFeed]:
    async with Intake(database, decoder()) as intake:
        feed = FileFeed(path, intake, database, follow=True, poll_seconds=0.01)
        task = asyncio.create_task(feed.run())
        try:
            yield feed
            if task.done():
                task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def test_a_log_is_read_to_its_end_and_not_again(database: Database, log: Path):
    log.write_bytes(lines(range(5)) + line(5))
    once(database, log)
    once(database, log)
    append(log, b"\n" + lines(range(6, 8)))
    once(database, log)
    assert sequences(database) == list(range(8))


def test_a_log_that_is_not_there_is_refused_unless_it_is_followed(database: Database, log: Path):
    with pytest.raises(ReaderLogError, match="there is no such file"):
        once(database, log)

    async def run() -> None:
        async with following(database, log) as feed:
            await until(lambda: feed.state.problem == "there is no such file yet")
            log.write_bytes(lines(range(2)))
            await until(lambda: len(stored(database)) == 2)

    asyncio.run(run())


def test_a_line_is_read_once_it_is_whole(database: Database, log: Path):
    async def run() -> None:
        async with following(database, log):
            for at in range(0, len(whole := lines(range(3))), 11):
                append(log, whole[at : at + 11])
                await asyncio.sleep(0.012)
            await until(lambda: len(stored(database)) == 3)

    asyncio.run(run())
    assert sequences(database) == [0, 1, 2]
    assert quarantined(database) == []


@pytest.mark.parametrize("running", [True, False], ids=["while it runs", "while it is away"])
def test_a_log_that_is_renamed_is_read_to_its_end_before_the_new_one(database: Database, log: Path, running: bool):
    log.write_bytes(lines(range(3)))

    def rotate() -> None:
        append(log, lines(range(3, 5)) + line(5))
        log.rename(log.with_suffix(".ndjson.1"))
        log.write_bytes(lines(range(6, 9)))

    async def run() -> None:
        async with following(database, log):
            await until(lambda: len(stored(database)) == 3)
            if running:
                rotate()
                await until(lambda: len(stored(database)) == 9)
        if not running:
            rotate()
            async with following(database, log):
                await until(lambda: len(stored(database)) == 9)

    asyncio.run(run())
    assert sequences(database) == list(range(9))


@pytest.mark.parametrize("running", [True, False], ids=["while it runs", "while it is away"])
@pytest.mark.parametrize("after", [1, 4, 40], ids=["shorter", "as long", "longer"])
def test_a_log_that_is_emptied_and_filled_again_is_read_from_its_beginning(
    database: Database, log: Path, running: bool, after: int
):
    log.write_bytes(lines(range(1, 5)))
    again = range(5, 5 + after)

    async def run() -> None:
        async with following(database, log):
            await until(lambda: len(stored(database)) == 4)
            if running:
                log.write_bytes(lines(again))
                await until(lambda: len(stored(database)) == 4 + after)
        if not running:
            log.write_bytes(lines(again))
            async with following(database, log):
                await until(lambda: len(stored(database)) == 4 + after)

    asyncio.run(run())
    assert sequences(database) == [*range(1, 5), *again]


def test_csv_is_read_on_behind_its_header_after_a_restart(database: Database, tmp_path: Path):
    log = tmp_path / "reads.csv"
    log.write_bytes(CSV + record(1))
    once(database, log)
    append(log, record(2) + b"2026-03-02T08:15:30Z,3036\n")
    once(database, log)
    assert sequences(database) == [1, 2]
    assert database.rows("SELECT line, reason, form FROM quarantine") == [
        (4, "not-csv", "lines time,epc,reader,sequence")
    ]


def test_a_line_too_long_is_counted_and_read_over_by_its_number(
    database: Database, log: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(files, "READ_BYTES", 10_000)
    log.write_bytes(line(1) + b"\n" + b"x" * 300_000 + b"\nno read\n" + line(2) + b"\n")
    once(database, log)
    assert sequences(database) == [1, 2]
    found = database.rows("SELECT line, reason, length FROM quarantine ORDER BY line")
    assert found == [(2, "too-long", 300_000), (3, "not-json", 7)]


_CHILD = """
import asyncio, sys
sys.path.insert(0, sys.argv[3])
from pathlib import Path
from databases import IDENTITY
from feeds_kit import decoder
from lading.relayer.store.database import Database
from lading.relayer.feeds import files
from lading.relayer.feeds.files import FileFeed
from lading.relayer.intake.intake_queue import Intake

files.READ_BYTES = 3000

async def main():
    database = Database.open(sys.argv[1], IDENTITY)
    async with Intake(database, decoder()) as intake:
        print("ready", flush=True)
        await FileFeed(Path(sys.argv[2]), intake, database, follow=True, poll_seconds=0.01).run()

asyncio.run(main())
"""


def test_nothing_is_lost_and_nothing_twice_over_sigkill_and_rotation(database: Database, log: Path):
    """Children are killed where chance has it, while the log grows and is renamed."""
    chance, kills = random.Random(5), KILLS  # noqa: S311 - a seed
    total, written = 1200 * kills, 0
    log.write_bytes(b"")
    for round_number in range(kills):
        append(log, lines(range(written, written := written + 600)))
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, database.path, str(log), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        child.stdout.readline()
        held = len(stored(database))
        append(log, lines(range(written, written := written + 600)))
        if round_number == 1:
            asyncio.run(until(lambda: len(stored(database)) > 0))
            log.rename(log.with_suffix(".1"))
            log.write_bytes(b"")
        goal = held + chance.randrange(1, 300)
        asyncio.run(until(lambda goal=goal: len(stored(database)) >= goal))
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()

    async def rest() -> None:
        async with following(database, log):
            await until(lambda: len(stored(database)) >= total)

    asyncio.run(rest())
    assert sequences(database) == list(range(total))


def test_captures_of_llrp_give_the_reads_that_their_twins_tell_of(database: Database, shared_data: Path):
    capture = sorted((shared_data / "llrp").glob("ROAccessReport-*.bytes"))[0]

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            await LlrpCaptureFeed(capture, intake, "zebra").run()

    asyncio.run(run())
    twin = json.loads(capture.with_suffix(".json").read_text())["TagReportData"]
    told = {base64.b64decode(report["EPC96"]["EPC"]).hex().upper() for report in twin}
    assert {(read.epc, read.reader) for read in stored(database)} == {(epc, "zebra") for epc in told}


@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_standard_input_is_read_to_its_end(database: Database, tmp_path: Path, kind: str):
    whole = lines(range(20_000))[:-1]
    source = tmp_path / "input"
    source.write_bytes(whole)

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            if kind == "file":
                with source.open("rb") as stream:
                    await StdinFeed(intake, stream).run()
            else:
                cat = shutil.which("cat")
                assert cat is not None
                with subprocess.Popen([cat, str(source)], stdout=subprocess.PIPE) as writer:
                    assert writer.stdout is not None
                    await StdinFeed(intake, writer.stdout).run()

    asyncio.run(run())
    assert sequences(database) == list(range(20_000))
