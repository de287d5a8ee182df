"""What can be wrong with a customs document: every error of `lading.customs`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lading.errors import InputError


class FieldError(InputError):
    """A value has no canonical form. `field` is the plain name of the field, such as `transaction_id`."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")


class SecretError(InputError):
    """A shared secret is missing or malformed. The message never holds the secret."""


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """One fault of a document: the JSON path of the value, such as `$.acturalPaid`, and what is wrong with it."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class DocumentError(InputError):
    """A document that is refused whole, with all its `faults`."""

    def __init__(self, kind: str, faults: Sequence[DocumentFault]) -> None:
        self.kind = kind
        self.faults = tuple(faults)
        super().__init__(f"this is no {kind}: " + "; ".join(map(str, self.faults)))
