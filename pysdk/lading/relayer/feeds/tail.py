"""A log file that others append to, rename and truncate: where reading it goes on, and how to find that place again."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Self

import orjson

_MARK_BYTES: Final = 256


@dataclass(frozen=True, slots=True)
class Position:
    """That all before `offset` is stored. A number of a file is given anew after it is deleted, and a file may be
    emptied and filled again, so `head` and `tail` (of the file's first bytes, and of those before `offset`) say whether
    it is still the same. `header` is the first line of a CSV file, `line` how many lines lie before `offset`."""

    device: int
    inode: int
    offset: int
    line: int
    head: str
    tail: str
    header: str = ""

    def to_json(self) -> str:
        values = (self.device, self.inode, self.offset, self.line, self.head, self.tail, self.header)
        return orjson.dumps(values).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(*orjson.loads(text))


class Tail:
    """An open file and how much of it has been read."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file
        status = os.fstat(file.fileno())
        self._identity = status.st_dev, status.st_ino
        self.offset = 0
        self._before = b""
        self._rewritten = False

    @classmethod
    def open(cls, path: Path, after: Position | None) -> Tail | None:
        """At `after` if this file still is what it was there, else at its beginning; None if there is no such file.
        Any other `OSError` passes."""
        try:
            file = path.open("rb", buffering=0)
        except FileNotFoundError:
            return None
        tail = cls(path, file)
        if after is not None and tail._continues(after):
            tail.offset = after.offset
        return tail

    @classmethod
    def moved(cls, path: Path, after: Position) -> Tail | None:
        """The file that was at `path` and has another name in the same folder now; None if it is gone, or at `path`
        still."""
        for other in sorted(path.parent.iterdir()):
            found = other.lstat()
            if (found.st_dev, found.st_ino) != (after.device, after.inode) or other == path:
                continue
            tail = cls.open(other, after)
            if tail is not None and tail.offset == after.offset:
                return tail
            if tail is not None:
                tail.close()
        return None

    def close(self) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """What follows, at most `size` bytes; empty at the end as it is now, and where what was read is no longer what
        stands before it."""
        before = self._before
        data = os.pread(self._file.fileno(), len(before) + size, self.offset - len(before))
        if not data.startswith(before):
            self._rewritten = True
            return b""
        fresh = data[len(before) :]
        self.offset += len(fresh)
        self._before = data[-_MARK_BYTES:]
        return fresh

    def position(self, held: int, line: int, header: bytes) -> Position:
        """All but the last `held` bytes read is stored."""
        offset = self.offset - held
        return Position(*self._identity, offset, line, *self._marks(offset), header.decode("utf-8", "surrogateescape"))

    def replaced(self) -> bool:
        """Whether another file has its name now."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return False
        return (status.st_dev, status.st_ino) != self._identity

    def truncated(self) -> bool:
        """Whether it was emptied after it was read, and maybe filled again."""
        return self._rewritten or os.fstat(self._file.fileno()).st_size < self.offset

    def _continues(self, after: Position) -> bool:
        if self._identity != (after.device, after.inode) or os.fstat(self._file.fileno()).st_size < after.offset:
            return False
        return self._marks(after.offset) == (after.head, after.tail)

    def _marks(self, offset: int) -> tuple[str, str]:
        size = min(offset, _MARK_BYTES)
        parts = (os.pread(self._file.fileno(), size, at) for at in (0, offset - size))
        head, tail = (hashlib.sha256(part).hexdigest()[:32] for part in parts)
        return head, tail
