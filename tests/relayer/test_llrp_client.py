"""A real TCP server that speaks LLRP, and breaks in all the ways that readers and networks do."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llrp_kit import EPC, UTC_US, antenna, epc_96, event, first_uptime, frames_in, message, report, seen
from llrp_reader import FAST, UTC, FakeReader, Store, Talk, following, ro_spec, until

from lading.relayer.feeds.message import Form
from lading.relayer.llrp.connection import READ_BYTES
from lading.relayer.llrp.frames import HEADER
from lading.relayer.llrp.messages import Message, Parameter, decode, encode
from lading.relayer.llrp.requests import RO_SPEC_ID
from lading.relayer.llrp.tag_reports import Decoder
from lading.relayer.reads.reads import Read

KEEPALIVE = encode(Message("KEEPALIVE", 77))


def run(story: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await story

    asyncio.run(bounded())


def at(us: int) -> bytes:
    return seen(us=UTC_US + us)


async def good(talk: Talk) -> None:
    """Reads one tag, whose time says on which connection."""
    await talk.set_up()
    talk.send(at(len(talk.reader.talks)))


async def refuse(talk: Talk) -> None:
    talk.greet(status=2)
    talk.hang_up()


def test_reads_come_with_the_readers_name_and_their_arrival() -> None:
    async def story() -> None:
        async with FakeReader(good) as reader, following(reader, store := Store()) as feed:
            await until(lambda: store.messages)
            assert feed.state.connected
            (handed,) = store.messages
            assert (handed.form, handed.feed) == (Form.LLRP, f"127.0.0.1:{reader.port}")
            assert handed.llrp is not None
            assert (handed.llrp.reader, handed.llrp.uptime_zero_ns) == ("FX9600-A1", None)
            assert handed.llrp.arrival_ns is not None
            assert store.reads == [Read(1000 * (UTC_US + 1), EPC.hex().upper(), 1, "FX9600-A1", -1, 0, False, -4800)]

    run(story())


def requests_of(reader: FakeReader) -> list[str]:
    return [name for name in reader.talks[0].names if name != "CLOSE_CONNECTION"]


SET_UP = ["SET_READER_CONFIG", "GET_READER_CAPABILITIES", "SET_READER_CONFIG", "GET_ROSPECS"]


@pytest.mark.parametrize(
    ("specs", "asked"),
    [
        ([], [("ADD_ROSPEC", None), ("ENABLE_ROSPEC", RO_SPEC_ID)]),
        ([ro_spec(5, state=2)], []),
        ([ro_spec(5, state=0)], [("ENABLE_ROSPEC", 5)]),
        ([ro_spec(5, state=0, start=0)], [("ENABLE_ROSPEC", 5), ("START_ROSPEC", 5)]),
        ([ro_spec(5, state=1, start=0), ro_spec(6, state=0)], [("START_ROSPEC", 5)]),
        ([ro_spec(5, state=1, start=3)], []),
        ([ro_spec(5, state=0), ro_spec(6, state=2)], []),
    ],
)
def test_a_reader_is_made_to_read_by_what_it_has_and_else_by_ours(
    specs: list[Parameter], asked: list[tuple[str, int | None]]
) -> None:
    async def story() -> None:
        reader = FakeReader(good)
        reader.ro_specs = specs
        async with reader, following(reader, Store()) as feed:
            await until(lambda: feed.state.connected)
            heard = reader.talks[0].heard[len(SET_UP) :]
            assert [(one.name, one.fields.get("ROSpecID")) for one in heard] == asked
            assert requests_of(reader)[: len(SET_UP)] == SET_UP

    run(story())


def test_a_reader_that_can_hold_its_reports_is_asked_to_and_then_for_them() -> None:
    async def story() -> None:
        reader = FakeReader(good)
        reader.hold = True
        async with reader, following(reader, Store()):
            (talk,) = await _talks(reader)
            await talk.hears("ENABLE_EVENTS_AND_REPORTS")
            events = talk.heard[2]
            hold, wanted = events.find("EventsAndReports"), events.find("ReaderEventNotificationSpec")
            assert hold is not None
            assert wanted is not None
            assert hold.fields == {"HoldEventsAndReportsUponReconnect": 1}
            assert [one.fields["EventType"] for one in wanted.parameters] == [3, 4, 8]
            (keep_alive,) = talk.heard[0].parameters
            assert keep_alive.fields == {"KeepaliveTriggerType": 1, "PeriodicTriggerValue": 5000}

    run(story())


async def _talks(reader: FakeReader) -> list[Talk]:
    await until(lambda: reader.talks)
    return reader.talks


def test_keep_alives_are_answered_each_by_its_id() -> None:
    async def story() -> None:
        async def behave(talk: Talk) -> None:
            await talk.set_up()
            talk.send(*(encode(Message("KEEPALIVE", number)) for number in (7, 8, 9)))
            await talk.hears("KEEPALIVE_ACK", 3)

        async with FakeReader(behave) as reader, following(reader, Store()):
            (talk,) = await _talks(reader)
            await talk.hears("KEEPALIVE_ACK", 3)
            assert [one.id for one in talk.heard if one.name == "KEEPALIVE_ACK"] == [7, 8, 9]

    run(story())


def test_a_reader_that_serves_another_client_is_asked_again_until_it_is_free(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with FakeReader(refuse, refuse, refuse, good) as reader, following(reader, store := Store()) as feed:
            await until(lambda: store.times == [4])
            assert feed.counts["ReaderRefused"] == 3
            assert (feed.state.connects, feed.state.problem) == (1, None)

    run(story())
    assert "refused the connection (another client is connected)" in caplog.text


def test_reads_resume_after_a_connection_that_was_cut_inside_a_message() -> None:
    async def cut(talk: Talk) -> None:
        await talk.set_up()
        talk.send(at(100), at(101)[:-5])
        talk.hang_up()

    async def story() -> None:
        async with FakeReader(cut, good) as reader, following(reader, store := Store()) as feed:
            await until(lambda: len(store.messages) == 2)
            assert store.times == [100, 2]
            assert (feed.counts["torn"], feed.counts["ReaderGone"]) == (1, 1)

    run(story())


@pytest.mark.parametrize(
    ("garbage", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "llrp-version"),
        (b"\x00" * 100, "llrp-version"),
        (HEADER.pack(0x43D, 2**32 - 1, 1), "llrp-length"),
    ],
)
def test_garbage_ends_the_connection_but_not_what_came_before_it(garbage: bytes, reason: str) -> None:
    async def spoil(talk: Talk) -> None:
        await talk.set_up()
        talk.send(at(100), garbage)

    async def story() -> None:
        async with FakeReader(spoil, good) as reader:
            quick = replace(FAST, farewell=0.05)  # behind garbage no answer can be heard
            async with following(reader, store := Store(), quick) as feed:
                await until(lambda: len(store.messages) == 2)
                assert store.times == [100, 2]
                assert feed.counts[reason] == 1

    run(story())


def test_a_reader_that_goes_silent_is_connected_to_anew() -> None:
    async def story() -> None:
        quick = replace(FAST, silent=0.2, farewell=0.05)
        async with FakeReader(good) as reader, following(reader, store := Store(), quick) as feed:
            await until(lambda: {1, 2, 3} <= set(store.times))
            assert feed.counts["ReaderSilent"] >= 2

    run(story())


def test_keep_alives_alone_hold_a_quiet_connection() -> None:
    async def quiet(talk: Talk) -> None:
        await talk.set_up()
        for _ in range(6):  # longer in all than the silence that is suffered
            talk.send(KEEPALIVE)
            await asyncio.sleep(0.2)
        talk.send(at(100))

    async def story() -> None:
        quick = replace(FAST, silent=1.0)
        async with FakeReader(quiet) as reader, following(reader, store := Store(), quick):
            await until(lambda: store.times == [100])
            assert len(reader.talks) == 1

    run(story())


def test_reads_resume_after_the_network_was_gone() -> None:
    async def story() -> None:
        async with FakeReader(good) as reader, following(reader, store := Store()) as feed:
            await until(lambda: store.times == [1])
            await reader.stop()
            await until(lambda: feed.counts["ReaderUnreachable"] >= 2)
            assert not feed.state.connected
            await reader.start()
            await until(lambda: store.times == [1, 2])
            assert feed.state.connected

    run(story())


@pytest.mark.parametrize("request_name", ["GET_ROSPECS", "SET_READER_CONFIG"])
def test_a_refused_request_that_is_needed_is_tried_again(request_name: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        reader = FakeReader(good)
        reader.refuse = {request_name: 401}
        async with reader, following(reader, store := Store()) as feed:
            await until(lambda: feed.counts["RequestFailed"] >= 2)
            reader.refuse = {}
            await until(lambda: feed.state.connected and store.times)

    run(story())
    assert f"refused {request_name} (R_DeviceError: no\\n)" in caplog.text


def test_a_reader_that_cannot_say_what_it_can_is_used_all_the_same() -> None:
    async def story() -> None:
        reader = FakeReader(good)
        reader.refuse = {"GET_READER_CAPABILITIES": 109}
        async with reader, following(reader, store := Store()):
            await until(lambda: store.times == [1])

    run(story())


def test_a_request_without_an_answer_ends_the_connection() -> None:
    async def story() -> None:
        reader = FakeReader(good)
        reader.mute = {"GET_ROSPECS"}
        async with reader, following(reader, Store(), replace(FAST, answer=0.1)) as feed:
            await until(lambda: feed.counts["ReaderUnreachable"])
            assert "GET_ROSPECS did not come within 0.1 s" in str(feed.state.problem)

    run(story())


def test_what_a_reader_tells_of_trouble_is_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    async def tell(talk: Talk) -> None:
        await talk.set_up()
        told = [
            Parameter("AntennaEvent", {"EventType": 0, "AntennaID": 3}),
            Parameter("AntennaEvent", {"EventType": 1, "AntennaID": 3}),
            Parameter("ReportBufferLevelWarningEvent", {"ReportBufferPercentageFull": 90}),
            Parameter("ReportBufferOverflowErrorEvent"),
            Parameter("ReaderExceptionEvent", {"Message": "fan\x1b[2J\nstopped"}),
            Parameter("ConnectionAttemptEvent", {"Status": 4}),
            Parameter("HoppingEvent", {"HopTableID": 1, "NextChannelIndex": 2}),
        ]
        talk.send(*(event(UTC, one) for one in told), at(100))

    async def story() -> None:
        async with FakeReader(tell) as reader, following(reader, store := Store()) as feed:
            await until(lambda: store.times == [100])
            assert feed.counts["AntennaEvent"] == 2
            assert feed.counts["ReportBufferOverflowErrorEvent"] == feed.counts["HoppingEvent"] == 1

    with caplog.at_level(logging.INFO):
        run(story())
    for words in (
        "antenna 3 is lost",
        "antenna 3 is found again",
        "its buffer is 90 % full",
        "its buffer ran over, and reads are lost",
        "exception: fan\\x1b[2J\\nstopped",
        "another client tried to connect",
    ):
        assert words in caplog.text


def test_a_reader_that_announces_the_end_is_believed() -> None:
    async def close(talk: Talk) -> None:
        await talk.set_up()
        talk.send(at(100), event(UTC, Parameter("ConnectionCloseEvent")))

    async def story() -> None:
        async with FakeReader(close, good) as reader, following(reader, store := Store()):
            await until(lambda: store.times == [100, 2])

    run(story())


def test_what_is_unknown_or_misshapen_is_counted_and_passed_by() -> None:
    async def confuse(talk: Talk) -> None:
        await talk.set_up()
        custom = Message("CUSTOM_MESSAGE", 5, {"VendorIdentifier": 25882, "MessageSubtype": 1, "Data": b"?"})
        misshapen = HEADER.pack(1 << 10 | 63, 14, 6) + b"\x00\xf6\x00\xff"
        late = Message("GET_ROSPECS_RESPONSE", 4_000_000, {}, [])
        talk.send(HEADER.pack(1 << 10 | 999, 10, 4), encode(custom), misshapen, encode(late), at(100))

    async def story() -> None:
        async with FakeReader(confuse) as reader, following(reader, store := Store()) as feed:
            await until(lambda: store.times == [100])
            assert feed.counts["Unknown"] == feed.counts["CUSTOM_MESSAGE"] == feed.counts["malformed"] == 1
            assert len(reader.talks) == 1

    run(story())


def test_a_reader_without_a_clock_is_placed_by_its_greeting() -> None:
    async def uptime(talk: Talk) -> None:
        talk.greet(time=Parameter("Uptime", {"Microseconds": 60_000_000}))
        await talk.hears("GET_ROSPECS")
        talk.send(message([report(epc_96(), antenna(), first_uptime(60_000_000 + us)) for us in (0, 250)]))

    async def story() -> None:
        async with FakeReader(uptime) as reader, following(reader, store := Store()):
            await until(lambda: store.messages)
            first, second = (read.time_ns for read in store.reads)
            assert second - first == 250_000
            (handed,) = store.messages
            assert handed.llrp is not None
            assert handed.llrp.arrival_ns is not None
            assert 0 <= handed.llrp.arrival_ns - first < 10_000_000_000

    run(story())


def test_while_the_intake_is_away_a_bounded_amount_is_held_and_then_nothing_is_lost() -> None:
    total, most = 10_000, 150_000

    async def flood(talk: Talk) -> None:
        await talk.set_up()
        for number in range(total):
            talk.send(at(number))
            if number % 100 == 0:
                talk.send(KEEPALIVE)
                await talk._out.drain()

    async def story() -> None:
        store = Store()
        store.open.clear()
        async with FakeReader(flood) as reader, following(reader, store, backlog_bytes=most) as feed:
            await until(lambda: feed._held + READ_BYTES > most)
            assert not store.messages
            assert 0 < feed.counts["KEEPALIVE"] < total // 100
            assert feed._held <= most
            store.open.set()
            await until(lambda: len(store.reads) == total)
            assert sorted(store.times) == list(range(total))

    run(story())


def test_cancelled_it_says_goodbye_and_stores_what_it_has() -> None:
    async def last_words(talk: Talk) -> None:
        await talk.set_up()
        talk.send(at(100))
        await talk.hears("CLOSE_CONNECTION")

    async def story() -> None:
        store = Store()
        store.open.clear()
        async with FakeReader(last_words) as reader:
            async with following(reader, store) as feed:
                await until(lambda: feed._held)
                asyncio.get_running_loop().call_later(0.05, store.open.set)
            assert store.times == [100]
            assert reader.talks[0].names[-1] == "CLOSE_CONNECTION"

    run(story())


def test_the_published_frames_arrive_whole_however_they_are_torn(shared_data: Path) -> None:
    frames = frames_in(shared_data)
    told = [frame for frame in frames if decode(frame).name in ("RO_ACCESS_REPORT", "READER_EVENT_NOTIFICATION")]
    rng = random.Random(5)  # noqa: S311 - chooses where to tear

    async def pieces(talk: Talk) -> None:
        await talk.set_up()
        stream, start = b"".join(told), 0
        while start < len(stream):
            size = rng.choice((1, 9, 10, 11, 500, 3000))
            talk.send(stream[start : start + size])
            await talk._out.drain()
            start += size

    async def story() -> None:
        expected = Decoder("FX9600-A1").decode(b"".join(told), 0)
        async with FakeReader(pieces) as reader, following(reader, store := Store()) as feed:
            await until(lambda: feed.counts["RO_ACCESS_REPORT"] == 3 + 24 + 5)
            await until(lambda: sum(len(one.payload) for one in store.messages) == _size_of_reports(told))
            stored = Decoder("FX9600-A1").decode(b"".join(one.payload for one in store.messages), 0)
            assert sorted(map(str, stored.reads)) == sorted(map(str, expected.reads))
            assert len(stored.bad) == len(expected.bad)

    run(story())


def _size_of_reports(frames: list[bytes]) -> int:
    return sum(len(frame) for frame in frames if frame[1] == 61)
