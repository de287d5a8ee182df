"""The Merkle tree of a batch, node for node OpenZeppelin's `StandardMerkleTree` (@openzeppelin/merkle-tree 1.x).

Leaves are sorted by hash and fill a complete binary tree from its end: of n leaves, leaf i in that order is node
2n - 2 - i, and the children of node k are 2k + 1 and 2k + 2. An inner node is the Keccak-256 of its two children, the
smaller first, so that a proof carries no directions and OpenZeppelin's `MerkleProof.verify` reads it.

A leaf must come from `EventLeaf.hash` (or another double hash of a preimage that is not 64 bytes long): a tree alone
cannot tell a leaf from an inner node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lading.provenance.errors import MerkleError
from lading.provenance.keccak import keccak256

HASH_BYTES = 32

DIGEST_BYTES = 27
"""The rest of the slot holds the time (docs/decisions/0011-one-slot-a-batch.md)."""


class MerkleTree:
    """The tree over 32-byte leaves, given in any order.

    Raises `MerkleError` if there is no leaf, or one is not 32 bytes long.
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        for position, leaf in enumerate(leaves):
            if len(leaf) != HASH_BYTES:
                raise MerkleError(f"leaf {position} has {len(leaf)} bytes, not {HASH_BYTES}: give the leaf's hash")
        if not leaves:
            raise MerkleError("a tree needs at least one leaf: an empty batch is not anchored")
        self._count = len(leaves)
        self._nodes, self._node_of = _build(leaves)

    def __len__(self) -> int:
        return self._count

    @property
    def root(self) -> bytes:
        return self._nodes[0]

    def proof(self, position: int) -> tuple[bytes, ...]:
        """The siblings from leaf to root, of the leaf at `position` of the sequence that the tree was made from."""
        if not 0 <= position < self._count:
            raise MerkleError(f"there is no leaf {position}: the batch has leaves 0 to {self._count - 1}")
        node = self._node_of[position]
        siblings = []
        while node:
            siblings.append(self._nodes[node + 1 if node & 1 else node - 1])
            node = (node - 1) >> 1
        return tuple(siblings)


def _build(leaves: Sequence[bytes]) -> tuple[list[bytes], list[int]]:
    """The nodes, root first, and the node number of each leaf."""
    count = len(leaves)
    nodes = [b""] * (2 * count - 1)
    node_of = [0] * count
    for rank, position in enumerate(sorted(range(count), key=leaves.__getitem__)):
        node = 2 * count - 2 - rank
        nodes[node] = leaves[position]
        node_of[position] = node
    for node in range(count - 2, -1, -1):
        left, right = nodes[2 * node + 1], nodes[2 * node + 2]
        nodes[node] = keccak256(left + right if left < right else right + left)
    return nodes, node_of


def root_of(leaf: bytes, proof: Iterable[bytes]) -> bytes:
    """The root that a proof leads to from a leaf."""
    node = leaf
    for sibling in proof:
        node = keccak256(node + sibling if node < sibling else sibling + node)
    return node


def verify(leaf: bytes, proof: Sequence[bytes], root: bytes, count: int | None = None) -> bool:
    """Whether `proof` leads from `leaf` to `root`.

    Warning: without `count` an inner node passes as a leaf. With it (the anchored digest binds it) the proof's
    length is checked as well, which leaves only some inner nodes of the last level but one; what refuses every one of
    them is that the caller made `leaf` itself, by `EventLeaf.hash`.
    """
    if any(len(part) != HASH_BYTES for part in (leaf, root, *proof)):
        return False
    if count is not None and len(proof) not in proof_lengths(count):
        return False
    return root_of(leaf, proof) == root


def proof_lengths(count: int) -> range:
    """How many siblings a proof has among `count` leaves: one number, or two where the last level is not full."""
    if count < 1:
        return range(0)
    return range(count.bit_length() - 1, (2 * count - 1).bit_length())


def batch_digest(root: bytes, items_root: bytes, writer: bytes, count: int) -> bytes:
    """What the chain stores of a batch (IProvenanceRegistry.Anchor): the first 27 bytes of
    `keccak256(abi.encode(root, itemsRoot, writer, count))`; the roots have 32 bytes, the writer's address 20."""
    return keccak256(root + items_root + writer.rjust(32, b"\0") + count.to_bytes(32, "big"))[:DIGEST_BYTES]
