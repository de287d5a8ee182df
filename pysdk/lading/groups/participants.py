"""`client.participants`: who is who (IParticipantRegistry)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from lading import fields
from lading.chain import typed_data
from lading.chain.node import BlockId
from lading.enums import IdentifierScheme, Role
from lading.groups.governance import Governed, govern
from lading.groups.session import Receipt, Session
from lading.models import Key, Participant
from lading.reverts.participants import ParticipantUnknown

#: The registry answers a read of nobody with zeros; the error is the one that its own calls give.
NO_REVERT = "0x"


class Participants:
    """Ids are 0x hex of 32 bytes; times aware."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._contract = session.contracts.participants

    def id(self, identifier: str, scheme: IdentifierScheme, *, admitted_by: str | None = None) -> str:
        """The id that this identifier has, or would have: `admitted_by` the platform, None for the governance."""
        return self._contract.participant_id(identifier, scheme, admitted_by)

    def get(self, participant: str, *, at: BlockId = "latest") -> Participant:
        """
        Raises:
            ParticipantUnknown: there is none with this id.
        """
        who = fields.word(participant, "participant")
        if (found := self._contract.get(who, at=at)) is None:
            raise ParticipantUnknown({"participant": who}, NO_REVERT)
        return found

    def key(self, address: str, *, at: BlockId = "latest") -> Key | None:
        """None for an address that was never a key."""
        return self._contract.key(fields.address(address, "key"), at=at)

    def of_key(self, address: str, *, at: BlockId = "latest") -> str:
        """The participant of a key that is valid at that block.

        Raises:
            KeyNotValid: it is unknown or revoked.
        """
        return self._contract.participant_of(fields.address(address, "key"), at=at)

    def has_role(self, participant: str, role: Role, *, at: BlockId = "latest") -> bool:
        return self._contract.has_role(fields.word(participant, "participant"), role, at=at)

    def prefix_holder(self, digits: int, *, at: BlockId = "latest") -> str | None:
        """The holder of the company prefix of the 12 digits after a GTIN-14's indicator, or a GLN's first 12."""
        return self._contract.prefix_holder(digits, at=at)

    def money_roles(self) -> frozenset[Role]:
        """The roles that `grant_roles` alone hands out."""
        return self._contract.money_roles()

    def admit(
        self, *, controller: str, roles: Iterable[Role], country: str, scheme: IdentifierScheme, identifier: str
    ) -> Receipt:
        """Admits a participant, by the registrar; its id is `receipt.id`. `country` ISO 3166-1 alpha-2.

        Raises:
            ParticipantExists, IdentifierInvalid, CountryInvalid, ControllerInvalid: as they say.
            RolesNotAllowed: a role that can move money; see `grant_roles`.
            AccessManagedUnauthorized: the signer is not the registrar.
        """
        owner = fields.address(controller, "controller")
        receipt = self._session.send(self._contract.admit(owner, roles, country, scheme, identifier))
        return _with_participant(receipt)

    def admit_seller(self, *, controller: str, country: str, scheme: IdentifierScheme, identifier: str) -> Receipt:
        """Admits a seller under the platform whose key the signer is; its id is `receipt.id`.

        Raises:
            KeyNotValid, RoleMissing: the signer is no key of a platform.
            ParticipantExists, IdentifierInvalid, CountryInvalid, ControllerInvalid: as they say.
        """
        owner = fields.address(controller, "controller")
        return _with_participant(self._session.send(self._contract.admit_seller(owner, country, scheme, identifier)))

    def grant_roles(self, participant: str, roles: Iterable[Role]) -> Governed:
        """Adds roles, those that can move money among them. Where the deployment sets a delay, the first call schedules
        and the same call, once the delay is over, carries it out.

        Raises:
            AccessManagerNotReady: scheduled, and the delay is not over (retryable).
            AccessManagedUnauthorized: the signer is not the governor.
            RolesNotAllowed: a money role for a participant that a platform admitted.
        """
        return govern(self._session, self._contract.grant_roles(fields.word(participant, "participant"), roles))

    def revoke_roles(self, participant: str, roles: Iterable[Role]) -> Governed:
        """Takes roles away. Raises AccessManagedUnauthorized, ParticipantUnknown."""
        return govern(self._session, self._contract.revoke_roles(fields.word(participant, "participant"), roles))

    def bind_prefix(self, participant: str, prefix: str) -> Governed:
        """Binds a GS1 company prefix (4 to 12 digits) to a brand.

        Raises:
            PrefixInvalid, PrefixTaken, ParticipantUnknown, RoleMissing: as they say.
            AccessManagedUnauthorized: the signer is not the registrar.
        """
        return govern(self._session, self._contract.bind_prefix(fields.word(participant, "participant"), prefix))

    def sign_key_consent(self, participant: str) -> str:
        """The signer, as a key, agrees to belong to that participant: an EIP-712 signature for `add_key`."""
        session = self._session
        domain = typed_data.participants_domain(session.chain.chain_id, self._contract.address)
        return session.key.sign_typed(
            typed_data.add_key(domain, fields.word(participant, "participant"), session.key.address)
        )

    def add_key(self, participant: str, key: str, consent: str) -> Receipt:
        """Adds a signing key, by the participant's controller. `consent` from `sign_key_consent` of the key itself.

        Raises:
            NotController, KeyTaken, KeyInvalid, KeyConsentInvalid, ParticipantUnknown: as they say.
        """
        who, address = fields.word(participant, "participant"), fields.address(key, "key")
        return self._session.send(self._contract.add_key(who, address, consent))

    def revoke_key(self, participant: str, key: str, *, compromised_since: datetime | None = None) -> Receipt:
        """Revokes a key for ever, by the controller. `compromised_since`: since when it may have been in other hands.

        Raises:
            NotController, KeyInvalid, KeyNotValid, CompromiseInFuture: as they say.
        """
        who, address = fields.word(participant, "participant"), fields.address(key, "key")
        return self._session.send(self._contract.revoke_key(who, address, _since(compromised_since)))

    def rotate_key(
        self,
        participant: str,
        old_key: str,
        new_key: str,
        consent: str,
        *,
        compromised_since: datetime | None = None,
    ) -> Receipt:
        """`revoke_key` and `add_key` in one transaction, so that no block is without a key. Raises what the two
        raise."""
        who = fields.word(participant, "participant")
        old, new = fields.address(old_key, "old_key"), fields.address(new_key, "new_key")
        return self._session.send(self._contract.rotate_key(who, old, new, consent, _since(compromised_since)))

    def propose_controller(self, participant: str, proposed: str) -> Receipt:
        """The controller names its successor. Raises NotController, ControllerInvalid."""
        who = fields.word(participant, "participant")
        return self._session.send(self._contract.propose_controller(who, fields.address(proposed, "proposed")))

    def accept_controller(self, participant: str) -> Receipt:
        """The proposed controller, as signer, takes over. Raises NotProposedController, ControllerInvalid."""
        return self._session.send(self._contract.accept_controller(fields.word(participant, "participant")))


def _since(time: datetime | None) -> int:
    return 0 if time is None else fields.seconds(time, "compromised_since")


def _with_participant(receipt: Receipt) -> Receipt:
    admitted = receipt.event("ParticipantAdmitted")
    return replace(receipt, id=None if admitted is None else admitted.args["participant"])
