"""Disclosures: read strictly, compared field by field, signed, and worth nothing once a byte of them is another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from provenance_kit import BRAND, CARRIER, CHAIN, CONTEXT, World, born, journey

from lading.chain import typed_data
from lading.chain.signer import Signer, signer_of
from lading.epcis.canonical import canonical_json, content_hash
from lading.groups.disclosures import signed_on
from lading.provenance.bundle import Bundle
from lading.provenance.disclosure import Disclosure, Statement, compare, dump, parse, state
from lading.provenance.errors import DisclosureError
from lading.provenance.leaf import self_contained
from lading.provenance.private import Match, Secret, check, seal
from lading.provenance.schemas import FOLDER, disclosure_schema
from lading.provenance.vocabulary import VOC

OWN = {"acme": "https://acme.example/ns/", "lading": VOC}
KEY = Signer.dev(8)
CUSTOMS = "0x" + "c5" * 32
DOMAIN = typed_data.provenance_domain(CHAIN.chain_id, "0x" + CHAIN.provenance_registry.hex())
FIELDS: dict[str, Any] = {"acme:price": {"amount": "41.70", "currency": "CNY"}, "acme:supplier": "Shenzhen Tongda"}


def published(**fields: Any) -> tuple[World, tuple[Secret, ...]]:
    """The birth of an item with these private fields, anchored by its brand."""
    clear = {**self_contained(born(**fields), OWN)}
    sealed = seal(clear, fields, CONTEXT)
    return World().publish(BRAND, sealed.event), sealed.secrets


def signed(statement: Statement, key: Signer = KEY, domain: typed_data.Domain = DOMAIN) -> Disclosure:
    typed = typed_data.disclosure(domain, **statement.words, signer=key.address)
    return Disclosure.of(statement, bytes.fromhex(key.address[2:]), key.sign_typed(typed))


def stated(world: World, secrets: tuple[Secret, ...], recipient: str = CUSTOMS) -> Statement:
    entry = world.entries[0]
    return state(entry.event_id, content_hash(entry.event), BRAND, recipient, secrets)


@pytest.fixture(scope="module")
def disclosed() -> tuple[Bundle, Disclosure]:
    world, secrets = published(**FIELDS)
    return world.bundle(), signed(stated(world, secrets))


def results(bundle: Bundle, disclosure: Disclosure) -> dict[str, Match]:
    return dict(compare(disclosure, bundle).fields)


def test_an_item_with_private_fields_is_as_authentic_as_any():
    world, _ = published(**FIELDS)
    assert world.judge().verdict == journey().judge().verdict == "authentic"
    assert b"Tongda" not in canonical_json(world.bundle().model_dump(mode="json"))


def test_what_was_disclosed_matches_field_by_field(disclosed: tuple[Bundle, Disclosure]):
    bundle, disclosure = disclosed
    again = parse(dump(disclosure))
    assert again == disclosure
    assert compare(again, bundle).all_match
    assert results(bundle, again) == dict.fromkeys(FIELDS, Match.MATCHES)
    assert signed_on(again, bundle.chain)


def test_one_altered_value_differs_and_the_others_still_match(disclosed: tuple[Bundle, Disclosure]):
    bundle, disclosure = disclosed
    document = json.loads(dump(disclosure))
    document["fields"][1]["value"] = "Shenzhen Tongda Ltd"
    altered = parse(canonical_json(document))
    assert results(bundle, altered) == {"acme:price": Match.MATCHES, "acme:supplier": Match.DIFFERS}
    assert not signed_on(altered, bundle.chain)
    document["fields"][1]["name"] = "acme:weight"
    renamed = parse(canonical_json(document))
    assert results(bundle, renamed) == {"acme:price": Match.MATCHES, "acme:weight": Match.MISSING}


def test_some_fields_may_be_disclosed_without_the_others():
    world, (price, _) = published(**FIELDS)
    part = signed(stated(world, (price,), recipient="0x" + "AB" * 20))
    assert part.recipient == "0x" + "ab" * 20
    assert results(world.bundle(), part) == {"acme:price": Match.MATCHES}
    assert b"Tongda" not in dump(part)


def test_nothing_matches_an_event_that_is_not_this_one(disclosed: tuple[Bundle, Disclosure]):
    _, disclosure = disclosed
    another, _ = published(**FIELDS)  # the same values under other salts
    compared = compare(disclosure, another.bundle())
    assert not compared.found
    assert {match for _, match in compared.fields} == {Match.MISSING}


@pytest.mark.parametrize("part", ["publisher", "event_id", "content_hash"])
def test_every_name_of_the_event_counts(disclosed: tuple[Bundle, Disclosure], part: str):
    bundle, disclosure = disclosed
    other = {"publisher": CARRIER, "event_id": "ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0", "content_hash": b"\1" * 32}
    changed = disclosure.model_copy(update={part: other[part]})
    assert not compare(changed, bundle).found
    assert not signed_on(changed, bundle.chain)


def test_a_signature_counts_for_one_recipient_chain_and_deployment(disclosed: tuple[Bundle, Disclosure]):
    bundle, disclosure = disclosed
    assert not signed_on(disclosure.model_copy(update={"recipient": "0x" + "c6" * 32}), bundle.chain)
    assert not signed_on(disclosure.model_copy(update={"signer": b"\2" * 20}), bundle.chain)
    for changed in ({"chain_id": 1}, {"provenance_registry": b"\x0c" * 20}):
        assert not signed_on(disclosure, bundle.chain.model_copy(update=changed))
    typed = typed_data.disclosure(DOMAIN, **disclosure.words, signer=KEY.address)
    assert signer_of(typed, disclosure.signature) == KEY.address
    assert signer_of(typed, "0x" + "00" * 65) is None


def test_no_byte_can_be_another(disclosed: tuple[Bundle, Disclosure]):
    """Altered, it is refused whole, or its signature is not the signer's any more."""
    bundle, disclosure = disclosed
    data = dump(disclosure)
    good = 0
    for position in range(len(data)):
        for sign in (data[position] ^ 1, data[position] ^ 16):
            try:
                altered = parse(data[:position] + bytes([sign]) + data[position + 1 :])
            except DisclosureError:
                continue
            assert not signed_on(altered, bundle.chain), position
            good += 1
    assert good > 100, "most alterations of digits are still readable, and caught by the signature"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=12), json_values, min_size=1, max_size=4))
def test_whatever_was_sealed_can_be_disclosed(fields: dict[str, Any]):
    secrets = tuple(Secret.of(name, value) for name, value in fields.items())
    known = {one.name: one.commitment for one in secrets}
    statement = state("ni:///sha-256;" + "5e" * 32 + "?ver=CBV2.0", b"\7" * 32, BRAND, CUSTOMS, secrets)
    again = parse(dump(Disclosure.of(statement, b"\1" * 20, "0x" + "00" * 65)))
    assert {check(known, one) for one in again.fields} == {Match.MATCHES}
    assert len(again.fields) == len(fields)
    assert again.words == statement.words


def test_values_at_the_bounds_of_what_is_sealed_can_be_disclosed():
    deep = json.loads("[" * 24 + "]" * 24)
    made = (Secret.of("acme:a", deep), Secret.of("acme:b", "x" * ((1 << 20) - 2)))
    statement = state("ni:///sha-256;" + "5e" * 32 + "?ver=CBV2.0", b"\7" * 32, BRAND, CUSTOMS, made)
    assert parse(dump(Disclosure.of(statement, b"\1" * 20, "0x" + "00" * 65))).fields == made
    large = state(statement.event_id, b"\7" * 32, BRAND, CUSTOMS, [Secret.of(f"a:{n}", "x" * 10**6) for n in range(5)])
    with pytest.raises(DisclosureError, match="at most"):
        dump(Disclosure.of(large, b"\1" * 20, "0x" + "00" * 65))


SHAPES = {
    "unsorted fields": lambda d: d | {"fields": d["fields"][::-1]},
    "a field twice": lambda d: d | {"fields": [d["fields"][0]] * 2},
    "no field": lambda d: d | {"fields": []},
    "an unknown member": lambda d: d | {"also": 1},
    "another format": lambda d: d | {"format": "lading-disclosure/2"},
    "a short salt": lambda d: d | {"fields": [d["fields"][0] | {"salt": "0x" + "11" * 31}]},
    "upper-case hex": lambda d: d | {"publisher": "0x" + "AB" * 32},
    "a recipient of 21 bytes": lambda d: d | {"recipient": "0x" + "ab" * 21},
    "no signature": lambda d: {name: value for name, value in d.items() if name != "signature"},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_other_forms_are_refused_and_no_value_is_repeated(disclosed: tuple[Bundle, Disclosure], shape: str):
    document = SHAPES[shape](json.loads(dump(disclosed[1])))
    with pytest.raises(DisclosureError) as refused:
        parse(canonical_json(document))
    assert "Tongda" not in str(refused.value)
    assert "41.70" not in str(refused.value)


@pytest.mark.parametrize("spelled", [lambda b: b" " + b, lambda b: json.dumps(json.loads(b), indent=1).encode()])
def test_other_spellings_are_refused(disclosed: tuple[Bundle, Disclosure], spelled: Any):
    with pytest.raises(DisclosureError, match="canonical"):
        parse(spelled(dump(disclosed[1])))


@settings(max_examples=200)
@given(st.binary(max_size=80) | st.text(max_size=60).map(str.encode) | st.just(b"[" * 5000))
def test_anything_else_is_refused_by_name(data: bytes):
    with pytest.raises(DisclosureError):
        parse(data)


def test_its_schema_is_published_and_met(disclosed: tuple[Bundle, Disclosure]):
    schema = json.loads(Path(FOLDER / "lading-disclosure-1.json").read_text(encoding="utf-8"))
    assert schema == disclosure_schema()
    checker = Draft202012Validator(schema)
    checker.validate(json.loads(dump(disclosed[1])))
    assert not checker.is_valid(json.loads(dump(disclosed[1])) | {"recipient": "0x12"})


def test_what_is_malformed_is_not_signed():
    world, secrets = published(**FIELDS)
    for wrong in ((), (secrets[0], secrets[0])):
        with pytest.raises(DisclosureError):
            stated(world, wrong)
    with pytest.raises(DisclosureError):
        stated(world, secrets, recipient="customs")
