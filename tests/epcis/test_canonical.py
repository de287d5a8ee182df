"""The canonical JSON of events: RFC 8785's own examples, and what the content hash covers beyond the event id."""

from __future__ import annotations

import hashlib
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from lading.epcis import CanonicalError, canonical_json, content_hash, event_id

EVENT = {"type": "ObjectEvent", "eventTime": "2026-03-02T08:15:30Z", "action": "ADD", "epcList": ["urn:x:y"]}


@pytest.mark.parametrize(
    ("value", "text"),
    [  # RFC 8785, appendix B
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740991, "9007199254740991"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (0.000001, "0.000001"),
        (333333333.3333332, "333333333.3333332"),
        (4.50, "4.5"),
    ],
)
def test_numbers_are_written_as_the_standard_says(value: float, text: str):
    assert canonical_json(value).decode() == text


def test_keys_sort_by_utf16_and_text_is_not_normalised():
    # RFC 8785, section 3.2.3: the astral letter sorts before U+FB33, since its first unit is a surrogate.
    value = {"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "\r": 4, "1": 5, "\u0080": 6, "\u00f6": 7}
    text = canonical_json(value).decode()
    assert text == '{"\\r":4,"1":5,"\u0080":6,"\u00f6":7,"\u20ac":3,"\U0001f600":2,"\ufb33":1}'
    assert canonical_json("\u00e9") != canonical_json("e\u0301")


def test_the_hash_is_sha256_of_the_canonical_form():
    assert content_hash({"b": 1, "a": [1.0, "é"]}) == hashlib.sha256('{"a":[1,"é"],"b":1}'.encode()).digest()


def test_the_same_numbers_hash_alike_however_they_were_written():
    assert (
        content_hash(json.loads('{"q": 25.0}')) == content_hash(json.loads('{"q": 2.5e1}')) == content_hash({"q": 25})
    )


@pytest.mark.parametrize("number", [2.0**53, -1e20, 295147905179352830000.0])
def test_a_large_number_read_back_from_its_form_has_the_same_form(number: float):
    form = canonical_json({"n": [number]})
    assert isinstance(json.loads(form)["n"][0], int)
    assert canonical_json(json.loads(form)) == form


@pytest.mark.parametrize(
    "change",
    [
        {"errorDeclaration": {"declarationTime": "2026-03-03T00:00:00Z"}},
        {"recordTime": "2026-03-02T08:15:31Z"},
        {"eventID": "urn:uuid:1"},
        {"eventTime": "2026-03-02T08:15:30.0001Z"},
    ],
)
def test_it_covers_what_the_event_id_leaves_out(change: dict[str, object]):
    assert event_id({**EVENT, **change}) == event_id(EVENT)
    assert content_hash({**EVENT, **change}) != content_hash(EVENT)


@pytest.mark.parametrize(
    "value",
    [
        2**53 + 1,
        -(2**53) - 1,
        10**21,
        10**400,
        float("nan"),
        float("inf"),
        "\ud800",
        {"\ud800": 1},
        {1: 2},
        object(),
        b"x",
    ],
)
def test_what_json_cannot_carry_exactly_is_refused(value: object):
    with pytest.raises(CanonicalError, match="no canonical JSON"):
        canonical_json({"x": value})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_the_short_way_of_plain_values_gives_the_same_bytes(value: object):
    assert canonical_json(value) == rfc8785.dumps(value)


def test_a_value_within_itself_or_without_end_is_refused():
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(CanonicalError):
        canonical_json(circle)


@given(JSON)
def test_reading_the_form_back_and_writing_it_again_changes_nothing(value: object):
    form = canonical_json(value)
    assert canonical_json(json.loads(form)) == form
    # To JSON all numbers are doubles; Python alone reads large ones back as integers.
    assert json.loads(form, parse_int=float) == value


@given(
    st.dictionaries(st.text(st.characters(codec="ascii"), max_size=8), st.integers(0, 2**53 - 1) | st.text(max_size=8))
)
def test_without_floats_and_astral_keys_sorted_json_is_the_same_form(value: dict[str, object]):
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert canonical_json(value) == plain
