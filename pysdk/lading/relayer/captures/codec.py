"""Reads of one reader <-> the text of which a capture's signature covers the SHA-256. Pure.

One read a line, in the order in which they were accepted, each line ended by a line feed, ASCII:

    time EPC antenna sequence offset double-hexed strength
    1772439330420000000 3036451FD40C0E40000003E9 1 17 480 0 -4150

Time is in ns since 1970-01-01T00:00:00Z, the offset of its zone in minutes, the strength in hundredths of a dBm or `-`
for none; -1 is no antenna and no sequence number; double-hexed is 0 or 1. Numbers are decimal, the EPC upper-case hex.
So `jq -r '.reads[]' | sha256sum` gives the hash of a capture in a file.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

from lading.relayer.reads.reads import Row

NUMBER: Final = r"(?:0|-?[1-9][0-9]*)"
LINE: Final = rf"{NUMBER} [0-9A-F]+ {NUMBER} {NUMBER} {NUMBER} [01] (?:-|{NUMBER})"
_LINE = re.compile(LINE)
_MOST_BYTES = 64_000_000
_LEVEL = 1
"""It takes a third of the time of the next levels that are smaller, and gives a tenth more."""


def text_of(reads: Iterable[Row]) -> bytes:
    """The text of reads, whose reader stands beside it."""
    return "".join(
        [
            f"{time} {epc} {antenna} {sequence} {offset} {1 if doubled else 0} {'-' if rssi is None else rssi}\n"
            for time, epc, antenna, _, sequence, offset, doubled, rssi in reads
        ]
    ).encode()


def lines_of(text: bytes) -> list[str] | None:
    """The lines of a text, without their ends; None if it is no text of reads."""
    try:
        lines = text.decode("ascii").split("\n")
    except UnicodeDecodeError:
        return None
    return lines if lines.pop() == "" and all(map(_LINE.fullmatch, lines)) else None


def rows_of(lines: Sequence[str], reader: str) -> list[Row]:
    """The reads of lines that match `LINE`."""
    rows: list[Row] = []
    for line in lines:
        time, epc, antenna, sequence, offset, doubled, rssi = line.split(" ")
        strength = None if rssi == "-" else int(rssi)
        rows.append((int(time), epc, int(antenna), reader, int(sequence), int(offset), doubled == "1", strength))
    return rows


def digest_of(text: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(text).digest()


def pack(text: bytes) -> bytes:
    """For a row of the database: some 16 bytes a read."""
    return zlib.compress(text, _LEVEL)


def unpack(packed: bytes) -> bytes | None:
    """What `pack` was given; None if it is nothing that it gave."""
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(packed, _MOST_BYTES)
    except zlib.error:
        return None
    return text if inflate.eof and not inflate.unused_data else None
