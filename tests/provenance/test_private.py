"""Private fields: commitments in the event, secrets beside it, and nothing of a value anywhere else."""

from __future__ import annotations

import hashlib
import json
import math
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lading.epcis import event_id
from lading.epcis.check import check_document
from lading.epcis.errors import DocumentError, EventIdError
from lading.provenance.errors import PrivateError
from lading.provenance.leaf import self_contained
from lading.provenance.private import (
    PROPERTY,
    Match,
    Secret,
    check,
    commitment,
    commitments,
    declaring,
    opened,
    seal,
)
from lading.provenance.private_documents import seal_document
from lading.provenance.vocabulary import PUBLISHED, VOC, document

EPCIS = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
ACME = "https://acme.example/ns/"
CONTEXT = [EPCIS, {"acme": ACME, "lading": VOC}]
SALT = bytes(range(32))

texts = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
salts = st.binary(min_size=32, max_size=32)


def event(**fields: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": "2026-04-20T02:10:00.000Z",
        "eventTimeZoneOffset": "+08:00",
        "epcList": ["urn:epc:id:sgtin:9521141.012345.1001"],
        "action": "OBSERVE",
        **fields,
    }


def documented(*events: dict[str, Any], context: object = (EPCIS, {"acme": ACME})) -> dict[str, Any]:
    return {
        "@context": list(context) if isinstance(context, tuple) else context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-04-20T07:00:00.000Z",
        "epcisBody": {"eventList": list(events)},
    }


def same(one: object, other: object) -> bool:
    """Whether two are one JSON value, said without any encoding: numbers have no kinds, and are no truth values."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return type(one) is type(other) and one == other


def test_a_commitment_is_the_hash_that_the_document_describes():
    text = '["lading.private.v1","acme:price",{"a":1.5,"b":[null,true]},"0x' + SALT.hex() + '"]'
    value = {"b": [None, True], "a": 1.5}
    assert commitment("acme:price", value, SALT) == hashlib.sha256(text.encode()).digest()


@given(json_values)
def test_any_json_value_round_trips(value: object):
    before = event(**{"@context": CONTEXT, "acme:price": value})
    sealed = seal(before, ["acme:price"])
    assert sealed.event.keys() == (before.keys() - {"acme:price"}) | {PROPERTY}
    assert same(opened(sealed.event, sealed.secrets), before)
    (secret,) = sealed.secrets
    again = Secret.model_validate_json(secret.model_dump_json())
    assert check(commitments(sealed.event), again) is Match.MATCHES


@given(names, json_values, salts, names, json_values, salts)
def test_no_two_openings_share_a_commitment(
    name: str, value: object, salt: bytes, name_2: str, value_2: object, salt_2: bytes
):
    equal = name == name_2 and same(value, value_2) and salt == salt_2
    assert (commitment(name, value, salt) == commitment(name_2, value_2, salt_2)) == equal


@given(names, json_values, salts, st.sampled_from(["name", "value", "salt"]), st.data())
def test_a_changed_name_value_or_salt_never_checks(
    name: str, value: object, salt: bytes, part: str, data: st.DataObject
):
    known = {name: commitment(name, value, salt)}
    other = data.draw({"name": names, "value": json_values, "salt": salts}[part])
    changed = {"name": name, "value": value, "salt": salt, part: other}
    assume(not same(changed[part], {"name": name, "value": value, "salt": salt}[part]))
    secret = Secret.model_validate(changed)
    assert check(known, secret) is (Match.MISSING if part == "name" else Match.DIFFERS)
    # Nor under the other's name: the name is part of what is hashed.
    assert secret.commitment != known[name]


@given(json_values, json_values)
def test_the_event_id_covers_commitments_and_the_document_has_no_fault(price: object, buyer: object):
    whole = documented(event(**{"acme:price": price, "acme:buyer": buyer, "acme:lane": "SZX-LAX"}))
    made, (sealed,) = seal_document(whole, ["acme:price", "acme:buyer"])
    assert check_document(made) == []
    (after,) = made["epcisBody"]["eventList"]
    assert event_id(after, made["@context"]) == event_id(self_contained(after, made["@context"])) == sealed.event_id
    flipped = deepcopy(after)
    word = flipped[PROPERTY]["acme:price"]
    flipped[PROPERTY]["acme:price"] = word[:-1] + ("0" if word[-1] != "0" else "1")
    assert event_id(flipped, made["@context"]) != sealed.event_id
    assert after["acme:lane"] == "SZX-LAX"


def test_nothing_of_values_and_salts_is_left_in_the_document():
    whole = documented(
        event(**{"acme:price": {"amount": "9137.25", "of": ["confidential-supplier"]}, "acme:open": 1}),
        event(**{"acme:open": 2}),
    )
    made, (sealed,) = seal_document(whole, ["acme:price"])
    text = json.dumps(made)
    assert "9137.25" not in text
    assert "confidential-supplier" not in text
    assert sealed.secrets[0].salt.hex() not in text
    assert made["epcisBody"]["eventList"][1] == event(**{"acme:open": 2})
    assert "confidential-supplier" not in repr(sealed)
    assert sealed.secrets[0].salt.hex() not in repr(sealed)


def test_equal_values_have_unlike_commitments():
    whole = documented(event(**{"acme:a": "same", "acme:b": "same"}))
    first, second = (seal_document(whole, ["acme:a", "acme:b"])[1][0] for _ in range(2))
    words = {one.commitment for sealed in (first, second) for one in sealed.secrets}
    assert len(words) == 4
    assert first.event_id != second.event_id


def test_a_field_may_be_named_by_its_full_uri():
    _, (sealed,) = seal_document(documented(event(**{"acme:price": 1})), [ACME + "price"])
    assert [one.name for one in sealed.secrets] == ["acme:price"]


def test_ids_that_the_document_states_follow_the_event():
    private = event(**{"acme:price": 5})
    old = event_id(private, [EPCIS, {"acme": ACME}])
    wrong = event(errorDeclaration={"declarationTime": "2026-04-20T08:00:00.000Z", "correctiveEventIDs": [old]})
    made, (sealed,) = seal_document(documented({**private, "eventID": old}, wrong), ["acme:price"])
    first, second = made["epcisBody"]["eventList"]
    assert first["eventID"] == sealed.event_id != old
    assert second["errorDeclaration"]["correctiveEventIDs"] == [sealed.event_id]
    named = seal_document(
        documented({**private, "eventID": "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"}), ["acme:price"]
    )
    assert named[0]["epcisBody"]["eventList"][0]["eventID"].startswith("urn:uuid:")


@pytest.mark.parametrize(
    ("fields", "names", "said"),
    [
        ({"acme:price": 1}, ["acme:prize"], "No event has a field 'acme:prize'"),
        ({"acme:price": 1}, ["bizStep"], "is no extension field"),
        ({"acme:price": 2**53 + 1}, ["acme:price"], "has no canonical JSON"),
        ({"acme:price": 1, "lading:private": {}}, ["acme:price"], "sealed already"),
        ({"lading:tagCounter": 7}, ["lading:tagCounter"], "cannot be private"),
        ({"rdfs:comment": "x"}, ["rdfs:comment"], "cannot be private"),
        ({"other:price": 1}, ["other:price"], "cannot be private"),
        ({"acme:price": 1, "@context": {"lading": ACME}}, ["acme:price"], "does not declare the prefix"),
    ],
)
def test_what_cannot_be_private_is_refused(fields: dict[str, Any], names: list[str], said: str):
    with pytest.raises(PrivateError, match=said) as refused:
        seal_document(documented(event(**fields), context=CONTEXT), names)
    assert str(2**53) not in str(refused.value)
    assert str(2**53 + 1) not in str(refused.value)


def test_the_prefix_is_added_and_never_given_a_second_meaning():
    assert declaring(EPCIS) == [EPCIS, {"lading": VOC}]
    assert declaring(CONTEXT) is CONTEXT
    assert declaring(None) == [{"lading": VOC}]
    with pytest.raises(PrivateError, match="another meaning"):
        declaring([EPCIS, {"lading": ACME}])


def test_faults_elsewhere_in_the_document_are_named_and_values_are_not():
    broken = documented(event(**{"acme:price": "hush-hush", "bizStep": 7}))
    with pytest.raises((DocumentError, EventIdError)) as refused:
        seal_document(broken, ["acme:price"])
    assert "hush-hush" not in str(refused.value)
    for nothing in ([], {}, {"epcisBody": {"eventList": 5}}, {"epcisBody": {"eventList": ["x"]}}):
        with pytest.raises(PrivateError):
            seal_document(nothing, ["acme:price"])


@pytest.mark.parametrize(
    "given",
    [
        {PROPERTY: ["0x" + "11" * 32]},
        {PROPERTY: {"acme:a": "0x" + "AB" * 32}},
        {PROPERTY: {"acme:a": "0x" + "11" * 31}},
        {PROPERTY: {}, "twin:private": {}, "@context": [*CONTEXT, {"twin": VOC}]},
    ],
)
def test_malformed_commitments_are_refused(given: dict[str, Any]):
    with pytest.raises(PrivateError):
        commitments({**event(), "@context": CONTEXT, **given})


def test_another_prefix_of_the_vocabulary_is_understood_and_another_vocabulary_is_not():
    word = "0x" + "11" * 32
    ours = {**event(), "@context": [EPCIS, {"ld": VOC}], "ld:private": {"acme:a": word}}
    assert commitments(ours) == {"acme:a": bytes.fromhex(word[2:])}
    assert commitments({**ours, "@context": [EPCIS, {"ld": ACME}]}) == {}


def test_opening_a_part_leaves_the_rest_and_a_wrong_value_is_refused():
    before = event(**{"@context": CONTEXT, "acme:a": 1, "acme:b": 2})
    sealed = seal(before, ["acme:a", "acme:b"])
    first, second = sealed.secrets
    part = opened(sealed.event, [first])
    assert (part["acme:a"], set(part[PROPERTY])) == (1, {"acme:b"})
    assert opened(part, [second]) == before
    with pytest.raises(PrivateError, match="does not open"):
        opened(sealed.event, [Secret(name="acme:a", value=3, salt=first.salt)])


@pytest.mark.parametrize(
    "value",
    ["x" * (1 << 20), ["x" * 600_000] * 2, json.loads("[" * 25 + "]" * 25)],
    ids=["long", "long-together", "deep"],
)
def test_what_could_not_be_disclosed_is_not_sealed(value: object):
    with pytest.raises(PrivateError, match="too large"):
        Secret.of("acme:a", value)


def test_infinities_have_no_commitment():
    with pytest.raises(PrivateError):
        commitment("acme:a", math.inf, SALT)


def test_the_published_vocabulary_has_the_word():
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == document()
    assert any(one["@id"] == VOC + "private" for one in document()["@graph"])
