"""Whom the verifier trusts: from its own settings, never from the bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lading import fields
from lading.contracts.item_claims import NAME as CLAIMS
from lading.contracts.participant_registry import NAME as PARTICIPANTS
from lading.contracts.provenance_registry import NAME as PROVENANCE
from lading.deploy.registry import Deployment
from lading.provenance.bundle import ChainRef
from lading.provenance.truth import Trusted


@dataclass(frozen=True)
class TrustedDeployment:
    """The verifier's own settings. `code_hashes` (address -> keccak256 of its code, 0x hex) are known where they come
    from a deployment's record; else any code counts. `item_claims` is None where addresses were typed, and in
    records of deployments that have no ItemClaims."""

    trusted: Trusted
    code_hashes: Mapping[bytes, str] = field(default_factory=dict)
    item_claims: bytes | None = None

    @classmethod
    def of_record(cls, deployment: Deployment) -> TrustedDeployment:
        """From a deployment's record, that the user already has."""
        registries = [_bytes(deployment.address(name)) for name in (PARTICIPANTS, PROVENANCE)]
        hashes = {_bytes(record.address): record.code_hash for record in deployment.contracts.values()}
        claims = _bytes(deployment.address(CLAIMS)) if CLAIMS in deployment.contracts else None
        return cls(Trusted(deployment.chain_id, _bytes(deployment.genesis), *registries), hashes, claims)

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


def chain_ref(deployment: Deployment) -> ChainRef:
    """What a bundle of this deployment says of where it is anchored."""
    return ChainRef(
        chain_id=deployment.chain_id,
        genesis=_bytes(deployment.genesis),
        participant_registry=_bytes(deployment.address(PARTICIPANTS)),
        provenance_registry=_bytes(deployment.address(PROVENANCE)),
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
