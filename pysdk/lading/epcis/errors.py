"""What can be wrong with an identifier or an event: every error of `lading.epcis`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lading.errors import InputError


class EpcError(InputError):
    """A text is no EPC, GS1 key or Digital Link that this package can read or write; the message says which part."""


class CheckDigitError(EpcError):
    """The last digit of a GS1 key does not follow from the others (GS1 General Specifications, section 7.9)."""

    def __init__(self, key_name: str, key: str, expected: str) -> None:
        self.key_name = key_name
        self.key = key
        self.expected = expected
        super().__init__(
            f"{key_name} {key} ends in the check digit {key[-1]}, but {expected} is the right one.",
            hint=f"Compare it with the label; it reads {key[:-1]}{expected} if only the last digit is wrong.",
        )


class PrefixLengthError(EpcError):
    """Nothing says where the company prefix of a GS1 key ends, or what says it contradicts the key."""


class EventIdError(InputError):
    """An event has no well-defined CBV event id.

    `path` is the JSON path of the value, such as `$.sensorElementList[0].sensorReport[1].value`.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        super().__init__(f"{path}: {problem}")


class CanonicalError(InputError):
    """A value has no RFC 8785 form: it is not JSON, or holds a number that JSON cannot carry exactly."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: its `path`, such as `$.epcisBody.eventList[0].action`, the rule's id, a sentence."""

    path: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message} ({self.rule})"


class DocumentError(InputError):
    """A document is no EPCIS document. `faults` says why, a line for each, with JSON path and rule; `found` has the
    same as objects, where there are any."""

    def __init__(self, faults: list[str], found: tuple[Fault, ...] = ()) -> None:
        self.faults = faults
        self.found = found
        super().__init__(
            f"The EPCIS document has {len(faults)} fault(s): {'; '.join(faults[:5])}",
            hint=("`lading epcis check FILE` lists all of them."),
        )

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> DocumentError:
        """The error of these faults."""
        found = tuple(faults)
        return cls([str(fault) for fault in found], found)
