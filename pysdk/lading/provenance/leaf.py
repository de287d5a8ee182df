"""What a leaf of a batch commits to (IProvenanceRegistry.EventLeaf)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lading.provenance.errors import MerkleError
from lading.provenance.keccak import keccak256
from lading.provenance.merkle import HASH_BYTES, verify

EVENT_LEAF = keccak256(b"lading.event-leaf.v1")
"""The tag that keeps an event's leaf apart from every other kind of leaf."""

DELIVERY_LEAF = keccak256(b"lading.delivery-leaf.v1")
"""The tag of a delivery's leaf (contracts/libraries/Leaves.sol)."""

EVENT_ID = re.compile(r"ni:///sha-256;([0-9a-f]{64})\?ver=CBV2\.0")
"""A CBV event id (CBV 2.0, section 8.9)."""

SEAL_LEAF = keccak256(b"lading.seal-leaf.v1")
"""The tag of a seal's leaf (contracts/libraries/Leaves.sol)."""

TIME_LIMIT = 2**40
"""Times on chain are uint40."""

GTIN_LIMIT = 10**14
"""A GTIN has at most 14 digits."""


def event_id_digest(event_id: str) -> bytes:
    """The SHA-256 inside a CBV event id `ni:///sha-256;…?ver=CBV2.0`.

    Raises `MerkleError` for any other text: other versions hash other fields.
    """
    found = EVENT_ID.fullmatch(event_id)
    if found is None:
        raise MerkleError(f"{event_id[:120]!r} is no CBV 2.0 event id: it reads ni:///sha-256;<64 hex>?ver=CBV2.0")
    return bytes.fromhex(found[1])


def self_contained(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """The event with the `@context` of its document inside it, so that the content hash covers the meaning of its
    prefixes too. Its event id stays the same. This is the form that is hashed, stored and shown to verifiers."""
    if context is None:
        return dict(event)
    own = event.get("@context")
    return {**event, "@context": context if own is None else [context, own]}


def new_salt() -> bytes:
    """32 random bytes, so that an event's leaf cannot be guessed from a neighbour's proof."""
    return secrets.token_bytes(HASH_BYTES)


@dataclass(frozen=True, slots=True)
class EventLeaf:
    """Three times 32 bytes: the SHA-256 inside the CBV event id, the SHA-256 of the event's RFC 8785 form, a salt."""

    event_id: bytes
    content_hash: bytes
    salt: bytes

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if len(getattr(self, name)) != HASH_BYTES:
                raise MerkleError(f"{name} of a leaf has {len(getattr(self, name))} bytes, not {HASH_BYTES}")

    @classmethod
    def of(cls, event_id: str, content_hash: bytes, salt: bytes) -> EventLeaf:
        """From an event id as text (`lading.epcis.event_id`)."""
        return cls(event_id_digest(event_id), content_hash, salt)

    def hash(self) -> bytes:
        """`keccak256(keccak256(abi.encode(EVENT_LEAF, eventId, contentHash, salt)))`.

        Hashed twice, and from 128 bytes, so that no inner node (one hash of 64 bytes) can stand for a leaf.
        """
        return keccak256(keccak256(EVENT_LEAF + self.event_id + self.content_hash + self.salt))

    def is_in(self, root: bytes, count: int, proof: Sequence[bytes]) -> bool:
        """Whether this event is in the batch of `count` leaves under `root`."""
        return verify(self.hash(), proof, root, count)


@dataclass(frozen=True, slots=True)
class DeliveryLeaf:
    """What a carrier anchors to say that it delivered an order (IProvenanceRegistry.DeliveryLeaf): the order's id, the
    Keccak-256 of the logistic unit's EPC URI, the SHA-256 inside the CBV event id of the event with bizStep
    `accepting`, 32 bytes each; and the event's time in Unix seconds."""

    order_id: bytes
    logistic_unit: bytes
    event_id: bytes
    time: int

    def __post_init__(self) -> None:
        for name in ("order_id", "logistic_unit", "event_id"):
            if len(getattr(self, name)) != HASH_BYTES:
                raise MerkleError(f"{name} of a leaf has {len(getattr(self, name))} bytes, not {HASH_BYTES}")
        if not 0 <= self.time < TIME_LIMIT:
            raise MerkleError(f"the time of a leaf is {self.time}, which is outside of uint40")

    def hash(self) -> bytes:
        """`keccak256(keccak256(abi.encode(DELIVERY_LEAF, orderId, logisticUnit, eventId, time)))`; hashed twice, as
        `EventLeaf.hash` is."""
        time = self.time.to_bytes(HASH_BYTES, "big")
        return keccak256(keccak256(DELIVERY_LEAF + self.order_id + self.logistic_unit + self.event_id + time))

    def is_in(self, root: bytes, count: int, proof: Sequence[bytes]) -> bool:
        """Whether this delivery is in the batch of `count` leaves under `root`."""
        return verify(self.hash(), proof, root, count)


@dataclass(frozen=True, slots=True)
class SealLeaf:
    """What a brand anchors of the code under an item's seal (IProvenanceRegistry.SealLeaf): the GTIN as a number, the
    Keccak-256 of the serial number and that of the code, 32 bytes each."""

    gtin: int
    serial_hash: bytes
    seal_hash: bytes

    def __post_init__(self) -> None:
        for name in ("serial_hash", "seal_hash"):
            if len(getattr(self, name)) != HASH_BYTES:
                raise MerkleError(f"{name} of a leaf has {len(getattr(self, name))} bytes, not {HASH_BYTES}")
        if not 0 <= self.gtin < GTIN_LIMIT:
            raise MerkleError(f"the GTIN of a leaf is {self.gtin}, which has more than 14 digits or is negative")

    def hash(self) -> bytes:
        """`keccak256(keccak256(abi.encode(SEAL_LEAF, gtin, serialHash, sealHash)))`; hashed twice, as `EventLeaf.hash`
        is."""
        gtin = self.gtin.to_bytes(HASH_BYTES, "big")
        return keccak256(keccak256(SEAL_LEAF + gtin + self.serial_hash + self.seal_hash))

    def is_in(self, root: bytes, count: int, proof: Sequence[bytes]) -> bool:
        """Whether this seal is in the batch of `count` leaves under `root`."""
        return verify(self.hash(), proof, root, count)
