"""Hostile EPCIS documents, JSON and XML: whatever is done to one, it is accepted by the rules or refused by name.

See `hostile_kit` for how many."""

from __future__ import annotations

import contextlib
import copy
import json
import random
import string
from typing import Any

import pytest
from hostile_kit import EVENTS, FILES, INPUTS, TEA, document_of, part, rng_of, text_of
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.epcis import (
    DocumentError,
    EventIdError,
    check_bytes,
    check_document,
    convert,
    document_event_ids,
    parse_document,
    read_document,
)
from lading.epcis.fields import RULES
from lading.epcis.text import NotJson

HOSTILE_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 2**53 + 1, 10**400, float("nan"), float("-inf"), "", "x", "\ud800", "\x00", "1e3"),
    *([], {}, [[]], [None], {"": ""}, {"tea:x": {"tea:y": []}}, {"@id": "urn:a:b"}, "urn:a:b", "tea:x", "nowhere:x"),
    *("urn:epc:id:sgtin:9521141.012345.1001", "https://id.gs1.org/01/09521141123454/21/1", "ADD", "shipping", "active"),
    *("2026-03-02T08:00:00Z", "+00:00", {"id": "urn:a:b"}, ["urn:a:b"], {"type": "Temperature"}, "A" * 5000),
]


def _mutated(document: Any, rng: random.Random) -> Any:
    """One to three changes anywhere: a member taken away, added, replaced, renamed, or moved in from elsewhere."""
    for _ in range(rng.randint(1, 3)):
        holders = [document]
        for holder in holders:
            members = holder.values() if isinstance(holder, dict) else holder
            holders += [member for member in members if isinstance(member, dict | list)]
        holder, donor = rng.choice(holders), rng.choice(holders)
        kept = rng.choice(HOSTILE_VALUES) if rng.random() < 0.6 else donor
        value = copy.deepcopy(kept)
        if isinstance(holder, list):
            at = rng.randrange(len(holder) + 1)
            holder[at : at + rng.randrange(2)] = [value] * rng.randrange(3)
        else:
            name = rng.choice([*holder, *(donor if isinstance(donor, dict) else ()), "tea:x"])
            if rng.random() < 0.3:
                holder.pop(name, None)
            else:
                holder[name] = value
    return document


def _judge(document: Any) -> bool:
    """Whether a document is accepted; both ways only as the package says that it answers."""
    faults = check_document(document)
    assert {fault.rule for fault in faults} <= RULES.keys()
    if faults:
        with pytest.raises(DocumentError):
            parse_document(document)
    else:
        assert parse_document(document).model_dump(by_alias=True, exclude_unset=True) == document
    try:
        ids = document_event_ids(document)
    except EventIdError:
        return not faults
    assert all(one.startswith("ni:///sha-256;") for one in ids)
    return not faults


def test_any_change_to_a_document_is_judged_by_the_rules():
    rng, accepted = rng_of("changes"), 0
    for _ in range(part(0.2)):
        small = document_of(copy.deepcopy(rng.choice(EVENTS)))
        accepted += _judge(_mutated(copy.deepcopy(small), rng))
    assert INPUTS < 5000 or 0 < accepted < part(0.2)


SNIPPETS = [
    *(
        b"",
        b"\xff",
        b"\x00",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"NaN",
        b"1e999",
        b"-",
        b"9" * 5000,
        b"[" * 5000,
        b'{"a":' * 500,
    ),
    *(
        b"null",
        b'"',
        b"}",
        b"]",
        b",",
        b":",
        b"<",
        b">",
        b"/>",
        b"&a;",
        b"&#0;",
        b"&#xD800;",
        b"&lt;",
        b"<![CDATA[",
        b"]]>",
    ),
    *(b'<!DOCTYPE a [<!ENTITY a "b">]>', b'<!DOCTYPE a SYSTEM "a">', b"<extension>", b"</extension>", b"<x:y/>"),
    *(b"<tea:a>", b"</tea:a>", b"<tea:a/>", b'tea:a="1"', b' xmlns=""', b' xmlns:tea="b"', b' xsi:type="xsd:int"'),
    *(b"<!--", b"-->", b"<?a?>", b"<epc>", b"<epcList/>", b' xsi:nil="true"', b"\xef\xbb\xbf", b"\xff\xfe"),
]


def _torn(data: bytes, rng: random.Random) -> bytes:
    """One to three changes of bytes: some flipped, cut out, doubled, or a snippet put in."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice((1, 1, 2, 10, 200)))
        kind = rng.randrange(5)
        if kind == 0:
            data = data[:at] + bytes((rng.randrange(256),)) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[end:]
        elif kind == 2:
            data = data[:end] + data[at:end] + data[end:]
        else:
            data = data[:at] + rng.choice(SNIPPETS) + data[at:]
    return data


def _judge_bytes(data: bytes) -> bool:
    try:
        faults = check_bytes(data)
    except NotJson as problem:
        faults = list(problem.found)
    assert {fault.rule for fault in faults} <= RULES.keys()
    json.dumps([fault.message for fault in faults], ensure_ascii=False).encode()
    if faults:
        with pytest.raises(DocumentError):
            convert(data)
        return False
    document, count = convert(data)
    assert check_document(document) == []
    assert read_document(json.dumps(document).encode()) == document
    with contextlib.suppress(EventIdError):
        assert len(document_event_ids(document)) == count
    return True


def test_torn_bytes_are_judged_by_the_rules():
    rng, accepted = rng_of("bytes"), 0
    small = [json.dumps(document_of(event)).encode() for event in EVENTS] + FILES[1:]
    for _ in range(part(0.3)):
        accepted += _judge_bytes(_torn(rng.choice(small), rng))
    assert INPUTS < 5000 or 0 < accepted < part(0.3)


def test_whatever_is_said_instead_of_an_epc_is_an_epc_or_refused():
    """What is accepted as an EPC URI of a GS1 key has a canonical link: its id is not that of the raw text."""
    rng = rng_of("epcs")
    schemes = (
        "sgtin",
        "sscc",
        "sgln",
        "grai",
        "giai",
        "gsrn",
        "gsrnp",
        "gdti",
        "cpi",
        "sgcn",
        "itip",
        "ginc",
        "gsin",
        "pgln",
    )
    for _ in range(part(0.1)):
        scheme = rng.choice(schemes)
        digits = [text_of(rng, string.digits, rng.choice((7, 12, 13))) for _ in range(rng.randint(1, 4))]
        uri = f"urn:epc:id:{scheme}:" + ".".join(digits)
        if rng.random() < 0.4:
            at = rng.randrange(len(uri))
            uri = uri[:at] + rng.choice(string.printable + "é٣") + uri[at:]
        document = document_of({**EVENTS[1], "parentID": uri})
        if _judge(document) and uri.startswith(f"urn:epc:id:{scheme}:"):
            twin = document_of({**EVENTS[1], "parentID": "urn:epc:id:sscc:9521141.1234567890"})
            assert (document_event_ids(document) == document_event_ids(twin)) == (uri == EVENTS[1]["parentID"])


@settings(max_examples=part(0.02), deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_at_all_are_refused_by_name(data: bytes):
    assert not _judge_bytes(data)


XML_NAMES = st.sampled_from(["epcList", "epc", "ilmd", "extension", "tea:a", "tea:aList", "sensorElement"])
XML_TEXTS = st.text(alphabet="ab<&;\u00e9 ]>", max_size=6).map(
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
)


@settings(max_examples=part(0.02), deadline=None)
@given(
    st.recursive(
        XML_TEXTS,
        lambda inner: st.builds(
            lambda name, parts: f"<{name}>{''.join(parts)}</{name}>", XML_NAMES, st.lists(inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_any_elements_within_an_event_are_judged_by_the_rules(inner: str):
    _judge_bytes(FILES[1].replace(b"<lab:note/>", inner.encode()))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"a": 1, "a": 2}', "duplicate"),
        ('{"a": NaN}', "number"),
        ('{"a": -Infinity}', "number"),
        ('{"a": 1e400}', "number"),
        ('{"a": ' + "9" * 5000 + "}", "number"),
        ('{"a": "\\ud800"}', "unicode"),
    ],
)
def test_json_that_two_readers_understand_differently_is_refused(text: str, rule: str):
    document = json.dumps(TEA)[:-1] + ', "tea:more": ' + text + "}"
    assert [fault.rule for fault in check_bytes(document.encode())] == [rule]


@pytest.mark.parametrize(
    "data", [b"", b" ", b"{", b"\xff{}", b"\xff\xfe{\x00}\x00", b"[" * 200_000, b"{}{}", b"nul"], ids=range(8)
)
def test_what_is_no_json_is_said_to_be_none(data: bytes):
    with pytest.raises(NotJson) as caught:
        read_document(data)
    assert caught.value.found[0].rule in ("json", "depth")
