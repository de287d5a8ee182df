"""The escrow's verbs, each on the embedded chain and on Anvil."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sdk_kit import BUYER, CARRIER, FREIGHT, PLATFORM, PRICE, PROVIDER, SELLER, STRANGER, World

from lading.chain import devnet
from lading.credit.score import score
from lading.enums import Default, Fault, Ground, Role, State
from lading.errors import InputError
from lading.reverts.openzeppelin import ERC20InsufficientBalance
from lading.reverts.orders import (
    AlreadyReported,
    ConsentInvalid,
    DefaultDiffers,
    NoOutcome,
    NothingToWithdraw,
    NotParty,
    NotSeller,
    ReceiptInvalid,
    StateWrong,
    TooEarly,
    TooLate,
)

UNIT = "urn:epc:id:sscc:0614141.1234567890"
EVENT = "ni:///sha-256;" + "5e" * 32 + "?ver=CBV2.0"


def delivered(world: World, terms):
    """Shipped by the seller and handed over by the carrier."""
    world.by(SELLER).orders.ship(terms, UNIT)
    receipt = world.client.orders.receipt(terms, UNIT, EVENT)
    signature = world.by(CARRIER).orders.sign_receipt(receipt)
    return world.by(STRANGER).orders.deliver(terms, receipt, CARRIER.address, signature)


def test_the_id_computed_here_is_the_contracts(world):
    terms = world.with_customs()
    contract = world.client.contracts.orders.contract
    assert world.client.orders.id(terms) == contract.read("orderId", terms.to_chain())


def test_an_order_pays_seller_platform_and_carrier(world):
    dollars = world.client.token()
    before = {who.address: dollars.balance(who.address) for who in (SELLER, PLATFORM, CARRIER)}
    terms = world.opened(world.terms())
    delivered(world, terms)

    receipt = world.by(BUYER).orders.release(terms)

    fee = PRICE * 250 / 10_000
    gained = [dollars.balance(who.address) - before[who.address] for who in (SELLER, PLATFORM, CARRIER)]
    assert gained == [PRICE - fee.quantize(Decimal("0.000001")), fee.quantize(Decimal("0.000001")), FREIGHT]
    # Whether it counts depends on what this buyer has used of its cap
    assert [event.name for event in receipt.events if event.contract not in ("DevDollar", "SellerCredit")] == [
        "Released"
    ]
    order = world.client.orders.get(receipt.id)
    assert (order.state, order.ground, order.fault, order.reported) == (
        State.RELEASED,
        Ground.ON_TIME,
        Fault.NOBODY,
        True,
    )


def test_a_stranger_opens_with_the_buyers_erc3009_authorization(world):
    terms = world.terms()
    authorization = world.by(BUYER).orders.authorize(terms)
    consent = world.by(SELLER).orders.sign_accept(terms)

    receipt = world.by(STRANGER).orders.open_with_authorization(terms, authorization, seller_consent=consent)

    assert receipt.event("Opened").args["buyer"] == BUYER.address
    assert world.client.orders.get(world.client.orders.id(terms)).state is State.ACCEPTED


def test_a_stranger_opens_with_the_buyers_consent_and_allowance(world):
    terms = world.terms()
    receipt = world.by(STRANGER).orders.open(terms, buyer_consent=world.by(BUYER).orders.sign_open(terms))
    assert world.client.orders.get(receipt.id).state is State.FUNDED


def test_the_same_terms_opened_twice_give_the_existing_order(world):
    terms = world.terms()
    dollars = world.client.token()
    first = world.by(BUYER).orders.open(terms)
    balance = dollars.balance(BUYER.address)

    again = world.by(BUYER).orders.open(terms)

    assert (again.id, again.tx_hash, again.block) == (first.id, first.tx_hash, first.block)
    assert dollars.balance(BUYER.address) == balance


def test_the_same_authorization_opened_twice_gives_the_existing_order(world):
    terms = world.terms()
    authorization = world.by(BUYER).orders.authorize(terms)
    first = world.by(STRANGER).orders.open_with_authorization(terms, authorization)
    assert world.by(STRANGER).orders.open_with_authorization(terms, authorization).tx_hash == first.tx_hash


def test_the_seller_accepts_by_its_own_transaction(world):
    terms = world.terms()
    world.by(BUYER).orders.open(terms)
    receipt = world.by(SELLER).orders.accept(terms)
    assert [event.name for event in receipt.events] == ["Accepted"]


def test_accept_by_someone_else_without_the_sellers_signature_is_refused(world):
    terms = world.terms()
    world.by(BUYER).orders.open(terms)
    with pytest.raises(ConsentInvalid) as refusal:
        world.by(STRANGER).orders.accept(terms)
    assert refusal.value.args_by_name == {"id": world.client.orders.id(terms), "party": SELLER.address}


def test_cancel_before_acceptance_pays_the_buyer_back(world):
    terms = world.terms()
    dollars = world.client.token()
    before = dollars.balance(BUYER.address)
    world.by(BUYER).orders.open(terms)
    assert dollars.balance(BUYER.address) == before - PRICE - FREIGHT

    receipt = world.by(BUYER).orders.cancel(terms)

    assert dollars.balance(BUYER.address) == before
    assert world.client.orders.get(receipt.id).state is State.CANCELLED


def test_a_stranger_cannot_cancel(world):
    terms = world.terms()
    world.by(BUYER).orders.open(terms)
    with pytest.raises(NotParty) as refusal:
        world.by(STRANGER).orders.cancel(terms)
    assert refusal.value.caller == STRANGER.address


def test_open_by_another_than_the_buyer_without_its_consent_is_refused(world):
    terms = world.terms()
    with pytest.raises(ConsentInvalid) as refusal:
        world.by(STRANGER).orders.open(terms)
    assert (refusal.value.id, refusal.value.party) == (world.client.orders.id(terms), BUYER.address)


def test_ship_by_another_than_the_seller_is_refused(world):
    terms = world.opened(world.terms())
    with pytest.raises(NotSeller) as refusal:
        world.by(STRANGER).orders.ship(terms, UNIT)
    assert refusal.value.exit_code == 4


def test_open_without_money_names_what_is_missing(world):
    terms = world.terms(price=Decimal(2_000_000))
    with pytest.raises(ERC20InsufficientBalance) as refusal:
        world.by(BUYER).orders.open(terms)
    assert refusal.value.needed == terms.total_units()


def test_a_missed_ship_deadline_refunds_the_buyer_at_the_sellers_fault(world):
    dollars = world.client.token()
    before = dollars.balance(BUYER.address)
    terms = world.opened(world.terms())
    world.wait(terms.ship_by + timedelta(seconds=1))
    assert world.client.orders.default_of(terms).kind is Default.REFUND

    receipt = world.by(STRANGER).orders.refund(terms)

    order = world.client.orders.get(receipt.id)
    assert (order.state, order.ground, order.fault) == (State.REFUNDED, Ground.NOT_SHIPPED, Fault.SELLER)
    assert dollars.balance(BUYER.address) == before


def test_a_refund_before_its_deadline_is_too_early_and_says_when(world):
    terms = world.opened(world.terms())
    with pytest.raises(TooEarly) as refusal:
        world.by(STRANGER).orders.refund(terms)
    assert refusal.value.retryable
    assert refusal.value.opens_at == world.client.orders.default_of(terms).opens_at
    assert refusal.value.opens_at.tzinfo is not None


def test_a_release_where_a_refund_is_due_is_another_default(world):
    terms = world.opened(world.terms())
    world.wait(terms.ship_by + timedelta(seconds=1))
    with pytest.raises(DefaultDiffers) as refusal:
        world.by(STRANGER).orders.release(terms)
    assert (refusal.value.attempted, refusal.value.standing) == (Default.RELEASE, Default.REFUND)


def test_accept_after_its_deadline_is_too_late(world):
    terms = world.terms()
    world.by(BUYER).orders.open(terms)
    world.wait(terms.accept_by + timedelta(seconds=1))
    with pytest.raises(TooLate) as refusal:
        world.by(SELLER).orders.accept(terms)
    assert refusal.value.deadline == terms.accept_by


def test_deliver_before_acceptance_is_the_wrong_state(world):
    terms = world.terms()
    world.by(BUYER).orders.open(terms)
    with pytest.raises(StateWrong) as refusal:
        world.by(SELLER).orders.ship(terms, UNIT)
    assert (refusal.value.standing, refusal.value.expected) == (State.FUNDED, State.ACCEPTED)


def test_a_receipt_signed_for_another_order_is_refused(world):
    terms, other = world.opened(world.terms()), world.terms()
    world.by(SELLER).orders.ship(terms, UNIT)
    receipt = world.client.orders.receipt(terms, UNIT, EVENT)
    foreign = world.by(CARRIER).orders.sign_receipt(world.client.orders.receipt(other, UNIT, EVENT))
    with pytest.raises(ReceiptInvalid) as refusal:
        world.by(STRANGER).orders.deliver(terms, receipt, CARRIER.address, foreign)
    assert refusal.value.signer == CARRIER.address


def test_the_credit_of_a_seller_counts_its_orders(world):
    seller, credit = world.ids[Role.SELLER], world.client.contracts.credit
    terms = world.terms(buyer=PROVIDER.address)
    world.by(PROVIDER).orders.open(terms, seller_consent=world.by(SELLER).orders.sign_accept(terms))
    delivered(world, terms)

    receipt = world.by(PROVIDER).orders.release(terms)

    # 120.50 weighs 1,051 thousandths, and nobody independent witnessed it
    assert receipt.event("OutcomeCounted").args["counted"] == 262
    assert credit.pair(seller, PROVIDER.address)[1:] == (262, 0)
    assert world.client.credit.score(seller) == score(*credit.weights(seller))
    assert credit.witnessed_score(seller) == score(*credit.weights(seller, witnessed_only=True))


def test_an_outcome_is_reported_once(world):
    terms = world.opened(world.terms())
    world.by(SELLER).orders.refund(terms)
    with pytest.raises(AlreadyReported):
        world.by(STRANGER).credit.report(terms)


def test_history_tells_the_whole_story_in_order(world):
    terms = world.opened(world.terms())
    delivered(world, terms)
    receipt = world.by(BUYER).orders.release(terms)
    names = [event.name for event in world.client.orders.history(receipt.id)]
    # The credit's comes last, if what this buyer has used of its cap leaves it one
    assert names[:5] == ["Opened", "Accepted", "Shipped", "Delivered", "Released"]
    assert names[5:] in ([], ["OutcomeCounted"])


def test_an_order_is_found_again_by_its_id(world):
    terms = world.with_customs()
    receipt = world.by(BUYER).orders.open(terms)
    found = world.client.orders.find(receipt.id)
    assert (found.terms, found.block, found.tx_hash) == (terms, receipt.block, receipt.tx_hash)


def test_an_id_that_was_never_opened_is_none(world):
    never = world.client.orders.id(world.terms())
    assert world.client.orders.find(never) is None
    assert world.client.orders.get(never).state is State.NONE


def test_the_list_pages_through_every_order_once(world):
    opened = {world.by(BUYER).orders.open(world.terms()).id for _ in range(3)}
    seen, cursor = [], None
    while True:
        page = world.client.orders.list(cursor, limit=2)
        seen += [order.id for order in page.orders]
        if (cursor := page.next) is None:
            break
    assert len(seen) == len(set(seen))
    assert opened <= set(seen)


@pytest.mark.parametrize("cursor", ["", "7", "7:x", "-1:0", "a:b"])
def test_a_malformed_cursor_is_refused(world, cursor):
    with pytest.raises(InputError, match="cursor"):
        world.client.orders.list(cursor)


@pytest.mark.parametrize(
    ("unit", "event"),
    [("urn:epc:id:sgtin:0614141.812345.1", EVENT), (UNIT, "urn:uuid:1"), (UNIT, EVENT.replace("5e5e", "zz"))],
)
def test_a_receipt_needs_an_sscc_and_a_cbv_event_id(world, unit, event):
    with pytest.raises(InputError):
        world.client.orders.receipt(world.terms(), unit, event)


def test_nothing_waits_for_whoever_was_paid(world):
    token = world.client.token().address
    assert world.client.orders.credit_of(SELLER.address, token) == 0
    with pytest.raises(NothingToWithdraw) as refusal:
        world.by(SELLER).orders.withdraw(token, SELLER.address)
    assert (refusal.value.payee, refusal.value.token) == (SELLER.address, token)
    with pytest.raises(NothingToWithdraw):
        world.by(STRANGER).orders.withdraw_for(SELLER.address, token)


def test_an_order_that_was_never_accepted_has_no_outcome_to_report(world):
    terms = world.terms()
    world.by(BUYER).orders.open(terms)
    with pytest.raises(NoOutcome) as refusal:
        world.by(STRANGER).orders.report(terms)
    assert refusal.value.id == world.client.orders.id(terms)


def test_a_sellers_consent_that_a_stranger_left_out_is_brought_all_the_same(world):
    terms = world.terms()
    payment, consent = world.by(BUYER).orders.authorize(terms), world.by(SELLER).orders.sign_accept(terms)
    world.by(STRANGER).orders.open_with_authorization(terms, payment)

    receipt = world.by(PLATFORM).orders.open_with_authorization(terms, payment, seller_consent=consent)

    assert [event.name for event in receipt.events] == ["Accepted"]
    order = world.client.orders.get(receipt.id)
    assert (order.state, order.accepted_at) == (State.ACCEPTED, order.since)


def let_time_pass_without_a_block(world, seconds):
    """What an idle node does; the embedded chain has no clock apart from its blocks."""
    chain = world.client.chain
    if chain.network.kind == "embedded":
        devnet.advance(chain, seconds)
    else:
        chain.web3.provider.make_request("evm_increaseTime", [seconds])


def test_a_default_opens_by_the_clock_although_no_block_comes(world):
    terms = world.opened(world.terms())
    let_time_pass_without_a_block(world, int((terms.ship_by - world.now()).total_seconds()) + 5)

    assert world.client.chain.now() > terms.ship_by.timestamp()
    assert ("refund", "anyone") in [(act.verb, act.who) for act in world.client.orders.next_actions(terms)]
    world.by(STRANGER).orders.refund(terms)
    assert world.client.orders.get(world.client.orders.id(terms)).ground is Ground.NOT_SHIPPED
