"""The CBV event id's values: times, numbers, words and names, and what is refused by its path."""

from __future__ import annotations

import pytest
from event_id_kit import CONTEXT, event_with, extension_of

from lading.epcis import EventIdError, event_id
from lading.epcis.values import utc_milliseconds


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
        event_id(event_with(eventTime=text), CONTEXT)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "=1"), (1.0, "=1"), (0.1, "=0.1"), (-0.0, "=0"), (True, "=true"), ("23.0", "=23"), ("0.50", "=0.5"), ("", "")],
)
def test_numbers_and_booleans_in_extensions(value: object, text: str):
    assert extension_of(value) == text


@pytest.mark.parametrize("word", ["shipping", "Temperature", "L0012", "12a", "v1.0", "https://example.com/x", "a:b"])
def test_words_in_extensions_stay_as_they_are(word: str):
    assert extension_of(word) == f"={word}"


def test_prefixed_values_and_keys_are_written_out():
    assert extension_of("example:x") == "=https://ns.example.com/epcis/x"
    assert extension_of({"plain:y": 1, "bare": 2}) == "bare=2{urn:example}y=1"
    assert extension_of({"example:tagList": ["b", "a"]}) == (
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
        event_id(event_with(**change), CONTEXT)
    assert caught.value.path == path


def test_an_event_without_a_time_has_no_id():
    with pytest.raises(EventIdError, match="without eventTime"):
        event_id({"type": "ObjectEvent"})


def test_values_nested_without_end_are_refused():
    value: object = "x"
    for _ in range(100):
        value = {"example:x": value}
    with pytest.raises(EventIdError, match="64 deep"):
        extension_of(value)
