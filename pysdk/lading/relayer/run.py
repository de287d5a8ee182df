"""The relayer's two verbs: `check` looks and writes nothing, `run_once` captures a file and anchors what waits. A file
is a log of lines, a capture of LLRP (.bin, .bytes, .llrp) or an EPCIS document (.json, .jsonld, .xml)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from lading.relayer.anchoring.anchoring import Anchored, Checkpoint, anchor, go_on
from lading.relayer.captures.keys import capture_signer, check_registered
from lading.relayer.config.settings import PublisherIdentifier, RelayConfig
from lading.relayer.errors import ReaderLogError, RelayConfigError
from lading.relayer.feeds.documents import blocks_of, frames_in, is_document, is_llrp_capture, judged_in
from lading.relayer.intake.intake import Intake, take_in, take_judged, take_messages
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.store.database import LogIdentity

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.relayer.captures.signing import CaptureSigner

NO_LOG = LogIdentity(chain_id=0, genesis="", registry="", publisher="")
"""Whose outbox a dry run fills, in memory."""
STDIN = "-"
_BLOCK_BYTES = 1 << 20
_MOST_REASONS = 10
_REFUSED = (
    "SELECT reason, detail, count(*) AS lines FROM quarantine"
    " GROUP BY reason, detail ORDER BY lines DESC, min(id) LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did. See `Intake` for its counts; `anchored` are the batches that this run saw onto the chain."""

    intake: Intake
    anchored: tuple[Anchored, ...] = ()

    def as_json(self) -> dict[str, int]:
        """`reads`, `events`, `duplicates`, `quarantined`, `gaps`, `batches`."""
        return {
            "reads": self.intake.reads,
            "events": self.intake.events,
            "duplicates": self.intake.duplicates,
            "quarantined": self.intake.quarantined,
            "gaps": self.intake.gaps,
            "batches": len(self.anchored),
        }


@dataclass(frozen=True, slots=True)
class Refused:
    """Lines that go to quarantine for one and the same reason; `detail` is a sentence for people."""

    reason: str
    detail: str
    lines: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a first run would do. `refused`: the commonest reasons, those of most lines first."""

    summary: Summary
    events: list[dict[str, Any]]
    refused: list[Refused]


def check(config: RelayConfig, source: Path | None = None) -> Summary:
    """What a first run over `source` (by default the configured one, `-` for stdin) would count. Writes no file, asks
    no chain.

    Raises `ReaderLogError` if the log cannot be read.
    """
    return preview(config, source, 0).summary


def preview(config: RelayConfig, source: Path | None, most: int) -> Preview:
    """As `check`, with the first `most` events that it would make, and why lines would be refused."""
    take = _taking(source or config.source)
    with Outbox.in_memory(NO_LOG) as outbox:
        summary = Summary(take(outbox, config, None))
        rows = outbox.store.rows("SELECT body FROM events ORDER BY id LIMIT ?", (most,))
        refused = outbox.store.rows(_REFUSED, (_MOST_REASONS,))
    return Preview(summary, [json.loads(body) for (body,) in rows], [Refused(*row) for row in refused])


def run_once(
    config: RelayConfig, client: Lading, source: Path | None = None, checkpoint: Checkpoint = go_on
) -> Summary:
    """Captures a whole log into the configured outbox, and anchors all that waits there with the client's signer.

    Repeating it is safe: reads that were taken in before count as duplicates.

    Raises:
        ReaderLogError: the log cannot be read; nothing was written.
        NotJson, DocumentError: it is an EPCIS document with faults; nothing was written.
        OutboxError: the outbox cannot be used, or belongs to another log.
        SignerError: captures are to be signed, and the key is missing or none of the publisher's.
        and what `anchoring.anchor` raises.
    """
    take = _taking(source or config.source)
    identity = log_identity(config, client)
    captures = capture_signer(config, identity)
    if captures is not None:
        check_registered(client, identity.publisher, captures.address)
    with Outbox.open(config.outbox, identity) as outbox:
        intake = take(outbox, config, captures)
        checkpoint("capture")
        bounds = config.batch
        return Summary(intake, anchor(outbox, client, bounds.max_events, checkpoint, max_bytes=bounds.max_bytes))


def log_identity(config: RelayConfig, client: Lading) -> LogIdentity:
    """The log that the configured publisher has on the client's chain."""
    publisher = config.publisher
    if isinstance(publisher, PublisherIdentifier):
        publisher = client.participants.id(publisher.identifier, publisher.scheme)
    return identity_of(client, publisher)


def identity_of(client: Lading, publisher: str) -> LogIdentity:
    """The log of a participant (id as 0x hex) in the ProvenanceRegistry of the client's deployment."""
    registry = client.deployment.address("ProvenanceRegistry")
    return LogIdentity(client.chain.chain_id, client.chain.genesis, registry, publisher)


def _taking(path: Path | None) -> Callable[[Outbox, RelayConfig, CaptureSigner | None], Intake]:
    """What takes a file in: an EPCIS document, a capture of LLRP, or else a log of lines. The file is there, or this
    raises `ReaderLogError`, before anything is written."""
    if path is None:
        raise RelayConfigError("", [("source", "is missing, and no log is named: name one with --input")])
    if str(path) == STDIN:
        return lambda outbox, config, captures: take_in(outbox, _blocks(sys.stdin.buffer), config, STDIN, captures)
    try:
        path.open("rb").close()
    except OSError as error:
        raise ReaderLogError(path, error.strerror or str(error)) from error
    if is_document(path):
        judged = judged_in(path)
        return lambda outbox, _config, _captures: take_judged(outbox, judged)
    if is_llrp_capture(path):
        return lambda outbox, config, captures: take_messages(outbox, frames_in(str(path), path), config, captures)
    return lambda outbox, config, captures: take_in(outbox, blocks_of(path), config, str(path), captures)


def _blocks(log: BinaryIO) -> Iterator[bytes]:
    try:
        while block := log.read(_BLOCK_BYTES):
            yield block
    except OSError as error:
        raise ReaderLogError(Path(log.name), error.strerror or str(error)) from error
