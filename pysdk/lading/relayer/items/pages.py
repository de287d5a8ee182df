"""A page of the item map: the entries of all keys that begin with the same bits, and the part of the tree over them.

As bytes, a page is its records in the order of their keys, then for each of them the number of its newest pair
(`lading.relayer.items.links`; 8 bytes, big-endian), which no hash covers. A record is what follows the key's first two
bytes, which the page's number tells (30 bytes), the count (8 bytes, big-endian) and the head (32 bytes).
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

from lading.provenance.errors import MerkleError
from lading.provenance.item_map import COUNT_BYTES, EMPTY, KEY_BITS, ItemEntry, MapLeaf
from lading.provenance.merkle import HASH_BYTES

SHARED_BYTES: Final = 2
REST_BYTES: Final = HASH_BYTES - SHARED_BYTES
_HEAD: Final = REST_BYTES + COUNT_BYTES
RECORD_BYTES: Final = _HEAD + HASH_BYTES
_NONE: Final = bytes(COUNT_BYTES) + EMPTY
STORED_BYTES: Final = RECORD_BYTES + 8
_RECORD_BITS: Final = 8 * RECORD_BYTES

Newest: TypeAlias = Callable[[bytes, int], int]
"""(key, number of its newest pair as stored) -> the number to store; asked once for each key of a batch."""
Filled: TypeAlias = tuple[list[bytes], list[int]]
"""Records, and the number of the newest pair of each."""


def records_of(page: bytes) -> list[bytes]:
    return [page[at : at + RECORD_BYTES] for at in range(0, len(page) // STORED_BYTES * RECORD_BYTES, RECORD_BYTES)]


def newest_of(page: bytes) -> Sequence[int]:
    """The numbers of the newest pairs of its records."""
    count = len(page) // STORED_BYTES
    return struct.unpack_from(f">{count}Q", page, count * RECORD_BYTES)


def page_of(records: Sequence[bytes], newest: Sequence[int]) -> bytes:
    return b"".join(records) + struct.pack(f">{len(newest)}Q", *newest)


def entry_in(record: bytes) -> ItemEntry:
    return ItemEntry(int.from_bytes(record[REST_BYTES:_HEAD], "big"), record[_HEAD:])


def leaf_in(shared: bytes, record: bytes) -> MapLeaf:
    return MapLeaf(shared + record[:REST_BYTES], entry_in(record))


def place_of(records: Sequence[bytes], key: bytes) -> int | None:
    """Where the record of a key that belongs to this page stands in it; None if it has none."""
    rest = key[SHARED_BYTES:]
    return next((place for place, record in enumerate(records) if record.startswith(rest)), None)


def with_additions(page: bytes, additions: Mapping[bytes, Sequence[bytes]], newest: Newest) -> Filled:
    """The page's records after these leaves of these keys (key -> leaves, in the order of the log), and the numbers of
    their newest pairs."""
    records, pairs = records_of(page), list(newest_of(page))
    for key, leaves in additions.items():
        rest = key[SHARED_BYTES:]
        place = bisect_left(records, rest)
        if place < len(records) and records[place].startswith(rest):
            records[place] = rest + _counted(records[place][REST_BYTES:], leaves)
            pairs[place] = newest(key, pairs[place])
        else:
            records.insert(place, rest + _counted(_NONE, leaves))
            pairs.insert(place, newest(key, 0))
    return records, pairs


def _counted(stored: bytes, leaves: Sequence[bytes]) -> bytes:
    """Count and head of an entry after these leaves. `ItemEntry.after` without its objects."""
    count, head = int.from_bytes(stored[:COUNT_BYTES], "big"), stored[COUNT_BYTES:]
    for leaf in leaves:
        if len(leaf) != HASH_BYTES:
            raise MerkleError(f"an event's leaf has {len(leaf)} bytes, not {HASH_BYTES}: give the leaf's hash")
        head = sha256(b"\x02" + head + leaf).digest()
    return (count + len(leaves)).to_bytes(COUNT_BYTES, "big") + head


def subtree(shared: bytes, records: Sequence[bytes], depth: int) -> bytes:
    """The hash of the subtree of a page's (or a part's) records, whose keys share their first `depth` bits.

    Neighbours in order part where their keys first differ, so one pass with a stack of what waits for its right side
    makes every node once.
    """
    if not records:
        return EMPTY
    start = b"\x00" + shared
    if len(records) == 1:
        return sha256(start + records[0]).digest()
    waiting: list[tuple[int, bytes]] = []  # (depth of the branch, its left side), deeper ones last
    last = int.from_bytes(records[0], "big")
    node, level = sha256(start + records[0]).digest(), KEY_BITS
    for record in records[1:]:
        number = int.from_bytes(record, "big")
        branch = _first_difference(last, number)
        while waiting and waiting[-1][0] > branch:
            node, level = _joined(waiting, node, level, last)
        waiting.append((branch, _lifted(node, level, branch + 1, last)))
        last, node, level = number, sha256(start + record).digest(), KEY_BITS
    while waiting:
        node, level = _joined(waiting, node, level, last)
    return _lifted(node, level, depth, last)


def _first_difference(left: int, right: int) -> int:
    """The first bit of the key in which two records differ."""
    return 8 * SHARED_BYTES + _RECORD_BITS - (left ^ right).bit_length()


def _joined(waiting: list[tuple[int, bytes]], node: bytes, level: int, record: int) -> tuple[bytes, int]:
    """The last branch that waits, with its right side, and its depth."""
    branch, left = waiting.pop()
    return sha256(b"\x01" + left + _lifted(node, level, branch + 1, record)).digest(), branch


def _lifted(node: bytes, level: int, depth: int, record: int) -> bytes:
    """A node of `level` beside nothing up to `depth`; a leaf (`KEY_BITS`) stands anywhere as it is."""
    if level == KEY_BITS:
        return node
    path = record >> (_RECORD_BITS + 8 * SHARED_BYTES - level)
    for _ in range(level - depth):
        node = sha256(b"\x01" + (EMPTY + node if path & 1 else node + EMPTY)).digest()
        path >>= 1
    return node


def way_down(records: Sequence[bytes], key: bytes, depth: int) -> tuple[list[bytes | None], bytes | None]:
    """From `depth` down to the end of a key's path: the siblings on the way, the lowest last, and the record that
    stands at its end (the key's own or another's)."""
    siblings: list[bytes | None] = []
    shared = key[:SHARED_BYTES]
    bits = int.from_bytes(key, "big")
    first, end = 0, len(records)
    while end - first > 1:
        ones = (bits >> (KEY_BITS - 1 - depth) | 1) << (KEY_BITS - 1 - depth)
        middle = bisect_left(records, ones.to_bytes(HASH_BYTES, "big")[SHARED_BYTES:], first, end)
        right = bits >> (KEY_BITS - 1 - depth) & 1
        beside = records[first:middle] if right else records[middle:end]
        depth += 1
        siblings.append(subtree(shared, beside, depth) if beside else None)
        first, end = (middle, end) if right else (first, middle)
    return siblings, records[first] if end > first else None
