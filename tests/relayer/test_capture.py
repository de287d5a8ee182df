from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.epcis.event_id import event_id
from lading.relayer.capture import CONTEXT, event_time, observe, zone_offset
from lading.relayer.smoothing import smooth


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_772_439_330_278_427_551, "2026-03-02T08:15:30.278Z"),
        (1_772_439_330_000_499_999, "2026-03-02T08:15:30.000Z"),
        (1_772_439_330_000_500_000, "2026-03-02T08:15:30.001Z"),
        (1_772_439_330_002_500_000, "2026-03-02T08:15:30.003Z"),
        (1_772_439_330_999_500_000, "2026-03-02T08:15:31.000Z"),
        (2**63 - 1, "2262-04-11T23:47:16.855Z"),
    ],
)
def test_a_time_is_rounded_once_half_up_to_whole_milliseconds(ns: int, text: str):
    assert event_time(ns) == text


@given(st.integers(0, 2**62), st.integers(0, 2**40))
def test_rounded_times_keep_their_order(ns: int, later: int):
    assert event_time(ns) <= event_time(ns + later)


@pytest.mark.parametrize(("minutes", "text"), [(0, "+00:00"), (480, "+08:00"), (-210, "-03:30"), (845, "+14:05")])
def test_a_zone_is_written_as_epcis_wants_it(minutes: int, text: str):
    assert zone_offset(minutes) == text


def test_an_observation_is_an_object_event_with_the_meaning_of_its_read_point(read_log, config, ours):
    lines = ours(time="2026-03-02T16:15:30.4206+08:00"), ours(time="2026-03-02T08:15:35Z")
    (observation,) = smooth(read_log(*lines).reads, config.smoothing.gap_ns)
    assert observe(observation, config) == {
        "type": "ObjectEvent",
        "eventTime": "2026-03-02T08:15:30.421Z",
        "eventTimeZoneOffset": "+08:00",
        "epcList": ["urn:epc:id:sgtin:9521141.012345.1001"],
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "in_progress",
        "readPoint": {"id": "urn:epc:id:sgln:9524321.00002.1"},
        "bizLocation": {"id": "urn:epc:id:sgln:9524321.00002.0"},
    }


@pytest.mark.parametrize("epc", ["E28068940000501790A4C3D1", "333311112222333344445555", "00"])
def test_a_foreign_tag_is_named_by_its_raw_uri(read_log, config, ours, epc: str):
    (observation,) = smooth(read_log(ours(epc=epc.lower())).reads, config.smoothing.gap_ns)
    event = observe(observation, config)
    assert event["epcList"] == [f"urn:epc:raw:{4 * len(epc)}.x{epc}"]
    assert event_id(event, CONTEXT).startswith("ni:///sha-256;")
