"""What can go wrong with signed captures.

OutboxError
└── CapturesBroken        the stored sequence of a reader contradicts itself: nothing more of it is accepted
SignerError
└── SigningKeyRefused     the key is none of the publisher's
InputError
├── NoCaptures            there is nothing to export
└── CapturesFileError     a file is none of captures
"""

from __future__ import annotations

from lading.errors import InputError, SignerError
from lading.relayer.errors import OutboxError


class CapturesBroken(OutboxError):
    """A capture that is to be signed next is there already. Somebody changed the tables, or put an older copy of a part
    of them in place. To go on would use a sequence number twice."""

    def __init__(self, path: str, reader: str, sequence: int) -> None:
        self.reader, self.sequence = reader, sequence
        super().__init__(
            path,
            f"its captures of reader {reader!a} do not go on from capture {sequence}, which is there already",
            hint="Somebody changed its tables. 'lading relay captures export' and 'verify' say what is left whole; go "
            "on with a back-up of all of it.",
        )


class SigningKeyRefused(SignerError):
    """The key that is to sign captures is no valid key of the publisher's."""

    def __init__(self, address: str, publisher: str, problem: str) -> None:
        self.address, self.publisher = address, publisher
        super().__init__(
            f"The key {address} of `signing` cannot sign for participant {publisher}: {problem}.",
            hint="Register it ('lading participants consent' and 'add-key'), or name the publisher's key in `signing`.",
        )


class NoCaptures(InputError):
    """There are no captures of this reader, or none in this time."""

    def __init__(self, reader: str, known: list[str]) -> None:
        self.reader = reader
        there = f"There are captures of {', '.join(map(ascii, known[:20]))}." if known else "There are none at all."
        super().__init__(
            f"There are no signed captures of reader {reader!a} to export.",
            hint=f"{there} Captures are signed where the configuration has `signing`.",
        )


class CapturesFileError(InputError):
    """A file is not of the form `lading-captures/1`."""

    def __init__(self, line: int, problem: str) -> None:
        self.line = line
        super().__init__(
            f"The file is none of signed captures: line {line}: {problem}.",
            hint="Take it as 'lading relay captures export' wrote it: not a byte of it may differ.",
        )
