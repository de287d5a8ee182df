"""What the chain says of a bundle, read as of one block, and the verdict from it.

The pure part, which judges, is `lading.provenance`; here stand only the reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lading import fields
from lading.chain.node import Chain
from lading.contracts.participant_registry import NAME as PARTICIPANTS
from lading.contracts.participant_registry import ParticipantRegistry
from lading.contracts.provenance_registry import NAME as PROVENANCE
from lading.contracts.provenance_registry import ProvenanceRegistry
from lading.deploy.registry import Deployment
from lading.provenance import rules
from lading.provenance.bundle import Bundle, ChainRef
from lading.provenance.item import Item, item_of
from lading.provenance.story import lots_of
from lading.provenance.truth import Anchor, ChainFacts, Trusted, WriterKey
from lading.provenance.verdict import Verdict, judge


@dataclass(frozen=True)
class TrustedDeployment:
    """The verifier's own settings. `code_hashes` (address -> keccak256 of its code, 0x hex) are known where they come
    from a deployment's record; else any code counts."""

    trusted: Trusted
    code_hashes: Mapping[bytes, str] = field(default_factory=dict)

    @classmethod
    def of_record(cls, deployment: Deployment) -> TrustedDeployment:
        """From a deployment's record, that the user already has."""
        registries = [_bytes(deployment.address(name)) for name in (PARTICIPANTS, PROVENANCE)]
        hashes = {_bytes(record.address): record.code_hash for record in deployment.contracts.values()}
        trusted = Trusted(deployment.chain_id, _bytes(deployment.genesis), *registries)
        return cls(trusted, hashes)

    @classmethod
    def of_addresses(cls, chain_id: int, participant_registry: str, provenance_registry: str) -> TrustedDeployment:
        """From what the user typed.

        Raises:
            InputError: an address is malformed, or its checksum differs.
        """
        registries = (
            _bytes(fields.address(participant_registry, "participant registry")),
            _bytes(fields.address(provenance_registry, "provenance registry")),
        )
        return cls(Trusted(chain_id, None, *registries))


def verify(
    bundle: Bundle, *, chain: Chain | None = None, deployment: TrustedDeployment | None = None, item: Item | None = None
) -> Verdict:
    """The verdict on `bundle`: with `chain` and `deployment` against the chain, else never better than `unknown`.

    `item` is what the user scanned, if that is to be compared with the bundle's own item.

    Raises:
        NetworkError: the node cannot be talked to, or contradicts itself.
    """
    trusted = None if deployment is None else deployment.trusted
    # A bundle of another deployment is judged without the chain, so there is nothing to ask it.
    agrees = not list(rules.deployment(bundle, trusted))
    facts = facts_for(chain, deployment, bundle) if agrees and chain and deployment else None
    return judge(bundle, facts, trusted, item)


def facts_for(chain: Chain, deployment: TrustedDeployment, bundle: Bundle) -> ChainFacts:
    """Everything of the chain that the verdict on `bundle` needs, as of the newest block.

    Raises:
        NetworkError: the node cannot be talked to, or contradicts itself.
    """
    trusted, head = deployment.trusted, chain.block()
    reader = _Reader(chain, deployment, head.number)
    known = reader.deployed()
    anchors = reader.anchors({(entry.publisher, entry.index) for entry in bundle.entries}) if known else {}
    item = item_of(bundle.item)
    recalls = reader.recalls(item, sorted({lot for entry in bundle.entries for lot in lots_of(entry.event)}), known)
    return ChainFacts(
        chain_id=chain.chain_id,
        genesis=_bytes(chain.genesis),
        participant_registry=trusted.participant_registry,
        provenance_registry=trusted.provenance_registry,
        block=head.number,
        time=head.time,
        deployed=known,
        anchors=anchors,
        keys=reader.keys({entry.batch.writer for entry in bundle.entries} if known else ()),
        brand=reader.brand(item) if known else None,
        class_recalled_at=recalls.of_class,
        serial_recalled_at=recalls.of_serial,
        lots_recalled_at=recalls.of_lots,
    )


def chain_ref(deployment: Deployment) -> ChainRef:
    """What a bundle of this deployment says of where it is anchored."""
    return ChainRef(
        chain_id=deployment.chain_id,
        genesis=_bytes(deployment.genesis),
        participant_registry=_bytes(deployment.address(PARTICIPANTS)),
        provenance_registry=_bytes(deployment.address(PROVENANCE)),
    )


@dataclass(frozen=True)
class _Recalls:
    of_class: int | None
    of_serial: int | None
    of_lots: Mapping[str, int]


class _Reader:
    """Reads of the two registries, all as of block `at`."""

    def __init__(self, chain: Chain, deployment: TrustedDeployment, at: int) -> None:
        self.chain = chain
        self.deployment = deployment
        self.at = at
        self.participants = ParticipantRegistry(chain, _hex(deployment.trusted.participant_registry))
        self.provenance = ProvenanceRegistry(chain, _hex(deployment.trusted.provenance_registry))

    def deployed(self) -> bool:
        """Whether this is the trusted chain, and both registries stand on it."""
        trusted = self.deployment.trusted
        if self.chain.chain_id != trusted.chain_id or trusted.genesis not in (None, _bytes(self.chain.genesis)):
            return False
        return all(map(self._stands, (trusted.participant_registry, trusted.provenance_registry)))

    def _stands(self, address: bytes) -> bool:
        recorded = self.deployment.code_hashes.get(address)
        if recorded is None:
            return self.chain.code(_hex(address), self.at) != b""
        return self.chain.code_hash(_hex(address), self.at) == recorded

    def anchors(self, wanted: Iterable[tuple[bytes, int]]) -> dict[tuple[bytes, int], Anchor]:
        """Of the batches wanted, those that the log has."""
        found = {(who, index): self.provenance.anchor_of(_hex(who), index, at=self.at) for who, index in sorted(wanted)}
        return {
            place: Anchor(_bytes(anchor.digest), int(anchor.time.timestamp()))
            for place, anchor in found.items()
            if anchor is not None
        }

    def keys(self, writers: Iterable[bytes]) -> dict[bytes, WriterKey]:
        found = {}
        for writer in sorted(writers):
            key = self.participants.key(_hex(writer), at=self.at)
            if key is not None:
                times = (_seconds(time) for time in (key.added_at, key.revoked_at, key.compromised_since))
                found[writer] = WriterKey(_bytes(key.participant), *(time or 0 for time in times))
        return found

    def brand(self, item: Item) -> bytes | None:
        brand = None if item.gtin is None else self.provenance.brand_of(int(item.gtin), at=self.at)
        return None if brand is None else _bytes(brand)

    def recalls(self, item: Item, lots: Iterable[str], known: bool) -> _Recalls:
        if not known or item.gtin is None:
            return _Recalls(None, None, {})
        gtin, serial = int(item.gtin), item.serial or ""
        of_item = self.provenance.recall_times(gtin, "", serial, at=self.at)
        of_lots = {lot: self.provenance.recall_times(gtin, lot, "", at=self.at).of_lot for lot in lots}
        recalled = {lot: time for lot, since in of_lots.items() if (time := _seconds(since)) is not None}
        return _Recalls(_seconds(of_item.of_class), _seconds(of_item.of_serial), recalled)


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
