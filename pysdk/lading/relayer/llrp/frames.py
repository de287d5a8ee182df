"""A stream of bytes -> LLRP messages, each still as bytes (LLRP 1.1, section 17.1: the message header)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from lading.relayer.llrp.errors import Fault, LlrpMalformed
from lading.relayer.llrp.layouts import MESSAGES

HEADER = struct.Struct(">HII")
"""Three reserved bits, three of the version, ten of the type; the length with the header; the message id."""
VERSIONS = (1, 2)  # LLRP 1.0.1 and 1.1
MAX_FRAME_BYTES = 4_000_000
"""Readers send tens of kilobytes at most; whatever claims more is no LLRP, or not meant well."""

RO_ACCESS_REPORT, _ = MESSAGES["RO_ACCESS_REPORT"]
TAG_REPORT_START = b"\x00\xf0"
"""Of the type of TagReportData: with it begins the body of a report; no message does."""
_TYPE_BITS, _VERSION_BITS = 0x3FF, 7
_MAX_SHOWN = 16


class Header(NamedTuple):
    """`length` counts the header's 10 bytes too."""

    version: int
    type: int
    length: int
    id: int


def read_header(data: bytes | bytearray, offset: int = 0) -> Header:
    """The header at `offset`, of which 10 bytes must be there. Raises `LlrpMalformed` if it cannot be one."""
    word, length, number = HEADER.unpack_from(data, offset)
    header = Header(word >> 10 & _VERSION_BITS, word & _TYPE_BITS, length, number)
    if header.version not in VERSIONS or word >> 13:
        shown = bytes(data[offset : offset + _MAX_SHOWN]).hex()
        raise LlrpMalformed(Fault.FRAME_VERSION, f"no LLRP message of version 1.0.1 or 1.1 begins with {shown}")
    if not HEADER.size <= length <= MAX_FRAME_BYTES:
        raise LlrpMalformed(Fault.FRAME_LENGTH, f"a message of {length} bytes; from 10 to {MAX_FRAME_BYTES} are taken")
    return header


class Framer:
    """Cuts what comes from a connection into messages. After an `LlrpMalformed` nothing can be cut any more: LLRP has
    no mark at which to begin again, so the connection has to be made anew."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._needed = HEADER.size

    @property
    def waiting(self) -> int:
        """The bytes of a message that has not come in full."""
        return len(self._held)

    @property
    def rest(self) -> bytes:
        """Those bytes; after an `LlrpMalformed` all from the header on that cannot be one."""
        return bytes(self._held)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Takes `data` in and yields each message that is complete now, with its header.

        Raises:
            LlrpMalformed: the next header cannot be one; the messages before it have been yielded.
        """
        held = self._held
        if held:
            held += data
            if len(held) < self._needed:
                return
            data = bytes(held)
            held.clear()
        offset, end, unpack = 0, len(data), HEADER.unpack_from
        self._needed = HEADER.size
        try:
            while end - offset >= HEADER.size:
                word, length, _ = unpack(data, offset)
                if word >> 10 not in VERSIONS or not HEADER.size <= length <= MAX_FRAME_BYTES:
                    read_header(data, offset)
                after = offset + length
                if after > end:
                    self._needed = length
                    break
                yield data[offset:after]
                offset = after
        finally:
            held += data[offset:]


def frames_of_capture(data: bytes) -> Iterator[bytes]:
    """The messages of a captured file: either whole messages one after the other, or the body alone of one
    RO_ACCESS_REPORT, as some tools save it, which is given a header (version 1, id 0).

    Raises:
        LlrpMalformed: neither; or the file ends inside a message, after those before it were yielded.
    """
    if data.startswith(TAG_REPORT_START):
        yield HEADER.pack(1 << 10 | RO_ACCESS_REPORT, HEADER.size + len(data), 0) + data
        return
    framer = Framer()
    yield from framer.feed(data)
    if framer.waiting:
        raise LlrpMalformed(Fault.TRUNCATED, f"the capture ends {framer.waiting} bytes into a message")
