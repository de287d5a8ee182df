"""The edge: what goes in and out, and what is refused there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lading.enums import Role
from lading.errors import InputError
from lading.fields import UINT128_MAX, from_units, to_units
from lading.models import OrderTerms, Signed, bitmap_to_roles, roles_to_bitmap

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TERMS = {
    "buyer": ADDRESS,
    "seller": ADDRESS.lower(),
    "platform": bytes.fromhex(ADDRESS[2:]),
    "carrier": ADDRESS,
    "token": ADDRESS,
    "token_decimals": 6,
    "price": Decimal("120.50"),
    "freight": 9,
    "fee_bps": 250,
    "accept_by": NOON,
    "ship_by": NOON + timedelta(days=1),
    "deliver_by": NOON + timedelta(days=5),
    "claim_window": timedelta(days=1),
    "inspection_window": timedelta(days=2),
}


def terms(**changed) -> OrderTerms:
    return OrderTerms(**{**TERMS, **changed})


@given(st.integers(0, UINT128_MAX), st.integers(0, 36))
def test_units_and_amounts_are_each_others_inverse(units, decimals):
    assert to_units(from_units(units, decimals), decimals, "amount") == units


@given(st.integers(0, UINT128_MAX), st.integers(0, 36))
def test_an_amount_finer_by_one_digit_is_refused(units, decimals):
    with localcontext(prec=80), pytest.raises(InputError, match="finer"):
        to_units(from_units(units, decimals) + Decimal((0, (1,), -decimals - 1)), decimals, "amount")


def test_amounts_are_exact_whatever_the_decimal_context():
    with localcontext(prec=3):
        assert to_units(Decimal("123456789.123456"), 6, "amount") == 123_456_789_123_456
        assert str(from_units(123_456_789_123_456, 6)) == "123456789.123456"


@pytest.mark.parametrize("amount", ["-0.01", "NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(InputError):
        to_units(Decimal(amount), 6, "price")


@pytest.mark.parametrize("amount", [5, 1.5, "5"])
def test_an_amount_that_is_no_decimal_is_refused(amount):
    with pytest.raises(InputError, match="Decimal"):
        to_units(amount, 6, "price")


@pytest.mark.parametrize("amount", [Decimal(UINT128_MAX + 1), Decimal("1E+1000000"), Decimal("1E+60")])
def test_an_amount_beyond_uint128_is_refused(amount):
    with pytest.raises(InputError, match="more than"):
        to_units(amount, 0, "price")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"price": 120.5}, "float"),
        ({"price": Decimal("0.0000001")}, "6 decimals"),
        ({"price": "a lot"}, "price"),
        ({"fee_bps": 10_001}, "fee_bps"),
        ({"fee_bps": -1}, "fee_bps"),
        ({"accept_by": datetime(2026, 11, 21, 12)}, "timezone"),  # noqa: DTZ001 - naive on purpose
        ({"accept_by": datetime(1969, 1, 1, tzinfo=UTC)}, "block time"),
        ({"claim_window": timedelta(seconds=2**32)}, "window"),
        ({"claim_window": timedelta(seconds=-1)}, "window"),
        ({"buyer": ADDRESS.replace("C", "c", 1)}, "checksum"),
        ({"buyer": "0x1234"}, "address"),
        ({"buyer": None}, "address"),
        ({"exit_authority": "0x12"}, "32 bytes"),
        ({"salt": 7}, "32 bytes"),
        ({"token_decimals": 37}, "token_decimals"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_malformed_terms_are_refused_by_name(changed, words):
    with pytest.raises(InputError, match=words):
        terms(**changed)


def test_missing_terms_are_named():
    with pytest.raises(InputError, match="buyer"):
        OrderTerms(**{name: value for name, value in TERMS.items() if name != "buyer"})


def test_what_is_no_json_is_refused_in_the_same_way():
    with pytest.raises(InputError, match="OrderTerms"):
        OrderTerms.parse("{")


def test_terms_survive_json():
    one = terms(condition=ADDRESS, condition_by=NOON + timedelta(days=3), exit_authority="0x" + "AB" * 32)
    assert OrderTerms.parse(one.model_dump_json()) == one


def test_terms_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        terms().price = Decimal(1)


def test_two_orders_on_equal_terms_are_two_orders():
    assert terms() != terms()
    assert terms().salt != terms().salt


def test_times_are_kept_in_utc_and_whole_seconds():
    shanghai = timezone(timedelta(hours=8))
    given_time = datetime(2026, 11, 21, 20, 0, 0, 999_999, tzinfo=shanghai)
    assert terms(accept_by=given_time).accept_by == NOON


def test_the_solidity_struct_holds_integers_and_zeros():
    salt = "0x" + "77" * 32
    assert terms(salt=salt).to_chain() == (
        ADDRESS,
        ADDRESS,
        ADDRESS,
        ADDRESS,
        ADDRESS,
        120_500_000 | 9_000_000 << 120 | 250 << 240,
        1795262400 | (1795262400 + 86_400) << 40 | (1795262400 + 5 * 86_400) << 120 | 86_400 << 160 | 2 * 86_400 << 192,
        "0x" + "00" * 20,
        "0x" + "00" * 32,
        "0x" + "00" * 32,
        salt,
        (),
    )
    assert terms().total_units() == 129_500_000


@given(st.sets(st.sampled_from(Role)))
def test_a_bitmap_holds_exactly_its_roles(roles):
    assert bitmap_to_roles(roles_to_bitmap(roles)) == roles


def test_the_bit_of_a_role_is_its_number():
    assert roles_to_bitmap([Role.BRAND, Role.ARBITER, Role.ARBITER]) == 0b1_0000_0001


@pytest.mark.parametrize("signature", ["0x1", "0xzz", "ab", "0xAB"])
def test_a_malformed_signature_is_refused(signature):
    with pytest.raises(InputError, match="signature"):
        Signed(signer=ADDRESS, signature=signature)


CLAUSES = {
    "duties": {"token": ADDRESS, "token_decimals": 6, "amount": 5, "payee": ADDRESS, "assess_by": NOON},
    "quote": {"provider": ADDRESS, "token": ADDRESS, "token_decimals": 18, "amount": 900, "premium": 3},
    "returns": {"place": "0x" + "01" * 32, "receive_window": timedelta(days=9), "settle_window": timedelta(days=2)},
    "arbitration": {"arbiter": ADDRESS, "fee": 5, "window": timedelta(days=20), "silent_buyer_bps": 5_000},
}


@pytest.mark.parametrize(
    ("clause", "changed", "words"),
    [
        ("duties", {"amount": 0}, "leave the clause out"),
        ("duties", {"amount": Decimal("0.0000001")}, "6 decimals"),
        ("duties", {"amount": Decimal(2**128)}, "128 bits"),
        ("quote", {"amount": 0}, "leave the clause out"),
        ("quote", {"premium": Decimal(2**120)}, "120 bits"),
        ("quote", {"premium": 0.5}, "float"),
        ("returns", {"receive_window": timedelta(0)}, "leave the clause out"),
        ("returns", {"restocking_bps": 10_001}, "restocking_bps"),
        ("returns", {"freight": Decimal("0.0000001")}, "6 decimals"),
        ("arbitration", {"window": timedelta(0)}, "leave the clause out"),
        ("arbitration", {"fee": Decimal(2**128)}, "128 bits"),
        ("arbitration", {"silent_buyer_bps": -1}, "silent_buyer_bps"),
    ],
)
def test_a_malformed_clause_is_refused_by_name(clause, changed, words):
    with pytest.raises(InputError, match=words):
        terms(**{clause: {**CLAUSES[clause], **changed}})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"price": Decimal(2**120)}, "price.*120 bits"),
        ({"freight": Decimal(2**120)}, "freight.*120 bits"),
        ({"fee_ceiling": Decimal(2**120)}, "fee_ceiling.*120 bits"),
        ({"fee_ceiling": Decimal(0)}, "no ceiling"),
        ({"group": 7}, "32 bytes"),
    ],
)
def test_what_does_not_fit_its_field_on_chain_is_refused(changed, words):
    with pytest.raises(InputError, match=words):
        terms(token_decimals=0, **{"price": 120, **changed})


def test_terms_with_every_clause_survive_json():
    one = terms(**CLAUSES, group="0x" + "05" * 32, fee_ceiling=Decimal(2))
    assert OrderTerms.parse(one.model_dump_json()) == one
    assert len(one.to_chain()[-1]) == 1
