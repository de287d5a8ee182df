"""The upper levels of the item map in memory: a complete binary tree in one array, root first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from lading.provenance.item_map import KEY_BITS
from lading.provenance.merkle import HASH_BYTES

LEVELS: Final = 18
"""2**18 pages below: 17 MB of memory for any map, and about four entries a page in one of a million things."""

BOTTOM: Final = 1 << LEVELS
"""The number of the first node of the lowest level. The children of node n are 2n and 2n + 1, and the root is 1."""

NONE, ONE, MANY = range(3)
"""How many leaves a subtree has: one with a single leaf is that leaf."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way down a key's path. `siblings`: the lowest first. `bottom`: the lowest node whose page holds what
    the path ends at (the key's own page, or that of the only leaf in its way); None if it ends at nothing."""

    siblings: tuple[bytes | None, ...]
    bottom: int | None


class Heap:
    """The nodes of levels 0 to `LEVELS`, all empty at first."""

    def __init__(self) -> None:
        self._nodes = bytearray(2 * BOTTOM * HASH_BYTES)
        self._kinds = bytearray(2 * BOTTOM)

    @property
    def root(self) -> bytes:
        return self.node(1)

    def node(self, number: int) -> bytes:
        return bytes(self._nodes[HASH_BYTES * number : HASH_BYTES * (number + 1)])

    def set(self, number: int, leaves: int, node: bytes) -> None:
        """Puts the subtree of a page with so many leaves in its place. The levels above follow with `rise`."""
        self._nodes[HASH_BYTES * number : HASH_BYTES * (number + 1)] = node
        self._kinds[number] = min(leaves, MANY)

    def rise(self, changed: Iterable[int]) -> None:
        """Makes anew all that stands above these nodes of the lowest level."""
        nodes, kinds = self._nodes, self._kinds
        level = set(changed)
        for _ in range(LEVELS):
            level = {number >> 1 for number in level}
            for number in level:
                at = 2 * HASH_BYTES * number
                left, right = kinds[2 * number], kinds[2 * number + 1]
                kinds[number] = min(left + right, MANY)
                pair = bytes(nodes[at : at + 2 * HASH_BYTES])
                if left + right >= MANY:
                    node = sha256(b"\x01" + pair).digest()
                else:
                    node = pair[HASH_BYTES:] if right else pair[:HASH_BYTES]
                nodes[at // 2 : at // 2 + HASH_BYTES] = node

    def way(self, key: bytes) -> Way:
        """Down the path of a key."""
        bits = int.from_bytes(key, "big")
        siblings: list[bytes | None] = []
        number = 1
        for level in range(LEVELS):
            if self._kinds[number] != MANY:
                break
            number = 2 * number + (bits >> (KEY_BITS - 1 - level) & 1)
            siblings.append(self.node(number ^ 1) if self._kinds[number ^ 1] else None)
        return Way(tuple(reversed(siblings)), self._page_under(number))

    def _page_under(self, number: int) -> int | None:
        """The lowest node that holds what stands at `number`: that itself, or where its only leaf is."""
        if self._kinds[number] == NONE:
            return None
        while number < BOTTOM:
            number = 2 * number + (1 if self._kinds[2 * number + 1] else 0)
        return number


def bottom_of(key: bytes) -> int:
    """The lowest node on a key's path."""
    return BOTTOM | int.from_bytes(key[:4], "big") >> (32 - LEVELS)
