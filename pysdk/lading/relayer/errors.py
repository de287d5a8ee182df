"""What can go wrong between a reader's log and an anchored batch.

    InputError
    ├── RelayConfigError      the configuration, each fault named by its path
    ├── ReaderLogError        the reader log itself cannot be opened or read
    └── ReaderLineError       one line of it; the relayer catches this and puts the line in quarantine
    LadingError
    ├── OutboxError           the outbox cannot be used
    │   ├── OutboxUnreadable  it is no outbox, of another version, or damaged
    │   ├── OutboxForeign     it belongs to another log
    │   ├── OutboxLocked      another process is writing to it
    │   │   └── NotLeader     another process anchors for it
    │   ├── OutboxAway        its server does not answer
    │   └── OutboxFull        no room to write
    ├── PrivateStoreError     the file with the secrets of private fields cannot be used
    ├── NodesDisagree         nodes tell different things of the log (also a NetworkError)
    └── LogError              log and outbox disagree
        ├── LogAhead          somebody else anchored in this log
        └── LogDiffers        this log holds other content under one of our indexes

All but `ReaderLineError` reach the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from lading.errors import BadResponse, InputError, LadingError


class RelayConfigError(InputError):
    """`faults` holds (path, message) of each fault, such as `("read_points[1].sgln", "…")`; "" is the whole file."""

    def __init__(self, source: str, faults: Sequence[tuple[str, str]]) -> None:
        self.source, self.faults = source, tuple(faults)
        lines = "; ".join(f"{path}: {message}" if path else message for path, message in faults)
        super().__init__(
            f"The relay configuration {source} is refused: {lines}.", hint="Correct the file; nothing was read or sent."
        )


class ReaderLogError(InputError):
    """The reader log cannot be opened or read."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        super().__init__(
            f"The reader log {path} cannot be read: {problem}.",
            hint="Name the log with --input, or correct `source` in the relay configuration.",
        )


class Reason(StrEnum):
    """Why a line is in quarantine."""

    TOO_LONG = "too-long"
    NOT_UTF8 = "not-utf8"
    NOT_JSON = "not-json"
    NOT_CSV = "not-csv"
    UNKNOWN_FORMAT = "unknown-format"
    READER_UNKNOWN = "reader-unknown"
    ANTENNA_INVALID = "antenna-invalid"
    ANTENNA_UNMAPPED = "antenna-unmapped"
    EPC_MISSING = "epc-missing"
    EPC_INVALID = "epc-invalid"
    TIME_MISSING = "time-missing"
    TIME_INVALID = "time-invalid"
    TIME_ZONE_MISSING = "time-zone-missing"
    SEQUENCE_INVALID = "sequence-invalid"


class ReaderLineError(InputError):
    """One line of a reader log is malformed; `reason` is stable, `detail` a sentence for people."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(
            f"The line is malformed ({reason}): {detail}.",
            hint="It is kept in quarantine; correct the reader's settings.",
        )


class OutboxError(LadingError):
    """The outbox cannot be used. What was being written is rolled back: there is no half batch."""

    def __init__(self, path: str, problem: str, *, hint: str, retryable: bool = False) -> None:
        self.path = path
        super().__init__(f"The outbox {path} cannot be used: {problem}.", hint=hint, retryable=retryable)


class OutboxUnreadable(OutboxError):
    """The file is no outbox, an outbox of another version, or damaged."""


class OutboxForeign(OutboxError):
    """The outbox belongs to another chain, registry or publisher."""


class OutboxLocked(OutboxError):
    """Another process holds the outbox."""


class NotLeader(OutboxLocked):
    """Another process anchors for this outbox."""

    def __init__(self, path: str) -> None:
        super().__init__(
            path,
            "another process anchors for it",
            hint="Leave it to that one, or stop it and run again.",
            retryable=True,
        )


class OutboxAway(OutboxError):
    """The database server does not answer, or the connection to it broke; the next call connects anew."""


class OutboxFull(OutboxError):
    """The disk is full, or the file may not grow."""


class PrivateStoreError(LadingError):
    """The file with the secrets of private fields cannot be used. The message holds none of them."""

    def __init__(self, path: str, problem: str, *, hint: str, retryable: bool = False) -> None:
        self.path = path
        super().__init__(f"The private store {path} cannot be used: {problem}.", hint=hint, retryable=retryable)


class LogError(LadingError):
    """The log on chain and the outbox disagree; nothing was sent."""


class NodesDisagree(BadResponse):
    """Nodes of one chain tell different things of a publisher's log: one lags, or lies. `told`: what each says, by its
    name."""

    def __init__(self, what: str, told: Mapping[str, object]) -> None:
        self.told = dict(told)
        each = ", ".join(f"{name} says {said}" for name, said in told.items())
        super().__init__(
            f"The nodes disagree on {what}: {each}. Nothing is decided on that.",
            hint="One that lags catches up by itself; take one that does not out of `chain.endpoints`.",
        )


class LogAhead(LogError):
    """The log holds batches that this outbox does not know."""

    def __init__(self, next_index: int, expected: int) -> None:
        self.next_index, self.expected = next_index, expected
        super().__init__(
            f"The log on chain continues at batch {next_index}, the outbox at {expected}: another wrote to it.",
            hint="Find out who holds the log's writer key; one log has one outbox.",
        )


class LogDiffers(LogError):
    """The log holds another batch under an index that this outbox gave to its own. `ours` is our batch's root,
    `anchored` the digest on the chain."""

    def __init__(self, index: int, ours: bytes, anchored: bytes) -> None:
        self.index, self.ours, self.anchored = index, ours, anchored
        super().__init__(
            f"Batch {index} of the log is not the outbox's: it has the digest 0x{anchored.hex()}, which is not that of "
            f"the batch under 0x{ours.hex()}, whoever of its writers anchored it.",
            hint="Another outbox writes to this log: change the log's writer and keep one outbox.",
        )
