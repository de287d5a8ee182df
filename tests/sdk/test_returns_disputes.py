"""Goods that come back, disputes, rulings and splits: each verb on the embedded chain and on Anvil."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sdk_kit import ARBITER, BUYER, CARRIER, EVENT, FINANCIER, FREIGHT, PLACE, PLATFORM, PRICE, SELLER, STRANGER, UNIT

from lading.enums import Fault, Ground, State
from lading.errors import InputError
from lading.files import content_hash
from lading.reverts.disputes import (
    ArbiterForeign,
    FaultNotSellers,
    NoArbitration,
    NotDisputed,
    NotOffered,
    SellerNotYet,
    ShareTooHigh,
)
from lading.reverts.finance import AlreadyAssigned, AssigneeConsentMissing, AssignmentTooHigh, NotAssignee
from lading.reverts.orders import DefaultOpen, NotBuyer, NotParty, NotSeller, StateWrong, TooEarly, TooLate
from lading.reverts.participants import RoleMissing
from lading.reverts.returns import NoReturnPolicy, NotReceived, PlaceForeign, RefundOutOfRange

PHOTO = content_hash(b"a photograph of a broken lamp")
SECOND = timedelta(seconds=1)
POLICY_REFUND = PRICE - PRICE / 10 - 4


def gains(world, *who):
    """A function that says what each has gained since, in the settlement token."""
    dollars = world.client.token()
    before = [dollars.balance(one.address) for one in who]
    return lambda: [dollars.balance(one.address) - was for one, was in zip(who, before, strict=True)]


def fee(amount):
    """2.5 %, rounded down to a unit."""
    return (amount * 250 / 10_000).quantize(Decimal("0.000001"), "ROUND_DOWN")


def test_a_hash_of_evidence_is_that_of_the_file(tmp_path):
    path = tmp_path / "photo"
    path.write_bytes(b"a photograph of a broken lamp")
    assert content_hash(path) == PHOTO


def test_goods_that_came_back_are_settled_by_policy_once_the_seller_is_silent(world):
    terms = world.returned(world.with_returns())
    gained = gains(world, BUYER, SELLER, CARRIER)
    assert world.client.orders.policy_refund(terms) == POLICY_REFUND
    with pytest.raises(TooEarly) as refusal:
        world.by(STRANGER).orders.settle_by_policy(terms)
    world.wait(refusal.value.opens_at)

    world.by(STRANGER).orders.settle_by_policy(terms)

    kept = PRICE - POLICY_REFUND
    assert gained() == [POLICY_REFUND, kept - fee(kept), FREIGHT]
    order = world.order(terms)
    assert (order.state, order.ground, order.to_buyer) == (State.SETTLED, Ground.RETURNED, int(POLICY_REFUND * 10**6))


def test_a_seller_gives_the_whole_price_back(world):
    terms = world.returned(world.with_returns())
    gained = gains(world, BUYER, SELLER, CARRIER)
    world.by(SELLER).orders.settle_return(terms, PRICE)
    assert gained() == [PRICE, 0, FREIGHT]


def test_a_seller_gives_no_less_than_the_policy_says(world):
    terms = world.returned(world.with_returns())
    with pytest.raises(RefundOutOfRange) as refusal:
        world.by(SELLER).orders.settle_return(terms, Decimal(1))
    assert refusal.value.least == int(POLICY_REFUND * 10**6)
    with pytest.raises(NotSeller):
        world.by(STRANGER).orders.settle_return(terms, PRICE)


def test_a_return_without_a_policy_by_a_stranger_or_before_delivery_is_refused(world):
    with pytest.raises(NoReturnPolicy):
        world.by(BUYER).orders.request_return(world.delivered(world.terms()))
    terms = world.shipped(world.with_returns())
    with pytest.raises(NotBuyer):
        world.by(STRANGER).orders.request_return(terms)
    with pytest.raises(StateWrong) as refusal:
        world.by(BUYER).orders.request_return(terms)
    assert refusal.value.expected is State.DELIVERED


def test_a_return_after_the_inspection_window_is_too_late(world):
    terms = world.delivered(world.with_returns())
    world.wait(world.client.orders.default_of(terms).opens_at)
    with pytest.raises(DefaultOpen):
        world.by(BUYER).orders.request_return(terms)
    world.by(STRANGER).orders.release(terms)


def test_a_receipt_of_another_participant_than_the_place_of_return_is_refused(world):
    terms = world.delivered(world.with_returns())
    world.by(BUYER).orders.request_return(terms, content_hash(b"too small"))
    receipt = world.client.orders.return_receipt(terms, UNIT, EVENT)
    with pytest.raises(RoleMissing):
        world.by(CARRIER).orders.receive_return(
            terms, receipt, CARRIER.address, world.by(CARRIER).orders.sign_return_receipt(receipt)
        )
    with pytest.raises(NotReceived) as refusal:
        world.by(SELLER).orders.settle_return(terms, PRICE)
    assert refusal.value.retryable


def test_a_place_of_return_that_the_terms_do_not_name_is_foreign(world):
    other = world.ids[next(iter(world.ids))]
    terms = world.with_returns()
    terms = world.with_returns(returns=terms.returns.model_copy(update={"place": other}))
    world.by(BUYER).orders.request_return(world.delivered(terms))
    receipt = world.client.orders.return_receipt(terms, UNIT, EVENT)
    with pytest.raises(PlaceForeign) as refusal:
        world.by(STRANGER).orders.receive_return(
            terms, receipt, PLACE.address, world.by(PLACE).orders.sign_return_receipt(receipt)
        )
    assert refusal.value.expected == other


def test_an_arbiter_divides_the_price_and_is_paid_its_fee(world):
    terms = world.delivered(world.with_arbitration())
    gained = gains(world, BUYER, SELLER, CARRIER, ARBITER)
    world.by(BUYER).orders.dispute(terms, PHOTO)
    world.by(CARRIER).orders.submit_evidence(terms, content_hash(b"the seal was whole"))
    assert world.client.orders.disputed_amount(terms) == PRICE

    receipt = world.by(ARBITER).orders.rule(terms, Decimal(100), Fault.SELLER, content_hash(b"the lamp was broken"))

    rest = PRICE - 100 - 5
    assert gained() == [100, rest - fee(rest), FREIGHT, 5]
    order = world.order(terms)
    assert (order.state, order.ground, order.fault) == (State.SETTLED, Ground.RULED, Fault.SELLER)
    # Whether it counts depends on what this buyer has used of its cap
    names = [event.name for event in world.client.orders.history(receipt.id) if event.contract != "SellerCredit"]
    assert names == [
        *("Opened", "Accepted", "Shipped", "Delivered", "Disputed", "Held", "EvidenceSubmitted", "Ruled", "Settled"),
    ]
    assert world.client.orders.get(receipt.id).reported


def test_counterfeit_goods_are_a_ground_of_their_own_and_the_sellers_fault(world):
    terms = world.delivered(world.with_arbitration())
    world.by(BUYER).orders.dispute(terms, PHOTO)
    with pytest.raises(FaultNotSellers) as refusal:
        world.by(ARBITER).orders.rule(terms, Decimal(100), Fault.CARRIER, PHOTO, counterfeit=True)
    assert refusal.value.attempted is Fault.CARRIER

    world.by(ARBITER).orders.rule(terms, Decimal(100), Fault.SELLER, PHOTO, counterfeit=True)

    order = world.order(terms)
    assert (order.state, order.ground, order.fault) == (State.SETTLED, Ground.COUNTERFEIT, Fault.SELLER)


def test_a_silent_arbiter_leaves_the_split_of_the_terms(world):
    terms = world.delivered(world.with_arbitration())
    gained = gains(world, BUYER, ARBITER)
    with pytest.raises(SellerNotYet):
        world.by(SELLER).orders.dispute(terms, PHOTO)
    world.by(BUYER).orders.dispute(terms, PHOTO)
    world.wait(world.client.orders.default_of(terms).opens_at)
    with pytest.raises(TooLate):
        world.by(ARBITER).orders.rule(terms, Decimal(1), Fault.NOBODY, PHOTO)

    world.by(STRANGER).orders.settle_unruled(terms)

    assert gained() == [PRICE * 6 / 10, 0]
    assert world.order(terms).ground is Ground.NOT_RULED


def test_nobody_else_rules_and_nobody_more_than_there_is(world):
    terms = world.delivered(world.with_arbitration())
    with pytest.raises(NotDisputed):
        world.by(ARBITER).orders.rule(terms, Decimal(1), Fault.NOBODY, PHOTO)
    world.by(BUYER).orders.dispute(terms, PHOTO)
    with pytest.raises(RoleMissing):
        world.by(SELLER).orders.rule(terms, Decimal(0), Fault.BUYER, PHOTO)
    with pytest.raises(ShareTooHigh) as refusal:
        world.by(ARBITER).orders.rule(terms, PRICE + FREIGHT, Fault.NOBODY, PHOTO)
    assert refusal.value.max == int((PRICE + FREIGHT - 5) * 10**6)
    with pytest.raises(NotParty):
        world.by(STRANGER).orders.submit_evidence(terms, PHOTO)
    with pytest.raises(TooEarly):
        world.by(STRANGER).orders.settle_unruled(terms)


def test_an_arbiter_of_another_order_is_foreign(world):
    other = world.by_new_arbiter()
    terms = world.delivered(world.with_arbitration())
    world.by(BUYER).orders.dispute(terms, PHOTO)
    with pytest.raises(ArbiterForeign):
        other.orders.rule(terms, Decimal(1), Fault.NOBODY, PHOTO)


def test_terms_without_an_arbiter_have_no_disputes(world):
    with pytest.raises(NoArbitration):
        world.by(BUYER).orders.dispute(world.delivered(world.terms()), PHOTO)


def test_the_parties_agree_without_a_dispute_or_an_arbiter(world):
    terms = world.shipped(world.terms())
    gained = gains(world, BUYER, SELLER, CARRIER)
    until = world.now() + timedelta(hours=1)
    world.by(BUYER).orders.propose_split(terms, Decimal(100), until)
    offer = world.client.orders.offer_of(terms, BUYER.address)
    assert (offer.to_buyer, offer.until) == (100_000_000, until)
    with pytest.raises(NotOffered) as refusal:
        world.by(SELLER).orders.accept_split(terms, Decimal(90))
    assert (refusal.value.attempted, refusal.value.offered) == (90_000_000, 100_000_000)

    world.by(SELLER).orders.accept_split(terms, Decimal(100))

    rest = PRICE + FREIGHT - 100
    assert gained() == [100, rest - fee(rest), 0]
    assert world.order(terms).ground is Ground.AGREED


def test_a_withdrawn_or_expired_offer_is_none(world):
    terms = world.shipped(world.terms())
    world.by(BUYER).orders.propose_split(terms, Decimal(1), world.now() + timedelta(hours=1))
    world.by(BUYER).orders.propose_split(terms, Decimal(1), None)
    with pytest.raises(NotOffered):
        world.by(SELLER).orders.accept_split(terms, Decimal(1))
    until = world.now() + timedelta(minutes=1)
    world.by(BUYER).orders.propose_split(terms, Decimal(1), until)
    world.wait(until + SECOND)
    with pytest.raises(NotOffered):
        world.by(SELLER).orders.accept_split(terms, Decimal(1))


def test_who_finances_an_order_is_paid_first(world):
    terms = world.opened(world.terms())
    gained = gains(world, SELLER, FINANCIER, PLATFORM)
    world.by(SELLER).orders.assign(terms, FINANCIER.address, Decimal(70))
    assignment = world.client.orders.assignment_of(terms)
    assert (assignment.assignee, assignment.units) == (FINANCIER.address, 70_000_000)
    with pytest.raises(AlreadyAssigned):
        world.by(SELLER).orders.assign(terms, FINANCIER.address, Decimal(70))

    world.by(BUYER).orders.release(terms)

    assert gained() == [PRICE - fee(PRICE) - 70, 70, fee(PRICE)]


def test_a_refund_by_will_waits_for_who_finances_the_order(world):
    terms = world.opened(world.terms())
    world.by(SELLER).orders.assign(terms, FINANCIER.address, Decimal(70))
    with pytest.raises(AssigneeConsentMissing) as refusal:
        world.by(SELLER).orders.refund(terms)
    assert refusal.value.assignee == FINANCIER.address
    with pytest.raises(NotAssignee):
        world.by(STRANGER).orders.consent_to_refund(terms)

    world.by(FINANCIER).orders.consent_to_refund(terms)
    world.by(SELLER).orders.refund(terms)

    assert world.order(terms).ground is Ground.SELLER_REFUND


def test_no_more_than_the_price_is_assigned(world):
    terms = world.opened(world.terms())
    with pytest.raises(AssignmentTooHigh):
        world.by(SELLER).orders.assign(terms, FINANCIER.address, PRICE + 1)
    with pytest.raises(InputError, match="96 bits"):
        world.by(SELLER).orders.assign(terms, FINANCIER.address, Decimal(2**96))
    assert world.client.orders.assignment_of(terms) is None
