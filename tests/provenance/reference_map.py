"""The item map by recursion over a dictionary, as its rules read: slow, and shares no step with the pages."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from lading.provenance.item_map import NOTHING, ItemEntry, MapLeaf, MapProof


class ReferenceMap:
    def __init__(self, content: Mapping[bytes, ItemEntry]) -> None:
        self._content = dict(content)

    @property
    def root(self) -> bytes:
        return _root(self._content, 0)

    def prove(self, key: bytes) -> tuple[ItemEntry, MapProof]:
        here, siblings, depth = self._content, [], 0
        while len(here) > 1:
            same = {one: entry for one, entry in here.items() if _bit(one, depth) == _bit(key, depth)}
            beside = {one: entry for one, entry in here.items() if one not in same}
            depth += 1
            siblings.append(_root(beside, depth) if beside else None)
            here = same
        proof = MapProof(tuple(reversed(siblings)))
        for found, entry in here.items():
            if found == key:
                return entry, proof
            return NOTHING, MapProof(proof.siblings, MapLeaf(found, entry))
        return NOTHING, proof


def _root(content: Mapping[bytes, ItemEntry], depth: int) -> bytes:
    if not content:
        return bytes(32)
    if len(content) == 1:
        ((key, entry),) = content.items()
        return sha256(b"\x00" + key + entry.count.to_bytes(8, "big") + entry.head).digest()
    sides = [{key: entry for key, entry in content.items() if _bit(key, depth) == side} for side in (0, 1)]
    return sha256(b"\x01" + _root(sides[0], depth + 1) + _root(sides[1], depth + 1)).digest()


def _bit(key: bytes, depth: int) -> int:
    return key[depth // 8] >> (7 - depth % 8) & 1
