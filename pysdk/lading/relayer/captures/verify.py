"""Whether captures are what the gateway signed, all of them and in their order. Pure: what the chain knows of keys is
given to it.

It finds a capture that was altered in any member, taken out, put in, or moved. It cannot find that the newest ones are
missing from a file, or were never exported: an earlier file of the same reader does (`Earlier`), if it had them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from lading.chain.capture_keys import CaptureHasher, CaptureWords, link_of, made_by
from lading.models import Key
from lading.relayer.captures import codec
from lading.relayer.captures.document import Capture, Header
from lading.relayer.captures.signing import FIRST_LINK

MOST_FAULTS: Final = 100
"""That are told one by one; all are counted."""
CLOCKS: Final = timedelta(seconds=300)
"""What is granted to the gateway's clock before its key was registered."""


class Fault(StrEnum):
    """What is wrong with a capture, or with all of them."""

    READS_DIFFER = "reads-differ"
    COUNT_DIFFERS = "count-differs"
    SIGNATURE_WRONG = "signature-wrong"
    MISSING = "missing"
    OUT_OF_ORDER = "out-of-order"
    CHAIN_BROKEN = "chain-broken"
    EARLIER_DIFFERS = "earlier-differs"
    KEY_UNKNOWN = "key-unknown"
    KEY_FOREIGN = "key-foreign"
    KEY_TOO_NEW = "key-too-new"
    KEY_REVOKED = "key-revoked"
    KEY_COMPROMISED = "key-compromised"
    READ_FOREIGN = "read-foreign"
    READ_MISSING = "read-missing"


@dataclass(frozen=True, slots=True)
class Found:
    """`sequence`: of the capture; None if it is about all."""

    fault: Fault
    sequence: int | None
    detail: str


@dataclass(slots=True)
class SignedBy:
    """What one key signed. The times are the gateway's own, ns; `at` are their captures' sequence numbers."""

    captures: int
    earliest: int
    earliest_at: int
    latest: int
    latest_at: int

    def add(self, capture: Capture) -> None:
        self.captures += 1
        received = int(capture.received_ns)
        if received < self.earliest:
            self.earliest, self.earliest_at = received, capture.sequence
        if received > self.latest:
            self.latest, self.latest_at = received, capture.sequence


@dataclass(slots=True)
class Verified:
    """Of a file. `faults` holds the first `MOST_FAULTS`, `faults_in_all` is how many there are. `signers` only counts
    captures whose signature is good."""

    header: Header
    captures: int = 0
    reads: int = 0
    faults: list[Found] = field(default_factory=list)
    faults_in_all: int = 0
    signers: dict[bytes, SignedBy] = field(default_factory=dict)

    def add(self, fault: Fault, sequence: int | None, detail: str) -> None:
        self.faults_in_all += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Found(fault, sequence, detail))


Earlier = dict[int, str]
"""Sequence -> signature, of a file that was exported before."""


def verify(
    header: Header,
    captures: Iterable[Capture],
    each: Callable[[Capture], None] | None = None,
    earlier: Earlier | None = None,
) -> Verified:
    """Judges captures one by one; `each` sees them, too. Keys are judged by `judge_key`."""
    verified = Verified(header)
    hasher = CaptureHasher(header.chain_id, _hex(header.provenance_registry), _hex(header.publisher))
    expected, link = header.first, FIRST_LINK if header.first == 1 else None
    left = dict(earlier or {})
    for capture in captures:
        expected = _in_order(verified, capture, expected)
        if link is not None and capture.previous != link:
            verified.add(Fault.CHAIN_BROKEN, capture.sequence, "it does not follow on the capture before it")
        _judge_content(verified, capture, hasher)
        if left.pop(capture.sequence, capture.signature) != capture.signature:
            verified.add(Fault.EARLIER_DIFFERS, capture.sequence, "the earlier file has another one of this number")
        link = link_of(bytes.fromhex(capture.signature[2:]))
        verified.captures += 1
        if each is not None:
            each(capture)
    if expected <= header.last:
        verified.add(Fault.MISSING, None, f"captures {expected} to {header.last} are not there")
    for sequence in sorted(left):
        if sequence >= header.first:
            verified.add(Fault.MISSING, sequence, "the earlier file has it")
    return verified


def _in_order(verified: Verified, capture: Capture, expected: int) -> int:
    """What is to come next."""
    number = capture.sequence
    if number > verified.header.last:
        verified.add(Fault.OUT_OF_ORDER, number, f"the first line says that {verified.header.last} is the last one")
        return expected
    if number < expected:
        verified.add(Fault.OUT_OF_ORDER, number, f"{expected} was to come here, or the end")
    elif number > expected:
        some = f"capture {expected} is" if number == expected + 1 else f"captures {expected} to {number - 1} are"
        verified.add(Fault.MISSING, number, f"{some} not there before it")
    return max(expected, number + 1)


def _judge_content(verified: Verified, capture: Capture, hasher: CaptureHasher) -> None:
    text, number = capture.text, capture.sequence
    if text is None or codec.digest_of(text) != capture.digest:
        verified.add(Fault.READS_DIFFER, number, "its reads are not those that its hash is of")
    if capture.reads is not None:
        verified.reads += len(capture.reads)
        if len(capture.reads) != capture.count:
            verified.add(Fault.COUNT_DIFFERS, number, f"it has {len(capture.reads)} reads, and says {capture.count}")
    received = int(capture.received_ns)
    words = CaptureWords(verified.header.reader, number, capture.previous, capture.digest, capture.count, received)
    if made_by(hasher.digest(words, capture.signer), bytes.fromhex(capture.signature[2:])) != capture.signer:
        verified.add(Fault.SIGNATURE_WRONG, number, f"{_hex(capture.signer)} did not sign this")
        return
    if (signer := verified.signers.get(capture.signer)) is None:
        signer = verified.signers[capture.signer] = SignedBy(0, received, number, received, number)
    signer.add(capture)


def judge_key(verified: Verified, signer: bytes, key: Key | None) -> str:
    """What the registry has of a signer -> its standing in a word, with faults where it may not have signed. A key that
    is revoked by now stays good for what it signed before, by the gateway's own clock."""
    mine, who, publisher = verified.signers[signer], _hex(signer), _hex(verified.header.publisher)
    if key is None:
        verified.add(Fault.KEY_UNKNOWN, None, f"{who} was never a key of anybody")
        return "unknown"
    if key.participant.lower() != publisher:
        verified.add(Fault.KEY_FOREIGN, None, f"{who} is a key of participant {key.participant}")
        return "foreign"
    for at, fault, what in (
        (key.compromised_since, Fault.KEY_COMPROMISED, "others may have had the key"),
        (key.revoked_at, Fault.KEY_REVOKED, "the key was revoked"),
    ):
        if at is not None and mine.latest >= _ns(at):
            verified.add(fault, mine.latest_at, f"{who} signed it at {_told(mine.latest)}; from {_utc(at)} on {what}")
            return fault.value.removeprefix("key-")
    if mine.earliest < _ns(key.added_at - CLOCKS):
        told = f"{who} signed it at {_told(mine.earliest)}, and was registered at {_utc(key.added_at)}"
        verified.add(Fault.KEY_TOO_NEW, mine.earliest_at, told)
        return "too-new"
    return "valid" if key.revoked_at is None else "revoked-later"


def earlier_of(header: Header, earlier: Header, captures: Iterator[Capture]) -> Earlier | None:
    """The signatures of an earlier file; None if it is of another reader or log."""
    of = ("chain_id", "genesis", "provenance_registry", "publisher", "reader")
    if any(getattr(header, name) != getattr(earlier, name) for name in of):
        return None
    return {capture.sequence: capture.signature for capture in captures}


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _ns(time: datetime) -> int:
    return int(time.timestamp()) * 1_000_000_000


def _told(time_ns: int) -> str:
    return _utc(datetime.fromtimestamp(time_ns // 1_000_000_000, UTC))


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
