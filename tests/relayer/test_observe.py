from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.epcis.check import parse_document
from lading.epcis.epc import name_of
from lading.epcis.event_id import event_id
from lading.provenance.item import same_thing
from lading.relayer.outbox.events import NewEvent
from lading.relayer.reads.roster import Roster
from lading.relayer.smoothing.naming import named
from lading.relayer.smoothing.observe import CONTEXT, Observer, event_of, event_time, zone_offset
from lading.relayer.smoothing.track import Kind, Statement

EPC = "3036451FD40C0E40000003E9"
SSCC = "3174257BF4499602D2000000"
LATEST_MS = 2**63 // 10**6


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


@pytest.fixture(scope="module")
def points(config):
    return list(Roster(config).points.values())


def test_a_sighting_is_an_object_event_with_the_meaning_of_its_read_point(config):
    gate = Roster(config).point_of("ours", None)
    said = Statement(Kind.APPEARED, 1_772_439_330_420_600_000, 480, gate, EPC, (), ())
    assert event_of(said) == {
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
def test_a_foreign_tag_is_named_by_its_raw_uri(points, epc: str):
    event = event_of(Statement(Kind.APPEARED, 0, 0, points[0], epc, (), ()))
    assert event["epcList"] == [f"urn:epc:raw:{4 * len(epc)}.x{epc}"]
    assert event_id(event, CONTEXT).startswith("ni:///sha-256;")


HEADERS = st.sampled_from(
    ["30", "31", "32", "33", "34", "35", "36", "37", "2C", "2D", "2F", "3B", "F7", "F0", "E2", "41"]
)
EPCS = (
    st.builds(lambda head, rest: head + rest.hex().upper(), HEADERS, st.binary(min_size=11, max_size=11))
    | st.sampled_from([EPC, SSCC, EPC[:-1] + "8", "00"])
    | st.binary(min_size=1, max_size=31).map(lambda data: data.hex().upper())
)


@settings(max_examples=400, deadline=None)
@given(EPCS)
def test_a_tag_is_named_as_everywhere(epc: str):
    name, thing = named(epc)
    assert (name, thing) == (name_of(epc), same_thing(name_of(epc)))
    assert "\n" not in thing
    assert "\\" not in thing


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(Kind),
    time_ns=st.integers(0, 2**63 - 1),
    offset=st.integers(-840, 840),
    at=st.integers(0, 1),
    epc=EPCS,
    children=st.lists(EPCS, min_size=1, max_size=4, unique=True),
)
def test_events_made_by_the_shape_are_those_made_one_by_one(points, kind, time_ns, offset, at, epc, children):
    children = tuple(sorted(children)) if kind is Kind.PACKED else ()
    said = Statement(kind, time_ns, offset, points[at], SSCC if children else epc, children, ())
    (made,) = Observer().events([said])
    event = event_of(said)
    expected = NewEvent.of(event, CONTEXT)
    assert made._replace(body=b"") == expected._replace(body=b"")
    assert json.loads(made.body) == json.loads(expected.body)
    parse_document(
        {
            "@context": [CONTEXT], "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": event["eventTime"],
            "epcisBody": {"eventList": [event]},
        }
    )  # fmt: skip
