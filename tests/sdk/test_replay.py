"""A signature counts for one chain, one contract and one order, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sdk_kit import BUYER, CARRIER, CONTROLLER, PLATFORM, SELLER, STRANGER, admit, fresh_signer

from lading.chain import typed_data
from lading.enums import State
from lading.reverts.orders import ConsentInvalid, ReceiptInvalid
from lading.reverts.participants import KeyConsentInvalid
from lading.reverts.token import AuthorizationNotSigned

UNIT = "urn:epc:id:sscc:0614141.1234567890"
EVENT = "ni:///sha-256;" + "5e" * 32 + "?ver=CBV2.0"

#: Where a signature was made for: everything but here.
ELSEWHERE = [
    pytest.param(lambda domain: replace(domain, chain_id=domain.chain_id + 1), id="another chain"),
    pytest.param(lambda domain: replace(domain, contract="0x" + "11" * 20), id="another contract"),
    pytest.param(lambda domain: replace(domain, name="Lading CustomsClearance"), id="another name"),
    pytest.param(lambda domain: replace(domain, version="2"), id="another version"),
]


def here(world) -> typed_data.Domain:
    return typed_data.escrow_domain(world.client.chain.chain_id, world.client.contracts.orders.address)


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_an_acceptance_made_elsewhere_is_refused(world, elsewhere):
    terms = world.terms()
    world.by(BUYER).orders.open(terms)
    signature = SELLER.sign_typed(typed_data.accept_order(elsewhere(here(world)), world.client.orders.id(terms)))
    with pytest.raises(ConsentInvalid) as refusal:
        world.by(STRANGER).orders.accept(terms, seller_consent=signature)
    assert refusal.value.party == SELLER.address


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_a_buyers_consent_made_elsewhere_is_refused(world, elsewhere):
    terms = world.terms()
    signature = BUYER.sign_typed(typed_data.open_order(elsewhere(here(world)), world.client.orders.id(terms)))
    with pytest.raises(ConsentInvalid) as refusal:
        world.by(STRANGER).orders.open(terms, buyer_consent=signature)
    assert refusal.value.party == BUYER.address


def test_a_consent_to_one_order_opens_no_other(world):
    agreed, other = world.terms(), world.terms()
    signature = world.by(BUYER).orders.sign_open(agreed)
    with pytest.raises(ConsentInvalid):
        world.by(STRANGER).orders.open(other, buyer_consent=signature)
    assert world.by(STRANGER).orders.open(agreed, buyer_consent=signature).id == world.client.orders.id(agreed)


def test_a_consent_to_open_is_no_consent_to_accept(world):
    terms = world.terms(seller=BUYER.address)
    world.by(BUYER).orders.open(terms)
    with pytest.raises(ConsentInvalid):
        world.by(STRANGER).orders.accept(terms, seller_consent=world.by(BUYER).orders.sign_open(terms))


def test_an_authorization_for_one_order_pays_no_other(world):
    agreed, other = world.terms(), world.terms()
    authorization = world.by(BUYER).orders.authorize(agreed)
    with pytest.raises(AuthorizationNotSigned) as refusal:
        world.by(STRANGER).orders.open_with_authorization(other, authorization)
    assert refusal.value.authorizer == BUYER.address
    assert world.client.orders.get(world.client.orders.id(other)).state is State.NONE


def test_an_authorization_by_another_than_the_buyer_pays_nothing(world):
    terms = world.terms()
    with pytest.raises(AuthorizationNotSigned) as refusal:
        world.by(STRANGER).orders.open_with_authorization(terms, world.by(PLATFORM).orders.authorize(terms))
    assert refusal.value.signer == PLATFORM.address


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_a_receipt_made_elsewhere_is_refused(world, elsewhere):
    terms = world.opened(world.terms())
    world.by(SELLER).orders.ship(terms, UNIT)
    receipt = world.client.orders.receipt(terms, UNIT, EVENT)
    message = typed_data.receipt(
        elsewhere(here(world)), receipt.order_id, receipt.logistic_unit, receipt.event_id, CARRIER.address
    )
    with pytest.raises(ReceiptInvalid) as refusal:
        world.by(STRANGER).orders.deliver(terms, receipt, CARRIER.address, CARRIER.sign_typed(message))
    assert refusal.value.signer == CARRIER.address


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_a_keys_consent_made_elsewhere_is_refused(client, elsewhere):
    participant, key = admit(client, set()), fresh_signer()
    domain = typed_data.participants_domain(client.chain.chain_id, client.contracts.participants.address)
    consent = key.sign_typed(typed_data.add_key(elsewhere(domain), participant, key.address))
    with pytest.raises(KeyConsentInvalid) as refusal:
        client.using(CONTROLLER).participants.add_key(participant, key.address, consent)
    assert refusal.value.key == key.address
