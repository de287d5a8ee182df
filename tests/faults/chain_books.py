"""What the chain says of a log, and the roots of batches and of the item map, worked out here from nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lading.provenance.keccak import keccak256

EMPTY = bytes(32)


class OnChain(NamedTuple):
    """A BatchAnchored event; all as bytes but the numbers."""

    index: int
    writer: bytes
    root: bytes
    items_root: bytes
    count: int


@dataclass(frozen=True)
class ChainView:
    """What the chain says of one log: the next index, what is stored of each batch, and what was told of them."""

    next_index: int
    digests: dict[int, bytes]
    told: tuple[OnChain, ...]

    @classmethod
    def of(cls, client: Any, publisher: str) -> ChainView:
        head = client.goods.head(publisher).next_index
        anchors = {index: client.goods.anchor_of(publisher, index) for index in range(head)}
        return cls(
            head,
            {index: bytes.fromhex(one.digest[2:]) for index, one in anchors.items() if one is not None},
            tuple(
                OnChain(one.index, _bytes(one.writer), _bytes(one.root), _bytes(one.items_root), one.count)
                for one in client.goods.anchors(publisher)
            ),
        )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """OpenZeppelin's StandardMerkleTree: sorted leaves fill a complete tree from its end."""
    nodes = sorted(leaves)
    while len(nodes) > 1:
        # The two that stand last in the array are the children of the node that comes before all others.
        one, other, nodes = nodes[0], nodes[1], nodes[2:]
        nodes.append(keccak256(min(one, other) + max(one, other)))
    return nodes[0]


def head_of(leaves: Iterable[bytes]) -> bytes:
    head = EMPTY
    for leaf in leaves:
        head = hashlib.sha256(b"\x02" + head + leaf).digest()
    return head


def map_root(chains: dict[str, list[tuple[int, bytes]]]) -> bytes:
    """The item map's root, from the events of each thing (lading.provenance.item_map says how)."""
    leaves = []
    for thing, chain in chains.items():
        key = hashlib.sha256(thing.encode()).digest()
        head = head_of(leaf for _, leaf in chain)
        leaves.append((key, hashlib.sha256(b"\x00" + key + len(chain).to_bytes(8, "big") + head).digest()))
    return _below(leaves, 0)


def _below(leaves: list[tuple[bytes, bytes]], bit: int) -> bytes:
    if len(leaves) <= 1:
        return leaves[0][1] if leaves else EMPTY
    sides: tuple[list[tuple[bytes, bytes]], ...] = ([], [])
    for key, leaf in leaves:
        sides[key[bit // 8] >> (7 - bit % 8) & 1].append((key, leaf))
    return hashlib.sha256(b"\x01" + _below(sides[0], bit + 1) + _below(sides[1], bit + 1)).digest()
