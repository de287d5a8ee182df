from __future__ import annotations

import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from lading.relayer.config.settings import RelayConfig
from lading.relayer.intake.intake import Intake, take_in
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.run import NO_LOG


def stored(outbox: Outbox) -> list[str]:
    return [row[0] for row in outbox.store.rows("SELECT event_id FROM events ORDER BY event_id")]


def test_a_read_that_is_delivered_again_is_counted_and_makes_nothing(outbox: Outbox, read_log, config, zebra, impinj):
    lines = zebra(1), impinj(), zebra(1), impinj(), zebra(2)
    assert take_in(outbox, read_log(*lines), config, "a") == Intake(5, 1, 2, 0, 0)
    assert take_in(outbox, read_log(*lines), config, "a") == Intake(5, 0, 5, 0, 0)
    assert outbox.store.one("SELECT coalesce(sum(count), 0) FROM read_chunks") == (3,)


def test_the_same_number_at_another_time_is_another_read(outbox: Outbox, read_log, config, zebra):
    """A reader that restarts counts from 1 again."""
    again = zebra(1, time="2026-03-02T09:00:00.000+0000")
    assert take_in(outbox, read_log(zebra(1), again), config, "a") == Intake(2, 2, 0, 0, 0)


def test_a_gap_stays_open_until_a_later_log_fills_it(outbox: Outbox, read_log, config, zebra):
    assert take_in(outbox, read_log(zebra(1), zebra(5)), config, "a").gaps == 3
    assert take_in(outbox, read_log(zebra(3, epc="not hex")), config, "b") == Intake(0, 0, 0, 1, 2)
    assert take_in(outbox, read_log(zebra(4), zebra(2)), config, "c").gaps == 0


def test_a_late_replay_states_only_what_is_new_and_at_its_own_time(outbox: Outbox, read_log, config, ours):
    moment = "2026-03-02T08:15:{}Z".format
    take_in(outbox, read_log(ours(time=moment(30))), config, "a")
    late = read_log(ours(time=moment(25)), ours(time=moment("02")), ours(time=moment("03")))
    assert take_in(outbox, late, config, "b") == Intake(3, 1, 0, 0, 0)
    spans = outbox.store.rows(
        "SELECT first_ns % 60000000000, last_ns % 60000000000 FROM observations ORDER BY first_ns"
    )
    assert [(first // 10**9, last // 10**9) for first, last in spans] == [(2, 3), (25, 30)]
    times = [json.loads(text)["eventTime"] for (text,) in outbox.store.rows("SELECT body FROM events ORDER BY id")]
    assert times == ["2026-03-02T08:15:30.000Z", "2026-03-02T08:15:02.000Z"]


def test_a_quarantined_line_is_kept_once_with_reason_source_number_and_bytes(outbox: Outbox, read_log, config, zebra):
    for _ in range(2):
        take_in(outbox, read_log(zebra(1), b'{"cut'), config, "dock.ndjson")
    rows = outbox.store.rows("SELECT origin, line, reason, length, head FROM quarantine")
    assert rows == [("dock.ndjson", 2, "not-json", 5, b'{"cut')]


LINES = st.lists(
    st.builds(
        lambda reader, antenna, epc, second, sequence, hour: {
            "reader": reader,
            "antenna": antenna,
            "epc": f"3036451FD40C0E40000003E{epc}",
            "time": f"2026-03-02T{8 + hour:02d}:15:{second:02d}+{hour:02d}:00",  # one instant in several zones
            "sequence": sequence,
        },
        st.sampled_from(["zebra", "impinj", "ours", "stranger"]),
        st.sampled_from([1, 2]),
        st.integers(0, 2),
        st.integers(0, 20),
        st.integers(1, 9),
        st.sampled_from([0, 1, 8]),
    ),
    max_size=25,
)


def run(config: RelayConfig, lines: list[dict[str, object]]) -> tuple[Intake, list[str], int]:
    found = ["\n".join(map(json.dumps, lines)).encode()]
    with Outbox.in_memory(NO_LOG) as outbox:
        intake = take_in(outbox, found, config, "log")
        return intake, stored(outbox), outbox.store.one("SELECT coalesce(sum(count), 0) FROM read_chunks")[0]


@settings(max_examples=60, deadline=None)
@given(LINES, st.randoms())
def test_reads_are_those_in_observations_and_the_redelivered_whatever_the_order_of_lines(
    config: RelayConfig, lines: list[dict[str, object]], shuffler: random.Random
):
    intake, events, in_observations = run(config, lines)
    assert intake.reads + intake.quarantined == len(lines)
    assert intake.reads == in_observations + intake.duplicates
    assert intake.events == len(events)
    mixed = list(lines)
    shuffler.shuffle(mixed)
    assert run(config, mixed) == (intake, events, in_observations)


def test_one_instant_in_two_zones_gives_the_same_event_whichever_line_comes_first(config: RelayConfig, ours):
    delivered_twice = [ours(time="2026-03-02T08:15:30Z"), ours(time="2026-03-02T16:15:30+08:00")]
    assert run(config, delivered_twice) == run(config, delivered_twice[::-1])
    two_reads = [delivered_twice[0] | {"antenna": 2}, delivered_twice[1] | {"antenna": 1}]
    assert run(config, two_reads) == run(config, two_reads[::-1])


@settings(max_examples=40, deadline=None)
@given(LINES, st.integers(0, 25))
def test_reading_a_log_in_two_parts_loses_and_doubles_no_read(
    config: RelayConfig, lines: list[dict[str, object]], cut: int
):
    with Outbox.in_memory(NO_LOG) as outbox:
        for part in (lines[:cut], lines, lines[cut:]):
            found = ["\n".join(map(json.dumps, part)).encode()]
            take_in(outbox, found, config, "log")
        whole, _, distinct = run(config, lines)
        assert outbox.store.one("SELECT coalesce(sum(count), 0) FROM read_chunks") == (distinct,)
        assert outbox.store.one("SELECT count(*) FROM observations, events WHERE events.id = event")[0] == len(
            outbox.store.rows("SELECT DISTINCT event FROM observations")
        )
        assert take_in(outbox, found, config, "log").gaps == whole.gaps
