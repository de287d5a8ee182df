"""The bundle's form: one spelling, everything else refused with a path; and no altered byte passes."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from provenance_kit import (
    BRAND,
    CARRIER,
    CASE,
    CHAIN,
    HOUR,
    ITEM,
    PORT,
    TRUSTED,
    World,
    born,
    journey,
    packed,
    seen,
)

from lading.errors import LadingError
from lading.provenance import bundle as bundles
from lading.provenance.bundle import BatchRef, Bundle, Entry, MapEntry, OtherLeaf, build_bundle, dump, parse
from lading.provenance.errors import BundleError
from lading.provenance.schemas import FOLDER, PUBLISHED, text_of
from lading.provenance.verdict import judge

SEED = 4
HASHES = st.binary(min_size=32, max_size=32)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ADDRESSES = st.binary(min_size=20, max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
BATCHES = st.builds(BatchRef, root=HASHES, items_root=HASHES, writer=ADDRESSES, count=st.integers(1, 2**32 - 1))
ENTRIES = st.builds(
    Entry,
    event=st.dictionaries(TEXTS, VALUES, max_size=5),
    event_id=HASHES.map(lambda digest: f"ni:///sha-256;{digest.hex()}?ver=CBV2.0"),
    publisher=HASHES,
    index=st.integers(0, 2**48 - 1),
    batch=BATCHES,
    salt=HASHES,
    proof=st.lists(HASHES, max_size=33).map(tuple),
)
MAPS = st.builds(
    MapEntry,
    publisher=HASHES,
    index=st.integers(0, 2**48 - 1),
    batch=BATCHES,
    thing=TEXTS.filter(bool),
    count=st.integers(0, 2**53 - 1),
    head=HASHES,
    siblings=st.lists(st.none() | HASHES, max_size=256).map(tuple),
    other=st.none() | st.builds(OtherLeaf, key=HASHES, count=st.integers(1, 2**53 - 1), head=HASHES),
)
BUNDLES = st.builds(
    build_bundle,
    st.just(ITEM),
    st.just(CHAIN),
    st.lists(ENTRIES, max_size=3),
    st.lists(MAPS, max_size=2, unique_by=lambda one: (one.publisher, one.thing)),
)


@given(BUNDLES)
def test_what_is_dumped_is_read_back_and_dumps_to_the_same_bytes(bundle: Bundle) -> None:
    data = dump(bundle)

    again = parse(data)

    assert dump(again) == data
    assert (again.entries, again.maps) == (bundle.entries, bundle.maps)


@given(
    st.binary(max_size=300)
    | BUNDLES.map(dump).flatmap(lambda data: st.integers(0, len(data)).map(lambda cut: data[:cut]))
)
@settings(suppress_health_check=[HealthCheck.data_too_large])
def test_no_bytes_crash_the_parser(data: bytes) -> None:
    with suppress(BundleError):
        parse(data)


def test_each_byte_altered_in_turn_is_never_authentic() -> None:
    """Every byte with LADING_DEEP_BYTES=1, both bits of each; else 500 of them, drawn from a seed."""
    noted = born(**{"@context": {"ex": "https://example.com/"}, "ex:note": "0.5 kg"})
    world = World().publish(BRAND, noted, packed(CASE, ITEM, HOUR)).publish(CARRIER, seen(PORT, 2 * HOUR, item=CASE))
    data, facts = dump(world.bundle()), world.facts()
    assert judge(parse(data), facts, TRUSTED).verdict == "authentic"
    everywhere = [(position, bit) for position in range(len(data)) for bit in (0, 5)]
    deep = os.environ.get("LADING_DEEP_BYTES") == "1"

    tried = everywhere if deep else random.Random(SEED).sample(everywhere, 500)  # noqa: S311 - the same each time
    passed = [place for place in tried if _verdict(_flip(data, *place), facts) == "authentic"]

    assert passed == []


@given(st.data())
def test_altered_inserted_and_deleted_bytes_are_never_authentic(data: st.DataObject) -> None:
    world = journey()
    whole = dump(world.bundle())
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start, min(start + 40, len(whole))))
    altered = whole[:start] + data.draw(st.binary(max_size=40)) + whole[end:]

    assert altered == whole or _verdict(altered, world.facts()) != "authentic"


def _flip(data: bytes, position: int, bit: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1 << bit]) + data[position + 1 :]


def _verdict(data: bytes, facts: Any) -> str:
    try:
        return judge(parse(data), facts, TRUSTED).verdict
    except LadingError:
        return "refused"


def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(dump(World().publish(BRAND, born()).bundle()))
    return document


def _changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    document = _document()
    change(document)
    return bundles.canonical(document)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: d.update(extra=1), "$.extra"),
        (lambda d: d.pop("format"), "$.format"),
        (lambda d: d.update(format="lading-bundle/2"), "$.format"),
        (lambda d: d.pop("item"), "$.item"),
        (lambda d: d.update(item="urn:epc:id:sgtin:0614141.812345"), "$.item"),
        (lambda d: d.update(item="urn:epc:id:sgln:0614141.00001.0"), "$.item"),
        (lambda d: d.update(item="https://id.gs1.org/01/80614141123458/21/12345"), "$.item"),
        (lambda d: d.update(entries={}), "$.entries"),
        (lambda d: d.update(entries=d["entries"] * 1001), "$.entries"),
        (lambda d: d["chain"].update(chain_id="31337"), "$.chain.chain_id"),
        (lambda d: d["chain"].update(chain_id=0), "$.chain.chain_id"),
        (lambda d: d["chain"].update(genesis="0x" + "AB" * 32), "$.chain.genesis"),
        (lambda d: d["chain"].update(genesis="0x" + "ab" * 31), "$.chain.genesis"),
        (lambda d: d["chain"].update(genesis="ab" * 32), "$.chain.genesis"),
        (lambda d: d["chain"].update(provenance_registry=None), "$.chain.provenance_registry"),
        (lambda d: d["entries"][0].update(context=[]), "$.entries[0].context"),
        (lambda d: d["entries"][0].update(event=[]), "$.entries[0].event"),
        (lambda d: d["entries"][0].update(index=-1), "$.entries[0].index"),
        (lambda d: d["entries"][0].update(index=2**48), "$.entries[0].index"),
        (lambda d: d["entries"][0].update(index=True), "$.entries[0].index"),
        (lambda d: d["entries"][0].update(index=0.5), "$.entries[0].index"),
        (lambda d: d["entries"][0].update(event_id="ni:///sha-256;00?ver=CBV2.0"), "$.entries[0].event_id"),
        (lambda d: d["entries"][0]["batch"].update(count=0), "$.entries[0].batch.count"),
        (lambda d: d["entries"][0]["proof"].append("0x"), "$.entries[0].proof[2]"),
        (lambda d: d["entries"][0].update(proof=["0x" + "00" * 32] * 34), "$.entries[0].proof"),
        (lambda d: d["entries"][0]["batch"].pop("writer"), "$.entries[0].batch.writer"),
        (lambda d: d.pop("maps"), "$.maps"),
        (lambda d: d.update(maps=d["maps"] * 2), "$.maps"),
        (lambda d: d.update(maps=d["maps"] * 1001), "$.maps"),
        (lambda d: d.update(maps=[d["maps"][0] | {"publisher": "0x" + "ff" * 32}, d["maps"][0]]), "$.maps"),
        (lambda d: d["maps"][0].pop("other"), "$.maps[0].other"),
        (lambda d: d["maps"][0].update(other={"key": "0x" + "00" * 32, "count": 1}), "$.maps[0].other.head"),
        (lambda d: d["maps"][0].update(extra=None), "$.maps[0].extra"),
        (lambda d: d["maps"][0].update(thing=""), "$.maps[0].thing"),
        (lambda d: d["maps"][0].update(thing="x" * 2001), "$.maps[0].thing"),
        (lambda d: d["maps"][0].update(count=-1), "$.maps[0].count"),
        (lambda d: d["maps"][0].update(count=2**53), "$.maps[0].count"),
        (lambda d: d["maps"][0].update(siblings=[None] * 257), "$.maps[0].siblings"),
        (lambda d: d["maps"][0].update(siblings=["0x"]), "$.maps[0].siblings[0]"),
    ],
)
def test_a_field_of_the_wrong_form_is_refused_by_its_path(
    change: Callable[[dict[str, Any]], object], path: str
) -> None:
    with pytest.raises(BundleError) as caught:
        parse(_changed(change))

    assert caught.value.path == path


@pytest.mark.parametrize(
    ("spelled", "problem"),
    [
        (lambda data: data + b"\n", "canonical form"),
        (lambda data: b"\xef\xbb\xbf" + data, "no JSON"),
        (lambda data: json.dumps(json.loads(data)).encode(), "canonical form"),
        (lambda data: data.replace(b'"index":0', b'"index":0,"index":0'), "canonical form"),
        (lambda data: data.replace(b'"index":0', b'"index":-0'), "canonical form"),
        (lambda data: data.replace(b'"index":0', b'"index":0e0'), "canonical form"),
        (lambda data: data.replace(b'"index":0', b'"index":NaN'), "canonical JSON"),
        (lambda data: data.replace(b'"index":0', b'"index":1e999'), "canonical JSON"),
        (lambda data: data.replace(b'"index":0', b'"index":' + b"9" * 5000), "canonical JSON"),
        (lambda data: data.replace(b'"index":0', b'"index":9007199254740993'), "canonical form"),
        (lambda data: data.replace(b'"active"', b'"\\u0061ctive"'), "canonical form"),
        (lambda data: data.replace(b'"active"', b'"\\ud800"'), "canonical JSON"),
        (lambda data: data.replace(b'"active"', b'"\xff"'), "no JSON"),
        (lambda data: data[:-1], "no JSON"),
        (lambda _: b"", "no JSON"),
        (lambda _: b"[" * 100_000, "nested deeper"),
        (lambda _: b'{"a":' * 33 + b"1" + b"}" * 33, "nested deeper"),
        (lambda _: b" " * (bundles.MAX_BYTES + 1), "at most"),
    ],
)
def test_any_other_spelling_is_refused(spelled: Callable[[bytes], bytes], problem: str) -> None:
    with pytest.raises(BundleError, match=problem):
        parse(spelled(bundles.canonical(_document())))


def test_brackets_inside_texts_do_not_count_as_depth() -> None:
    world = World().publish(BRAND, born(**{"@context": {"ex": "https://example.com/"}, "ex:note": '"\\[' * 40}))

    assert _verdict(dump(world.bundle()), world.facts()) == "authentic"


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_schemas_are_fresh(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == text_of(PUBLISHED[name]()), (
        "write them anew: python -m lading.provenance.schemas"
    )


def test_bundles_and_verdicts_meet_their_schemas() -> None:
    world = journey()
    schemas = {name: Draft202012Validator(make()) for name, make in PUBLISHED.items()}

    schemas["lading-bundle-1.json"].validate(json.loads(dump(world.bundle())))
    schemas["lading-verdict-1.json"].validate(world.judge().document())
    schemas["lading-verdict-1.json"].validate(judge(world.bundle(), None, None).document())
    assert not schemas["lading-bundle-1.json"].is_valid(_document() | {"extra": 1})
