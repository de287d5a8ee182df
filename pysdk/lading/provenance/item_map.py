"""The item map: a publisher's commitment, anchored with each batch, to which of its events name which thing.

It is a sparse binary Merkle map over SHA-256, from the key of a thing to an entry of two numbers: how many of the
publisher's events name the thing, and the head of the hash chain of their leaves, in the order of the log. So whoever
is shown all those leaves can tell that none is missing, and a thing that the map lacks was named by none.

    entry   head_0 = 32 zero bytes, head_n = SHA-256(0x02 ‖ head_(n-1) ‖ leaf)
    leaf    SHA-256(0x00 ‖ key ‖ count as 8 bytes, big-endian ‖ head)
    node    SHA-256(0x01 ‖ left ‖ right), by the bits of the key from the most significant on
    empty   32 zero bytes for a subtree without a leaf; a subtree with one leaf is that leaf

One root answers for each key in one way only, whoever made it: along the key's path the first node that is no inner
node is the answer, and leaf, inner node and nothing cannot share a hash. Therefore a publisher that builds its tree
against these rules cannot give two answers; it can only make a proof impossible.

docs/decisions/0012-item-map.md says why it is built like this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any, Final

from lading.provenance.errors import MerkleError
from lading.provenance.item import same_thing
from lading.provenance.merkle import HASH_BYTES

KEY_BITS: Final = 256
COUNT_BYTES: Final = 8
COUNT_LIMIT: Final = 1 << 8 * COUNT_BYTES
EMPTY: Final = bytes(HASH_BYTES)
"""A subtree without a leaf, and so the root of the empty map."""

_LEAF, _NODE, _LINK = b"\x00", b"\x01", b"\x02"
_ITEM_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


def things_of(event: Mapping[str, Any]) -> tuple[str, ...]:
    """The things that an event counts for (EPCIS 2.0, section 7.4: epcList, children, parent, inputs and outputs), each
    once, under the form that `item_key` takes, sorted. Quantities of a class are no things."""
    return tuple(sorted(set(map(same_thing, _named(event)))))


def _named(event: Mapping[str, Any]) -> Iterator[str]:
    lists = (event.get(name) for name in _ITEM_LISTS)
    for item in chain([event.get("parentID")], *(found for found in lists if isinstance(found, list))):
        if isinstance(item, str):
            yield item


def item_key(thing: str) -> bytes:
    """The 32-byte key of a thing. `thing` is what `same_thing` gives of its EPC: another spelling is another key."""
    return sha256(thing.encode()).digest()


@dataclass(frozen=True, slots=True)
class ItemEntry:
    """What the map says of a thing: the number of events that name it, and the 32-byte head of their chain."""

    count: int
    head: bytes

    def after(self, leaf: bytes) -> ItemEntry:
        """The entry once one more event names the thing; `leaf` is its `EventLeaf.hash()`.

        Raises `MerkleError` if that is not 32 bytes long.
        """
        if len(leaf) != HASH_BYTES:
            raise MerkleError(f"an event's leaf has {len(leaf)} bytes, not {HASH_BYTES}: give the leaf's hash")
        return ItemEntry(self.count + 1, sha256(_LINK + self.head + leaf).digest())


NOTHING: Final = ItemEntry(0, EMPTY)
"""Of a thing that no event names."""


def entry_of(leaves: Iterable[bytes], start: ItemEntry = NOTHING) -> ItemEntry:
    """The entry after all these leaves, in the order of the log. Raises `MerkleError` as `ItemEntry.after` does."""
    entry = start
    for leaf in leaves:
        entry = entry.after(leaf)
    return entry


@dataclass(frozen=True, slots=True)
class MapLeaf:
    """The leaf that a map has for a key: where a proof of absence ends, another thing's."""

    key: bytes
    entry: ItemEntry

    def hash(self) -> bytes:
        """Raises `OverflowError` for a count that is not in 0 to 2**64 - 1."""
        return leaf_hash(self.key, self.entry.count.to_bytes(COUNT_BYTES, "big"), self.entry.head)


@dataclass(frozen=True, slots=True)
class MapProof:
    """That a key has, or lacks, an entry. `siblings`: from its place up to the root, None for an empty one. `other`: of
    an absent key, the leaf of the only thing that its place holds; None if that holds nothing, and for a present key.
    """

    siblings: tuple[bytes | None, ...]
    other: MapLeaf | None = None


def leaf_hash(key: bytes, count: bytes, head: bytes) -> bytes:
    """Of a key's entry; 32, 8 and 32 bytes."""
    return sha256(_LEAF + key + count + head).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Of a subtree with two leaves or more."""
    return sha256(_NODE + left + right).digest()


def root_of(thing_key: bytes, entry: ItemEntry, proof: MapProof) -> bytes | None:
    """The root of the map in which the key has this entry (`NOTHING`: has none) according to the proof.

    None for a proof that no map of these rules gives: siblings that are no hashes, too many of them, an empty lowest
    one (a subtree with one leaf is that leaf), a leaf beside an entry, or one that does not stand in the key's way.
    """
    if len(thing_key) != HASH_BYTES or not _well_formed(proof.siblings):
        return None
    node = _place(thing_key, entry, proof)
    if node is None:
        return None
    path = int.from_bytes(thing_key, "big") >> (KEY_BITS - len(proof.siblings))
    for sibling in proof.siblings:
        beside = sibling or EMPTY
        node = sha256(_NODE + (beside + node if path & 1 else node + beside)).digest()
        path >>= 1
    return node


def _well_formed(siblings: tuple[bytes | None, ...]) -> bool:
    if len(siblings) > KEY_BITS or (siblings and siblings[0] is None):
        return False
    return all(one is None or (len(one) == HASH_BYTES and one != EMPTY) for one in siblings)


def _place(key: bytes, entry: ItemEntry, proof: MapProof) -> bytes | None:
    """What the proof says to stand at the end of the key's path; None if that cannot be."""
    if entry.count > 0:
        return _hash_of(MapLeaf(key, entry)) if proof.other is None else None
    if entry != NOTHING:
        return None
    if proof.other is None:
        return EMPTY
    return _hash_of(proof.other) if _stands_in_the_way(proof.other.key, key, len(proof.siblings)) else None


def _hash_of(leaf: MapLeaf) -> bytes | None:
    if not 0 < leaf.entry.count < COUNT_LIMIT or len(leaf.entry.head) != HASH_BYTES:
        return None
    return leaf.hash()


def _stands_in_the_way(other: bytes, key: bytes, depth: int) -> bool:
    """Whether another key has the same first `depth` bits."""
    if len(other) != HASH_BYTES or other == key:
        return False
    return (int.from_bytes(other, "big") ^ int.from_bytes(key, "big")).bit_length() <= KEY_BITS - depth
