"""What the tests of signed captures share: a signer, what the intake is given, and an exported file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from databases import IDENTITY
from feeds_kit import decoder

from lading.chain.signer import Signer
from lading.epcis.canonical import canonical_json
from lading.relayer.captures import export, verify
from lading.relayer.captures.document import Capture, Header, parse
from lading.relayer.captures.signing import CaptureSigner
from lading.relayer.captures.verify import Fault, Verified
from lading.relayer.feeds.message import Message
from lading.relayer.intake import inbox
from lading.relayer.store.database import Database

KEY, OTHER = Signer.dev(3), Signer.dev(4)
FIRST_NS = 1_772_439_330_000_000_000


def signer(key: Signer = KEY) -> CaptureSigner:
    return CaptureSigner(IDENTITY, key)


def accept(database: Database, payloads: Sequence[bytes], at_ns: int, signs: CaptureSigner | None = None) -> None:
    """One transaction of the intake."""
    decoded = decoder().all([Message("test", "place", payload) for payload in payloads])
    with database.transaction():
        inbox.store(database, decoded, at_ns, signer() if signs is None else signs)


def exported(database: Database, reader: str = "ours", since: int | None = None, until: int | None = None) -> bytes:
    header = export.header_of(database, IDENTITY, reader, since, until)
    return b"".join(line for line, _ in export.lines(database, header))


def read(file: bytes) -> tuple[Header, list[Capture]]:
    header, captures = parse(file.splitlines(keepends=True))
    return header, list(captures)


def verified(file: bytes, earlier: verify.Earlier | None = None) -> Verified:
    header, captures = read(file)
    return verify.verify(header, captures, earlier=earlier)


def faults(file: bytes) -> set[tuple[Fault, int | None]]:
    return {(one.fault, one.sequence) for one in verified(file).faults}


def changed(file: bytes, line: int, **members: Any) -> bytes:
    """The same file, but for some members of a line."""
    lines = file.splitlines(keepends=True)
    lines[line] = canonical_json(json.loads(lines[line]) | members) + b"\n"
    return b"".join(lines)
