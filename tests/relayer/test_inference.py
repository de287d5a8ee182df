"""A lane over a real database: whatever the grouping, and wherever the process dies, the same observations and events
as of a lane in memory; and the accounts close."""

from __future__ import annotations

import itertools
import json
import random
import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from databases import IDENTITY
from test_tracks import EPC, OTHER, SECOND, SSCC, Whole, read

from lading.relayer.config.settings import RelayConfig, parse
from lading.relayer.errors import OutboxError
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.reads.reads import Read, pack, read_hash
from lading.relayer.reads.roster import Roster
from lading.relayer.smoothing import lane_store
from lading.relayer.smoothing.inference import Advanced, Lane
from lading.relayer.smoothing.observe import event_of

STEPS = ["smoothed", "events", "observations", "reads", "inferred"]
LEFT = {"left": {"biz_step": "departing", "disposition": "in_transit"}}
KINDS = [
    {},
    {"gate": LEFT, "dock": LEFT},
    {"gate": {"area": "hall"} | LEFT, "dock": {"area": "hall"}},
    {"gate": {"tunnel": "true", "gap_seconds": "3"}},
]


class Killed(Exception):
    """The process ended here."""


class Site:
    """An outbox with one lane, whose process dies now and then."""

    def __init__(self, outbox: Outbox, config: RelayConfig, kill: Callable[[str], None] = lambda _: None) -> None:
        self.outbox, self.config, self.kill = outbox, config, kill
        self.roster = Roster(config)
        (self.name,) = self.roster.lanes
        self.lane = self.anew()

    def anew(self) -> Lane:
        return Lane(self.outbox, self.roster, self.config, self.name, self.kill)

    def put(self, reads: list[Read], numbered: list[tuple[str, int]] = []) -> None:  # noqa: B006 - never changed
        self.outbox.store.execute(
            "INSERT INTO inbox (lane, received_ns, count, reads) VALUES (?, 0, ?, ?)",
            (self.name, len(reads), pack(reads, numbered)),
        )

    def until_done(self, step: Callable[[Lane], Advanced | None], *, once: bool = False) -> None:
        """Takes steps until there is nothing to do, beginning anew wherever it died."""
        while True:
            try:
                if step(self.lane) is None or once:
                    return
            except Killed:
                self.lane = self.anew()

    def end(self) -> None:
        self.until_done(lambda lane: lane.advance())
        self.until_done(lambda lane: lane.drain(), once=True)

    def intervals(self) -> list[tuple[Any, ...]]:
        select = "SELECT epc, read_point, first_ns, last_ns, reads FROM observations ORDER BY 1, 2, 3"
        return sorted(map(tuple, self.outbox.store.rows(select)))

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(bytes(body)) for (body,) in self.outbox.store.rows("SELECT body FROM events")]

    def chunks(self) -> list[tuple[int, int, int]]:
        packed = self.outbox.store.rows("SELECT reads, first_ns, last_ns, count FROM read_chunks")
        found = []
        for chunk, first, last, count in packed:
            kept = list(struct.iter_unpack(">qqq", chunk))
            assert (kept[0][0], kept[-1][0], len(kept)) == (first, last, count)
            assert kept == sorted(kept, key=lambda one: one[0])
            found += kept
        return found

    def check_accounts(self, offered: list[Read]) -> None:
        """Each read in exactly one observation, or redelivered; each observation stated once, and nothing else."""
        store = self.outbox.store
        counts = lane_store.counts_of(store)
        kept = self.chunks()
        assert counts["reads"] == len(offered) == len(kept) + counts.get("redelivered", 0)
        assert sorted((at, name) for at, name, _ in kept) == sorted(
            (one.time_ns, read_hash(one.identity)) for one in {one.identity: one for one in offered}.values()
        )
        rows = dict(store.rows("SELECT id, reads FROM observations"))
        assert Counter(row for _, _, row in kept) == rows
        stated = store.rows("SELECT event, left_event FROM observations")
        assert all(event is not None for event, _ in stated)
        lefts = [left for _, left in stated if left is not None]
        assert len(set(lefts)) == len(lefts)
        named = {event for row in stated for event in row if event is not None}
        assert named == {row for (row,) in store.rows("SELECT id FROM events")}
        assert counts.get("events", 0) == len(named)
        assert store.one("SELECT count(*) FROM inbox") == (0,)


@pytest.fixture
def outbox(connect) -> Outbox:
    return Outbox(connect(), IDENTITY)


@pytest.fixture(scope="module")
def configured(document) -> Callable[..., RelayConfig]:
    def make(lateness: str = "0.5", **points: dict[str, Any]) -> RelayConfig:
        whole = document()
        whole["smoothing"]["lateness_seconds"] = lateness
        for point in whole["read_points"]:
            point.update(points.get("dock" if point["sgln"].endswith("00001.1") else "gate", {}))
        return parse(whole, Path("relay.yaml"))

    return make


def log(seed: int, count: int = 80) -> list[Read]:
    """Mostly in order; some late, some far too late, some twice."""
    source = random.Random(seed)  # noqa: S311 - the same at each run
    found = []
    for number in range(count):
        at = number / 2 - source.choice([0, 0, 0, 0, 0, 0.5, 3, 40])
        epc = source.choice([EPC, OTHER, SSCC])
        found.append(
            read(max(at, 0), epc, source.choice(["ours", "zebra"]), 1, source.choice([None, -4000, -6000]), number)
        )
        if source.random() < 0.1:
            found.append(source.choice(found))
    return found


def expected(config: RelayConfig, reads: list[Read]) -> tuple[Whole, list[dict[str, Any]]]:
    from lading.relayer.smoothing.observe import CONTEXT
    from lading.relayer.smoothing.track import Kind, Statement

    whole = Whole(config, config.smoothing.lateness_ns)
    whole.take(reads)
    whole.end()
    points = whole.roster.points
    said = [
        Statement(Kind[kind], time_ns, 0, points[sgln], epc, children, ())
        for kind, epc, sgln, time_ns, children in whole.said
    ]
    return whole, [{"@context": CONTEXT, **event_of(one)} for one in said]


def same(events: list[dict[str, Any]], others: list[dict[str, Any]]) -> bool:
    return sorted(json.dumps(one, sort_keys=True) for one in events) == sorted(
        json.dumps(one, sort_keys=True) for one in others
    )


@pytest.mark.parametrize("points", KINDS, ids=["plain", "left", "area", "tunnel"])
@pytest.mark.parametrize("seed", range(2))
def test_grouping_and_deaths_change_nothing(outbox: Outbox, configured, points: dict[str, Any], seed: int):
    config, reads = configured(**points), log(seed)
    source = random.Random(seed)  # noqa: S311 - the same at each run

    def kill(step: str) -> None:
        assert step in STEPS
        if source.random() < 0.15:
            raise Killed

    site = Site(outbox, config, kill)
    begin = 0
    while begin < len(reads):
        end = begin + source.randrange(1, 15)
        site.put(reads[begin:end])
        begin = end
        if source.random() < 0.5:
            site.until_done(lambda lane: lane.advance(source.randrange(1, 4)))
    site.end()
    whole, events = expected(config, reads)
    assert site.intervals() == whole.intervals()
    assert same(site.events(), events)
    assert lane_store.counts_of(outbox.store).get("redelivered", 0) == whole.redelivered
    site.check_accounts(reads)


@pytest.mark.parametrize("step", STEPS)
def test_a_death_at_any_step_loses_and_doubles_nothing(outbox: Outbox, configured, step: str):
    config, reads = configured(gate=LEFT, dock=LEFT), log(7, 60)
    left = itertools.count()

    def kill(done: str) -> None:
        if done == step and next(left) in (0, 2, 3):
            raise Killed

    site = Site(outbox, config, kill)
    for begin in range(0, len(reads), 10):
        site.put(reads[begin : begin + 10])
        site.until_done(lambda lane: lane.advance())
    site.end()
    whole, events = expected(config, reads)
    assert (site.intervals(), same(site.events(), events)) == (whole.intervals(), True)
    site.check_accounts(reads)


def test_what_is_delivered_again_hours_later_makes_nothing(outbox: Outbox, configured):
    reads = log(1)
    site = Site(outbox, configured(gate=LEFT))
    site.put(reads)
    site.end()
    before = site.intervals(), sum(event["bizStep"] != "departing" for event in site.events())
    site.put([read(90_000, OTHER)])
    site.until_done(lambda lane: lane.advance())
    site.put(reads)
    site.put(reads[::-1])
    site.end()
    gone = [one for one in site.intervals() if one[2] != 90_000 * SECOND]
    assert gone == before[0]
    assert sum(event["bizStep"] != "departing" for event in site.events()) == before[1] + 1
    site.check_accounts([*reads, *reads, *reads, read(90_000, OTHER)])


def test_reads_are_held_back_until_something_newer_comes_or_nothing_does(outbox: Outbox, configured):
    site = Site(outbox, configured("2", gate=LEFT))
    site.put([read(10), read(9)])
    site.put([])
    assert site.lane.advance() == Advanced(reads=2)
    assert (site.intervals(), outbox.store.one("SELECT count(*) FROM inbox")[0]) == ([], 1)
    assert site.lane.idle(0.5) is None
    assert site.anew().idle(0.5) is None
    assert site.lane.idle(2.5) == Advanced(events=1)
    assert [interval[2:] for interval in site.intervals()] == [(9 * SECOND, 10 * SECOND, 2)]
    assert site.lane.idle(11) is None
    assert site.lane.idle(12.5) == Advanced(events=1)
    assert site.events()[-1]["bizStep"] == "departing"
    assert site.lane.idle(1000) is None
    # The next read in order joins nothing that is over.
    site.put([read(2000)])
    site.end()
    assert len(site.intervals()) == 2


def test_two_processes_on_one_lane_do_nothing_twice(connect, configured):
    """Such as one that was slow, and whose lease another has taken."""
    config, reads = configured(), log(2)
    one, other = (Site(Outbox(connect(), IDENTITY), config) for _ in range(2))
    for begin in range(0, len(reads), 7):
        one.put(reads[begin : begin + 7])
        for site in (one, other, one):
            site.lane.advance()
    one.end()
    whole, events = expected(config, reads)
    assert (one.intervals(), same(one.events(), events)) == (whole.intervals(), True)
    one.check_accounts(reads)


def test_numbers_of_lines_that_are_no_reads_arrived_too(outbox: Outbox, configured):
    site = Site(outbox, configured())
    site.put([read(1, seq=1), read(2, seq=5)], [("ours", 2), ("zebra", 9)])
    site.end()
    assert outbox.store.rows("SELECT reader, first, last FROM gaps") == [("ours", 3, 4)]
    site.put([read(3, seq=6), read(1.5, seq=4)])
    site.end()
    assert outbox.store.rows("SELECT reader, first, last FROM gaps") == [("ours", 3, 3)]
    site.lane = site.anew()
    site.put([], [("ours", 3)])
    site.end()
    assert outbox.store.rows("SELECT reader, first, last FROM gaps") == []
    assert outbox.store.rows("SELECT * FROM sequences ORDER BY reader") == [("ours", 1, 6), ("zebra", 9, 9)]


def test_after_an_error_of_the_database_the_lane_goes_on(outbox: Outbox, configured, monkeypatch):
    site, reads = Site(outbox, configured()), log(3, 30)
    site.put(reads)

    def fail(*_: object) -> None:
        raise OutboxError("here", "the disk is full", hint="", retryable=True)

    with monkeypatch.context() as patched:
        patched.setattr(lane_store, "count", fail)
        with pytest.raises(OutboxError):
            site.lane.advance()
    site.end()
    site.check_accounts(reads)
