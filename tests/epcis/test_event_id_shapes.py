"""The short ways to an event id are the long way: identifiers by class, times by the minute, events by shape."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lading.epcis import EpcError, EventIdError, canonical_json, content_hash, event_id
from lading.epcis.caches import clear_caches
from lading.epcis.digital_link import from_link
from lading.epcis.keys import KEY_TYPES, from_uri
from lading.epcis.links import link_of_link, link_of_uri
from lading.epcis.object_events import Made, aggregation_events, object_events
from lading.epcis.values import utc_milliseconds, utc_text
from lading.provenance.leaf import event_id_digest

DIGITS = "0123456789"
LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
FIRST_MS = -62_135_596_800_000


def _digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=least, max_size=most)


SERIALS = st.one_of(
    _digits(1, 21),
    st.text("AZaz09-._'%;", min_size=1, max_size=30),
    st.sampled_from(
        ["0", "", "*", "%2F", "%2f", "%zz", "a/b", "é", "１２", "٣", " 1", "1 ", "1\n", "A" * 20, "A" * 21, "0" * 29]
    ),
)


@st.composite
def uris(draw: st.DrawFn) -> str:
    """EPC URIs of every GS1 type, right for the most part."""
    kind = draw(st.sampled_from(KEY_TYPES))
    prefix = draw(_digits(6, 12) if draw(st.integers(0, 9)) else _digits(5, 13))
    room = max(0, (kind.body or draw(st.integers(12, 30))) - len(prefix)) + draw(st.sampled_from([0, 0, 0, 0, 0, 1]))
    reference = draw(_digits(room, room) if kind.body or draw(st.booleans()) else SERIALS)
    form = {"lgtin": "class"}.get(kind.uri_type, "id")
    form = draw(st.sampled_from([form, form, form, "idpat", "id", "class", "tag"]))
    pieces = ".01.02" if kind.uri_type == "itip" else ""
    tail = "" if kind.qualifier is None else pieces + "." + draw(SERIALS)
    return f"urn:epc:{form}:{kind.uri_type}:{prefix}.{reference}{tail}"


@st.composite
def links(draw: st.DrawFn) -> str:
    """Digital Links of every GS1 type and some addresses that are none."""
    domain = draw(st.sampled_from(["https://id.gs1.org", "http://id.gs1.org", "https://shop.example/x", "HTTPS://a"]))
    ai, value = draw(
        st.one_of(
            st.tuples(st.sampled_from(["01", "gtin"]), st.one_of(_digits(14, 14), _digits(8, 13))),
            st.tuples(st.just("00"), _digits(17, 18)),
            st.tuples(st.sampled_from(["414", "417"]), _digits(13, 13)),
            st.tuples(st.sampled_from(["8003", "253", "255", "8004", "8010", "402", "8017", "8006"]), _digits(13, 20)),
        )
    )
    tail = draw(
        st.one_of(
            st.sampled_from(["", "/", "?a=1", "#b", "/21", "/254/0", "/99/x"]),
            st.builds("/{}/{}".format, st.sampled_from(["21", "10", "254", "235", "22", "8011", "ser"]), SERIALS),
        )
    )
    return f"{domain}/{ai}/{value}{tail}"


def _the_long_way(text: str) -> str:
    try:
        return (from_uri(text) if text.startswith("urn:") else from_link(text)).digital_link
    except EpcError:
        return text


@given(st.lists(uris(), min_size=1, max_size=4))
@example(["urn:epc:id:sgtin:0614141.812345.6789", "urn:epc:id:sgtin:0614141.812345.A%2F1"])
@example(["urn:epc:id:sgln:0614141.12345.0", "urn:epc:id:sgln:0614141.12345.00", "urn:epc:id:pgln:0614141.12345"])
@example(["urn:epc:id:grai:061414112345..1", "urn:epc:id:gdti:061414112345..1", "urn:epc:id:grai:0614141.12345.1"])
@example(["urn:epc:class:lgtin:0614141.812345.L1", "urn:epc:id:lgtin:0614141.812345.L1"])
@example(
    ["urn:epc:class:sgtin:0614141.812345.1", "urn:epc:id:upui:0614141.812345.L1", "urn:epc:id:sgtin:0614141.812345.a.b"]
)
def test_the_link_of_an_identifier_is_that_of_its_key(given_uris: list[str]):
    clear_caches()
    assert [link_of_uri(uri) for uri in given_uris] == [_the_long_way(uri) for uri in given_uris]
    assert [link_of_uri(uri) for uri in given_uris] == [_the_long_way(uri) for uri in given_uris]


@given(links())
@example("https://id.gs1.org/01/00614141812345/21/1")
@example("https://id.gs1.org/414/0614141123452/254/0")
@example("https://id.gs1.org/01/00614141812345/21/" + "1" * 21)
def test_the_form_of_a_link_is_that_of_its_key(link: str):
    assert link_of_link(link) == _the_long_way(link)


def test_a_class_that_is_known_does_not_let_a_wrong_serial_through():
    assert link_of_uri("urn:epc:id:sgtin:0614141.812345.1") == "https://id.gs1.org/01/80614141123458/21/1"
    for serial in ("1" * 21, "", "١", "a b", "a%"):
        uri = f"urn:epc:id:sgtin:0614141.812345.{serial}"
        assert link_of_uri(uri) == uri


@given(st.integers(FIRST_MS, LAST_MS))
@example(FIRST_MS)
@example(LAST_MS)
@example(-1)
@example(59_999)
def test_a_time_by_arithmetic_is_the_time_by_the_calendar(time_ms: int):
    text = utc_text(time_ms)
    assert utc_milliseconds(text) == text
    assert utc_milliseconds(f"{text[:-1]}000+00:00") == text


@pytest.mark.parametrize("time_ms", [FIRST_MS - 1, LAST_MS + 1, 10**30])
def test_times_outside_of_the_calendar_are_refused(time_ms: int):
    with pytest.raises(EventIdError, match=r"\$\.eventTime"):
        object_events({"action": "OBSERVE"})(time_ms, ["urn:x:y"])


WORDS = st.sampled_from(
    ["shipping", "in_transit", "urn:epcglobal:cbv:bizstep:shipping", "https://brand.example/step", "own:word"]
)
ODD = st.sampled_from(['a"b', "a\\b", "\u0001", "\u007f", "é", "\U0001f600", "own:1", "1.50"])
TEXTS = st.one_of(uris(), links(), st.text(max_size=6), ODD)
CONTEXTS = st.sampled_from(
    [
        "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"own": "https://own.example/"}],
        {"own": "https://own.example/", "urn": "https://urn.example/"},
    ]
)
RESTS = st.fixed_dictionaries(
    {"eventTimeZoneOffset": st.sampled_from(["+08:00", "-05:30", "Z"]), "action": st.sampled_from(["OBSERVE", "ADD"])},
    optional={
        "@context": CONTEXTS,
        "bizStep": WORDS,
        "disposition": WORDS,
        "readPoint": st.fixed_dictionaries({"id": TEXTS}),
        "bizLocation": st.fixed_dictionaries({"id": TEXTS}),
        "bizTransactionList": st.lists(st.fixed_dictionaries({"type": WORDS, "bizTransaction": TEXTS}), max_size=2),
        "own:field": st.one_of(TEXTS, st.floats(allow_nan=False, allow_infinity=False), st.lists(TEXTS, max_size=2)),
        "eventID": TEXTS,
    },
)


def _outcome(work: Callable[[], object]) -> object:
    """What it gives, or where it refuses."""
    try:
        return work()
    except EventIdError as refusal:
        return refusal.path.split("[")[0]


def _one_by_one(event: dict[str, object]) -> Made:
    return Made(canonical_json(event), event_id_digest(event_id(event)), content_hash(event))


@given(RESTS, st.integers(0, LAST_MS), st.lists(TEXTS, max_size=4))
def test_object_events_of_a_shape_are_what_they_are_one_by_one(rest: dict, time_ms: int, things: list[str]):
    event = {**rest, "type": "ObjectEvent", "eventTime": utc_text(time_ms), "epcList": things}
    assert _outcome(lambda: object_events(rest)(time_ms, things)) == _outcome(lambda: _one_by_one(event))


@given(RESTS, st.integers(0, LAST_MS), TEXTS, st.lists(TEXTS, max_size=4))
def test_aggregation_events_of_a_shape_are_what_they_are_one_by_one(
    rest: dict, time_ms: int, parent: str, children: list[str]
):
    event = {**rest, "type": "AggregationEvent", "eventTime": utc_text(time_ms), "parentID": parent}
    event["childEPCs"] = children
    made = _outcome(lambda: aggregation_events(rest)(time_ms, parent, children))
    assert made == _outcome(lambda: _one_by_one(event))


def test_one_shape_makes_many_events_and_each_is_its_own():
    make = object_events(
        {"action": "OBSERVE", "bizStep": "shipping", "readPoint": {"id": "urn:epc:id:sgln:0614141.12345.0"}}
    )
    made = [make(1000 * n, [f"urn:epc:id:sgtin:0614141.812345.{n}"]) for n in range(100)]
    assert len({one.event_id for one in made}) == len({one.content_hash for one in made}) == 100
    assert json.loads(made[7].form)["eventTime"] == "1970-01-01T00:00:07.000Z"


@pytest.mark.parametrize("varying", ["type", "eventTime", "epcList"])
def test_a_shape_does_not_fix_what_varies(varying: str):
    with pytest.raises(EventIdError, match=varying):
        object_events({varying: "x"})


@pytest.mark.parametrize("varying", ["parentID", "childEPCs", "epcList"])
def test_an_aggregation_does_not_fix_what_varies(varying: str):
    with pytest.raises(EventIdError, match=varying):
        aggregation_events({varying: "x"})


def test_a_shape_that_holds_the_mark_or_has_no_id_is_refused():
    with pytest.raises(EventIdError, match="urn:lading:here"):
        object_events({"readPoint": {"id": "urn:lading:here"}})
    with pytest.raises(EventIdError) as caught:
        object_events({"readPoint": {"id": None}})
    assert caught.value.path == "$.readPoint.id"


@pytest.mark.parametrize(("things", "path"), [(["urn:x:y", "0012"], "$.epcList[1]"), (["\ud800"], "$")])
def test_an_identifier_without_a_place_in_the_id_is_refused_by_its_path(things: list[str], path: str):
    with pytest.raises(EventIdError) as caught:
        object_events({"action": "OBSERVE"})(0, things)
    assert caught.value.path == path
    with pytest.raises(EventIdError) as caught:
        aggregation_events({"action": "ADD"})(0, "1e3", ["urn:x:y"])
    assert caught.value.path == "$.parentID"
