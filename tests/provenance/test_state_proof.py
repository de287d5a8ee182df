"""Merkle-Patricia proofs: what a trie holds is found, what it lacks is proven to be absent, and nothing else passes.

The oracle is py-trie's HexaryTrie, which py-evm keeps its state in.
"""

from __future__ import annotations

import random

import pytest
import rlp
from eth_utils import keccak
from trie import HexaryTrie

from lading.chain.node import Chain
from lading.chain.state_proof import EMPTY_TRIE, NOBODY, Header, NoStateProof, ProofInvalid, ProvenState, header, lookup

SEED = 20
SIZES = (1, 2, 3, 17, 300)


def _dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - tests are to be the same each time


def trie_of(size: int, dice: random.Random) -> tuple[HexaryTrie, dict[bytes, bytes]]:
    """Short values too, so that some nodes are smaller than a hash and lie inside their parents."""
    content = {dice.randbytes(32): dice.randbytes(dice.choice((1, 2, 33))) for _ in range(size)}
    trie = HexaryTrie({})
    for key, value in content.items():
        trie[keccak(key)] = value
    return trie, content


def proof(trie: HexaryTrie, key: bytes) -> list[bytes]:
    return [rlp.encode(node) for node in trie.get_proof(keccak(key))]


@pytest.mark.parametrize("size", SIZES)
def test_what_the_trie_holds_is_found(size):
    trie, content = trie_of(size, _dice(SEED))
    for key, value in content.items():
        assert lookup(trie.root_hash, key, proof(trie, key)) == value


@pytest.mark.parametrize("size", SIZES)
def test_what_it_lacks_is_proven_absent(size):
    dice = _dice(SEED + 1)
    trie, content = trie_of(size, dice)
    for key in (dice.randbytes(32) for _ in range(200)):
        assert key not in content
        assert lookup(trie.root_hash, key, proof(trie, key)) is None


def test_an_empty_trie_needs_no_proof():
    assert HexaryTrie({}).root_hash == EMPTY_TRIE
    assert lookup(EMPTY_TRIE, b"anything", []) is None


def test_nodes_inside_their_parents_are_followed():
    """Values of one byte below keys that share 62 of 64 nibbles give such nodes; hashed keys hardly ever do."""
    trie = HexaryTrie({}, prune=True)
    base = keccak(b"key")
    neighbours = [base[:-1] + bytes([base[-1] ^ change]) for change in (0, 1, 2)]
    for key in neighbours:
        trie[key] = b"\x07"
    whole = [rlp.encode(node) for node in trie.get_proof(base)]
    nodes = [node for node in whole if len(node) >= 32]
    assert len(nodes) < len(whole)
    assert lookup(trie.root_hash, b"key", nodes) == b"\x07"


def test_no_altered_proof_is_believed():
    """A node with another byte has another hash, so the way to the value, or to its absence, is broken."""
    dice = _dice(SEED + 2)
    trie, content = trie_of(300, dice)
    for key in [*list(content)[:5], dice.randbytes(32)]:
        nodes = proof(trie, key)
        for place, node in enumerate(nodes):
            for position in dice.sample(range(len(node)), 20):
                bad = bytearray(node)
                bad[position] ^= 1 << dice.randrange(8)
                with pytest.raises(ProofInvalid):
                    lookup(trie.root_hash, key, [*nodes[:place], bytes(bad), *nodes[place + 1 :]])


def test_a_proof_that_ends_early_is_refused():
    """Else a node could hide what it has by leaving the last node out."""
    trie, content = trie_of(300, _dice(SEED))
    for key in list(content)[:20]:
        with pytest.raises(ProofInvalid):
            lookup(trie.root_hash, key, proof(trie, key)[:-1])


def test_another_keys_proof_shows_neither_value_nor_absence():
    trie, content = trie_of(300, _dice(SEED))
    first, *others = content
    nodes = proof(trie, first)
    for other in others[:50]:
        with pytest.raises(ProofInvalid):
            lookup(trie.root_hash, other, nodes)


@pytest.mark.parametrize(
    "node",
    [
        b"\x01",  # no list
        rlp.encode([b"\x20"]),  # neither 2 nor 17 parts
        rlp.encode([b"", b"value"]),  # a path without its flag
        rlp.encode([b"\x40", b"value"]),  # a flag that there is not
        rlp.encode([b"\x21", b"value"]),  # padding that is not zero: another spelling of an even path
        rlp.encode([b"\x20", [b"a", b"b"]])[:-1],  # cut
    ],
)
def test_a_node_of_another_form_is_refused(node):
    with pytest.raises(ProofInvalid):
        lookup(keccak(node), b"key", [node])


def test_a_root_that_is_no_hash_proves_nothing():
    with pytest.raises(ProofInvalid):
        lookup(b"", b"key", [])


def test_eth_tester_says_that_it_has_no_proofs():
    chain = Chain.open("embedded")
    with pytest.raises(NoStateProof, match="eth-tester has no eth_getProof"):
        header(chain)
    with pytest.raises(NoStateProof):
        ProvenState(chain, Header(0, bytes(32), 0, bytes(32))).account(bytes(20))


def test_nobody_is_an_account_without_code():
    assert not NOBODY.has_code
