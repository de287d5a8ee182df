"""What keeps pages of the item map small however many things it has: a page that is full becomes a branch, and its
records go to pages four levels further down. So a change costs what the depth of the tree asks, and nothing for the
size of the map.

As bytes, a branch is the state of its 16 subtrees: how many leaves (0, 1, or 2 for more; 1 byte) and the hash (32
bytes). Its length is no multiple of a record's, which tells it from a page of records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

from lading.provenance.item_map import EMPTY, KEY_BITS
from lading.provenance.merkle import HASH_BYTES
from lading.relayer.items.heap import MANY, NONE
from lading.relayer.items.pages import (
    REST_BYTES,
    SHARED_BYTES,
    Newest,
    page_of,
    records_of,
    subtree,
    with_additions,
)

_BITS: Final = 4
_WIDTH: Final = 1 << _BITS
_SIDE_BYTES: Final = 1 + HASH_BYTES
BRANCH_BYTES: Final = _WIDTH * _SIDE_BYTES
MOST_RECORDS: Final = 16
"""A page beyond it is split; in a map of a million things hardly one is."""

Pages: TypeAlias = MutableMapping[int, bytes]
"""Node number -> page."""
Side: TypeAlias = tuple[int, bytes]
"""How many leaves a subtree has, `MANY` for more than one; its hash."""


def is_branch(page: bytes) -> bool:
    return len(page) == BRANCH_BYTES


def child_of(number: int, key: bytes) -> int:
    """The page on a key's path below the branch at `number`."""
    below = KEY_BITS - (number.bit_length() - 1) - _BITS
    return number << _BITS | int.from_bytes(key, "big") >> below & (_WIDTH - 1)


def shared_bytes(number: int) -> bytes:
    """The first two bytes of every key below a node, which is at least 16 levels down."""
    depth = number.bit_length() - 1
    return ((number ^ 1 << depth) >> (depth - 8 * SHARED_BYTES)).to_bytes(SHARED_BYTES, "big")


def top_of(number: int, page: bytes) -> Side:
    """The subtree of a page."""
    if is_branch(page):
        return _levels(_sides(page))[-1][0]
    records = records_of(page)
    return min(len(records), MANY), subtree(shared_bytes(number), records, number.bit_length() - 1)


def change(pages: Pages, number: int, additions: Mapping[bytes, Sequence[bytes]], newest: Newest) -> None:
    """Counts leaves (key -> leaves, in the order of the log) in a page and those below it. `pages` holds all that there
    are on the keys' paths, and then as they are to be stored."""
    page = pages.get(number, b"")
    if not is_branch(page):
        _put(pages, number, *with_additions(page, additions, newest))
        return
    parts: dict[int, dict[bytes, Sequence[bytes]]] = {}
    for key, leaves in additions.items():
        parts.setdefault(child_of(number, key), {})[key] = leaves
    sides = _sides(page)
    for child, part in parts.items():
        change(pages, child, part, newest)
        sides[child % _WIDTH] = top_of(child, pages[child])
    pages[number] = _branch(sides)


def _put(pages: Pages, number: int, records: Sequence[bytes], newest: Sequence[int]) -> None:
    if len(records) <= MOST_RECORDS:
        pages[number] = page_of(records, newest)
        return
    shared = shared_bytes(number)
    parts: dict[int, list[int]] = {}
    for place, record in enumerate(records):
        parts.setdefault(child_of(number, shared + record[:REST_BYTES]), []).append(place)
    sides = [(NONE, EMPTY)] * _WIDTH
    for child, part in parts.items():
        _put(pages, child, [records[place] for place in part], [newest[place] for place in part])
        sides[child % _WIDTH] = top_of(child, pages[child])
    pages[number] = _branch(sides)


def through(number: int, page: bytes, key: bytes) -> tuple[list[bytes | None], int | None]:
    """Down a key's path from the top of a branch: the siblings on the way, the lowest last, and the page in which the
    path goes on, or in which the only leaf stands at which it ends; None if it ends at nothing."""
    levels = _levels(_sides(page))[::-1]
    place = child_of(number, key) % _WIDTH
    siblings: list[bytes | None] = []
    for height in range(_BITS, -1, -1):
        at = place >> height
        leaves, _ = levels[_BITS - height][at]
        if leaves == NONE:
            return siblings, None
        if leaves < MANY:
            return siblings, number << _BITS | _only(levels[_BITS], at << height, 1 << height)
        if height:
            beside, node = levels[_BITS - height + 1][place >> (height - 1) ^ 1]
            siblings.append(node if beside else None)
    return siblings, number << _BITS | place


def _only(sides: Sequence[Side], first: int, count: int) -> int:
    """Which of these subtrees has the leaf."""
    return next(place for place in range(first, first + count) if sides[place][0])


def _levels(sides: list[Side]) -> list[list[Side]]:
    """The levels of a branch, the lowest first."""
    levels = [sides]
    while len(levels[-1]) > 1:
        low = levels[-1]
        levels.append([_above(*low[place : place + 2]) for place in range(0, len(low), 2)])
    return levels


def _above(left: Side, right: Side) -> Side:
    leaves = left[0] + right[0]
    if leaves >= MANY:
        return MANY, sha256(b"\x01" + left[1] + right[1]).digest()
    return right if right[0] else left


def _sides(page: bytes) -> list[Side]:
    return [(page[at], page[at + 1 : at + _SIDE_BYTES]) for at in range(0, BRANCH_BYTES, _SIDE_BYTES)]


def _branch(sides: Iterable[Side]) -> bytes:
    return b"".join(bytes([leaves]) + node for leaves, node in sides)
