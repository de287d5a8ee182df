"""`client.disclosures`: who signed that private fields of an event were handed out."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from lading.chain import typed_data
from lading.chain.node import BlockId
from lading.chain.signer import signer_of
from lading.groups.session import Session
from lading.models import Key
from lading.provenance.bundle import ChainRef
from lading.provenance.disclosure import Disclosure, state
from lading.provenance.private import Secret


class Standing(StrEnum):
    """What a disclosure's signature is worth; only `VALID` is good."""

    VALID = "valid"
    FORGED = "forged"  # not made by the stated signer for this content, on this chain and deployment
    FOREIGN = "key-foreign"  # of another participant, or of nobody
    NOT_YET = "key-not-yet"  # added later
    REVOKED = "key-revoked"
    COMPROMISED = "key-compromised"


class Disclosures:
    """A publisher signs what it hands out; the recipient checks the signature and whose key made it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def sign(self, event_id: str, content_hash: bytes, recipient: str, fields: Sequence[Secret]) -> Disclosure:
        """Signs that these fields of an event (content hash 32 bytes) are handed to a recipient, a participant's id or
        an address (0x hex). The publisher is whose key the client's signer is.

        Raises:
            KeyNotValid: the signer is no key of a participant.
            DisclosureError: there is no field, one stands there twice, or the recipient or id is malformed.
        """
        key = self._session.key
        publisher = self._session.contracts.participants.participant_of(key.address)
        statement = state(event_id, content_hash, bytes.fromhex(publisher[2:]), recipient, fields)
        typed = typed_data.disclosure(self._domain(), **statement.words, signer=key.address)
        return Disclosure.of(statement, bytes.fromhex(key.address[2:]), key.sign_typed(typed))

    def standing(self, disclosure: Disclosure, *, at: BlockId = "latest") -> Standing:
        """Whether its signer was a valid key of its publisher at the time of block `at`. A signature carries no time:
        by default the key has to be valid now; whoever has had the disclosure since a block may name that one."""
        if not signed_for(disclosure, self._domain()):
            return Standing.FORGED
        key = self._session.contracts.participants.key("0x" + disclosure.signer.hex())
        if key is None or key.participant != "0x" + disclosure.publisher.hex():
            return Standing.FOREIGN
        return _standing_of(key, self._session.chain.block(at).time)

    def _domain(self) -> typed_data.Domain:
        return typed_data.provenance_domain(self._session.chain.chain_id, self._session.contracts.goods.address)


def signed_on(disclosure: Disclosure, chain: ChainRef) -> bool:
    """Whether the stated signer signed it for a deployment. Whose key that is, only the chain says."""
    contract = "0x" + chain.provenance_registry.hex()
    return signed_for(disclosure, typed_data.provenance_domain(chain.chain_id, contract))


def signed_for(disclosure: Disclosure, domain: typed_data.Domain) -> bool:
    signer = "0x" + disclosure.signer.hex()
    typed = typed_data.disclosure(domain, **disclosure.words, signer=signer)
    found = signer_of(typed, disclosure.signature)
    return found is not None and found.lower() == signer


def _standing_of(key: Key, time: int) -> Standing:
    """As the anchors' writers are judged (docs/decisions/0005): from `added_at` until before `revoked_at`."""
    if time < key.added_at.timestamp():
        return Standing.NOT_YET
    if key.compromised_since is not None and time >= key.compromised_since.timestamp():
        return Standing.COMPROMISED
    if key.revoked_at is not None and time >= key.revoked_at.timestamp():
        return Standing.REVOKED
    return Standing.VALID
