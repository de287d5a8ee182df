"""The registry's verbs, each on the embedded chain and on Anvil."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sdk_kit import CONTROLLER, GOVERNOR, PLATFORM, STRANGER, admit, fresh_signer, funded_signer, give_key, identifier

from lading.enums import IdentifierScheme, Role
from lading.errors import InputError, NoSigner
from lading.reverts.openzeppelin import AccessManagedUnauthorized
from lading.reverts.participants import (
    CompromiseInFuture,
    CountryInvalid,
    IdentifierInvalid,
    KeyConsentInvalid,
    KeyNotValid,
    KeyTaken,
    NotController,
    NotProposedController,
    ParticipantExists,
    ParticipantUnknown,
    PrefixInvalid,
    PrefixTaken,
    RolesNotAllowed,
)

NATIONAL = IdentifierScheme.NATIONAL_REGISTER


def prefix_of(client) -> str:
    """A company prefix that nobody holds and that lies in none."""
    for number in range(900_000_000, 900_001_000):
        if client.participants.prefix_holder(number * 1000) is None:
            return str(number)
    raise AssertionError("no prefix is free")


def test_an_admitted_participant_is_read_back(client):
    number = identifier("IT")
    receipt = client.participants.admit(
        controller=CONTROLLER.address, roles={Role.BRAND}, country="IT", scheme=NATIONAL, identifier=number
    )

    found = client.participants.get(receipt.id)

    assert receipt.id == client.participants.id(number, NATIONAL)
    assert found.model_dump(exclude={"admitted_at"}) == {
        "id": receipt.id,
        "controller": CONTROLLER.address,
        "roles": frozenset({Role.BRAND}),
        "country": "IT",
        "scheme": NATIONAL,
        "identifier": number,
        "admitted_by": None,
    }
    assert found.admitted_at.timestamp() == client.chain.block(receipt.block).time


def test_the_id_computed_here_is_the_contracts(client):
    contract = client.contracts.participants.contract
    platform = "0x" + "07" * 32
    here = client.participants.id("4012345000009", IdentifierScheme.GLN, admitted_by=platform)
    assert here == contract.read("participantId", platform, 0, "4012345000009")


def test_the_same_identifier_twice_names_the_participant(client):
    fields = {"controller": CONTROLLER.address, "roles": [], "country": "CN", "scheme": NATIONAL}
    number = identifier()
    first = client.participants.admit(**fields, identifier=number)
    with pytest.raises(ParticipantExists) as refusal:
        client.participants.admit(**fields, identifier=number)
    assert refusal.value.participant == first.id


def test_a_stranger_admits_nobody(client):
    with pytest.raises(AccessManagedUnauthorized) as refusal:
        client.using(STRANGER).participants.admit(
            controller=CONTROLLER.address, roles=[], country="CN", scheme=NATIONAL, identifier=identifier()
        )
    assert refusal.value.caller == STRANGER.address


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"country": "cn"}, CountryInvalid),
        ({"identifier": ""}, IdentifierInvalid),
        ({"identifier": "4012345000008", "scheme": IdentifierScheme.GLN}, IdentifierInvalid),
        ({"roles": {Role.CUSTOMS}}, RolesNotAllowed),
        ({"country": "China"}, InputError),
        ({"controller": "0x1234"}, InputError),
    ],
)
def test_a_malformed_admission_is_refused(client, changed, error):
    fields = {
        "controller": CONTROLLER.address,
        "roles": [],
        "country": "CN",
        "scheme": NATIONAL,
        "identifier": identifier(),
    }
    with pytest.raises(error):
        client.participants.admit(**{**fields, **changed})


def test_a_platform_admits_its_seller(world):
    receipt = world.by(PLATFORM).participants.admit_seller(
        controller=CONTROLLER.address, country="CN", scheme=NATIONAL, identifier=identifier()
    )
    found = world.client.participants.get(receipt.id)
    assert (found.roles, found.admitted_by) == (frozenset({Role.SELLER}), world.ids[Role.PLATFORM])


def test_a_stranger_admits_no_seller(world):
    with pytest.raises(KeyNotValid) as refusal:
        world.by(STRANGER).participants.admit_seller(
            controller=CONTROLLER.address, country="CN", scheme=NATIONAL, identifier=identifier()
        )
    assert refusal.value.revoked_at is None


def test_money_roles_are_granted_and_revoked(client):
    participant = admit(client, {Role.CARRIER, Role.WAREHOUSE})
    assert client.participants.get(participant).roles == {Role.CARRIER, Role.WAREHOUSE}

    done = client.participants.revoke_roles(participant, {Role.CARRIER})

    assert done.scheduled_until is None
    assert client.participants.get(participant).roles == {Role.WAREHOUSE}
    assert not client.participants.has_role(participant, Role.CARRIER)


def test_a_prefix_is_bound_once(client):
    brand, prefix = admit(client, {Role.BRAND}), prefix_of(client)
    client.participants.bind_prefix(brand, prefix)
    assert client.participants.prefix_holder(int(prefix) * 1000 + 7) == brand
    with pytest.raises(PrefixTaken) as refusal:
        client.participants.bind_prefix(admit(client, {Role.BRAND}), prefix + "1")
    assert refusal.value.args_by_name == {"prefix": prefix + "1", "holder": brand}


def test_a_prefix_of_letters_is_refused(client):
    with pytest.raises(PrefixInvalid, match="4 to 12 digits"):
        client.participants.bind_prefix(admit(client, {Role.BRAND}), "40A2345")


def test_a_key_is_added_with_its_own_consent_and_revoked(client):
    participant, key = admit(client, set()), fresh_signer()
    give_key(client, participant, key)
    assert client.participants.of_key(key.address) == participant
    since = client.participants.key(key.address).added_at

    client.using(CONTROLLER).participants.revoke_key(participant, key.address, compromised_since=since)

    found = client.participants.key(key.address)
    assert (found.participant, found.compromised_since) == (participant, since)
    assert found.revoked_at is not None
    with pytest.raises(KeyNotValid) as refusal:
        client.participants.of_key(key.address)
    assert refusal.value.revoked_at == found.revoked_at


def test_an_address_that_was_never_a_key_is_none(client):
    assert client.participants.key(fresh_signer().address) is None


def test_the_consent_of_another_participant_is_refused(client):
    one, other, key = admit(client, set()), admit(client, set()), fresh_signer()
    consent = client.using(key).participants.sign_key_consent(other)
    with pytest.raises(KeyConsentInvalid) as refusal:
        client.using(CONTROLLER).participants.add_key(one, key.address, consent)
    assert refusal.value.key == key.address


def test_a_key_belongs_to_one_participant_for_ever(client):
    first, second, key = admit(client, set()), admit(client, set()), fresh_signer()
    give_key(client, first, key)
    with pytest.raises(KeyTaken) as refusal:
        give_key(client, second, key)
    assert refusal.value.participant == first


def test_only_the_controller_adds_a_key(client):
    participant, key = admit(client, set()), fresh_signer()
    consent = client.using(key).participants.sign_key_consent(participant)
    with pytest.raises(NotController) as refusal:
        client.using(STRANGER).participants.add_key(participant, key.address, consent)
    assert (refusal.value.caller, refusal.value.controller) == (STRANGER.address, CONTROLLER.address)


def test_a_compromise_in_the_future_is_refused(client):
    participant, key = admit(client, set()), fresh_signer()
    give_key(client, participant, key)
    future = client.participants.key(key.address).added_at + timedelta(days=400)
    with pytest.raises(CompromiseInFuture) as refusal:
        client.using(CONTROLLER).participants.revoke_key(participant, key.address, compromised_since=future)
    assert refusal.value.compromised_since == future


def test_a_rotation_leaves_no_block_without_a_key(client):
    participant, old, new = admit(client, set()), fresh_signer(), fresh_signer()
    give_key(client, participant, old)
    consent = client.using(new).participants.sign_key_consent(participant)

    receipt = client.using(CONTROLLER).participants.rotate_key(participant, old.address, new.address, consent)

    assert [event.name for event in receipt.events] == ["KeyRevoked", "KeyAdded"]
    assert client.participants.key(old.address).revoked_at == client.participants.key(new.address).added_at


def test_a_controller_hands_over_in_two_steps(client):
    participant, successor = admit(client, set()), funded_signer(client)
    with pytest.raises(NotProposedController):
        client.using(successor).participants.accept_controller(participant)
    client.using(CONTROLLER).participants.propose_controller(participant, successor.address)
    client.using(successor).participants.accept_controller(participant)
    assert client.participants.get(participant).controller == successor.address


def test_an_unknown_participant_is_said_to_be_unknown(client):
    nobody = "0x" + "99" * 32
    with pytest.raises(ParticipantUnknown) as refusal:
        client.participants.get(nobody)
    assert refusal.value.participant == nobody


def test_what_changes_something_needs_a_signer(client):
    with pytest.raises(NoSigner, match="signer="):
        client.using(None).participants.accept_controller("0x" + "99" * 32)


def test_the_governor_is_who_the_deployment_says(client, deployment):
    assert deployment.deployer == GOVERNOR.address
