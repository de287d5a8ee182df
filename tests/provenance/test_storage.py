"""The table of storage slots is the one that the compiler lays out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import solcx

from lading.contracts import storage
from lading.toolchain.compiler import ensure_compiler
from lading.toolchain.settings import profile

REGISTRIES = {
    "ParticipantRegistry": storage.PARTICIPANT_REGISTRY,
    "ProvenanceRegistry": storage.PROVENANCE_REGISTRY,
    "ItemClaims": storage.ITEM_CLAIMS,
}


@pytest.fixture(scope="module")
def layouts(root: Path) -> dict[str, Any]:
    """The compiler's storageLayout by contract."""
    sources = sorted((root / "contracts").rglob("*.sol"))
    request = {
        "language": "Solidity",
        "sources": {path.relative_to(root).as_posix(): {"content": path.read_text()} for path in sources},
        "settings": profile() | {"outputSelection": {"*": {name: ["storageLayout"] for name in REGISTRIES}}},
    }
    allowed = [root, (root / "node_modules").resolve()]
    output = solcx.compile_standard(
        request, base_path=root, allow_paths=allowed, solc_binary=ensure_compiler(root).path
    )
    return {name: output["contracts"][f"contracts/{name}.sol"][name]["storageLayout"] for name in REGISTRIES}


def test_every_variable_stands_at_its_slot(layouts):
    for name, expected in REGISTRIES.items():
        found = {variable["label"]: int(variable["slot"]) for variable in layouts[name]["storage"]}
        assert {label: found[label] for label in expected} == expected


def test_every_member_stands_at_its_bytes(layouts):
    types = {key: one for layout in layouts.values() for key, one in layout["types"].items()}
    structs = {one["label"].removeprefix("struct "): one for one in types.values() if "members" in one}
    for name, members in storage.STRUCTS.items():
        found = {
            member["label"]: storage.Part(
                int(member["slot"]), member["offset"], int(types[member["type"]]["numberOfBytes"])
            )
            for member in structs[name]["members"]
        }
        assert {label: found[label] for label in members} == members


def test_mappings_are_keyed_as_the_slots_are_computed(layouts):
    """A key of another type would be padded or hashed otherwise."""
    keyed = {
        variable["label"]: layouts[name]["types"][variable["type"]]["label"]
        for name in REGISTRIES
        for variable in layouts[name]["storage"]
    }
    assert keyed["_participants"] == "mapping(bytes32 => struct Participant)"
    assert keyed["_keys"] == "mapping(address => struct Key)"
    assert keyed["_brands"] == "mapping(uint64 => bytes32)"
    assert keyed["_heads"] == "mapping(bytes32 => struct LogHead)"
    assert keyed["_anchors"] == "mapping(bytes32 => mapping(uint48 => struct Anchor))"
    assert keyed["_claims"] == "mapping(bytes32 => struct Claim)"
    assert keyed["_recalls"] == "mapping(bytes32 => uint40)"
