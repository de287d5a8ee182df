"""What a feed hands to the intake."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """How the bytes of a message are to be read."""

    LINES = "lines"
    """One or more reads, one a line: JSON objects, or CSV."""
    LLRP = "llrp"
    """Whole LLRP frames, one after another."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Of a line too long to be held: `length` and `sha256` are of all of it, the message's payload is its head."""

    length: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class LlrpContext:
    """What an LLRP frame does not say itself: the reader's configured name (None: the one of `unnamed_reader`), when
    the frame arrived and when the reader's uptime was zero (both ns UTC, None if unknown)."""

    reader: str | None = None
    arrival_ns: int | None = None
    uptime_zero_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes as they came. `feed` names the configured feed, `origin` where in it they came from: a topic, a path, the
    address of a peer; `first_line` the number of the payload's first line there, 0 where lines have none; `header` is
    that of the CSV stream which the lines belong to."""

    feed: str
    origin: str
    payload: bytes
    form: Form = Form.LINES
    cut: Cut | None = None
    first_line: int = 0
    header: bytes = b""
    llrp: LlrpContext | None = None
