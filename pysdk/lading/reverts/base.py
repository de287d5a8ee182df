"""What every Solidity error's class has in common. Each class spells the error as Solidity does, so that a test can
compare it with the ABI, and says in one sentence what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, ClassVar

from lading.errors import ContractError
from lading.values import ENUMS, snake, to_python


class SolidityError(ContractError):
    """A custom error of a contract.

    Attributes carry the arguments under their names in snake case: times as aware datetimes (None for zero),
    enumerations as such, countries and ports as text, ids and addresses as 0x hex, numbers as int."""

    #: As Solidity declares it, without spaces after commas: `TooEarly(uint40 blockTime,uint40 opensAt)`.
    solidity: ClassVar[str]
    #: What was wrong and what to do; both may name the attributes in braces.
    says: ClassVar[str]
    next_step: ClassVar[str]
    #: The same call may succeed later, with nothing changed by the caller.
    may_retry: ClassVar[bool] = False

    def __init__(self, args_by_name: Mapping[str, Any], data: str) -> None:
        values = {snake(name): to_python(kind, args_by_name[name]) for kind, name in parameters(type(self).solidity)}
        for name, value in values.items():
            setattr(self, name, value)
        shown = {name: _shown(value) for name, value in values.items()}
        super().__init__(
            self.sentence().format(**shown),
            what_next=self.advice().format(**shown),
            args_by_name=args_by_name,
            data=data,
            retryable=self.may_retry,
        )

    def sentence(self) -> str:
        """`says`, unless the arguments ask for other words."""
        return self.says

    def advice(self) -> str:
        """`next_step`, unless the arguments ask for other words."""
        return self.next_step


def parameters(solidity: str) -> list[tuple[str, str]]:
    """(type, name) of each argument."""
    inside = solidity.partition("(")[2].removesuffix(")")
    return [(kind, name) for kind, _, name in (part.partition(" ") for part in inside.split(",") if part)]


def canonical_signature(solidity: str) -> str:
    """The text whose hash gives the selector: `TooEarly(uint40,uint40)`. Enumerations are uint8 (Solidity ABI)."""
    kinds = ",".join("uint8" if kind in ENUMS else kind for kind, _ in parameters(solidity))
    return f"{solidity.partition('(')[0]}({kinds})"


def _shown(value: object) -> str:
    if value is None:
        return "never"
    if isinstance(value, IntEnum):
        return value.name.replace("_", " ").lower()
    return value.isoformat() if isinstance(value, datetime) else str(value)
