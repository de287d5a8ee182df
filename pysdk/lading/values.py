"""How values of the contracts look in Python: the same for errors, events and answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, TypeAlias

from lading import enums

#: A value of any Solidity type, or what it looks like in Python; each function below says which.
AbiValue: TypeAlias = Any

#: The contracts' enumerations under their Solidity names.
ENUMS: dict[str, type[IntEnum]] = {
    kind.__name__: kind
    for kind in vars(enums).values()
    if isinstance(kind, type) and issubclass(kind, IntEnum) and kind is not IntEnum
}
ZERO_WORD = "0x" + "00" * 32
ZERO_ADDRESS = "0x" + "00" * 20
_WORD_START = re.compile(r"(?<=[a-z0-9])([A-Z])")


def snake(name: str) -> str:
    """`blockTime` -> `block_time`."""
    return _WORD_START.sub(r"_\1", name).lower()


def to_python(kind: str, value: AbiValue) -> AbiValue:
    """A decoded value under its declared type, enumerations by name: `uint40` (every one of ours is a block time) as an
    aware datetime, None for zero, since contracts use zero for "never"; `bytes2` and `bytes5` (country, UN/LOCODE) as
    text; enumerations as such; anything else as it is."""
    if kind == "uint40":
        return time_or_none(value)
    if kind in ("bytes2", "bytes5"):
        return text_of(value)
    return ENUMS[kind](value) if kind in ENUMS else value


def named(components: list[Mapping[str, AbiValue]], values: tuple[AbiValue, ...]) -> dict[str, AbiValue]:
    """Values under their ABI names in snake case, as `to_python` gives them; structs as dicts."""
    return {snake(part["name"]): _component(part, value) for part, value in zip(components, values, strict=True)}


def _component(part: Mapping[str, AbiValue], value: AbiValue) -> AbiValue:
    if part["type"] == "tuple":
        return named(part["components"], value)
    if part["type"] == "tuple[]":
        return tuple(named(part["components"], one) for one in value)
    return to_python(declared_type(part), value)


def declared_type(part: Mapping[str, AbiValue]) -> str:
    """The type as the source has it: `State` where the ABI says uint8."""
    internal: str = part.get("internalType", part["type"])
    return internal.removeprefix("enum ").rpartition(".")[2] if internal.startswith("enum ") else part["type"]


def time_or_none(seconds: int) -> datetime | None:
    """Contracts use zero for "never"."""
    return at_time(seconds) if seconds else None


def at_time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def text_of(value: str) -> str:
    """ASCII in fixed bytes, as 0x hex, without its padding."""
    return bytes.fromhex(value[2:]).rstrip(b"\0").decode("ascii", "backslashreplace")


def word_or_none(value: str) -> str | None:
    """Contracts use the zero word for "nobody"."""
    return None if value == ZERO_WORD else value


def address_or_none(value: str) -> str | None:
    return None if value == ZERO_ADDRESS else value
