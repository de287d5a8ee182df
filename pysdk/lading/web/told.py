"""What the first node says of a bundle's batches and people, for the page and for the script on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from lading import facts
from lading.chain.abi import selector
from lading.chain.node import Chain
from lading.contracts.participant_registry import ParticipantRegistry
from lading.contracts.provenance_registry import ProvenanceRegistry
from lading.models import Participant
from lading.provenance.bundle import Bundle, Entry, MapEntry

READ_ANCHOR = "anchorOf(bytes32,uint48)"
DIGEST_BYTES = 27
"""IProvenanceRegistry.Anchor: the digest's first 27 bytes and the block time share a storage slot."""


@dataclass(frozen=True, slots=True)
class ShownAnchor:
    """What the node says of one batch: the word that the chain keeps of it, and the block time, both None if it has no
    such batch. The page's script compares it with the bundle."""

    publisher: str
    index: int
    digest: str | None
    time: int | None


@dataclass(frozen=True, slots=True)
class ShownHead:
    """How many batches a publisher's log has."""

    publisher: str
    batches: int


@dataclass(frozen=True, slots=True)
class Told:
    """All as of one block; nothing where no node of the trusted chain was asked. `chain` is the deployment that the
    server trusts, in the form of a bundle's `chain`."""

    block: int | None = None
    chain: dict[str, Any] | None = None
    anchors: tuple[ShownAnchor, ...] = ()
    heads: tuple[ShownHead, ...] = ()
    participants: dict[bytes, Participant] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """What the page's script gets; `participants` stand on the page."""
        return {
            "block": self.block,
            "chain": self.chain,
            "anchors": [asdict(one) for one in self.anchors],
            "heads": [asdict(one) for one in self.heads],
        }


def tell(
    chain: Chain, deployment: facts.TrustedDeployment, bundle: Bundle, block: int, others: Iterable[bytes] = ()
) -> Told:
    """By the plain calls that the page's script makes too, if its user names a node. `others` are participants that
    the page names beside the bundle's publishers.

    Raises:
        NetworkError, ContractError: the node cannot be talked to, or no registries stand there.
    """
    trusted = deployment.trusted
    people = ParticipantRegistry(chain, "0x" + trusted.participant_registry.hex())
    provenance = ProvenanceRegistry(chain, "0x" + trusted.provenance_registry.hex())
    proven: tuple[Entry | MapEntry, ...] = (*bundle.entries, *bundle.maps)
    publishers = sorted({one.publisher for one in proven})
    places = sorted({(one.publisher, one.index) for one in proven})
    found = {who: people.get("0x" + who.hex(), at=block) for who in {*publishers, *others}}
    return Told(
        block=block,
        chain={
            "chain_id": chain.chain_id,
            "genesis": chain.genesis.lower(),
            "participant_registry": people.address.lower(),
            "provenance_registry": provenance.address.lower(),
        },
        anchors=tuple(_anchor(chain, provenance.address, block, *place) for place in places),
        heads=tuple(_head(provenance, block, "0x" + who.hex()) for who in publishers),
        participants={who: one for who, one in found.items() if one is not None},
    )


def _head(provenance: ProvenanceRegistry, block: int, publisher: str) -> ShownHead:
    return ShownHead(publisher, provenance.head(publisher, at=block).next_index)


def _anchor(chain: Chain, registry: str, block: int, publisher: bytes, index: int) -> ShownAnchor:
    word = chain.call(registry, selector(READ_ANCHOR) + publisher + index.to_bytes(32, "big"), at=block)
    digest, seconds = word[:DIGEST_BYTES], int.from_bytes(word[32:64], "big")
    known = any(digest)
    return ShownAnchor(
        "0x" + publisher.hex(), index, "0x" + digest.hex() if known else None, seconds if known else None
    )
