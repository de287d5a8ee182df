"""Parts of the service by themselves: what bounds the disk, what a dying anchoring process does, what health says."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from service_kit import until

from lading.relayer.anchoring.anchorage import Anchorage
from lading.relayer.anchoring.process import AnchorProcess
from lading.relayer.config.settings import Limits, RelayConfig, parse
from lading.relayer.errors import RelayConfigError
from lading.relayer.feeds.errors import AddressTaken
from lading.relayer.feeds.message import Message
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.reads.roster import Roster
from lading.relayer.service.health import HealthServer, Reason
from lading.relayer.service.intake import BoundedIntake
from lading.relayer.service.lanes import LaneWorker
from lading.relayer.service.metrics import Gauges
from lading.relayer.store.database import LogIdentity


def message(ours: Callable[..., dict[str, Any]], second: int) -> Message:
    line = ours(time=f"2026-03-02T08:15:{second:02d}Z", epc=f"3036451FD40C0E4{second:09X}")
    return Message("test", "test", json.dumps(line).encode())


def test_a_full_inbox_lets_nothing_come_back_that_holds_reads_and_all_of_it_once_there_is_room(
    outbox: Outbox, config: RelayConfig, ours: Callable[..., dict[str, Any]]
):
    async def run() -> list[str]:
        order = []
        async with BoundedIntake(outbox.store, MessageDecoder(Roster(config))) as intake:
            intake.shut()
            putting = asyncio.create_task(intake.put([message(ours, 1)]))
            await intake.put((), lambda: order.append("what holds no reads"))
            assert not putting.done()
            assert outbox.store.one("SELECT count(*) FROM inbox") == (0,)
            order.append("room")
            intake.open()
            await putting
            order.append("the reads")
        return order

    assert asyncio.run(run()) == ["what holds no reads", "room", "the reads"]
    assert outbox.store.one("SELECT sum(count) FROM inbox") == (1,)


@pytest.fixture
def worker(outbox: Outbox, config: RelayConfig) -> Iterator[LaneWorker]:
    small = config.model_copy(update={"limits": Limits.model_construct(inbox_reads=5, waiting_events=1)})
    made = LaneWorker(outbox, Roster(small), small)
    made.lanes = Roster(small).lanes
    yield made
    if not made.ended:
        made.finish()
        assert made.join(10)


def stored(outbox: Outbox, config: RelayConfig, *messages: Message) -> None:
    async def run() -> None:
        async with BoundedIntake(outbox.store, MessageDecoder(Roster(config))) as intake:
            await intake.put(messages)

    asyncio.run(run())


def test_too_many_events_that_wait_stop_inference_and_it_says_so_and_goes_on_when_they_are_gone(
    outbox: Outbox, config: RelayConfig, worker: LaneWorker, ours: Callable[..., dict[str, Any]]
):
    event = {
        "type": "ObjectEvent",
        "eventTime": "2026-03-02T08:00:00.000Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": ["urn:epc:id:sgtin:9521141.012345.1"],
        "action": "OBSERVE",
    }
    outbox.add(event, None)
    stored(outbox, config, message(ours, 1), message(ours, 40))
    worker.start()
    until(lambda: worker.problem is not None, "it says why nothing moves")
    assert "1 events wait for the chain" in (worker.problem or "")
    assert outbox.store.one("SELECT count(*) FROM events") == (1,)
    outbox.begin_log(0)
    closed = outbox.close_batch(10)
    assert closed is not None
    outbox.mark_anchored(closed.index, 1, b"\x55" * 20)
    until(lambda: outbox.store.one("SELECT count(*) FROM events")[0] > 1, "it goes on")


def test_a_worker_that_is_told_to_end_first_takes_in_what_is_stored(
    outbox: Outbox, config: RelayConfig, ours: Callable[..., dict[str, Any]]
):
    made = LaneWorker(outbox, Roster(config), config)
    made.lanes = Roster(config).lanes
    stored(outbox, config, *(message(ours, second) for second in range(20)))
    made.finish()
    made.start()
    assert made.join(30)
    assert outbox.store.one("SELECT value FROM counters WHERE name = 'reads'") == (20,)


def test_a_lane_whose_rows_are_damaged_is_named_and_holds_up_no_other(
    outbox: Outbox, config: RelayConfig, ours: Callable[..., dict[str, Any]]
):
    outbox.store.execute(
        "INSERT INTO inbox (lane, received_ns, count, reads) VALUES ('a damaged one', 1, 1, ?)", (b"\x00no reads",)
    )
    stored(outbox, config, message(ours, 1))
    made = LaneWorker(outbox, Roster(config), config)
    made.lanes = ("a damaged one", *Roster(config).lanes)
    made.start()
    try:
        until(lambda: outbox.store.one("SELECT count(*) FROM events") == (1,), "the other lane's event is made")
        until(lambda: (made.problem or "").startswith("a damaged one: "), "it says which lane stands still")
        assert not made.ended
        assert outbox.store.one("SELECT count(*) FROM inbox WHERE lane = 'a damaged one'") == (1,)
    finally:
        made.finish()
        assert made.join(10)


def test_reads_that_another_configuration_accepted_wait_for_a_restart_with_it_and_it_says_so(
    outbox: Outbox, config: RelayConfig, ours: Callable[..., dict[str, Any]], caplog: pytest.LogCaptureFixture
):
    stored(outbox, config, message(ours, 1), message(ours, 40))
    elsewhere = tuple(point.model_copy(update={"antenna": 99}) for point in config.read_points)
    older = config.model_copy(update={"read_points": elsewhere})
    made = LaneWorker(outbox, Roster(older), older)
    made.lanes = Roster(older).lanes
    made.start()
    try:
        until(lambda: made.problem is not None, "it says what it waits for")
    finally:
        made.finish()
        assert made.join(10)
    assert "has none for any antenna; they were accepted by another configuration: restart" in (made.problem or "")
    assert outbox.store.one("SELECT count(*) FROM inbox")[0] > 0
    assert [one.exc_info for one in caplog.records if one.levelname == "ERROR"] == [None]


def test_an_anchoring_process_that_dies_is_started_again_and_says_what_is_wrong(
    tmp_path: Path, config: RelayConfig, identity: LogIdentity
):
    here = config.model_copy(update={"outbox": tmp_path / "outbox.sqlite3"})
    anchorage = Anchorage(here, identity, ("http://127.0.0.1:9",), None, b"\x01" * 32)
    assert "key" not in repr(anchorage)
    process = AnchorProcess(anchorage)
    process.start()
    try:
        until(lambda: "127.0.0.1:9" in (process.look().problem or ""), "it says that no node answers")
        first = process.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: "code -9" in (process.look().problem or ""), "its death is noticed")
        until(lambda: process.look() and process.pid not in (None, first), "it is there again")
        assert process.restarts == 1
    finally:
        process.stop()
    assert process.pid is None


def get(port: int, path: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_health_is_for_whoever_restarts_and_readiness_for_whoever_is_called(tmp_path: Path, identity: LogIdentity):
    where = tmp_path / "outbox.sqlite3"
    Outbox.open(where, identity).close()
    reasons: list[Reason] = []
    own = Gauges(intake_waiting=0, feeds=(), anchor_restarts=0)
    with HealthServer("127.0.0.1:0", where, lambda: own, lambda: reasons) as server:
        assert json.loads(get(server.port, "/readyz")[1]) == {"status": "ok", "reasons": []}
        assert get(server.port, "/healthz")[0] == 200
        reasons.append(Reason("mqtt", "refused"))
        code, text = get(server.port, "/readyz")
        assert (code, json.loads(text)["reasons"]) == (503, [{"part": "mqtt", "problem": "refused", "fatal": False}])
        assert get(server.port, "/healthz")[0] == 200
        reasons.append(Reason("inference", "stuck", fatal=True))
        assert get(server.port, "/healthz")[0] == 503
        assert "lading_relay_reads_total 0.0" in get(server.port, "/metrics")[1]
        assert get(server.port, "/else")[0] == 404
        with pytest.raises(AddressTaken):
            HealthServer(f"127.0.0.1:{server.port}", where, lambda: own, lambda: reasons)


def test_one_place_is_one_source(document: Callable[[], dict[str, Any]], tmp_path: Path):
    twice = {"mqtt": "mqtt://broker", "topics": ["a"], "client_id": "dock"}
    with pytest.raises(RelayConfigError) as caught:
        parse(document() | {"sources": [twice, twice | {"topics": ["b"]}]}, tmp_path / "relay.yaml")
    assert "sources[1]: mqtt broker:1883 dock is a source above already" in str(caught.value)
