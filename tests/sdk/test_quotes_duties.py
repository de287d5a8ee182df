"""Two currencies, and duties at the border: each verb on the embedded chain and on Anvil."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sdk_kit import BUYER, CARRIER, ENTRY, FREIGHT, PRICE, PROVIDER, SELLER, STRANGER, TAX_PAYEE

from lading.enums import State
from lading.errors import InputError
from lading.files import content_hash
from lading.models import Quote
from lading.reverts.duties import AssessmentInvalid, AssessmentTooHigh, NotReturned, RefundTooHigh
from lading.reverts.openzeppelin import ERC20InsufficientAllowance
from lading.reverts.orders import ConsentInvalid, DutiesNotHeld, TooEarly, TooLate
from lading.reverts.participants import RoleMissing
from lading.reverts.quotes import CapExceeded, LockTooLong, QuoteExpired, QuoteInvalid, QuoteIsCancelled, QuoteMissing
from lading.reverts.token import NotPayee

DECLARATION = content_hash(b"26DE000000000001")
SECOND = timedelta(seconds=1)
PAID = Decimal(900)


def gains(world, token, *who):
    """A function that says what each has gained since, in that token."""
    money = world.client.token(token)
    before = [money.balance(one.address) for one in who]
    return lambda: [money.balance(one.address) - was for one, was in zip(who, before, strict=True)]


def test_a_quoted_order_swaps_at_the_locked_rate_when_it_is_released(world):
    settled = gains(world, None, SELLER, CARRIER, PROVIDER, BUYER)
    paid = gains(world, world.second_token, BUYER, PROVIDER)
    terms = world.delivered(world.with_quote(fee_bps=0))

    world.by(BUYER).orders.release(terms)

    assert settled() == [PRICE, FREIGHT, -PRICE - FREIGHT, 0]
    assert paid() == [-PAID - 3, PAID + 3]


def test_a_quoted_order_that_is_refunded_gives_each_side_its_own_token_back(world):
    settled, paid = gains(world, None, PROVIDER, BUYER), gains(world, world.second_token, BUYER, PROVIDER)
    terms = world.opened(world.with_quote())

    world.by(SELLER).orders.refund(terms)

    assert settled() == [0, 0]
    assert paid() == [-3, 3]


def test_a_stranger_opens_a_quoted_order_with_the_buyers_authorization_in_its_own_token(world):
    terms = world.with_quote()
    payment = world.by(BUYER).orders.authorize(terms)
    receipt = world.by(STRANGER).orders.open_with_authorization(terms, payment, quote=world.quote(terms))
    assert world.client.orders.get(receipt.id).state is State.FUNDED
    assert terms.buyer_leg() == (world.second_token, 903_000_000)


def test_what_a_provider_has_locked_is_its_exposure_until_the_order_ends(world):
    token = world.client.token().address
    before = world.client.orders.exposure(PROVIDER.address, token)
    terms = world.opened(world.with_quote())
    during = world.client.orders.exposure(PROVIDER.address, token)
    world.by(BUYER).orders.release(terms)
    after = world.client.orders.exposure(PROVIDER.address, token)
    assert during.locked - before.locked == terms.total_units()
    assert (after.locked, after.cap) == (before.locked, 10**12)


def test_a_quote_survives_its_json(world):
    terms = world.with_quote()
    quote = Quote.parse(world.quote(terms).model_dump_json())
    assert world.by(BUYER).orders.open(terms, quote=quote).event("QuoteTaken").args["expiry"] == quote.expiry


def test_a_quote_for_another_order_or_with_another_expiry_is_refused(world):
    terms, other = world.with_quote(), world.with_quote()
    with pytest.raises(QuoteMissing):
        world.by(BUYER).orders.open(terms)
    with pytest.raises(QuoteInvalid) as refusal:
        world.by(BUYER).orders.open(terms, quote=world.quote(other))
    assert refusal.value.provider == PROVIDER.address
    longer = world.quote(terms).model_copy(update={"expiry": world.now() + timedelta(days=2)})
    with pytest.raises(QuoteInvalid):
        world.by(BUYER).orders.open(terms, quote=longer)


def test_a_quote_that_is_over_cancelled_or_too_short_is_refused(world):
    terms = world.with_quote(accept_by=world.now() + timedelta(hours=5))
    short = world.by(PROVIDER).orders.quote(
        terms, expiry=world.now() + timedelta(hours=1), longest_lock=timedelta(days=1)
    )
    with pytest.raises(LockTooLong):
        world.by(BUYER).orders.open(terms, quote=short)
    quote = world.quote(terms)
    world.wait(quote.expiry + SECOND)
    with pytest.raises(QuoteExpired) as refusal:
        world.by(BUYER).orders.open(terms, quote=quote)
    assert refusal.value.expiry == quote.expiry
    fresh = world.quote(terms)
    world.by(PROVIDER).orders.cancel_quote(terms)
    with pytest.raises(QuoteIsCancelled):
        world.by(BUYER).orders.open(terms, quote=fresh)


def test_a_provider_locks_no_more_than_its_cap(world):
    token = world.client.token().address
    terms = world.with_quote()
    world.by(PROVIDER).orders.set_quote_cap(token, Decimal(0))
    try:
        with pytest.raises(CapExceeded) as refusal:
            world.by(BUYER).orders.open(terms, quote=world.quote(terms))
    finally:
        world.by(PROVIDER).orders.set_quote_cap(token, Decimal(1_000_000))
    assert (refusal.value.provider, refusal.value.cap) == (PROVIDER.address, 0)


def test_there_is_nothing_to_quote_without_a_clause(world):
    with pytest.raises(InputError, match="no quote"):
        world.by(PROVIDER).orders.quote(world.terms(), expiry=world.now(), longest_lock=timedelta(days=1))


def assessed(world, terms, amount):
    orders = world.by(ENTRY).orders
    assessment = orders.assessment(terms, amount, DECLARATION)
    return assessment, ENTRY.address, orders.sign_assessment(terms, assessment)


def test_assessed_duties_go_to_the_tax_payee_and_the_rest_back(world):
    moved = gains(world, world.second_token, BUYER, TAX_PAYEE)
    terms = world.opened(world.with_duties())
    assert terms.separate_duties() == (world.second_token, 21_000_000)
    assert moved() == [-21, 0]

    world.by(STRANGER).orders.assess_duties(terms, *assessed(world, terms, Decimal("12.5")))

    assert moved() == [Decimal("-12.5"), Decimal("12.5")]
    assert not world.order(terms).duties_held
    assert world.client.orders.duties_paid(terms).assessed == 12_500_000
    with pytest.raises(DutiesNotHeld):
        world.by(STRANGER).orders.assess_duties(terms, *assessed(world, terms, Decimal(1)))


def test_an_assessment_above_the_leg_or_not_by_the_authority_is_refused(world):
    terms = world.opened(world.with_duties())
    with pytest.raises(AssessmentTooHigh):
        world.by(STRANGER).orders.assess_duties(terms, *assessed(world, terms, Decimal(22)))
    assessment, _, signature = assessed(world, terms, Decimal(2))
    with pytest.raises(RoleMissing):
        world.by(STRANGER).orders.assess_duties(terms, assessment, CARRIER.address, signature)
    other, _, foreign = assessed(world, terms, Decimal(3))
    assert other.order_id == assessment.order_id
    with pytest.raises(AssessmentInvalid):
        world.by(STRANGER).orders.assess_duties(terms, assessment, ENTRY.address, foreign)


def test_duties_that_nobody_assessed_return_to_the_buyer(world):
    moved = gains(world, world.second_token, BUYER)
    terms = world.opened(world.with_duties())
    with pytest.raises(TooEarly) as refusal:
        world.by(STRANGER).orders.return_duties(terms)
    world.wait(refusal.value.opens_at)
    with pytest.raises(TooLate):
        world.by(STRANGER).orders.assess_duties(terms, *assessed(world, terms, Decimal(1)))
    world.by(STRANGER).orders.return_duties(terms)
    assert moved() == [0]


def test_duty_is_passed_on_to_the_buyer_of_goods_that_came_back(world):
    terms = world.opened(world.with_duties())
    world.by(STRANGER).orders.assess_duties(terms, *assessed(world, terms, Decimal(10)))
    payee = world.by(TAX_PAYEE)
    # Another test on the same chain may have left an allowance.
    payee.token(world.second_token).approve(world.client.contracts.duties.address, Decimal(0))
    with pytest.raises(NotReturned):
        payee.orders.refund_duties(terms, Decimal(10))
    world.by(SELLER).orders.refund(terms)
    with pytest.raises(ERC20InsufficientAllowance) as refusal:
        payee.orders.refund_duties(terms, Decimal(10))
    assert refusal.value.spender == world.client.contracts.duties.address

    payee.token(world.second_token).approve(refusal.value.spender, Decimal(10))
    moved = gains(world, world.second_token, BUYER, TAX_PAYEE)
    payee.orders.refund_duties(terms, Decimal(6))

    assert moved() == [6, -6]
    with pytest.raises(NotPayee):
        world.by(STRANGER).orders.refund_duties(terms, Decimal(1))
    with pytest.raises(RefundTooHigh) as too_high:
        payee.orders.refund_duties(terms, Decimal(5))
    assert too_high.value.max == 4_000_000


def test_an_authorization_brings_the_buyers_consent_to_duties_from_its_allowance(world):
    terms = world.with_duties()
    payment = world.by(BUYER).orders.authorize(terms)
    with pytest.raises(ConsentInvalid):
        world.by(STRANGER).orders.open_with_authorization(terms, payment[: 2 + 2 * 160])
    receipt = world.by(STRANGER).orders.open_with_authorization(terms, payment)
    assert world.client.orders.get(receipt.id).duties_held


def test_duties_in_the_settlement_token_are_part_of_what_the_buyer_pays_in(world):
    terms = world.with_duties()
    token = world.client.token().address
    terms = world.with_duties(duties=terms.duties.model_copy(update={"token": token}))
    assert terms.buyer_leg() == (token, terms.total_units() + 21_000_000)
    assert terms.separate_duties() is None
    moved = gains(world, None, BUYER)
    world.by(SELLER).orders.refund(world.opened(terms))
    assert moved() == [0]
