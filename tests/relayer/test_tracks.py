"""Reads to observations, held to a plain model: a list of intervals per tag and read point, gone through from the start
for each read."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.relayer.config.settings import RelayConfig, parse
from lading.relayer.reads.reads import Read, in_order
from lading.relayer.reads.roster import Roster
from lading.relayer.smoothing.signals import MoveRule
from lading.relayer.smoothing.track import Track
from lading.relayer.smoothing.tracks import Tracks
from lading.relayer.smoothing.watermark import BEFORE_ALL, Watermark

SECOND = 1_000_000_000
DOCK = "urn:epc:id:sgln:9524321.00001.1"
GATE = "urn:epc:id:sgln:9524321.00002.1"
EPC, OTHER = "3036451FD40C0E40000003E9", "3036451FD40C0E40000003EA"
SSCC, SSCC_2 = "3174257BF4499602D2000000", "3174257BF4499602D3000000"
FOREIGN = "E28068940000501790A4C3D1"

Said = tuple[str, str, str, int, tuple[str, ...]]


class Whole:
    """A lane without a database: it keeps every observation, and can begin anew with copies of what a database would
    hold."""

    def __init__(self, config: RelayConfig, lateness_ns: int = 0) -> None:
        self.roster, self.rule = Roster(config), MoveRule.of(config.smoothing)
        self.lateness = lateness_ns
        self.watermark = Watermark(lateness_ns)
        self.tracks = Tracks(self.roster, self.rule, lateness_ns, BEFORE_ALL, ())
        self.all: dict[Track, None] = {}
        self.said: list[Said] = []
        self.owned: dict[Read, Track] = {}
        self.redelivered = 0
        self.stored: list[Track] = []

    def take(self, reads: list[Read]) -> None:
        self.stored = [track for track in self.all if not track.open]
        for step in self.watermark.take(reads):
            self._step(step)
        self.store()

    def pass_to(self, time_ns: int) -> None:
        self._step(self.watermark.pass_to(time_ns))
        self.store()

    def end(self) -> None:
        self.pass_to(self.watermark.newest_ns)
        self.tracks.end()
        self.store()

    def _step(self, step) -> None:
        self.tracks.release(step.released, step.mark_ns)
        taken = *self.owned, *self.tracks.taken, *(read for read, _ in self.tracks.late_owners)
        known = {read.identity for read in taken}
        for read in step.late:
            if read.identity in known:
                self.redelivered += 1
                continue
            known.add(read.identity)
            self.tracks.join_late(read, self.closed)

    @property
    def closed(self) -> dict[tuple[str, str], list[Track]]:
        """As they were stored when this step began."""
        found: dict[tuple[str, str], list[Track]] = {}
        for track in self.stored:
            found.setdefault(track.key, []).append(track)
        return found

    def store(self) -> None:
        self.redelivered += self.tracks.redelivered
        self.all |= self.tracks.changed
        for said in self.tracks.statements:
            self.said.append((said.kind.name, said.epc, said.point.sgln, said.time_ns, said.children))
        for read, track in (*zip(self.tracks.taken, self.tracks.owners, strict=True), *self.tracks.late_owners):
            assert read not in self.owned
            self.owned[read] = track
        self.tracks.forget()
        assert self.tracks.next_ns == min(self._leaving(), default=self.tracks.passes.next_ns)

    def _leaving(self) -> Iterator[int]:
        """When each tag leaves that is there, if nothing more comes: what is asked ten times a second, told plainly."""
        for track in self.all:
            if track.open and track.point.states_left and not track.point.tunnel and track not in self.tracks._late:
                yield min(track.last_ns + track.point.gap_ns + 1, self.tracks.passes.next_ns)

    def restart(self) -> None:
        copies = {track: replace(track, signals=dict(track.signals or {})) for track in self.all}
        self.all = dict.fromkeys(copies.values())
        self.owned = {read: copies[track] for read, track in self.owned.items()}
        mark = self.watermark.mark_ns
        self.watermark = Watermark(self.lateness, mark, self.watermark.pending)
        known = [track for track in self.all if track.open]
        self.tracks = Tracks(self.roster, self.rule, self.lateness, mark, known)

    def intervals(self) -> list[tuple[str, str, int, int, int]]:
        return sorted((one.epc, one.point.sgln, one.first_ns, one.last_ns, one.reads) for one in self.all)


def read(
    at: float, epc: str = EPC, reader: str = "ours", antenna: int = -1, rssi: int | None = None, seq: int = -1
) -> Read:
    return Read(int(at * SECOND), epc, antenna, reader, seq, 0, False, rssi)


@pytest.fixture(scope="module")
def spoil(document) -> Callable[..., RelayConfig]:
    """The configuration of this folder, with more said of some read points, by SGLN; `ours` stands at the gate."""

    def make(**points: dict[str, Any]) -> RelayConfig:
        whole = document()
        for point in whole["read_points"]:
            point.update(points.get({DOCK: "dock", GATE: "gate"}[point["sgln"]], {}))
        return parse(whole, Path("relay.yaml"))

    return make


# -- the plain model


def plain(config: RelayConfig, reads: Iterable[Read], lateness: int) -> list[tuple[str, str, int, int, int]]:
    """Today's rule for each read, in the order in which a watermark lets them go."""
    roster, gap = Roster(config), config.smoothing.gap_ns
    found: dict[tuple[str, str], list[list[int]]] = {}
    seen: set[object] = set()

    def place(one: Read) -> None:
        if one.identity in seen:
            return
        seen.add(one.identity)
        key = one.epc, roster.point_of(one.reader, None if one.antenna < 0 else one.antenna).sgln
        rows = found.setdefault(key, [])
        at = bisect_right(rows, one.time_ns, key=lambda row: row[0])
        if at and one.time_ns - rows[at - 1][1] <= gap:
            row = rows[at - 1]
            row[1] = max(row[1], one.time_ns)
        elif at < len(rows) and rows[at][0] - one.time_ns <= gap:
            row = rows[at]
            row[0] = one.time_ns
        else:
            row = [one.time_ns, one.time_ns, 0]
            rows.insert(at, row)
        row[2] += 1

    held: list[Read] = []
    mark = newest = -1
    for one in reads:
        if one.time_ns <= mark:
            place(one)
            continue
        held = in_order([*held, one])
        newest = max(newest, one.time_ns)
        mark = max(mark, newest - lateness)
        while held and held[0].time_ns <= mark:
            place(held.pop(0))
    for one in held:
        place(one)
    return sorted((epc, sgln, *row) for (epc, sgln), rows in found.items() for row in rows)


READS = st.lists(
    st.builds(
        read,
        st.integers(0, 120).map(lambda half: half / 2),
        st.sampled_from([EPC, OTHER]),
        st.sampled_from(["ours", "zebra"]),
        st.integers(1, 2),
        st.sampled_from([None, -40_00, -60_00]),
        st.integers(0, 3),
    ),
    max_size=40,
)
LATENESS = st.sampled_from([0, SECOND // 2, 5 * SECOND, 1000 * SECOND])


@settings(max_examples=150, deadline=None)
@given(READS, LATENESS)
def test_observations_are_those_of_the_plain_model(config: RelayConfig, reads: list[Read], lateness: int):
    whole = Whole(config, lateness)
    whole.take(reads)
    whole.end()
    assert whole.intervals() == plain(config, reads, lateness)
    assert len(whole.owned) + whole.redelivered == len(reads)
    assert {one.identity for one in whole.owned} == {one.identity for one in reads}
    # Each observation is stated once, at a time that it covers.
    said = sorted((epc, sgln, time) for kind, epc, sgln, time, _ in whole.said)
    assert [(epc, sgln) for epc, sgln, _ in said] == [interval[:2] for interval in whole.intervals()]
    assert all(first <= one[2] <= last for one, (_, _, first, last, _) in zip(said, whole.intervals(), strict=True))


@settings(max_examples=150, deadline=None)
@given(
    reads=READS,
    lateness=LATENESS,
    cuts=st.lists(st.integers(0, 40), max_size=6),
    dock=st.sampled_from([{}, {"area": "hall"}, {"left": {"biz_step": "departing", "disposition": "in_transit"}}]),
    gate=st.sampled_from([{}, {"area": "hall"}, {"tunnel": "true"}, {"gap_seconds": "3"}]),
)
def test_grouping_and_restarts_change_nothing(spoil, reads, lateness, cuts, dock, gate):
    config = spoil(dock=dock, gate=gate)
    at_once, in_parts = Whole(config, lateness), Whole(config, lateness)
    at_once.take(reads)
    at_once.end()
    ends = sorted({*(cut for cut in cuts if cut < len(reads)), len(reads)})
    begin = 0
    for end in ends:
        in_parts.take(reads[begin:end])
        in_parts.restart()
        begin = end
    in_parts.end()
    assert in_parts.intervals() == at_once.intervals()
    assert sorted(in_parts.said) == sorted(at_once.said)
    assert in_parts.redelivered == at_once.redelivered


@settings(max_examples=100, deadline=None)
@given(READS, st.randoms())
def test_in_a_log_that_ends_the_order_of_lines_says_nothing(
    config: RelayConfig, reads: list[Read], shuffler: random.Random
):
    one, other = Whole(config, 1000 * SECOND), Whole(config, 1000 * SECOND)
    mixed = list(reads)
    shuffler.shuffle(mixed)
    for whole, order in ((one, reads), (other, mixed)):
        whole.take(order)
        whole.end()
    assert (one.intervals(), sorted(one.said)) == (other.intervals(), sorted(other.said))


# -- appeared, moved, left


def kinds(whole: Whole) -> list[tuple[str, str, float]]:
    return [(kind, {DOCK: "dock", GATE: "gate"}[sgln], time / SECOND) for kind, _, sgln, time, _ in whole.said]


LEFT = {"left": {"biz_step": "departing", "disposition": "in_transit"}}


def test_a_tag_has_left_at_its_last_read_once_the_gap_has_passed(spoil):
    whole = Whole(spoil(gate=LEFT))
    whole.take([read(0), read(10), read(20), read(30, OTHER), read(30.5, OTHER)])
    assert kinds(whole) == [("APPEARED", "gate", 0), ("APPEARED", "gate", 30), ("LEFT", "gate", 20)]
    whole.pass_to(50 * SECOND)
    assert kinds(whole)[3:] == [("LEFT", "gate", 30.5)]


def test_each_read_point_has_its_own_gap(spoil):
    whole = Whole(spoil(gate={"gap_seconds": "2"}))
    whole.take([read(0), read(0, reader="zebra"), read(3), read(3, reader="zebra"), read(20)])
    assert [(first / SECOND, last / SECOND) for _, _, first, last, _ in whole.intervals()] == [
        (0, 3), (0, 0), (3, 3), (20, 20),
    ]  # fmt: skip


def test_what_a_replay_tells_has_left_when_the_replay_goes_on_without_it(spoil):
    whole = Whole(spoil(gate=LEFT))
    whole.take([read(1000), read(5), read(9), read(1000.1), read(15), read(1000.2)])
    assert kinds(whole) == [("APPEARED", "gate", 1000), ("APPEARED", "gate", 5)]
    whole.take([read(26, OTHER)])
    assert kinds(whole)[2:] == [("LEFT", "gate", 15), ("APPEARED", "gate", 26)]
    whole.end()
    assert kinds(whole)[4:] == [("LEFT", "gate", 26)]


AREA = {"area": "hall", "moved": {"biz_step": "transporting", "disposition": "in_transit"}}


def strong(at: float) -> Read:
    return read(at, rssi=-40_00)


def weak(at: float, reader: str = "zebra", rssi: int = -60_00) -> Read:
    return read(at, reader=reader, rssi=rssi)


def test_in_an_area_a_tag_stays_where_its_signal_is_strongest(spoil):
    whole = Whole(spoil(dock=AREA, gate=AREA))
    whole.take([strong(0), weak(0.1), weak(0.2), weak(0.3), strong(1), weak(1.1)])
    assert kinds(whole) == [("APPEARED", "gate", 0)]
    assert [interval[4] for interval in whole.intervals()] == [6]


def test_in_an_area_a_tag_moves_by_the_mean_of_its_signals_and_not_by_one_of_them(spoil):
    whole = Whole(spoil(dock=AREA, gate=AREA))
    here, there = [weak(at / 10, "ours") for at in range(5)], [weak(0.5 + at / 10, "zebra", -50_00) for at in range(4)]
    whole.take([*here, *there])
    assert kinds(whole) == [("APPEARED", "gate", 0), ("MOVED", "dock", 0.6)]
    # Less than the margin is no move.
    whole.take([weak(1 + at / 10, "ours", -55_00) for at in range(4)])
    assert len(whole.said) == 2


def test_in_an_area_a_tag_moves_once_the_old_place_is_silent(spoil):
    whole = Whole(spoil(dock=AREA, gate=AREA | LEFT))
    whole.take([strong(0), weak(1.9), weak(2.1), weak(30)])
    # It left the hall, from the dock, which says nothing of leaving; and came back.
    assert kinds(whole) == [("APPEARED", "gate", 0), ("MOVED", "dock", 2.1), ("APPEARED", "dock", 30)]


# -- tunnels

TUNNEL = {"tunnel": "true", "gap_seconds": "2"}


def passed(whole: Whole) -> list[tuple[str, str, float, tuple[str, ...]]]:
    return [(kind, epc, time / SECOND, children) for kind, epc, _, time, children in whole.said]


def test_what_passes_a_tunnel_with_one_sscc_is_packed_in_it(spoil):
    whole = Whole(spoil(gate=TUNNEL))
    whole.take([read(0, OTHER), read(1, SSCC), read(1.5, EPC), read(3, OTHER), read(9, EPC)])
    assert passed(whole) == [("PACKED", SSCC, 0, (EPC, OTHER))]
    whole.pass_to(20 * SECOND)
    assert passed(whole)[1:] == [("UNCLEAR", EPC, 9, ())]


@pytest.mark.parametrize(
    ("epcs", "said"),
    [
        ([EPC, OTHER], {"UNCLEAR"}),
        ([SSCC], {"UNCLEAR"}),
        ([SSCC, SSCC_2, EPC], {"UNCLEAR"}),
        ([SSCC, FOREIGN], {"UNCLEAR"}),
        ([SSCC, FOREIGN, EPC], {"PACKED", "APPEARED"}),
    ],
)
def test_an_unclear_pass_says_only_what_was_seen(spoil, epcs: list[str], said: set[str]):
    whole = Whole(spoil(gate=TUNNEL))
    whole.take([read(at / 10, epc) for at, epc in enumerate(epcs)])
    whole.pass_to(20 * SECOND)
    assert {kind for kind, _, _, _ in passed(whole)} == said
    assert {epc for _, epc, _, children in passed(whole)} | {
        one for _, _, _, children in passed(whole) for one in children
    } == set(epcs)


def test_a_late_read_joins_a_pass_that_is_not_over_and_else_stands_alone(spoil):
    whole = Whole(spoil(gate=TUNNEL))
    whole.take([read(5, SSCC), read(6, SSCC), read(5.5, EPC), read(1, OTHER), read(20, SSCC_2)])
    assert passed(whole) == [("UNCLEAR", OTHER, 1, ()), ("PACKED", SSCC, 5, (EPC,))]
