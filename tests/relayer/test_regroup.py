"""A change of the configuration that renames, joins or parts lanes loses no read and takes none twice, wherever the
process dies."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from databases import IDENTITY
from feeds_kit import read_points
from hypothesis import given
from hypothesis import strategies as st
from test_tracks import EPC, OTHER, SECOND

from lading.relayer.config.settings import RelayConfig, parse
from lading.relayer.feeds.message import Message
from lading.relayer.intake import inbox
from lading.relayer.intake.intake import take_in
from lading.relayer.intake.quarantine import counted
from lading.relayer.intake.replay import replay
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.reads.decode import Decoder
from lading.relayer.reads.lines import line_of
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.reads.reads import Read, read_hash
from lading.relayer.reads.roster import Roster
from lading.relayer.smoothing import lane_store
from lading.relayer.smoothing.inference import Lane
from lading.relayer.smoothing.regroup import Regrouped, regroup
from lading.relayer.store.database import Database

READERS = ("amber", "birch", "cedar")
LEFT = {"biz_step": "departing", "disposition": "in_transit"}


class Killed(Exception):
    """The process ended here."""


def configured(areas: dict[str, str], *, without: str | None = None, left: bool = False) -> RelayConfig:
    """A read point for each reader; those of one area are one lane."""
    points = [
        point
        | ({"area": areas[point["reader"]]} if point["reader"] in areas else {})
        | ({"left": LEFT} if left else {})
        for point in read_points(*READERS)
        if point["reader"] != without
    ]
    document = {
        "publisher": "0x" + "ab" * 32,
        "source": "reads.ndjson",
        "outbox": "relay.sqlite3",
        "smoothing": {"gap_seconds": "10", "lateness_seconds": "2"},
        "batch": {"max_events": "3"},
        "read_points": points,
    }
    return parse(document, Path("relay.yaml"))


APART, PAIR, ALL = {}, {"amber": "hall", "birch": "hall"}, dict.fromkeys(READERS, "hall")
LATER_PAIR = {"birch": "hall", "cedar": "hall"}


def log(seed: int, begin: int, count: int = 60) -> list[Read]:
    source = random.Random(seed)  # noqa: S311 - the same at each run
    found = []
    for number in range(count):
        at = max(begin + number / 2 - source.choice([0, 0, 0, 0.5, 1, 15]), 0)
        epc, reader = source.choice([EPC, OTHER]), source.choice(READERS)
        found.append(Read(int(at * SECOND), epc, 1, reader, 1000 * begin + number))
    return found


DECODER = Decoder(Roster(configured(APART)))


class Site:
    """An outbox under one configuration after the other."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox, self.database = outbox, outbox.store

    def put(self, config: RelayConfig, reads: list[Read]) -> None:
        decode = MessageDecoder(Roster(config))
        lines = b"\n".join(map(line_of, reads))
        with self.outbox.transaction():
            inbox.store(self.database, [decode(Message("test", "test", lines))], 0)

    def work(self, config: RelayConfig, *, drained: bool = False) -> None:
        for name in (roster := Roster(config)).lanes:
            lane = Lane(self.outbox, roster, config, name)
            while lane.advance(1) is not None:
                pass
            if drained:
                lane.drain()

    def chunks(self) -> list[tuple[int, int, int]]:
        found = []
        for packed, first, last, count in self.database.rows("SELECT reads, first_ns, last_ns, count FROM read_chunks"):
            part = list(struct.iter_unpack(">qqq", packed))
            assert (part[0][0], part[-1][0]) == (first, last)
            assert count in (0, len(part))  # 0: a copy of what another lane has
            found += part if count else []
        return found

    def check(self, config: RelayConfig, offered: list[Read]) -> None:
        """Each read is in one observation or was redelivered, each observation is stated, all is where it belongs."""
        counts = lane_store.counts_of(self.database)
        kept = self.chunks()
        wanted = {one.identity: one for one in offered}.values()
        assert sorted((at, name) for at, name, _ in kept) == sorted(
            (one.time_ns, read_hash(one.identity)) for one in wanted
        )
        assert counts["reads"] == len(offered) == len(kept) + counts.get("redelivered", 0)
        assert Counter(row for *_, row in kept) == dict(self.database.rows("SELECT id, reads FROM observations"))
        assert self.database.one("SELECT count(*) FROM observations WHERE event IS NULL") == (0,)
        assert self.database.one("SELECT count(*) FROM inbox") == (0,)
        roster = Roster(config)
        for lane, sgln in self.database.rows("SELECT DISTINCT lane, read_point FROM observations"):
            assert roster.lane_at(sgln) == lane
        assert {lane for (lane,) in self.database.rows("SELECT lane FROM read_chunks")} <= set(roster.lanes)


@pytest.fixture
def outbox(connect: Callable[[], Database]) -> Outbox:
    return Outbox(connect(), IDENTITY)


CHANGES = {
    "joined": (APART, ALL),
    "parted": (ALL, APART),
    "renamed": (LATER_PAIR, ALL),
    "exchanged": (PAIR, LATER_PAIR),
    "parted otherwise": (ALL, PAIR),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("left", [False, True])
def test_reads_that_wait_go_to_the_lane_of_their_reader(outbox: Outbox, change: str, left: bool):
    site = Site(outbox)
    before, after = (configured(areas, left=left) for areas in CHANGES[change])
    first, second, third = log(1, 0), log(2, 30), log(3, 60)
    regroup(outbox.store, Roster(before))
    site.put(before, first)
    site.work(before)
    site.put(before, second)
    assert regroup(outbox.store, Roster(after)).moved > 0
    assert regroup(outbox.store, Roster(after)) == Regrouped()
    site.work(after)
    site.put(after, third)
    site.work(after, drained=True)
    site.check(after, [*first, *second, *third])
    site.put(after, [*third, *second, *first])
    site.work(after, drained=True)
    site.check(after, [*first, *second, *third] * 2)


def test_lanes_may_be_parted_and_joined_again_and_again(outbox: Outbox):
    site, offered = Site(outbox), list[Read]()
    for number, areas in enumerate((ALL, PAIR, APART, LATER_PAIR, ALL, APART, PAIR)):
        config = configured(areas)
        regroup(outbox.store, Roster(config))
        offered += (reads := log(10 + number, 10 * number, 20))
        site.put(config, reads)
        site.work(config)
    site.put(config, offered)
    site.work(config, drained=True)
    site.check(config, offered * 2)


class Dying:
    """A database that ends the process before its nth statement."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        for name in ("execute", "many", "rows", "insert"):
            monkeypatch.setattr(database, name, self._wrapped(getattr(database, name)))

    def _wrapped(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            if self.left == 0:
                raise Killed
            self.left -= 1
            return method(*given)

        return call


def test_a_death_before_any_statement_changes_nothing(outbox: Outbox, monkeypatch: pytest.MonkeyPatch):
    site, before, after = Site(outbox), configured(ALL), configured(PAIR, without="cedar")
    first, second = log(4, 0, 24), log(5, 12, 12)
    regroup(outbox.store, Roster(before))
    site.put(before, first)
    site.work(before)
    site.put(before, second)
    tables = ("inbox", "lanes", "observations", "read_chunks", "counters", "quarantine", "lane_grouping")
    state = [sorted(outbox.store.rows(f"SELECT * FROM {table}"), key=repr) for table in tables]  # noqa: S608
    dying, deaths = Dying(outbox.store, monkeypatch), 0
    while True:
        dying.left = deaths
        try:
            done = regroup(outbox.store, Roster(after))
            break
        except Killed:
            dying.left, deaths = -1, deaths + 1
            assert [sorted(outbox.store.rows(f"SELECT * FROM {t}"), key=repr) for t in tables] == state  # noqa: S608
    dying.left = -1
    assert deaths > 20
    assert done.quarantined > 0
    # With its reader configured again, what is in quarantine is read.
    outcome = replay(outbox.store, MessageDecoder(Roster(before)))
    assert (len(outcome.read), outcome.refused, counted(outbox.store)) == (done.quarantined, (), 0)
    regroup(outbox.store, Roster(before))
    site.work(before, drained=True)
    site.check(before, [*first, *second])


def test_readers_that_are_configured_no_more_wait_in_quarantine(outbox: Outbox):
    site, before, after = Site(outbox), configured(APART, left=True), configured(APART, without="cedar")
    reads = [Read(number * SECOND, EPC, 1, "cedar", number) for number in range(5)]
    site.put(before, reads[:3])
    regroup(outbox.store, Roster(before))
    site.work(before)
    site.put(before, reads[3:])
    assert regroup(outbox.store, Roster(after)) == Regrouped(0, 4, 1)  # of three reads one had been released
    rows = outbox.store.rows("SELECT DISTINCT origin, reason, detail, state FROM quarantine")
    detail = "no read point is configured for reader 'cedar'"
    assert rows == [("inbox of lane cedar", "reader-unknown", detail, "kept")]
    assert outbox.store.rows("SELECT open, left_event FROM observations") == [(0, None)]
    assert lane_store.counts_of(outbox.store)["reads"] == 1


def test_a_process_of_before_cannot_go_on_where_it_was(connect: Callable[[], Database]):
    """One that had taken rows into memory, of a lane that never moved."""
    outbox, other = (Outbox(connect(), IDENTITY) for _ in range(2))
    before, after = configured(APART), configured(ALL)
    site, reads = Site(outbox), log(6, 0, 20)
    site.put(before, reads)

    def meanwhile(step: str) -> None:
        if step == "smoothed":
            regroup(outbox.store, Roster(after))

    slow = Lane(other, Roster(before), before, "birch", meanwhile)
    assert slow.advance() is None
    assert slow.advance() is None
    site.work(after, drained=True)
    site.check(after, reads)


def test_a_tag_that_stays_is_not_told_of_again(outbox: Outbox):
    site, before, after = Site(outbox), configured(LATER_PAIR, left=True), configured(APART, left=True)
    regroup(outbox.store, Roster(before))
    site.put(before, [Read(number * SECOND, EPC, 1, "cedar", number) for number in range(6)])
    site.work(before)
    regroup(outbox.store, Roster(after))
    site.put(after, [Read(number * SECOND, EPC, 1, "cedar", number) for number in range(6, 30)])
    site.work(after, drained=True)
    assert outbox.store.rows("SELECT lane, reads FROM observations") == [("cedar", 30)]
    assert outbox.store.one("SELECT count(*) FROM events") == (1,)


def test_what_an_old_process_took_in_later_is_moved_at_the_next_start(outbox: Outbox):
    site, before, after = Site(outbox), configured(APART), configured(ALL)
    assert regroup(outbox.store, Roster(after)) == Regrouped()
    site.put(before, reads := log(7, 0))
    assert regroup(outbox.store, Roster(after)).moved > 0
    site.work(after, drained=True)
    site.check(after, reads)


def test_a_pass_over_a_log_takes_what_waits_in_lanes_of_before(outbox: Outbox):
    site, before, after = Site(outbox), configured(APART), configured(ALL)
    site.put(before, reads := log(8, 0))
    done = take_in(outbox, [], after, "empty")
    assert done.events > 0
    site.check(after, reads)


@given(
    st.builds(
        Read,
        st.integers(0, 2**63 - 1),
        st.binary(min_size=2, max_size=12).map(lambda data: data.hex().upper()),
        st.integers(-1, 65535),
        st.sampled_from(READERS),
        st.integers(-1, 2**63 - 1),
        st.integers(-840, 840),
        st.just(False),
        st.none() | st.integers(-20000, 20000),
    )
    | st.just(Read(5, "30" * 12, 1, "amber", 1, double_hexed=True))
)
def test_a_read_is_the_same_read_as_a_line(read: Read):
    batch = DECODER.decode(line_of(read), 0)
    assert (batch.bads, [Read._make(one) for one in batch.reads]) == ([], [read])
