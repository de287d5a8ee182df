"""The map's proofs, against a reference that follows the rules by recursion."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_map import ReferenceMap

from lading.provenance.errors import MerkleError
from lading.provenance.item_map import (
    COUNT_LIMIT,
    EMPTY,
    NOTHING,
    ItemEntry,
    MapLeaf,
    MapProof,
    entry_of,
    item_key,
    root_of,
    things_of,
)

LEAVES = [sha256(b"leaf %d" % number).digest() for number in range(4)]
ONE = entry_of(LEAVES[:1])


def entries() -> st.SearchStrategy[ItemEntry]:
    return st.builds(ItemEntry, st.integers(1, COUNT_LIMIT - 1), st.binary(min_size=32, max_size=32))


def keys() -> st.SearchStrategy[bytes]:
    """Among them neighbours that part only in their last bits."""
    near = st.integers(0, 255).map(lambda number: bytes(30) + number.to_bytes(2, "big"))
    return st.one_of(st.binary(min_size=32, max_size=32), near)


maps = st.dictionaries(keys(), entries(), max_size=12)


def test_the_chain_of_an_entry_is_as_specified() -> None:
    first = sha256(b"\x02" + bytes(32) + LEAVES[0]).digest()
    second = sha256(b"\x02" + first + LEAVES[1]).digest()
    assert entry_of(LEAVES[:2]) == NOTHING.after(LEAVES[0]).after(LEAVES[1]) == ItemEntry(2, second)


def test_the_order_of_the_log_decides_the_head() -> None:
    assert entry_of(LEAVES) != entry_of(LEAVES[::-1])


def test_a_leaf_that_is_no_hash_is_refused() -> None:
    with pytest.raises(MerkleError, match="31 bytes"):
        NOTHING.after(bytes(31))


def test_a_map_of_two_things_is_as_specified() -> None:
    left, right = bytes(32), b"\x80" + bytes(31)
    leaves = [sha256(b"\x00" + key + bytes(7) + b"\x01" + ONE.head).digest() for key in (left, right)]
    root = sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    assert root_of(left, ONE, MapProof((leaves[1],))) == root_of(right, ONE, MapProof((leaves[0],))) == root
    assert ReferenceMap({left: ONE, right: ONE}).root == root


def test_the_empty_map_is_zero_and_a_map_of_one_is_its_leaf() -> None:
    key = item_key("https://id.gs1.org/00/106141412345678908")
    assert root_of(key, NOTHING, MapProof(())) == EMPTY == ReferenceMap({}).root
    assert root_of(key, ONE, MapProof(())) == MapLeaf(key, ONE).hash() == ReferenceMap({key: ONE}).root


@given(maps, keys())
@settings(max_examples=100, deadline=None)
def test_every_key_has_one_answer_that_is_proven(content: dict[bytes, ItemEntry], stranger: bytes) -> None:
    made = ReferenceMap(content)
    for key in {*content, stranger}:
        entry, proof = made.prove(key)
        assert entry == content.get(key, NOTHING)
        assert root_of(key, entry, proof) == made.root


@given(maps.filter(bool), st.data())
@settings(max_examples=100, deadline=None)
def test_no_proof_serves_another_entry_or_key(content: dict[bytes, ItemEntry], data: st.DataObject) -> None:
    made = ReferenceMap(content)
    pool = [*sorted(content), data.draw(keys())]
    key, other = data.draw(st.sampled_from(pool)), data.draw(st.sampled_from(pool))
    proof = made.prove(data.draw(st.sampled_from(pool)))[1]
    lies = [content.get(other, NOTHING), NOTHING, data.draw(entries())]
    for lie in lies:
        if lie != content.get(key, NOTHING):
            assert root_of(key, lie, proof) != made.root


@given(maps.filter(lambda content: len(content) > 1), st.data())
@settings(max_examples=100, deadline=None)
def test_presence_and_absence_are_never_both_provable(content: dict[bytes, ItemEntry], data: st.DataObject) -> None:
    """Cutting an honest proof is what a liar can do without breaking SHA-256."""
    made = ReferenceMap(content)
    key = data.draw(st.sampled_from(sorted(content)))
    siblings = made.prove(key)[1].siblings
    cut = siblings[data.draw(st.integers(0, len(siblings))) :]
    for other in (None, *(MapLeaf(one, entry) for one, entry in content.items())):
        assert root_of(key, NOTHING, MapProof(cut, other)) != made.root


def test_an_event_counts_once_for_each_thing_and_spelling() -> None:
    event = {
        "parentID": "urn:epc:id:sscc:0614141.1234567890",
        "childEPCs": ["urn:epc:id:sgtin:0614141.812345.1", "https://example.org/01/80614141123458/21/1"],
        "childQuantityList": [{"epcClass": "urn:epc:class:lgtin:0614141.012345.998877", "quantity": 3}],
        "inputEPCList": ["urn:example:thing"],
        "outputEPCList": ["urn:example:thing", 7],
        "epcList": "urn:example:no-list",
    }
    assert things_of(event) == (
        "https://id.gs1.org/00/106141412345678908",
        "https://id.gs1.org/01/80614141123458/21/1",
        "urn:example:thing",
    )


def test_a_key_is_the_hash_of_its_text() -> None:
    assert item_key("ä") == sha256("ä".encode()).digest()


HELD = {bytes(32): ONE, bytes(31) + b"\x01": ONE, b"\x80" + bytes(31): ONE}
MADE = ReferenceMap(HELD)
DEEP = MADE.prove(bytes(32))[1]
ABSENT = b"\xc0" + bytes(31)
FAR = MADE.prove(ABSENT)[1]


def test_the_proofs_that_are_spoilt_below_are_good() -> None:
    assert len(DEEP.siblings) == 256
    assert DEEP.siblings[1:255] == (None,) * 254
    assert root_of(bytes(32), ONE, DEEP) == MADE.root
    assert FAR.other == MapLeaf(b"\x80" + bytes(31), ONE)
    assert root_of(ABSENT, NOTHING, FAR) == MADE.root


@pytest.mark.parametrize(
    ("key", "entry", "proof"),
    [
        pytest.param(bytes(31), ONE, MapProof(()), id="short key"),
        pytest.param(bytes(32), ONE, MapProof((LEAVES[0],) * 257), id="too long"),
        pytest.param(bytes(32), ONE, MapProof((LEAVES[0][:31],)), id="short sibling"),
        pytest.param(bytes(32), ONE, MapProof((LEAVES[0], EMPTY)), id="zero instead of None"),
        pytest.param(bytes(32), ONE, MapProof((None,)), id="leaf below its place"),
        pytest.param(bytes(32), NOTHING, MapProof((None, LEAVES[0])), id="nothing below its place"),
        pytest.param(bytes(32), ONE, MapProof((), MapLeaf(ABSENT, ONE)), id="present and another"),
        pytest.param(bytes(32), ItemEntry(0, LEAVES[0]), MapProof(()), id="no event but a head"),
        pytest.param(bytes(32), ItemEntry(-1, LEAVES[0]), MapProof(()), id="negative count"),
        pytest.param(bytes(32), ItemEntry(COUNT_LIMIT, LEAVES[0]), MapProof(()), id="count beyond eight bytes"),
        pytest.param(bytes(32), ItemEntry(1, LEAVES[0][:31]), MapProof(()), id="short head"),
        pytest.param(ABSENT, NOTHING, MapProof((), MapLeaf(ABSENT, ONE)), id="the same key is no other"),
        pytest.param(ABSENT, NOTHING, MapProof((LEAVES[0],), MapLeaf(bytes(32), ONE)), id="other off the path"),
        pytest.param(ABSENT, NOTHING, MapProof((), MapLeaf(bytes(31), ONE)), id="other's key short"),
        pytest.param(ABSENT, NOTHING, MapProof((), MapLeaf(bytes(32), NOTHING)), id="other without events"),
        pytest.param(
            ABSENT, NOTHING, MapProof((), MapLeaf(bytes(32), ItemEntry(COUNT_LIMIT, ONE.head))), id="other's count"
        ),
        pytest.param(ABSENT, NOTHING, MapProof((), MapLeaf(bytes(32), ItemEntry(1, b""))), id="other's head"),
    ],
)
def test_a_malformed_proof_has_no_root(key: bytes, entry: ItemEntry, proof: MapProof) -> None:
    assert root_of(key, entry, proof) is None


@given(st.integers(0, 255), st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_a_changed_bit_of_a_sibling_leads_elsewhere(place: int, bit: int) -> None:
    siblings = list(DEEP.siblings)
    old = siblings[place] or EMPTY
    siblings[place] = bytes([old[0] ^ 1 << bit]) + old[1:]
    assert root_of(bytes(32), ONE, replace(DEEP, siblings=tuple(siblings))) != MADE.root
