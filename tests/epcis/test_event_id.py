"""The CBV event id: every published vector, what may not change it, and what is refused by name."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.epcis import EventIdError, document_event_ids, event_id, prehash
from lading.epcis.values import utc_milliseconds

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "https://ns.example.com/epcis/", "plain": "urn:example"},
]
EVENT = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-02T09:15:30.278+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sgtin:0614141.812345.12345", "https://id.gs1.de/00/106141412345678908"],
    "action": "OBSERVE",
    "bizStep": "shipping",
    "readPoint": {"id": "urn:epc:id:sgln:0614141.12345.0", "example:dock": "D2"},
    "bizTransactionList": [
        {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:0614141123452:1"},
        {"type": "inv", "bizTransaction": "urn:epcglobal:cbv:bt:0614141123452:2"},
    ],
    "example:parcel": {"example:weight": 2.50, "example:tags": ["b", "a"]},
}
# The pre-hash line of this file is damaged (pieces stand twice and out of place) and does not hash to its .hashes line.
DAMAGED = {"epcisDocWithAllGS1Keys"}
VECTORS = [
    "ReferenceEventHashAlgorithm",
    "ReferenceEventHashAlgorithm2",
    "TimeStampRoundOff",
    "epcisDocHavingEventWithComment",
    "epcisDocHavingEventWithIgnoreFields",
    "epcisDocWithAllGS1Keys",
    "epcisDocWithSensorDataObjectEvent",
    "epcisDocWithShippingAndTransportingEvent",
    "epcisDocWithSingleEvent",
    "epcisDocWithVariousEventTypes",
    "epcisEventWithCURIEs",
    "persistentDisposition",
]


def _event(**changes: object) -> dict[str, object]:
    return {**copy.deepcopy(EVENT), **changes}


def _extension(value: object) -> str:
    return prehash(_event(**{"example:parcel": value}), CONTEXT).partition("{https://ns.example.com/epcis/}parcel")[2]


def test_the_list_of_vectors_is_whole(shared_data: Path):
    assert sorted(path.stem for path in (shared_data / "event-hash").glob("*.jsonld")) == VECTORS


@pytest.mark.parametrize("name", VECTORS)
def test_ids_equal_the_published_vectors(shared_data: Path, name: str):
    folder = shared_data / "event-hash"
    document = json.loads((folder / f"{name}.jsonld").read_text(encoding="utf-8"))
    assert document_event_ids(document) == (folder / f"{name}.hashes").read_text().split()


@pytest.mark.parametrize("name", [name for name in VECTORS if name not in DAMAGED])
def test_prehash_strings_equal_the_published_ones(shared_data: Path, name: str):
    published = shared_data / "event-hash" / f"{name}.prehashes"
    if not published.exists():
        assert name == "epcisDocHavingEventWithComment"
        return
    document = json.loads(published.with_suffix(".jsonld").read_text(encoding="utf-8"))
    ignored = document.get("repository-x:ignoreFields", [])
    events = document["epcisBody"]["eventList"]
    ours = [prehash({k: v for k, v in e.items() if k not in ignored}, document["@context"]) for e in events]
    assert ours == published.read_text(encoding="utf-8").rstrip("\n").split("\n")


def test_a_whole_event_in_its_order():
    assert prehash(EVENT, CONTEXT) == (
        "eventType=ObjectEventeventTime=2026-03-02T08:15:30.278ZeventTimeZoneOffset=+01:00"
        "epcListepc=https://id.gs1.org/00/106141412345678908epc=https://id.gs1.org/01/80614141123458/21/12345"
        "action=OBSERVEbizStep=https://ref.gs1.org/cbv/BizStep-shipping"
        "readPointid=https://id.gs1.org/414/0614141123452{https://ns.example.com/epcis/}dock=D2"
        "bizTransactionListtype=https://ref.gs1.org/cbv/BTT-invbizTransaction=urn:epcglobal:cbv:bt:0614141123452:2"
        "type=https://ref.gs1.org/cbv/BTT-pobizTransaction=urn:epcglobal:cbv:bt:0614141123452:1"
        "{https://ns.example.com/epcis/}parcel{https://ns.example.com/epcis/}tags=a"
        "{https://ns.example.com/epcis/}tags=b{https://ns.example.com/epcis/}weight=2.5"
    )


@pytest.mark.parametrize(
    "wrap",
    [
        lambda event: {"@context": CONTEXT, **event},
        lambda event: [{"@context": CONTEXT, **event}],
        lambda event: {"@context": CONTEXT, "type": "EPCISDocument", "epcisBody": {"eventList": [event]}},
        lambda event: {"@context": CONTEXT, "type": "EPCISDocument", "epcisBody": {"event": event}},
        lambda event: {
            "@context": CONTEXT,
            "type": "EPCISQueryDocument",
            "epcisBody": {"queryResults": {"queryName": "q", "resultsBody": {"eventList": [event]}}},
        },
    ],
)
def test_the_id_is_the_same_in_every_kind_of_document(wrap):
    assert document_event_ids(wrap(EVENT)) == [event_id(EVENT, CONTEXT)]


def test_a_query_document_may_name_fields_to_ignore():
    context = [*CONTEXT, {"store": "https://repository-x.example.com/"}]
    results = {"resultsBody": {"eventList": [_event(**{"store:row": 7})]}, "store:ignoreFields": ["store:row"]}
    document = {"@context": context, "type": "EPCISQueryDocument", "epcisBody": {"queryResults": results}}
    assert document_event_ids(document) == [event_id(EVENT, CONTEXT)]


def _shuffled(value, order: st.DataObject):
    if isinstance(value, dict):
        keys = order.draw(st.permutations(list(value)))
        return {key: _shuffled(value[key], order) for key in keys}
    if isinstance(value, list):
        return [_shuffled(item, order) for item in order.draw(st.permutations(value))]
    return value


@given(st.data())
def test_neither_key_order_nor_list_order_nor_white_space_changes_the_id(order: st.DataObject):
    event = _shuffled(EVENT, order)
    spaced = json.loads(json.dumps(event, indent=order.draw(st.integers(0, 8))))
    assert event_id(spaced, CONTEXT) == event_id(EVENT, CONTEXT)


@pytest.mark.parametrize(
    "change",
    [
        {"eventID": "urn:uuid:1"},
        {"recordTime": "2026-03-02T08:15:31Z"},
        {"errorDeclaration": {"declarationTime": "2026-03-03T00:00:00Z"}},
        {"comment": "x"},
        {"rdfs:comment": "y"},
        {"eventTime": "2026-03-02T08:15:30.2780Z"},
        {"bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"},
        {"bizStep": "urn:epcglobal:cbv:bizstep:shipping"},
        {"bizStep": "cbv:BizStep-shipping"},
        {"readPoint": {"id": "https://shop.example/414/0614141123452", "example:dock": " D2 "}},
        {"disposition": ""},
        {"sourceList": []},
    ],
)
def test_what_the_id_does_not_cover_or_reads_alike(change: dict[str, object]):
    assert event_id(_event(**change), CONTEXT) == event_id(EVENT, CONTEXT)


@pytest.mark.parametrize(
    "change",
    [
        {"eventTime": "2026-03-02T08:15:30.279Z"},
        {"eventTimeZoneOffset": "+02:00"},
        {"action": "ADD"},
        {"bizStep": "receiving"},
        {"epcList": EVENT["epcList"][:1]},
        {"bizTransactionList": EVENT["bizTransactionList"][:1]},
        {"certificationInfo": "https://council.example/1"},
        {"ilmd": {"example:lot": "A"}},
        {"example:more": True},
        {"example:parcel": {"example:weight": 2.5, "example:tags": ["b", "a", "a"]}},
    ],
)
def test_what_the_id_covers(change: dict[str, object]):
    assert event_id(_event(**change), CONTEXT) != event_id(EVENT, CONTEXT)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02T08:15:30Z", "2026-03-02T08:15:30.000Z"),
        ("2026-03-02T08:15:30.0005Z", "2026-03-02T08:15:30.001Z"),
        ("2026-03-02T08:15:30.0025Z", "2026-03-02T08:15:30.003Z"),
        ("2026-03-02T08:15:30.00049999Z", "2026-03-02T08:15:30.000Z"),
        ("2026-12-31T23:59:59.9995Z", "2027-01-01T00:00:00.000Z"),
        ("2026-03-01T00:30:00.1+01:00", "2026-02-28T23:30:00.100Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ],
)
def test_times_become_utc_milliseconds_rounded_half_up(text: str, utc: str):
    assert utc_milliseconds(text) == utc


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T08:15:30",
        "2026-03-02",
        "2026-03-02T24:00:00Z",
        "2026-03-02T08:15:60Z",
        "2026-02-30T08:15:30Z",
        "2026-03-02T08:15:30+14:30",
        "2026-03-02T08:15:30+01:60",
        "2026-03-02T08:15:30+0100",
        "2026-03-02 08:15:30Z",
        "2026-03-02T08:15:30,5Z",
        "9999-12-31T23:59:59.9999Z",
        "0001-01-01T00:00:00+01:00",
        "٢٠٢٦-03-02T08:15:30Z",
    ],
)
def test_times_without_zone_or_outside_the_calendar_are_refused(text: str):
    with pytest.raises(EventIdError, match=r"\$\.eventTime"):
        event_id(_event(eventTime=text), CONTEXT)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "=1"), (1.0, "=1"), (0.1, "=0.1"), (-0.0, "=0"), (True, "=true"), ("23.0", "=23"), ("0.50", "=0.5"), ("", "")],
)
def test_numbers_and_booleans_in_extensions(value: object, text: str):
    assert _extension(value) == text


@pytest.mark.parametrize("word", ["shipping", "Temperature", "L0012", "12a", "v1.0", "https://example.com/x", "a:b"])
def test_words_in_extensions_stay_as_they_are(word: str):
    assert _extension(word) == f"={word}"


def test_prefixed_values_and_keys_are_written_out():
    assert _extension("example:x") == "=https://ns.example.com/epcis/x"
    assert _extension({"plain:y": 1, "bare": 2}) == "bare=2{urn:example}y=1"
    assert _extension({"example:tagList": ["b", "a"]}) == (
        "{https://ns.example.com/epcis/}tagList{https://ns.example.com/epcis/}tag=a{https://ns.example.com/epcis/}tag=b"
    )


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"example:x": "0012"}, "$.example:x"),
        ({"example:x": "1_000"}, "$.example:x"),
        ({"example:x": "1e3"}, "$.example:x"),
        ({"example:x": "+5"}, "$.example:x"),
        ({"example:x": "Infinity"}, "$.example:x"),
        ({"example:x": "nan"}, "$.example:x"),
        ({"example:x": "12345678901234567890"}, "$.example:x"),
        ({"example:x": "9" * 400}, "$.example:x"),
        ({"example:x": "0.1234567890123456789"}, "$.example:x"),
        ({"example:x": 2**53 + 1}, "$.example:x"),
        ({"example:x": 10**400}, "$.example:x"),
        ({"example:x": float("inf")}, "$.example:x"),
        ({"example:x": None}, "$.example:x"),
        ({"example:x": ["a", {"example:y": None}]}, "$.example:x[1].example:y"),
        ({"example:x": [["a"]]}, "$.example:x[0]"),
        ({"example:x": {"@value": 1}}, "$.example:x.@value"),
        ({"example:x": {"other:y": 1}}, "$.example:x.other:y"),
        ({"other:x": 1}, "$.other:x"),
        ({"mine": 1}, "$.mine"),
        ({"ilmd": {"lot": "A"}}, "$.ilmd.lot"),
        ({"readPoint": {"id": "urn:x:y", "dock": 1}}, "$.readPoint.dock"),
        ({"readPoint": {"id": "urn:x:y", "sourceList": []}}, "$.readPoint.sourceList"),
        ({"readPoint": "urn:x:y"}, "$.readPoint"),
        ({"sourceList": [{"type": "location", "source": "urn:x:y", "example:z": 1}]}, "$.sourceList[0]"),
        (
            {"sensorElementList": [{"sensorReport": [{"bizRules": "urn:x:y"}]}]},
            "$.sensorElementList[0].sensorReport[0].bizRules",
        ),
        ({"epcList": ["urn:x:y", None]}, "$.epcList[1]"),
        ({"epcList": {"a": 1}}, "$.epcList"),
        ({"eventTime": 1}, "$.eventTime"),
        ({"type": "Event"}, "$.type"),
        ({"type": ["ObjectEvent"]}, "$.type"),
        ({"@context": {"gs1": "https://elsewhere.example/"}}, "$.@context"),
        ({"example:x": "\ud800"}, "$"),
    ],
)
def test_what_others_would_drop_or_change_in_silence_is_refused_by_path(change: dict[str, object], path: str):
    with pytest.raises(EventIdError) as caught:
        event_id(_event(**change), CONTEXT)
    assert caught.value.path == path


def test_an_event_without_a_time_has_no_id():
    with pytest.raises(EventIdError, match="without eventTime"):
        event_id({"type": "ObjectEvent"})


def test_values_nested_without_end_are_refused():
    value: object = "x"
    for _ in range(100):
        value = {"example:x": value}
    with pytest.raises(EventIdError, match="64 deep"):
        _extension(value)


@pytest.mark.parametrize(
    "document", [None, "x", 1, {}, {"type": "EPCISDocument"}, {"epcisBody": {"eventList": {}}}, [1]]
)
def test_what_is_no_document_is_refused(document: object):
    with pytest.raises(EventIdError):
        document_event_ids(document)


def test_a_fault_in_a_document_is_named_by_its_path_in_the_document():
    document = {"@context": CONTEXT, "epcisBody": {"eventList": [EVENT, _event(mine=1)]}}
    with pytest.raises(EventIdError, match=r"^\$\.epcisBody\.eventList\[1\]\.mine: "):
        document_event_ids(document)


def test_prefixes_of_one_document_do_not_reach_the_next():
    event_id(EVENT, CONTEXT)
    with pytest.raises(EventIdError, match="declares no prefix"):
        event_id(EVENT)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from([*EVENT]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.sampled_from([*EVENT, "ilmd", "sensorElementList", "sourceList", "@context"]), JSON)
def test_any_json_in_any_field_gives_an_id_or_a_typed_refusal(field: str, value: object):
    try:
        identifier = event_id(_event(**{field: value}), CONTEXT)
    except EventIdError:
        return
    assert re.fullmatch(r"ni:///sha-256;[0-9a-f]{64}\?ver=CBV2\.0", identifier)
