"""What can go wrong with a reader that speaks LLRP.

    LadingError
    └── LlrpError
        ├── LlrpMalformed     bytes that are no LLRP; `reason` says how
        ├── ReaderUnreachable no connection
        ├── ReaderRefused     the reader serves another client, or will serve none
        ├── ReaderSilent      nothing came for longer than keep-alives allow
        ├── ReaderGone        the connection ended
        └── RequestFailed     the reader answered a request with an error

The client of a reader catches all of them and connects again; `LlrpMalformed` also reaches whoever decodes a file.
"""

from __future__ import annotations

from enum import StrEnum

from lading.errors import LadingError


class Fault(StrEnum):
    """Why bytes are refused. Stable: it is the reason under which they stand in quarantine."""

    FRAME_VERSION = "llrp-version"
    FRAME_LENGTH = "llrp-length"
    TRUNCATED = "llrp-truncated"
    UNKNOWN_SIZE = "llrp-unknown-size"
    REPEATED = "llrp-repeated"
    UNEXPECTED = "llrp-unexpected"
    TOO_DEEP = "llrp-too-deep"
    NOT_UTF8 = "not-utf8"
    EPC_MISSING = "epc-missing"
    EPC_INVALID = "epc-invalid"
    TIME_MISSING = "time-missing"
    TIME_INVALID = "time-invalid"


class LlrpError(LadingError):
    """A reader cannot be used, or what it sent cannot be."""


class LlrpMalformed(LlrpError):
    """Bytes that are no LLRP (LLRP 1.1, section 17); `detail` is a sentence for people."""

    def __init__(self, reason: Fault, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(
            f"The LLRP bytes are malformed ({reason}): {detail}.",
            hint="Check that the port is a reader's LLRP port, and the reader's firmware.",
        )


class ReaderUnreachable(LlrpError):
    """No connection, or no greeting on it."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(
            f"The reader at {where} cannot be reached: {problem}.",
            hint="Check its power, its network and that LLRP is switched on; the connection is tried again.",
            retryable=True,
        )


class ReaderRefused(LlrpError):
    """The reader's ConnectionAttemptEvent is no success. `status` as in LLRP 1.1, "ConnectionAttemptEvent"."""

    def __init__(self, where: str, status: int, meaning: str) -> None:
        self.status = status
        super().__init__(
            f"The reader at {where} refused the connection ({meaning}).",
            hint="An LLRP reader serves one client: end the other one; the connection is tried again.",
            retryable=True,
        )


class ReaderSilent(LlrpError):
    """Neither a keep-alive nor anything else came in time."""

    def __init__(self, where: str, seconds: float) -> None:
        super().__init__(
            f"The reader at {where} has said nothing for {seconds:g} s, not even its keep-alive.",
            hint="Check its network; the connection is made anew.",
            retryable=True,
        )


class ReaderGone(LlrpError):
    """The connection ended without our asking."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(
            f"The connection to the reader at {where} ended: {problem}.",
            hint="The connection is made anew.",
            retryable=True,
        )


class RequestFailed(LlrpError):
    """The LLRPStatus of an answer is an error. `status` as in LLRP 1.1, "LLRPStatus Parameter"."""

    def __init__(self, where: str, request: str, status: int, words: str) -> None:
        self.status = status
        super().__init__(
            f"The reader at {where} refused {request} ({words}).",
            hint="Check what the reader supports, and whether another client left it configured.",
            retryable=True,
        )
