"""The facts of one node, as of one block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from lading.chain.node import Chain
from lading.chain.state_proof import header
from lading.facts.calls import Called
from lading.facts.deployment import TrustedDeployment
from lading.facts.question import Question, Recalls, asked_by
from lading.facts.slots import Proven
from lading.provenance.bundle import Bundle
from lading.provenance.charges import Charge
from lading.provenance.item import Item
from lading.provenance.parties import People
from lading.provenance.truth import Anchor, ChainFacts, FirstClaim, WriterKey


@dataclass(frozen=True, slots=True)
class StateProof:
    """That the node is not to be believed. `block_hash` (32 bytes) is the block that the user trusts to be one of the
    chain; None: the node's newest, of which nothing but the node's word says that it is."""

    block_hash: bytes | None = None


class Registries(Protocol):
    """The contracts at one block: `Called` or `Proven`."""

    chain: Chain
    number: int
    hash: bytes
    time: int

    def stands(self, address: bytes, recorded: str | None) -> bool: ...

    def anchors(self, places: Iterable[tuple[bytes, int]]) -> dict[tuple[bytes, int], Anchor]: ...

    def heads(self, publishers: Iterable[bytes]) -> dict[bytes, int]: ...

    def keys(self, writers: Iterable[bytes]) -> dict[bytes, WriterKey]: ...

    def people(self, publishers: Iterable[bytes]) -> People: ...

    def brand(self, gtin: int) -> bytes | None: ...

    def recalls(self, gtin: int, serial: str, lots: Iterable[str]) -> Recalls: ...

    def claim(self, contract: bytes, gtin: int, serial: str) -> FirstClaim: ...


_NOTHING = Question(frozenset(), frozenset(), frozenset(), None, "", ())


def facts_for(
    chain: Chain,
    deployment: TrustedDeployment,
    bundle: Bundle,
    *,
    proof: StateProof | None = None,
    at: int | None = None,
    charges: Sequence[Charge] = (),
    item: Item | None = None,
) -> ChainFacts:
    """Everything of the chain that the verdict on `bundle` needs, as of block `at`, or the newest: also what `charges`
    against its publishers rest on, and the item's claim. `item` is what the user scanned, whose lot is asked for too.

    Raises:
        NetworkError: the node cannot be talked to, contradicts itself, or cannot prove what it says.
    """
    trusted = deployment.trusted
    asked: Registries
    if proof is None:
        asked = Called(chain, trusted, chain.block("latest" if at is None else at))
    else:
        asked = Proven(chain, trusted, header(chain, proof.block_hash or at))
    known = _deployed(asked, deployment)
    question = asked_by(bundle, charges, item) if known else _NOTHING
    gtin = question.gtin
    recalls = Recalls() if gtin is None else asked.recalls(gtin, question.serial, question.lots)
    people = asked.people(question.publishers)
    return ChainFacts(
        chain_id=chain.chain_id,
        genesis=bytes.fromhex(chain.genesis[2:]),
        participant_registry=trusted.participant_registry,
        provenance_registry=trusted.provenance_registry,
        block=asked.number,
        block_hash=asked.hash,
        time=asked.time,
        deployed=known,
        anchors=asked.anchors(question.places),
        keys=asked.keys(question.writers),
        heads=asked.heads(question.publishers),
        roles=people.roles,
        parties=people.parties,
        brand=None if gtin is None else asked.brand(gtin),
        class_recalled_at=recalls.of_class,
        serial_recalled_at=recalls.of_serial,
        lots_recalled_at=recalls.of_lots or {},
        believed=_believed(proof),
        claim=_claim(asked, deployment, question),
    )


def _claim(asked: Registries, deployment: TrustedDeployment, question: Question) -> FirstClaim | None:
    """None where there is nobody to ask, or nothing to ask about."""
    contract = deployment.item_claims
    if contract is None or question.gtin is None or not question.serial:
        return None
    if not asked.stands(contract, deployment.code_hashes.get(contract)):
        return None
    return asked.claim(contract, question.gtin, question.serial)


def _deployed(asked: Registries, deployment: TrustedDeployment) -> bool:
    """Whether this is the trusted chain, and both registries stand on it."""
    trusted, chain = deployment.trusted, asked.chain
    if chain.chain_id != trusted.chain_id or trusted.genesis not in (None, bytes.fromhex(chain.genesis[2:])):
        return False
    registries = (trusted.participant_registry, trusted.provenance_registry)
    return all(asked.stands(address, deployment.code_hashes.get(address)) for address in registries)


def _believed(proof: StateProof | None) -> Literal["node-trust", "block-hash"] | None:
    """What of the node's word all of this rests on: an id of `reasons.NOT_PROVEN`."""
    if proof is None:
        return "node-trust"
    return "block-hash" if proof.block_hash is None else None
