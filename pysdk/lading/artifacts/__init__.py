"""The one door to ABI and bytecode: the committed JSON that `lading build` writes, one file per contract."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lading.errors import ToolchainError


class ArtifactMissing(ToolchainError):
    """The installed package holds no contract of that name."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract. Bytecodes are `0x` hex; `immutables` are the (start, length) of each place, in bytes, that
    the constructor fills in `deployed_bytecode`. The ABI is shared between all callers: read it, do not change it."""

    name: str
    source: str
    abi: list[dict[str, Any]]
    abi_sha256: str
    bytecode: str
    deployed_bytecode: str
    immutables: tuple[tuple[int, int], ...]
    compiler: dict[str, Any]


def names() -> tuple[str, ...]:
    """Every contract that ships, sorted."""
    return tuple(sorted(entry.name[:-5] for entry in files(__name__).iterdir() if entry.name.endswith(".json")))


@cache
def load(name: str) -> Artifact:
    """The artifact of the contract `name`, read once per process. Raises ArtifactMissing."""
    if name not in names():
        raise ArtifactMissing(f"There is no compiled contract {name!r}; there are {', '.join(names())}.")
    raw = json.loads((files(__name__) / f"{name}.json").read_text(encoding="utf-8"))
    return Artifact(
        name=raw["contractName"],
        source=raw["sourceName"],
        abi=raw["abi"],
        abi_sha256=raw["abiSha256"],
        bytecode=raw["bytecode"],
        deployed_bytecode=raw["deployedBytecode"],
        immutables=tuple((place["start"], place["length"]) for place in raw["immutableReferences"]),
        compiler=raw["compiler"],
    )
