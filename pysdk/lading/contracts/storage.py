"""Where registries and ItemClaims keep what a verdict reads, for those who read storage with a proof, not by calls.

The tables repeat the compiler's `storageLayout`; a test compares them with the sources. Slots of mappings: Solidity
documentation, "Layout of State Variables in Storage".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from eth_utils.crypto import keccak

from lading.chain import abi
from lading.enums import RecallScope

WORD: Final = 32


@dataclass(frozen=True, slots=True)
class Part:
    """A struct's member: the slot counted from the struct's own, its first byte from the low end, its length."""

    slot: int
    offset: int
    size: int

    def of(self, word: int) -> int:
        """The member out of its word, as an unsigned number."""
        return word >> 8 * self.offset & (1 << 8 * self.size) - 1

    def bytes_of(self, word: int) -> bytes:
        return self.of(word).to_bytes(self.size, "big")


PARTICIPANT_REGISTRY: Final[Mapping[str, int]] = {"_participants": 3, "_keys": 5}
PROVENANCE_REGISTRY: Final[Mapping[str, int]] = {"_brands": 0, "_heads": 1, "_anchors": 2, "_recalls": 3}
ITEM_CLAIMS: Final[Mapping[str, int]] = {"_claims": 1}

STRUCTS: Final[Mapping[str, Mapping[str, Part]]] = {
    "Participant": {"controller": Part(0, 0, 20), "roles": Part(0, 20, 2), "scheme": Part(0, 24, 1)}
    | {"admittedBy": Part(1, 0, 32), "identifier": Part(2, 0, 32)},
    "Key": {
        "participant": Part(0, 0, 32),
        "addedAt": Part(1, 0, 5),
        "revokedAt": Part(1, 5, 5),
        "compromisedSince": Part(1, 10, 5),
    },
    "LogHead": {"writer": Part(0, 0, 20), "nextIndex": Part(0, 20, 6)},
    "Anchor": {"digest": Part(0, 0, 27), "time": Part(0, 27, 5)},
    "Claim": {"claimant": Part(0, 0, 20), "time": Part(0, 20, 5)},
}


def participant_slot(participant: bytes) -> int:
    """Of the first word of a Participant."""
    return _entry(PARTICIPANT_REGISTRY["_participants"], participant)


def key_slot(key: bytes) -> int:
    """Of the first of the two words of a Key; `key` is an address of 20 bytes."""
    return _entry(PARTICIPANT_REGISTRY["_keys"], key)


def brand_slot(gtin: int) -> int:
    return _entry(PROVENANCE_REGISTRY["_brands"], _number(gtin))


def head_slot(participant: bytes) -> int:
    return _entry(PROVENANCE_REGISTRY["_heads"], participant)


def anchor_slot(participant: bytes, index: int) -> int:
    return _entry(_entry(PROVENANCE_REGISTRY["_anchors"], participant), _number(index))


def recall_slot(gtin: int, scope: RecallScope, value: str) -> int:
    """`keccak256(abi.encode(gtin, scope, value))` is what a recall is filed under."""
    target = keccak(abi.encode(["uint64", "uint8", "string"], [gtin, int(scope), value]))
    return _entry(PROVENANCE_REGISTRY["_recalls"], target)


def claim_slot(gtin: int, serial: str) -> int:
    """Of the one word of a Claim; `keccak256(abi.encode(gtin, serial))` is what it is filed under."""
    return _entry(ITEM_CLAIMS["_claims"], keccak(abi.encode(["uint64", "string"], [gtin, serial])))


def short_text(word: int) -> str | None:
    """The string that a slot holds, as `lading.chain.abi` reads it; None for one of 32 bytes or more, which lies
    elsewhere."""
    if word & 1:
        return None
    length = (word & 0xFF) // 2
    return word.to_bytes(WORD, "big")[:length].decode(errors="backslashreplace")


def _entry(mapping: int, key: bytes) -> int:
    return int.from_bytes(keccak(key.rjust(WORD, b"\0") + _number(mapping)), "big")


def _number(value: int) -> bytes:
    return value.to_bytes(WORD, "big")
