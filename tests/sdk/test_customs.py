"""Matching and border decisions, each on the embedded chain and on Anvil."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest
from sdk_kit import CARRIER, ENTRY, EXIT, PAYMENT, PLATFORM, SELLER, STRANGER

from lading.contracts.customs_clearance import Papers
from lading.customs import OrderDocument, PaymentDocument, WaybillDocument, compare
from lading.enums import ConditionStatus, Decision, Default, Fault, JoinField, Matching, Side, State
from lading.errors import InputError
from lading.reverts.customs import (
    AlreadyMatched,
    DecisionInvalid,
    DocumentForeign,
    FaultWithoutReject,
    NotAuthority,
    NotMatched,
    PortInvalid,
    ReleaseFinal,
    SideNotNamed,
    SignatureInvalid,
    SignerForeign,
)
from lading.reverts.orders import ConditionNotMet, DefaultOpen

UNIT = "urn:epc:id:sscc:0614141.1234567890"
EVENT = "ni:///sha-256;" + "5e" * 32 + "?ver=CBV2.0"
RELEASE_EXIT = {"port": "CNSHA", "declaration_no": "223320261121000001"}
RELEASE_ENTRY = {"port": "DEHAM", "declaration_no": "26DE000000000001"}


def papers_for(world, terms, **changed) -> Papers:
    """Three documents that match, `changed` in the payment, signed by who has to."""
    shared = {name: secrets.token_bytes(32) for name in ("order_no", "transaction_id", "amount", "currency", "payer")}
    carried = {name: secrets.token_bytes(32) for name in ("consignee", "freight")}
    order_id = bytes.fromhex(world.client.orders.id(terms)[2:])
    order = OrderDocument(order_id=order_id, **shared, **carried, fields_root=secrets.token_bytes(32))
    payment = PaymentDocument(**{"order_id": order_id, **shared, "fields_root": secrets.token_bytes(32), **changed})
    waybill = WaybillDocument(
        order_id=order_id, order_no=shared["order_no"], **carried, fields_root=secrets.token_bytes(32)
    )
    return Papers(
        order,
        world.by(PLATFORM).customs.sign(order),
        payment,
        world.by(PAYMENT).customs.sign(payment),
        waybill,
        world.by(CARRIER).customs.sign(waybill),
    )


def matched(world, terms):
    world.by(STRANGER).customs.match(terms, papers_for(world, terms))
    return world.client.orders.id(terms)


def test_three_documents_that_say_the_same_match(world):
    terms = world.with_customs()
    papers = papers_for(world, terms)
    assert world.client.customs.check(terms, papers) is None

    receipt = world.by(STRANGER).customs.match(terms, papers)

    clearance = world.client.customs.get(world.client.orders.id(terms))
    assert [event.name for event in receipt.events] == ["DocumentsMatched"]
    assert (clearance.matching, clearance.field) == (Matching.MATCHED, JoinField.NONE)
    assert clearance.matched_at.timestamp() == world.client.chain.block(receipt.block).time
    assert compare(papers.order, papers.payment, papers.waybill) is None


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("order_no", JoinField.PAYMENT_ORDER_NO),
        ("transaction_id", JoinField.TRANSACTION_ID),
        ("amount", JoinField.AMOUNT),
        ("currency", JoinField.CURRENCY),
        ("payer", JoinField.PAYER),
    ],
)
def test_the_first_field_that_differs_is_named_before_and_after_sending(world, name, field):
    terms = world.with_customs()
    papers = papers_for(world, terms, **{name: secrets.token_bytes(32)})
    assert world.client.customs.check(terms, papers) is field

    receipt = world.by(STRANGER).customs.match(terms, papers)

    assert receipt.event("DocumentsDiffer").args["field"] is field
    assert world.client.customs.get(world.client.orders.id(terms)).matching is Matching.DIFFERS
    assert compare(papers.order, papers.payment, papers.waybill) is field


def test_corrected_documents_match_later_and_are_then_final(world):
    terms = world.with_customs()
    world.by(STRANGER).customs.match(terms, papers_for(world, terms, amount=secrets.token_bytes(32)))
    matched(world, terms)
    with pytest.raises(AlreadyMatched):
        matched(world, terms)


def test_a_document_of_another_order_is_refused(world):
    terms, other = world.with_customs(), world.with_customs()
    with pytest.raises(DocumentForeign) as refusal:
        world.by(STRANGER).customs.match(terms, papers_for(world, other))
    assert refusal.value.args_by_name == {
        "documentOrder": world.client.orders.id(other),
        "orderId": world.client.orders.id(terms),
    }


def test_a_signature_over_another_document_is_refused(world):
    terms = world.with_customs()
    papers, others = papers_for(world, terms), papers_for(world, terms)
    with pytest.raises(SignatureInvalid) as refusal:
        world.by(STRANGER).customs.match(terms, replace(papers, carrier=others.carrier))
    assert refusal.value.signer == CARRIER.address


def test_a_document_by_another_participant_than_the_terms_name_is_refused(world):
    terms = world.with_customs(carrier=SELLER.address)
    with pytest.raises(SignerForeign):
        world.by(STRANGER).customs.match(terms, papers_for(world, terms))


def test_an_order_waits_for_both_borders(world):
    terms = world.opened(world.with_customs())
    order_id = matched(world, terms)
    world.by(SELLER).orders.ship(terms, UNIT)

    world.by(EXIT).customs.decide(terms, Side.EXIT, Decision.RELEASE, **RELEASE_EXIT)
    assert world.client.customs.status(order_id) == (ConditionStatus.PENDING, Fault.NOBODY)
    world.by(ENTRY).customs.decide(terms, Side.ENTRY, Decision.RELEASE, **RELEASE_ENTRY)

    assert world.client.customs.status(order_id) == (ConditionStatus.MET, Fault.NOBODY)
    receipt = world.by(STRANGER).orders.poke(terms)
    assert [event.name for event in receipt.events] == ["ConditionLatched"]
    assert world.client.orders.get(order_id).condition_met


def test_a_condition_that_is_met_can_be_latched_by_anyone_until_it_is(world):
    orders = world.client.orders
    terms = world.opened(world.with_customs())
    matched(world, terms)
    world.by(SELLER).orders.ship(terms, UNIT)
    world.by(EXIT).customs.decide(terms, Side.EXIT, Decision.RELEASE, **RELEASE_EXIT)
    waiting = {action.verb for action in orders.next_actions(terms)}
    world.by(ENTRY).customs.decide(terms, Side.ENTRY, Decision.RELEASE, **RELEASE_ENTRY)
    met = {(action.verb, action.who) for action in orders.next_actions(terms)}
    world.by(STRANGER).orders.poke(terms)
    latched = {action.verb for action in orders.next_actions(terms)}

    assert "poke" not in waiting | latched
    assert ("poke", "anyone") in met


def test_poke_before_the_borders_decided_may_be_tried_again(world):
    terms = world.opened(world.with_customs())
    with pytest.raises(ConditionNotMet) as refusal:
        world.by(STRANGER).orders.poke(terms)
    assert refusal.value.retryable


def test_a_rejection_sends_the_order_back_at_its_fault(world):
    terms = world.opened(world.with_customs())
    order_id = matched(world, terms)
    world.by(SELLER).orders.ship(terms, UNIT)
    world.by(ENTRY).customs.decide(terms, Side.ENTRY, Decision.REJECT, fault=Fault.BUYER, **RELEASE_ENTRY)
    assert world.client.customs.status(order_id) == (ConditionStatus.REJECTED, Fault.BUYER)
    receipt = world.client.orders.receipt(terms, UNIT, EVENT)
    with pytest.raises(DefaultOpen) as refusal:
        world.by(CARRIER).orders.deliver(
            terms, receipt, CARRIER.address, world.by(CARRIER).orders.sign_receipt(receipt)
        )
    assert refusal.value.standing is Default.REFUND

    world.by(STRANGER).orders.refund(terms)

    order = world.client.orders.get(order_id)
    assert (order.state, order.fault) == (State.REFUNDED, Fault.BUYER)


def test_a_decision_before_the_match_may_be_tried_again(world):
    with pytest.raises(NotMatched) as refusal:
        world.by(EXIT).customs.decide(world.with_customs(), Side.EXIT, Decision.RELEASE, **RELEASE_EXIT)
    assert refusal.value.retryable


def test_an_authority_decides_for_its_own_side_alone(world):
    terms = world.with_customs()
    matched(world, terms)
    with pytest.raises(NotAuthority) as refusal:
        world.by(EXIT).customs.decide(terms, Side.ENTRY, Decision.RELEASE, **RELEASE_ENTRY)
    assert (refusal.value.attempted, refusal.value.expected) == (world.exit_customs, world.entry_customs)


def test_a_release_is_final(world):
    terms = world.with_customs()
    matched(world, terms)
    world.by(EXIT).customs.decide(terms, Side.EXIT, Decision.RELEASE, **RELEASE_EXIT)
    with pytest.raises(ReleaseFinal) as refusal:
        world.by(EXIT).customs.decide(terms, Side.EXIT, Decision.HOLD, **RELEASE_EXIT)
    assert refusal.value.side is Side.EXIT


@pytest.mark.parametrize(
    ("decision", "changed", "error"),
    [
        (Decision.RELEASE, {"port": "DEHAM"}, PortInvalid),
        (Decision.RELEASE, {"port": "CN111"}, PortInvalid),
        (Decision.HOLD, {"fault": Fault.SELLER}, FaultWithoutReject),
        (Decision.NONE, {}, DecisionInvalid),
        (Decision.RELEASE, {"port": "Shanghai"}, InputError),
    ],
)
def test_a_malformed_decision_is_refused(world, decision, changed, error):
    terms = world.with_customs()
    matched(world, terms)
    with pytest.raises(error):
        world.by(EXIT).customs.decide(terms, Side.EXIT, decision, **{**RELEASE_EXIT, **changed})


def test_a_side_without_an_authority_is_nobodys_to_decide(world):
    terms = world.terms()
    matched(world, terms)
    with pytest.raises(SideNotNamed):
        world.by(EXIT).customs.decide(terms, Side.EXIT, Decision.RELEASE, **RELEASE_EXIT)


def test_customs_events_are_part_of_the_orders_history(world):
    terms = world.opened(world.with_customs())
    order_id = matched(world, terms)
    world.by(EXIT).customs.decide(terms, Side.EXIT, Decision.HOLD, **RELEASE_EXIT)
    decided = world.client.orders.history(order_id)[-1]
    assert decided.args == {
        "order_id": order_id,
        "side": Side.EXIT,
        "decision": Decision.HOLD,
        "fault": Fault.NOBODY,
        "port": "CNSHA",
        "declaration_no": RELEASE_EXIT["declaration_no"],
        "by": EXIT.address,
    }
