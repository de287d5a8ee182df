"""Bytes that are cut anywhere -> messages of whole lines. Pure, and bounded, however long a line is."""

from __future__ import annotations

import hashlib

from lading.relayer.feeds.message import Cut, Message
from lading.relayer.reads.csv_lines import header_of

MAX_LINE_BYTES = 65536
"""Of a longer line only so much is kept; the rest is counted and hashed as it passes."""


class LineBlocks:
    """Collects one stream. A message is as many whole lines as came at once; what is held back is the head of one.

    A stream of CSV begins with its header, which each of its messages carries, so that each can be read by itself.
    `line`: how many lines came before, of a stream that is taken up further on (then with its `header`); None where
    lines are not counted, because nobody could look them up.
    """

    def __init__(self, feed: str, origin: str, line: int | None = None, header: bytes = b"") -> None:
        self._feed, self._origin = feed, origin
        self.header, self.line = header, line
        self._begun = bool(header or line)
        self._rest = bytearray()
        self._long: _LongLine | None = None

    @property
    def held(self) -> int:
        """Bytes taken of which no message was made yet: those of the last, unfinished line."""
        return len(self._rest) if self._long is None else self._long.length

    def take(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete, in order."""
        found: list[Message] = []
        if self._long is not None:
            line, ended, data = data.partition(b"\n")
            self._long.add(line)
            if not ended:
                return []
            found.append(self._cut(self._long))
        end = data.rfind(b"\n") + 1
        if end:
            found += self._lines(bytes(self._rest) + data[:end])
            self._rest.clear()
        self._rest += data[end:]
        if len(self._rest) > MAX_LINE_BYTES:
            self._long = _LongLine(bytes(self._rest))
            self._rest.clear()
        return found

    def finish(self) -> list[Message]:
        """The last line of a stream that ended without ending it."""
        if self._long is not None:
            return [self._cut(self._long)]
        block = bytes(self._rest)
        self._rest.clear()
        return self._lines(block)

    def _lines(self, block: bytes) -> list[Message]:
        if block and not self._begun:
            begin, _, _ = block.partition(b"\n")
            self.header, self._begun = (begin if header_of(begin) else b""), True
        first = self._counted(block.count(b"\n"))
        if not block.strip():
            return []  # empty lines, by which a reader shows that it is alive
        return [Message(self._feed, self._origin, block, first_line=first, header=self.header)]

    def _cut(self, line: _LongLine) -> Message:
        self._long = None
        cut, first = Cut(line.length, line.hash.digest()), self._counted(1)
        return Message(self._feed, self._origin, line.head, cut=cut, first_line=first)

    def _counted(self, lines: int) -> int:
        """Counts them; the number of the first, 0 where lines are not counted."""
        if self.line is None:
            return 0
        first = self.line + 1
        self.line += lines
        return first


class _LongLine:
    """A line that is too long to be held."""

    def __init__(self, begun: bytes) -> None:
        self.head, self.length, self.hash = begun[:MAX_LINE_BYTES], len(begun), hashlib.sha256(begun)

    def add(self, part: bytes) -> None:
        self.length += len(part)
        self.hash.update(part)
