"""The captures of a reader in an outbox -> the lines of a file, a few in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator

from lading.relayer.captures import codec
from lading.relayer.captures.document import FORMAT, Capture, Header, dump
from lading.relayer.captures.errors import NoCaptures
from lading.relayer.store.database import Database, LogIdentity

_PAGE = 50
_END = 2**63 - 1
_BOUNDS = """SELECT min(sequence), max(sequence) FROM signed_captures
    WHERE reader = ? AND received_ns >= ? AND received_ns < ?"""
_ROWS = """SELECT sequence, received_ns, previous, count, reads, digest, signer, signature FROM signed_captures
    WHERE reader = ? AND sequence BETWEEN ? AND ? ORDER BY sequence LIMIT ?"""


def header_of(
    database: Database, identity: LogIdentity, reader: str, since_ns: int | None, until_ns: int | None
) -> Header:
    """From the first capture received at `since_ns` or later to the last one before `until_ns`, with all between them
    by sequence, so that a clock that went back tears no hole. Without a bound, from the first one or to the last one
    that was ever signed: those that are gone from the tables by now will be missing in the file.

    Raises `NoCaptures` if there are none.
    """
    bounds = (since_ns if since_ns is not None else -_END, until_ns if until_ns is not None else _END)
    first, last = database.one(_BOUNDS, (reader, *bounds))
    heads = dict(database.rows("SELECT reader, sequence FROM capture_heads WHERE sequence > 0 ORDER BY reader"))
    if reader in heads:
        first = 1 if since_ns is None else first
        last = max(heads[reader], last or 0) if until_ns is None else last
    if first is None or last is None:
        raise NoCaptures(reader, list(heads))
    return Header(
        format=FORMAT,
        chain_id=identity.chain_id,
        genesis=_bytes(identity.genesis),
        provenance_registry=_bytes(identity.registry),
        publisher=_bytes(identity.publisher),
        reader=reader,
        first=first,
        last=last,
    )


def lines(database: Database, header: Header) -> Iterator[tuple[bytes, int]]:
    """Each line, with the number of reads in it. What was changed in the tables is written as it is found there."""
    yield dump(header), 0
    begin = header.first
    while rows := database.rows(_ROWS, (header.reader, begin, header.last, _PAGE)):
        for row in rows:
            capture = _capture(row)
            yield dump(capture), len(capture.reads or ())
        begin = rows[-1][0] + 1


def _capture(row: tuple[int, int, bytes, int, bytes, bytes, bytes, bytes]) -> Capture:
    sequence, received_ns, previous, count, packed, digest, signer, signature = row
    text = codec.unpack(packed)
    reads = None if text is None else codec.lines_of(text)
    # Not validated: whoever reads the file does that, and what somebody wrote into the tables is to be seen there.
    return Capture.model_construct(
        sequence=sequence,
        received_ns=str(received_ns),
        previous=previous,
        count=count,
        reads=None if reads is None else tuple(reads),
        digest=digest,
        signer=signer,
        signature="0x" + signature.hex(),
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
