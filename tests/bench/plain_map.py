"""The item map without pages, as one would write it down: a dictionary of nodes by their hash, one path a change, and a
row for each node, as durable as the outbox. Only the format is ours, so that the roots can be compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

EMPTY = bytes(32)
BITS = 256


class PlainMap:
    """`nodes`: hash -> (left, right), or (key, count, head) of a leaf."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE nodes (hash BLOB PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID")
        self._nodes: dict[bytes, tuple[bytes, ...]] = {}
        self._made: set[bytes] = set()
        self._gone: set[bytes] = set()
        self.root = EMPTY

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def apply(self, additions: Iterable[tuple[str, bytes]]) -> bytes:
        for thing, leaf in additions:
            self.root = self._counted(self.root, sha256(thing.encode()).digest(), leaf)
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("DELETE FROM nodes WHERE hash = ?", ((one,) for one in self._gone))
        rows = ((one, b"".join(self._nodes[one])) for one in self._made)
        self._connection.executemany("INSERT INTO nodes VALUES (?, ?)", rows)
        self._connection.execute("COMMIT")
        self._made.clear()
        self._gone.clear()
        return self.root

    def fill(self, additions: Iterable[tuple[str, bytes]]) -> None:
        """Of an empty map, every thing once: all nodes from below, in memory, and in one transaction."""
        link = b"\x02" + EMPTY
        one = (1).to_bytes(8, "big")
        found = sorted((sha256(thing.encode()).digest(), sha256(link + leaf).digest()) for thing, leaf in additions)
        self.root = self._subtree([(key, one, head) for key, head in found], 0)
        self.apply(())

    def _subtree(self, leaves: list[tuple[bytes, bytes, bytes]], depth: int) -> bytes:
        if len(leaves) < 2:
            return self._leaf(*leaves[0]) if leaves else EMPTY
        middle = next((at for at, (key, _, _) in enumerate(leaves) if _bit(key, depth)), len(leaves))
        return self._node(self._subtree(leaves[:middle], depth + 1), self._subtree(leaves[middle:], depth + 1))

    def _counted(self, root: bytes, key: bytes, leaf: bytes) -> bytes:
        siblings: list[bytes] = []
        node = root
        while node != EMPTY and len(found := self._nodes[node]) == 2:
            self._drop(node)
            right = _bit(key, len(siblings))
            siblings.append(found[1 - right])
            node = found[right]
        other, count, head = (key, bytes(8), EMPTY) if node == EMPTY else self._nodes[node]
        if other == key:
            if node != EMPTY:
                self._drop(node)
            number = int.from_bytes(count, "big") + 1
            node = self._leaf(key, number.to_bytes(8, "big"), sha256(b"\x02" + head + leaf).digest())
        else:
            while _bit(other, len(siblings)) == _bit(key, len(siblings)):
                siblings.append(EMPTY)
            siblings.append(node)
            node = self._leaf(key, (1).to_bytes(8, "big"), sha256(b"\x02" + EMPTY + leaf).digest())
        for depth in range(len(siblings) - 1, -1, -1):
            beside = siblings[depth]
            node = self._node(beside, node) if _bit(key, depth) else self._node(node, beside)
        return node

    def _leaf(self, key: bytes, count: bytes, head: bytes) -> bytes:
        return self._keep(sha256(b"\x00" + key + count + head).digest(), (key, count, head))

    def _node(self, left: bytes, right: bytes) -> bytes:
        return self._keep(sha256(b"\x01" + left + right).digest(), (left, right))

    def _keep(self, node: bytes, body: tuple[bytes, ...]) -> bytes:
        self._nodes[node] = body
        self._made.add(node)
        return node

    def _drop(self, node: bytes) -> None:
        del self._nodes[node]
        if node in self._made:
            self._made.remove(node)
        else:
            self._gone.add(node)


def _bit(key: bytes, depth: int) -> int:
    return key[depth >> 3] >> (7 - (depth & 7)) & 1
