"""ParticipantRegistry: who is who. Rules and warnings: contracts/interfaces/IParticipantRegistry.sol."""

from __future__ import annotations

from collections.abc import Iterable

from lading.chain import abi
from lading.chain.contract import Call, Contract
from lading.chain.node import BlockId, Chain
from lading.enums import IdentifierScheme, Role
from lading.errors import InputError
from lading.models import Key, Participant, bitmap_to_roles, roles_to_bitmap
from lading.values import ZERO_WORD, address_or_none, word_or_none

NAME = "ParticipantRegistry"
COUNTRY_LENGTH = 2


class ParticipantRegistry:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def participant_id(self, identifier: str, scheme: IdentifierScheme, admitted_by: str | None) -> str:
        """Computed here, without a call: keccak256(abi.encode(chain id, registry, admitter, scheme, identifier))."""
        return abi.keccak_encoded(
            ["uint256", "address", "bytes32", "uint8", "string"],
            [self.contract.chain.chain_id, self.address, admitted_by or ZERO_WORD, int(scheme), identifier],
        )

    def get(self, participant: str, *, at: BlockId = "latest") -> Participant | None:
        """None if there is none with this id."""
        raw = self.contract.read_struct("getParticipant", participant, at=at)
        if address_or_none(raw["controller"]) is None:
            return None
        return Participant(
            **{
                **raw,
                "id": participant,
                "roles": bitmap_to_roles(raw["roles"]),
                "admitted_by": word_or_none(raw["admitted_by"]),
            }
        )

    def key(self, address: str, *, at: BlockId = "latest") -> Key | None:
        raw = self.contract.read_struct("getKey", address, at=at)
        return Key(address=address, **raw) if word_or_none(raw["participant"]) else None

    def participant_of(self, key: str, *, at: BlockId = "latest") -> str:
        return str(self.contract.read("participantOf", key, at=at))

    def has_role(self, participant: str, role: Role, *, at: BlockId = "latest") -> bool:
        return bool(self.contract.read("hasRole", participant, int(role), at=at))

    def prefix_holder(self, digits: int, *, at: BlockId = "latest") -> str | None:
        return word_or_none(self.contract.read("prefixHolder", digits, at=at))

    def money_roles(self) -> frozenset[Role]:
        return bitmap_to_roles(self.contract.read("MONEY_ROLES"))

    def admit(
        self, controller: str, roles: Iterable[Role], country: str, scheme: IdentifierScheme, identifier: str
    ) -> Call:
        return self.contract.call(
            "admit", controller, roles_to_bitmap(roles), country_bytes(country), int(scheme), identifier
        )

    def admit_seller(self, controller: str, country: str, scheme: IdentifierScheme, identifier: str) -> Call:
        return self.contract.call("admitSeller", controller, country_bytes(country), int(scheme), identifier)

    def grant_roles(self, participant: str, roles: Iterable[Role]) -> Call:
        return self.contract.call("grantRoles", participant, roles_to_bitmap(roles))

    def revoke_roles(self, participant: str, roles: Iterable[Role]) -> Call:
        return self.contract.call("revokeRoles", participant, roles_to_bitmap(roles))

    def bind_prefix(self, participant: str, prefix: str) -> Call:
        return self.contract.call("bindPrefix", participant, prefix)

    def propose_controller(self, participant: str, proposed: str) -> Call:
        return self.contract.call("proposeController", participant, proposed)

    def accept_controller(self, participant: str) -> Call:
        return self.contract.call("acceptController", participant)

    def add_key(self, participant: str, key: str, consent: str) -> Call:
        return self.contract.call("addKey", participant, key, consent)

    def revoke_key(self, participant: str, key: str, compromised_since: int) -> Call:
        return self.contract.call("revokeKey", participant, key, compromised_since)

    def rotate_key(self, participant: str, old_key: str, new_key: str, consent: str, compromised_since: int) -> Call:
        return self.contract.call("rotateKey", participant, old_key, new_key, consent, compromised_since)


def country_bytes(country: str) -> bytes:
    """bytes2. Whether it is a country's code is the contract's to say, but it has to be two ASCII characters to be
    sent."""
    if len(country) != COUNTRY_LENGTH or not country.isascii():
        raise InputError(f"country: {country!r} is not two letters (ISO 3166-1 alpha-2), such as CN.")
    return country.encode("ascii")
