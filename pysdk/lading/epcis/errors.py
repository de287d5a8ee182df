"""What can be wrong with an identifier or an event: every error of `lading.epcis`."""

from __future__ import annotations

from lading.errors import LadingError


class EpcError(LadingError):
    """A text is no EPC, GS1 key or Digital Link that this package can read or write; the message says which part."""


class CheckDigitError(EpcError):
    """The last digit of a GS1 key does not follow from the others (GS1 General Specifications, section 7.9)."""

    def __init__(self, key_name: str, key: str, expected: str) -> None:
        self.key_name = key_name
        self.key = key
        self.expected = expected
        super().__init__(
            f"{key_name} {key} has the check digit {key[-1]}, but {expected} is right: "
            f"compare the number with the label; it should read {key[:-1]}{expected} if only the last digit is wrong"
        )


class PrefixLengthError(EpcError):
    """A GS1 key carries no mark where its company prefix ends, and neither the caller nor GS1's tables say it."""


class EventIdError(LadingError):
    """An event has no well-defined CBV event id.

    `path` is the JSON path of the value within what was hashed, such as `$.sensorElementList[0].sensorReport[1].value`.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        super().__init__(f"{path}: {problem}")


class CanonicalError(LadingError):
    """A value has no RFC 8785 form: it is not JSON, or holds a number that JSON cannot carry exactly."""
