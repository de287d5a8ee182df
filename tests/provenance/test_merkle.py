"""The tree of a batch: equal to OpenZeppelin's, and closed to forged leaves (faults.md, row 16)."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.provenance.errors import MerkleError
from lading.provenance.keccak import LIBRARIES, keccak256
from lading.provenance.leaf import EVENT_LEAF, EventLeaf, event_id_digest, new_salt
from lading.provenance.merkle import MerkleTree, batch_digest, proof_lengths, root_of, verify

ROOT = Path(__file__).resolve().parents[2]
MODULES = {"tiny-keccak": "tiny_keccak", "safe-pysha3": "sha3", "eth-hash": "eth_hash"}
EMPTY_KECCAK = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def leaves_of(count: int, seed: int = 1) -> list[EventLeaf]:
    source = random.Random(seed)  # noqa: S311 (the same leaves at each run)
    return [EventLeaf(source.randbytes(32), source.randbytes(32), source.randbytes(32)) for _ in range(count)]


def tree_of(leaves: list[EventLeaf]) -> MerkleTree:
    return MerkleTree([leaf.hash() for leaf in leaves])


def test_every_installed_keccak_is_ethereum_s() -> None:
    installed = [name for name in LIBRARIES if find_spec(MODULES[name])]

    assert "eth-hash" in installed
    assert {LIBRARIES[name]()(b"").hex() for name in installed} == {EMPTY_KECCAK}
    assert keccak256(b"").hex() == EMPTY_KECCAK


def test_a_tree_without_leaves_is_refused() -> None:
    with pytest.raises(MerkleError, match="at least one leaf"):
        MerkleTree([])


def test_a_leaf_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(MerkleError, match="leaf 1 has 31 bytes"):
        MerkleTree([bytes(32), bytes(31)])


@pytest.mark.parametrize("position", [-1, 3])
def test_the_proof_of_a_leaf_that_is_not_there_is_refused(position: int) -> None:
    with pytest.raises(MerkleError, match="leaves 0 to 2"):
        tree_of(leaves_of(3)).proof(position)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_every_leaf_has_a_proof_of_a_lawful_length(leaves: list[bytes]) -> None:
    tree = MerkleTree(leaves)

    for position, leaf in enumerate(leaves):
        assert verify(leaf, tree.proof(position), tree.root, len(leaves))
        assert len(tree.proof(position)) in proof_lengths(len(leaves))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20), st.randoms())
def test_the_root_does_not_depend_on_the_order_of_the_leaves(leaves: list[bytes], source: random.Random) -> None:
    shuffled = leaves.copy()
    source.shuffle(shuffled)

    assert MerkleTree(leaves).root == MerkleTree(shuffled).root


@given(st.integers(1, 20), st.data())
def test_any_changed_bit_of_leaf_proof_or_root_is_refused(count: int, data: st.DataObject) -> None:
    leaves = leaves_of(count)
    tree = tree_of(leaves)
    position = data.draw(st.integers(0, count - 1))
    parts = [leaves[position].hash(), tree.root, *tree.proof(position)]
    part, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))

    parts[part] = (int.from_bytes(parts[part], "big") ^ 1 << bit).to_bytes(32, "big")

    assert not verify(parts[0], parts[2:], parts[1], count)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 8, 13])
def test_an_inner_node_as_a_leaf_is_refused(count: int) -> None:
    """Its bare hash would fit, as in every Merkle tree; no event leaf has that hash, and mostly the length differs."""
    leaves = leaves_of(count)
    tree = tree_of(leaves)
    proof = tree.proof(0)
    inner = root_of(leaves[0].hash(), proof[:1])
    preimage = b"".join(sorted([leaves[0].hash(), proof[0]]))

    assert verify(inner, proof[1:], tree.root), "the attack is real at the level of hashes"
    assert keccak256(preimage) == inner
    for cut in (preimage[:32] + preimage, preimage + preimage[:32], preimage[:32] * 3, preimage[32:] * 3):
        assert not EventLeaf(cut[:32], cut[32:64], cut[64:96]).is_in(tree.root, count, proof[1:])
    if len(proof) - 1 not in proof_lengths(count):
        assert not verify(inner, proof[1:], tree.root, count)


def test_the_root_as_a_leaf_with_an_empty_proof_is_refused() -> None:
    tree = tree_of(leaves_of(2))

    assert not verify(tree.root, (), tree.root, 2)


def test_the_proof_of_another_batch_is_refused() -> None:
    ours, theirs = leaves_of(5, seed=1), leaves_of(5, seed=2)

    assert not ours[0].is_in(tree_of(theirs).root, 5, tree_of(ours).proof(0))
    assert not ours[0].is_in(tree_of(ours).root, 5, tree_of(theirs).proof(0))


def test_a_second_preimage_of_concatenated_leaves_is_refused() -> None:
    """A tree of two leaves has the root of a tree of one whose leaf is their node: the counts part them."""
    leaves = leaves_of(2)
    tree = tree_of(leaves)
    one = MerkleTree([tree.root])

    assert one.root == tree.root
    rest = bytes(32), bytes(20)
    assert batch_digest(one.root, *rest, 1) != batch_digest(tree.root, *rest, 2)
    assert not leaves[0].is_in(one.root, 1, tree.proof(0))


def test_the_proof_at_the_wrong_index_is_refused() -> None:
    leaves = leaves_of(6)
    tree = tree_of(leaves)

    for position, leaf in enumerate(leaves):
        accepted = [other for other in range(6) if leaf.is_in(tree.root, 6, tree.proof(other))]
        assert accepted == [position]


def test_a_proof_that_is_too_short_or_too_long_is_refused() -> None:
    leaves = leaves_of(4)
    tree = tree_of(leaves)

    assert not leaves[0].is_in(tree.root, 4, tree.proof(0)[:-1])
    assert not leaves[0].is_in(tree.root, 4, (*tree.proof(0), bytes(32)))
    assert not leaves[0].is_in(tree.root, 0, tree.proof(0))


def test_a_proof_with_a_node_of_the_wrong_length_is_refused() -> None:
    assert not verify(bytes(32), (bytes(31),), keccak256(bytes(63)))


def test_a_batchs_digest_is_the_first_27_bytes_of_the_hash_of_its_abi_encoding() -> None:
    root, items_root, writer = b"\x01" * 32, b"\x02" * 32, b"\x03" * 20

    encoded = root + items_root + bytes(12) + writer + bytes(30) + b"\x01\x04"
    assert batch_digest(root, items_root, writer, 260) == keccak256(encoded)[:27]


def test_the_leaf_is_hashed_twice_behind_its_tag() -> None:
    leaf = leaves_of(1)[0]

    assert keccak256(b"lading.event-leaf.v1") == EVENT_LEAF
    assert leaf.hash() == keccak256(keccak256(EVENT_LEAF + leaf.event_id + leaf.content_hash + leaf.salt))


@pytest.mark.parametrize(
    "text",
    [
        "ni:///sha-256;" + "A" * 64 + "?ver=CBV2.0",
        "ni:///sha-256;" + "a" * 64 + "?ver=CBV2.1",
        "ni:///sha-256;" + "a" * 64 + "?ver=CBV2.0\n",
        "a" * 64,
        "",
    ],
)
def test_a_text_that_is_no_cbv_event_id_makes_no_leaf(text: str) -> None:
    with pytest.raises(MerkleError, match=r"no CBV 2\.0 event id"):
        event_id_digest(text)


def test_a_leaf_part_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(MerkleError, match="salt of a leaf has 16 bytes"):
        EventLeaf.of("ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0", bytes(32), bytes(16))


def test_salts_differ() -> None:
    assert len({new_salt() for _ in range(100)}) == 100


def test_root_and_every_proof_equal_those_of_openzeppelin_s_standard_merkle_tree() -> None:
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules/@openzeppelin/merkle-tree").is_dir():
        pytest.skip("the oracle needs Node and `npm ci`")
    batches = [leaves_of(count, seed=count) for count in (*range(1, 34), 100, 257)]
    batches.append(leaves_of(3) + leaves_of(3))
    asked = [
        [[_hex(part) for part in (EVENT_LEAF, leaf.event_id, leaf.content_hash, leaf.salt)] for leaf in batch]
        for batch in batches
    ]

    script = [node, str(Path(__file__).with_name("standard_tree.js"))]
    answer = subprocess.run(script, input=json.dumps(asked).encode(), capture_output=True, check=True, cwd=ROOT)

    for batch, expected in zip(batches, json.loads(answer.stdout), strict=True):
        tree = tree_of(batch)
        assert _hex(tree.root) == expected["root"]
        assert [_hex(leaf.hash()) for leaf in batch] == expected["leaves"]
        proofs = [[_hex(sibling) for sibling in tree.proof(position)] for position in range(len(batch))]
        assert proofs == expected["proofs"]


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
