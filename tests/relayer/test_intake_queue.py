"""Many puts, one transaction; nothing comes back before it is stored, whatever happens to the database."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from databases import IDENTITY
from feeds_kit import decoder, line, lines, numbered, quarantined, sequences, stored, until

from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.message import Cut, Message
from lading.relayer.intake import intake_queue
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.store.database import Database

Connect = Callable[[], Database]


def _message(payload: bytes, **more: object) -> Message:
    return Message("test", "place", payload, **more)  # type: ignore[arg-type]


def _quick() -> Backoff:
    return Backoff(first=0.01, most=0.02)


def test_what_comes_back_can_be_read_by_others(connect: Connect):
    database, other = connect(), connect()

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            await intake.put([_message(lines(range(3)))])
            assert sequences(other) == [0, 1, 2]

    asyncio.run(run())


def test_puts_of_many_feeds_become_one_transaction_in_their_order(connect: Connect):
    database = connect()

    async def run() -> int:
        async with Intake(database, decoder()) as intake:
            await asyncio.gather(*(intake.put([_message(line(number))]) for number in range(100)))
            return intake.state.groups

    assert asyncio.run(run()) == 1
    assert sequences(database) == list(range(100))
    assert database.one("SELECT count(*) FROM inbox") == (1,)


def test_each_lane_has_rows_of_its_own(connect: Connect):
    database = connect()

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            await intake.put([_message(line(1, "zebra") + b"\n" + line(2, "ours") + b"\n" + line(3, "zebra"))])

    asyncio.run(run())
    assert database.rows("SELECT lane, count FROM inbox ORDER BY lane") == [("ours", 1), ("zebra", 2)]


def test_what_is_no_read_is_kept_with_its_reason_and_its_number_is_not_missing(connect: Connect):
    database = connect()
    long = b"x" * 70_000

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            bad = line(7, antenna="one")
            cut = Cut(1_000_000, hashlib.sha256(b"all of it").digest())
            await intake.put([_message(b"{}\n" + line(6) + b"\n" + bad, first_line=1), _message(b"x" * 9, cut=cut)])
            await intake.put([_message(long, first_line=5)])

    asyncio.run(run())
    assert sequences(database) == [6]
    assert numbered(database) == [("ours", 7)]
    assert quarantined(database) == [
        ("test place", 1, "unknown-format"),
        ("test place", 3, "antenna-invalid"),
        ("test place", 0, "too-long"),
        ("test place", 5, "too-long"),
    ]
    kept = database.rows("SELECT length, length(head), sha256 FROM quarantine WHERE reason = 'too-long' ORDER BY id")
    assert kept[0][:2] == (1_000_000, 9)
    assert kept[1] == (70_000, 65_536, hashlib.sha256(long).digest())
    assert database.one("SELECT value FROM counters WHERE lane = '' AND name = 'quarantined'") == (4,)


def test_a_line_that_comes_again_is_kept_once_and_counted_twice(connect: Connect):
    database = connect()

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            for _ in range(2):
                await intake.put([_message(b"garbage")])

    asyncio.run(run())
    assert len(quarantined(database)) == 1
    assert database.one("SELECT value FROM counters WHERE lane = '' AND name = 'quarantined'") == (2,)


def test_work_is_done_with_the_reads_or_not_at_all_and_others_go_on(connect: Connect):
    database = connect()

    def fail() -> None:
        raise ValueError("not this one")

    def note() -> str:
        database.execute("INSERT INTO feed_positions (feed, position) VALUES ('test', '7')")
        return "noted"

    async def run() -> list[object]:
        async with Intake(database, decoder()) as intake:
            puts = (
                intake.put([_message(line(1))], note),
                intake.put([_message(line(2))], fail),
                intake.put([_message(line(3))]),
            )
            return await asyncio.gather(*puts, return_exceptions=True)

    noted, failed, plain = asyncio.run(run())
    assert (noted, plain) == ("noted", None)
    assert isinstance(failed, ValueError)
    assert sequences(database) == [1, 3]
    assert database.rows("SELECT feed, position FROM feed_positions") == [("test", "7")]


def test_while_another_holds_the_file_nothing_comes_back_and_the_state_says_so(tmp_path: Path):
    path = tmp_path / "outbox.sqlite3"
    database = Database.open(path, IDENTITY)
    other = sqlite3.connect(path, isolation_level=None)
    database.patience = 0.02

    async def run() -> None:
        async with Intake(database, decoder(), _quick()) as intake:
            other.execute("BEGIN IMMEDIATE")
            put = asyncio.ensure_future(intake.put([_message(line(1))]))
            await until(lambda: intake.state.retries >= 3)
            assert not put.done()
            assert "another process is writing" in str(intake.state.problem)
            assert intake.state.problem_since is not None
            other.execute("ROLLBACK")
            await put
            assert intake.state.problem is None
            assert intake.state.waiting_messages == 0 or await _settled(intake)

    asyncio.run(run())
    assert sequences(database) == [1]
    other.close()
    database.close()


async def _settled(intake: Intake) -> bool:
    await until(lambda: intake.state.waiting_messages == 0)
    return True


def test_a_database_that_is_full_is_waited_for(tmp_path: Path):
    database = Database.open(tmp_path / "outbox.sqlite3", IDENTITY)
    pages = database.one("PRAGMA page_count")[0]
    database.execute(f"PRAGMA max_page_count = {pages + 2}")

    async def run() -> None:
        async with Intake(database, decoder(), _quick()) as intake:
            put = asyncio.ensure_future(intake.put([_message(lines(range(2000)))]))
            await until(lambda: intake.state.retries >= 2)
            assert not put.done()
            assert "cannot be written" in str(intake.state.problem)
            await asyncio.to_thread(database.execute, "PRAGMA max_page_count = 100000")
            await put

    asyncio.run(run())
    assert sequences(database) == list(range(2000))
    database.close()


def test_what_waits_is_bounded_and_the_rest_waits_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(intake_queue, "MOST_MESSAGES", 10)
    path = tmp_path / "outbox.sqlite3"
    database = Database.open(path, IDENTITY)
    database.patience = 0.02
    other = sqlite3.connect(path, isolation_level=None)

    async def run() -> None:
        async with Intake(database, decoder(), _quick()) as intake:
            other.execute("BEGIN IMMEDIATE")
            puts = [asyncio.ensure_future(intake.put([_message(line(number))])) for number in range(50)]
            await until(lambda: intake.state.retries >= 2)
            assert intake.state.waiting_messages == 10
            other.execute("ROLLBACK")
            await asyncio.gather(*puts)

    asyncio.run(run())
    assert sequences(database) == list(range(50))
    other.close()
    database.close()


def test_a_put_larger_than_what_may_wait_is_taken_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(intake_queue, "MOST_BYTES", 100)
    database = Database.open(tmp_path / "outbox.sqlite3", IDENTITY)

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            await asyncio.gather(*(intake.put([_message(lines(range(first, first + 9)))]) for first in (0, 9)))

    asyncio.run(run())
    assert sequences(database) == list(range(18))
    database.close()


def test_a_put_that_is_given_up_stops_nobody(connect: Connect):
    database = connect()

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            given_up = asyncio.ensure_future(intake.put([_message(line(1))]))
            await asyncio.sleep(0)
            given_up.cancel()
            await intake.put([_message(line(2))])
            assert given_up.cancelled()

    asyncio.run(run())
    assert sequences(database) == [1, 2]


def test_drained_is_also_what_nobody_waits_for(connect: Connect):
    database = connect()

    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            puts = [asyncio.ensure_future(intake.put([_message(line(number))])) for number in range(50)]
            await asyncio.sleep(0)
            for put in puts:
                put.cancel()
            await intake.drain()
            assert sequences(database) == list(range(50))
            await intake.drain()

    asyncio.run(run())


def test_closing_cancels_what_waits(tmp_path: Path):
    path = tmp_path / "outbox.sqlite3"
    database = Database.open(path, IDENTITY)
    database.patience = 0.02
    other = sqlite3.connect(path, isolation_level=None)

    async def run() -> None:
        async with Intake(database, decoder(), _quick()) as intake:
            other.execute("BEGIN IMMEDIATE")
            put = asyncio.ensure_future(intake.put([_message(line(1))]))
            await until(lambda: intake.state.retries >= 1)
        with pytest.raises(asyncio.CancelledError):
            await put

    asyncio.run(run())
    other.execute("ROLLBACK")
    assert stored(database) == []
    other.close()
    database.close()
