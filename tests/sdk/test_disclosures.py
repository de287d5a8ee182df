"""Who may sign a disclosure, and what a signature is worth as keys come and go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sdk_kit import CONTROLLER, STRANGER, admit, funded_signer

from lading.chain import devnet, typed_data
from lading.chain.signer import Signer
from lading.enums import Role
from lading.groups.disclosures import Standing
from lading.provenance.disclosure import Disclosure
from lading.provenance.private import Secret
from lading.reverts.participants import KeyNotValid

EVENT = "ni:///sha-256;" + "5e" * 32 + "?ver=CBV2.0"
CUSTOMS = "0x" + "c5" * 32
SECRETS = (Secret.of("acme:price", "41.70"),)


def disclosed(client, key: Signer) -> Disclosure:
    return client.using(key).disclosures.sign(EVENT, b"\7" * 32, CUSTOMS, SECRETS)


def test_a_publishers_key_signs_and_a_strangers_does_not(client):
    key = funded_signer(client)
    who = admit(client, {Role.BRAND}, key)
    signed = disclosed(client, key)
    assert "0x" + signed.publisher.hex() == who
    assert client.disclosures.standing(signed) is Standing.VALID
    with pytest.raises(KeyNotValid):
        disclosed(client, STRANGER)


def test_what_was_changed_after_signing_is_forged(client):
    key = funded_signer(client)
    admit(client, {Role.BRAND}, key)
    signed = disclosed(client, key)
    for changed in ({"recipient": "0x" + "c6" * 32}, {"fields": (Secret.of("acme:price", "41.70"),)}):
        assert client.disclosures.standing(signed.model_copy(update=changed)) is Standing.FORGED


def test_another_participants_key_is_foreign(client):
    mine, theirs = funded_signer(client), funded_signer(client)
    who, _ = admit(client, {Role.BRAND}, mine), admit(client, {Role.BRAND}, theirs)
    signed = disclosed(client, theirs).model_copy(update={"publisher": bytes.fromhex(who[2:])})
    domain = typed_data.provenance_domain(client.chain.chain_id, client.contracts.goods.address)
    typed = typed_data.disclosure(domain, **signed.words, signer=theirs.address)
    claimed = signed.model_copy(update={"signature": theirs.sign_typed(typed)})
    assert client.disclosures.standing(claimed) is Standing.FOREIGN


def test_a_revoked_key_still_counts_for_who_had_it_before(client):
    key = funded_signer(client)
    before = client.chain.block().number
    devnet.advance(client.chain, 10)
    who = admit(client, {Role.BRAND}, key)
    signed, then = disclosed(client, key), client.chain.block().number
    devnet.advance(client.chain, 10)
    client.using(CONTROLLER).participants.revoke_key(who, key.address)
    standing = client.disclosures.standing
    assert standing(signed) is Standing.REVOKED
    assert standing(signed, at=then) is Standing.VALID
    assert standing(signed, at=before) is Standing.NOT_YET


def test_a_compromised_key_counts_until_it_was_in_other_hands(client):
    key = funded_signer(client)
    who = admit(client, {Role.BRAND}, key)
    signed, early = disclosed(client, key), client.chain.block()
    devnet.advance(client.chain, 100)
    late = client.chain.block()
    devnet.advance(client.chain, 100)
    stolen = datetime.fromtimestamp(early.time, UTC) + timedelta(seconds=50)
    client.using(CONTROLLER).participants.revoke_key(who, key.address, compromised_since=stolen)
    standing = client.disclosures.standing
    assert standing(signed, at=early.number) is Standing.VALID
    assert standing(signed, at=late.number) is Standing.COMPROMISED
    assert standing(signed) is Standing.COMPROMISED
