"""Captures are signed where reads are stored, in the same transaction: a capture is durable with its reads, or neither
is.

A capture is what one transaction of the intake accepts of one reader, in the order in which it came: all messages of
some milliseconds, so that a message of one read costs no signature of its own. Sequence and link stand in a row for
each reader, which is locked until the transaction ends; nothing of them is kept in the process. So several workers may
sign for one reader, and one that dies leaves neither a hole nor a number that is used twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from lading.chain.capture_keys import CaptureHasher, CaptureKey, CaptureWords, link_of
from lading.chain.signer import Signer
from lading.relayer.captures import codec
from lading.relayer.captures.errors import CapturesBroken
from lading.relayer.reads.reads import Row
from lading.relayer.store.database import Database

if TYPE_CHECKING:
    from lading.relayer.store.opening import LogIdentity

MOST_READS: Final = 20_000
"""Of one capture: whoever reads it holds little at once, some megabytes."""
FIRST_LINK: Final = bytes(32)
"""What the first capture of a reader names as the one before it."""

# It changes nothing, but makes the row and holds it: others who sign for this reader wait until we are done.
_HEAD = """INSERT INTO capture_heads (reader, sequence, link) VALUES (?, 0, ?)
    ON CONFLICT (reader) DO UPDATE SET sequence = capture_heads.sequence RETURNING sequence, link"""
_KEEP = """INSERT INTO signed_captures
    (reader, sequence, received_ns, previous, count, reads, digest, signer, signature)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (reader, sequence) DO NOTHING"""
_MOVE = "UPDATE capture_heads SET sequence = ?, link = ? WHERE reader = ?"


class CaptureSigner:
    """Signs for one log. `failures`: how often captures could not be stored since it was made; what they hold was not
    acknowledged."""

    def __init__(self, identity: LogIdentity, signer: Signer) -> None:
        self._key = CaptureKey(signer)
        self._hasher = CaptureHasher(identity.chain_id, identity.registry, identity.publisher)
        self.address = signer.address
        self.failures = 0

    def store(self, database: Database, reads: Iterable[Row], received_ns: int) -> None:
        """Signs and keeps these reads, inside the caller's transaction.

        Raises `CapturesBroken` and `OutboxError`: then the transaction has to fail.
        """
        by_reader: dict[str, list[Row]] = {}
        for read in reads:
            by_reader.setdefault(read[3], []).append(read)
        try:
            for reader in sorted(by_reader):  # in one order for all, so that no two wait for each other
                self._of_reader(database, reader, by_reader[reader], received_ns)
        except BaseException:
            self.failures += 1
            raise

    def _of_reader(self, database: Database, reader: str, reads: list[Row], received_ns: int) -> None:
        sequence, link = database.one(_HEAD, (reader, FIRST_LINK))
        for begin in range(0, len(reads), MOST_READS):
            part, sequence = reads[begin : begin + MOST_READS], sequence + 1
            text = codec.text_of(part)
            words = CaptureWords(reader, sequence, link, codec.digest_of(text), len(part), received_ns)
            signature = self._key.sign(self._hasher.digest(words, self._key.address))
            packed, made = codec.pack(text), (words.reads, self._key.address, signature)
            if database.execute(_KEEP, (reader, sequence, received_ns, link, len(part), packed, *made)) != 1:
                raise CapturesBroken(database.path, reader, sequence)
            link = link_of(signature)
        database.execute(_MOVE, (sequence, link, reader))
