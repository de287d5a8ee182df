"""Canonical forms: equal meanings meet, different ones stay apart, and nothing is rounded or guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lading.customs import FieldError, canonical
from lading.customs.currencies import CHINA_CUSTOMS, MINOR_UNITS, china_customs_currency, iso_currency

VISIBLE = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=40)


@pytest.mark.parametrize("text", ["LAD-123", "lad-123", " LAD-123\n", "ＬＡＤ－１２３"])
def test_an_order_number_is_one_however_it_is_typed(text: str) -> None:
    assert canonical.order_no(text) == b"LAD-123"


def test_transaction_ids_that_differ_in_case_are_two() -> None:
    assert canonical.transaction_id("pay_Ab") != canonical.transaction_id("pay_aB")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        (" \t", "is empty"),
        ("A 1", "holds a blank"),
        ("A\u200b1", r"U\+200B at position 1"),
        ("A\n1", r"U\+000A at position 1"),
        ("A\ud800", r"U\+D800 at position 1"),
        ("9" * 257, "257 characters, more than 256"),
    ],
)
def test_a_number_that_hides_something_is_refused(text: str, problem: str) -> None:
    with pytest.raises(FieldError, match=problem) as caught:
        canonical.order_no(text)
    assert caught.value.field == "order_no"


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("199", "CNY", b"19900"),
        ("199.00", "156", b"19900"),
        ("1.99E+2", "cny", b"19900"),
        ("199.000", "CNY", b"19900"),
        ("0", "CNY", b"0"),
        ("-0", "CNY", b"0"),
        ("199", "JPY", b"199"),
        ("1.234", "KWD", b"1234"),
        ("1.2345", "CLF", b"12345"),
        ("99999999999999.99", "USD", b"9999999999999999"),
    ],
)
def test_an_amount_is_counted_in_minor_units(value: str, currency: str, expected: bytes) -> None:
    assert canonical.amount(Decimal(value), currency) == expected


@pytest.mark.parametrize(
    ("value", "currency", "problem"),
    [
        ("0.001", "CNY", "2 decimals"),
        ("0.5", "JPY", "0 decimals"),
        ("-1", "CNY", "zero or more"),
        ("NaN", "CNY", "zero or more"),
        ("Infinity", "CNY", "zero or more"),
        ("1" * 41, "CNY", "40 digits"),
        ("1." + "0" * 40 + "1", "CNY", "2 decimals"),
        ("1E+100", "CNY", "40 digits"),
        ("1E+999999", "CNY", "40 digits"),
    ],
)
def test_an_amount_is_never_rounded(value: str, currency: str, problem: str) -> None:
    with pytest.raises(FieldError, match=problem):
        canonical.amount(Decimal(value), currency)


@given(st.integers(min_value=0, max_value=10**18), st.sampled_from(sorted(MINOR_UNITS)), st.integers(0, 6))
def test_an_amount_is_the_same_with_any_number_of_trailing_zeros(minor: int, currency: str, zeros: int) -> None:
    value = Decimal(minor).scaleb(-MINOR_UNITS[currency])
    padded = Decimal(f"{value:f}" + ("" if "." in f"{value:f}" else ".") + "0" * zeros)
    assert canonical.amount(padded, currency) == str(minor).encode()


def test_the_two_numeric_tables_are_never_mixed() -> None:
    assert china_customs_currency("142") == "CNY"
    assert (china_customs_currency("116"), iso_currency("116")) == ("JPY", "KHR")
    assert iso_currency("156") == "CNY"
    with pytest.raises(FieldError, match="'142' is no ISO 4217"):
        iso_currency("142")
    with pytest.raises(FieldError, match=r"'156' is no .* number of China's customs"):
        china_customs_currency("156")


def test_each_currency_of_chinas_customs_is_in_iso_4217() -> None:
    assert set(CHINA_CUSTOMS.values()) <= set(MINOR_UNITS)
    assert len(set(CHINA_CUSTOMS.values())) == len(CHINA_CUSTOMS)


@pytest.mark.parametrize("code", ["XAU", "XTS", "", "CN", "1", "¥"])
def test_what_has_no_minor_unit_is_no_currency(code: str) -> None:
    with pytest.raises(FieldError, match=r"^currency: "):
        canonical.currency(code)


def test_freight_in_another_currency_is_another_freight() -> None:
    assert canonical.freight(Decimal("1.5"), "CNY") == b"CNY\n150"
    assert canonical.freight(Decimal("1.50"), "USD") == b"USD\n150"


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("买买提·吐尔逊", "00000019000101000X"),
        ("买买提•吐尔逊", "00000019000101000x"),
        ("买买提・吐尔逊 ", "000000-19000101-000X"),
    ],
)
def test_a_payer_is_one_however_name_and_number_are_written(name: str, number: str) -> None:
    assert canonical.payer(name, "1", number) == "买买提·吐尔逊\n1\n00000019000101000X".encode()


def test_a_payer_with_another_kind_of_document_is_another() -> None:
    assert canonical.payer("A", "1", "7") != canonical.payer("A", "2", "7")


def test_a_payer_needs_a_name_and_a_number() -> None:
    with pytest.raises(FieldError, match="payer: the name is empty"):
        canonical.payer(" ", "1", "7")
    with pytest.raises(FieldError, match="payer: the identity document has no number"):
        canonical.payer("A", "1", " - ")


@pytest.mark.parametrize("text", ["13800000000", "138-0000-0000", "+86 138 0000 0000", "0086(138)00000000"])
def test_a_telephone_number_is_one_however_it_is_dialled(text: str) -> None:
    assert canonical.phone(text) == b"+8613800000000"


def test_a_trunk_prefix_is_dropped_and_a_foreign_number_kept() -> None:
    assert canonical.phone("021-00000000") == b"+862100000000"
    assert canonical.phone("+31 20 0000000") == b"+31200000000"


@pytest.mark.parametrize("text", ["", "12", "+", "call me", "+0123456789", "1" * 16])
def test_what_cannot_be_dialled_is_no_telephone_number(text: str) -> None:
    with pytest.raises(FieldError, match=r"E\.164"):
        canonical.phone(text)


@given(VISIBLE)
def test_a_canonical_name_is_its_own_canonical_form(text: str) -> None:
    try:
        once = canonical.person_name("payer", text).decode()
    except FieldError:
        assume(False)
    assert canonical.person_name("payer", once).decode() == once


@given(VISIBLE, VISIBLE, VISIBLE, VISIBLE)
def test_parts_of_a_value_never_run_into_each_other(name: str, kind: str, other_name: str, other_kind: str) -> None:
    try:
        first, second = canonical.payer(name, kind, "7"), canonical.payer(other_name, other_kind, "7")
    except FieldError:
        assume(False)
    assert first.count(b"\n") == second.count(b"\n") == 2
    parts = (canonical.person_name("payer", name), first.split(b"\n")[1])
    other_parts = (canonical.person_name("payer", other_name), second.split(b"\n")[1])
    assert (first == second) == (parts == other_parts)
