"""Errors of IParticipantRegistry."""

from __future__ import annotations

from datetime import datetime

from lading.enums import IdentifierScheme, Role
from lading.reverts.base import SolidityError


class CompromiseInFuture(SolidityError):
    solidity = "CompromiseInFuture(uint40 compromisedSince,uint40 blockTime)"
    says = "A key cannot be compromised since {compromised_since}: the block's time is {block_time}."
    next_step = "Give a time in the past, or none."
    compromised_since: datetime
    block_time: datetime


class CompromiseNotEarlier(SolidityError):
    solidity = "CompromiseNotEarlier(uint40 attempted,uint40 declared)"
    says = "The key was declared compromised since {declared}; {attempted} is not earlier."
    next_step = "Give an earlier time, or leave it as it is."
    attempted: datetime | None
    declared: datetime | None


class ControllerInvalid(SolidityError):
    solidity = "ControllerInvalid(address controller)"
    says = "{controller} cannot be a controller: it is zero, or was once a signing key."
    next_step = "Use an address of its own for the controller."
    controller: str


class CountryInvalid(SolidityError):
    solidity = "CountryInvalid(bytes2 country)"
    says = "'{country}' is no country code."
    next_step = "Give the two capital letters of ISO 3166-1, such as CN."
    country: str


class IdentifierInvalid(SolidityError):
    solidity = "IdentifierInvalid(IdentifierScheme scheme,string identifier)"
    says = "'{identifier}' is no identifier of the scheme {scheme}."
    next_step = (
        "A GLN has 13 digits with their check digit, an LEI 20 characters, a national register's number its country "
        "before it (CN-91440300…), and none more than 64 bytes."
    )
    scheme: IdentifierScheme
    identifier: str


class KeyConsentInvalid(SolidityError):
    solidity = "KeyConsentInvalid(address key)"
    says = "{key} did not sign that it wants to be this participant's key."
    next_step = "Have the key itself sign with `participants.sign_key_consent`, on this chain and for this participant."
    key: str


class KeyForeign(SolidityError):
    solidity = "KeyForeign(address key,bytes32 participant)"
    says = "{key} is no key of this participant, but of {participant} (all zero: of nobody)."
    next_step = "Check the key's address and the participant's id."
    key: str
    participant: str


class KeyInvalid(SolidityError):
    solidity = "KeyInvalid(address key)"
    says = "{key} cannot be a signing key here: it is zero, or the participant's controller."
    next_step = "Use a key of its own, apart from the controller."
    key: str


class KeyNotValid(SolidityError):
    solidity = "KeyNotValid(address key,uint40 revokedAt)"
    says = "{key} is no valid key at this block (revoked: {revoked_at}; a key that was never added shows never)."
    next_step = "Sign with a key that the participant's controller has added and not revoked."
    key: str
    revoked_at: datetime | None


class KeyTaken(SolidityError):
    solidity = "KeyTaken(address key,bytes32 participant)"
    says = "{key} already belongs to participant {participant}, for ever."
    next_step = "Make a new key; one key is never two participants'."
    key: str
    participant: str


class NotController(SolidityError):
    solidity = "NotController(address caller,address controller)"
    says = "{caller} is not the controller of this participant."
    next_step = "Send it from {controller}."
    caller: str
    controller: str


class NotProposedController(SolidityError):
    solidity = "NotProposedController(address caller,address proposed)"
    says = "{caller} was not proposed as this participant's controller."
    next_step = "Send it from {proposed}, or have the controller propose the caller first."
    caller: str
    proposed: str


class ParticipantExists(SolidityError):
    solidity = "ParticipantExists(bytes32 participant)"
    says = "This identifier was already admitted by the same admitter, as {participant}."
    next_step = "Use that participant; look at it with `participants.get`."
    participant: str


class ParticipantUnknown(SolidityError):
    solidity = "ParticipantUnknown(bytes32 participant)"
    says = "There is no participant {participant} on this chain."
    next_step = "Have it admitted first, or check the id: it depends on chain, registry and admitter."
    participant: str


class PrefixInvalid(SolidityError):
    solidity = "PrefixInvalid(string prefix)"
    says = "'{prefix}' is no GS1 company prefix."
    next_step = "A company prefix has 4 to 12 digits and nothing else."
    prefix: str


class PrefixTaken(SolidityError):
    solidity = "PrefixTaken(string prefix,bytes32 holder)"
    says = "The prefix {prefix}, one around it or one inside it is bound already (holder: {holder})."
    next_step = "Check the prefix with GS1; one company's prefix is never inside another's."
    prefix: str
    holder: str


class RoleMissing(SolidityError):
    solidity = "RoleMissing(bytes32 participant,Role role)"
    says = "Participant {participant} does not have the role {role}."
    next_step = "Have the governance grant the role, or use a participant that has it."
    participant: str
    role: Role


class RolesNotAllowed(SolidityError):
    solidity = "RolesNotAllowed(uint16 attempted,uint16 allowed)"
    says = "This call may hand out {allowed}, not {attempted}."
    next_step = "Roles that can move money or open a border come through `participants.grant_roles` alone."
    attempted: int
    allowed: int

    def sentence(self) -> str:
        return self.says.format(allowed=_roles(self.allowed), attempted=_roles(self.attempted))


def _roles(bitmap: int) -> str:
    names = [role.name.replace("_", " ").lower() for role in Role if bitmap >> role & 1]
    unknown = [f"number {bit}" for bit in range(bitmap.bit_length()) if bitmap >> bit & 1 and bit not in set(Role)]
    return ", ".join(names + unknown) or "no role"
