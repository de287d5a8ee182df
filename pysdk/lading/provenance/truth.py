"""What a verdict is measured against: the deployment that the verifier trusts, and what its chain says at one block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Trusted:
    """The verifier's own settings: chain and registries (20 bytes each). `genesis` (32 bytes) is None where only a
    chain id is known; it is then not compared."""

    chain_id: int
    genesis: bytes | None
    participant_registry: bytes
    provenance_registry: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the chain stores of a batch: `merkle.batch_digest` (27 bytes) and the block time of its anchoring, in
    seconds."""

    digest: bytes
    time: int


@dataclass(frozen=True, slots=True)
class WriterKey:
    """IParticipantRegistry.Key: times in seconds, zero where there is none."""

    participant: bytes
    added_at: int
    revoked_at: int
    compromised_since: int


@dataclass(frozen=True, slots=True)
class FirstClaim:
    """Who broke an item's seal first (20 bytes), and the block time in seconds; None and zero while nobody has."""

    claimant: bytes | None = None
    time: int = 0


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """Everything that a verdict reads from the chain, all as of block `block`.

    `deployed`: both registries have code there (the recorded code, if the verifier has a record). `anchors` holds each
    (publisher, index) that the bundle names and the log has; `keys` the writers of the bundle's batches; `heads` the
    number of batches of each publisher; `roles` and `parties` are those of `parties.People`. `brand` is the brand of
    the item's class, None if the class is not registered. Recall times are block times in seconds; `lots` has those of
    the lots that are recalled. `claim` is None where nobody can say: what is no trade item with a serial number has
    none, and a deployment may lack the contract. `believed` says what of the node's word all of this rests on, by its
    id in `reasons.NOT_PROVEN`: every answer ("node-trust"), the block ("block-hash"), or nothing (None).
    """

    chain_id: int
    genesis: bytes
    participant_registry: bytes
    provenance_registry: bytes
    block: int
    block_hash: bytes
    time: int
    deployed: bool
    anchors: Mapping[tuple[bytes, int], Anchor]
    keys: Mapping[bytes, WriterKey]
    heads: Mapping[bytes, int]
    roles: Mapping[bytes, frozenset[str]]
    parties: Mapping[bytes, frozenset[str]]
    brand: bytes | None
    class_recalled_at: int | None
    serial_recalled_at: int | None
    lots_recalled_at: Mapping[str, int]
    believed: Literal["node-trust", "block-hash"] | None
    claim: FirstClaim | None = None
