from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from lading.relayer.smoothing import Known, smooth
from lading.relayer.sources import Read

DOCK, GATE = "dock", "gate"
GAP = 10


def read(time_ns: int, epc: str = "AA", point: str = DOCK, sequence: int | None = None) -> Read:
    return Read("reader", None, epc, time_ns, 0, sequence, False, point, 1, b"")


def times(observations) -> list[tuple[int, int, int, int | None]]:
    return [(one.first_ns, one.last_ns, len(one.reads), one.known) for one in observations]


def test_a_tag_has_left_when_it_was_not_read_for_longer_than_the_gap():
    assert times(smooth([read(0), read(10), read(20), read(31)], GAP)) == [(0, 20, 3, None), (31, 31, 1, None)]


def test_tags_and_read_points_are_smoothed_apart():
    found = smooth([read(0), read(1, "BB"), read(2, point=GATE), read(3)], GAP)
    assert [(one.epc, one.read_point, len(one.reads)) for one in found] == [
        ("AA", DOCK, 2),
        ("BB", DOCK, 1),
        ("AA", GATE, 1),
    ]


def test_reads_out_of_order_are_put_in_order_of_the_readers_time():
    (found,) = smooth([read(9), read(0), read(5)], GAP)
    assert [one.time_ns for one in found.reads] == [0, 5, 9]


def test_a_late_read_joins_what_an_earlier_run_stated():
    known = {("AA", DOCK): [Known(7, 100, 120), Known(8, 150, 160)]}
    assert times(smooth([read(95)], GAP, known)) == [(95, 120, 1, 7)]
    assert times(smooth([read(110), read(129)], GAP, known)) == [(100, 129, 2, 7)]
    assert times(smooth([read(130), read(140)], GAP, known)) == [(100, 140, 2, 7)]
    assert times(smooth([read(135)], GAP, known)) == [(135, 135, 1, None)]
    assert times(smooth([read(170), read(180), read(191)], GAP, known)) == [(150, 180, 2, 8), (191, 191, 1, None)]


READS = st.lists(
    st.builds(
        read, st.integers(0, 200), st.sampled_from(["AA", "BB"]), st.sampled_from([DOCK, GATE]), st.integers(0, 10**6)
    ),
    max_size=40,
)


@given(READS, st.integers(1, 30), st.randoms())
def test_every_read_is_in_exactly_one_observation_whatever_the_order_of_lines(
    reads: list[Read], gap: int, shuffler: random.Random
):
    found = smooth(reads, gap)
    assert sorted(map(repr, (one for seen in found for one in seen.reads))) == sorted(map(repr, reads))
    mixed = list(reads)
    shuffler.shuffle(mixed)
    assert smooth(mixed, gap) == found


@given(READS, st.integers(1, 30))
def test_observations_are_what_the_gap_says(reads: list[Read], gap: int):
    ends: dict[tuple[str, str], int] = {}
    for one in smooth(reads, gap):
        place = (one.epc, one.read_point)
        moments = [seen.time_ns for seen in one.reads]
        assert (one.first_ns, one.last_ns) == (moments[0], moments[-1])
        assert all(later - earlier <= gap for earlier, later in itertools.pairwise(moments))
        assert place not in ends or one.first_ns - ends[place] > gap
        ends[place] = one.last_ns


@given(READS, READS, st.integers(1, 30))
def test_a_second_run_keeps_what_the_first_stated(before: list[Read], after: list[Read], gap: int):
    known: dict[tuple[str, str], list[Known]] = {}
    for row, one in enumerate(smooth(before, gap)):
        known.setdefault((one.epc, one.read_point), []).append(Known(row, one.first_ns, one.last_ns))
    found = smooth(after, gap, known)
    assert sum(len(one.reads) for one in found) == len(after)
    stated = {one.row: one for rows in known.values() for one in rows}
    for one in found:
        if one.known is not None:
            assert one.first_ns <= stated[one.known].first_ns
            assert one.last_ns >= stated[one.known].last_ns
