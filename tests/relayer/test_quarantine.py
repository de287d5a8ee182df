"""What could not be read is kept, shown, and read again after a fix."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from feeds_kit import decoder, line, sequences

from lading.relayer.feeds.message import Form, LlrpContext, Message
from lading.relayer.intake import quarantine
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.intake.quarantine import State, listed, shown
from lading.relayer.intake.replay import replay
from lading.relayer.store.database import Database

Connect = Callable[[], Database]
STRANGE = line(7, "stranger")


def put(database: Database, messages: Sequence[Message]) -> None:
    async def run() -> None:
        async with Intake(database, decoder()) as intake:
            await intake.put(messages)

    asyncio.run(run())


def test_rows_are_listed_in_pages_and_shown_with_their_bytes(connect: Connect):
    database = connect()
    put(database, [Message("feed", "place", b"garbage %d" % number, first_line=number) for number in range(1, 6)])
    first = listed(database, limit=3)
    rest = listed(database, after=first[-1].id)
    assert [kept.line for kept in (*first, *rest)] == [1, 2, 3, 4, 5]
    found = shown(database, rest[0].id)
    assert found is not None
    kept, head = found
    assert (kept.origin, kept.reason, kept.state, head) == ("feed place", "not-json", State.KEPT, b"garbage 4")
    assert shown(database, 999) is None


def test_after_a_fix_what_can_be_read_goes_its_way_and_the_rest_stays(connect: Connect):
    database = connect()
    csv = b"2026-03-02T08:15:30Z,3036451FD40C0E40000003E9,stranger,8"
    header = b"time,epc,reader,sequence"
    long = Message("feed", "place", b"x" * 70_000, first_line=4)
    put(
        database,
        [
            Message("feed", "place", STRANGE, first_line=1),
            Message("feed", "place", csv, first_line=2, header=header),
            Message("feed", "place", b"garbage", first_line=3),
            long,
        ],
    )
    assert sequences(database) == []
    done = replay(database, decoder("ours", "stranger"))
    ids = [kept.id for kept in listed(database, state=None)]
    assert (done.read, done.refused, done.cut) == (tuple(ids[:2]), (ids[2],), (ids[3],))
    assert sequences(database) == [7, 8]
    assert [kept.state for kept in listed(database, state=None)] == [State.REPLAYED] * 2 + [State.KEPT] * 2
    assert database.one("SELECT value FROM counters WHERE lane = '' AND name = 'quarantined'") == (2,)


def test_beyond_a_bound_only_the_beginning_is_kept(connect: Connect, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quarantine, "KEPT_IN_ALL", 1500)
    database = connect()
    for number in range(5):
        put(database, [Message("feed", "place", b"garbage %d " % number + b"x" * 990, first_line=number)])
    assert (
        database.rows("SELECT length, length(head) FROM quarantine ORDER BY id")
        == [(1000, 1000)] * 2 + [(1000, 256)] * 3
    )
    assert quarantine.counted(database) == 5
    assert len(replay(database, decoder()).cut) == 3


def test_a_row_is_replayed_once(connect: Connect):
    database, other = connect(), connect()
    put(database, [Message("feed", "place", STRANGE)])
    (kept,) = listed(database)
    mended = decoder("ours", "stranger")
    assert replay(database, mended, [kept.id]).read == (kept.id,)
    again = replay(other, mended, [kept.id, 999])
    assert (again.read, again.refused, again.cut) == ((), (), ())
    assert sequences(database) == [7]


def test_a_row_that_is_still_refused_says_why_now(connect: Connect):
    database = connect()
    put(database, [Message("feed", "place", line(7, "stranger", antenna="one"))])
    assert listed(database)[0].reason == "reader-unknown"
    replay(database, decoder("ours", "stranger"))
    assert listed(database)[0].reason == "antenna-invalid"


def test_llrp_of_a_reader_that_was_not_configured_is_read_once_it_is(connect: Connect, shared_data: Path):
    database = connect()
    capture = sorted((shared_data / "llrp").glob("*.bytes"))[0].read_bytes()
    context = LlrpContext("stranger", 1, None)
    put(database, [Message("llrp", "peer", capture, Form.LLRP, llrp=context)])
    (kept,) = listed(database)
    assert (kept.form, kept.context, kept.reason) == (Form.LLRP, "stranger", "reader-unknown")
    assert replay(database, decoder("stranger")).read == (kept.id,)
    assert sequences(database)
