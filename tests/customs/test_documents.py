"""The three documents: parsed, committed to, compared, and held against the contract's source."""

from __future__ import annotations

import hmac
import re
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from lading.customs import (
    DocumentError,
    OrderDocument,
    PaymentDocument,
    SecretError,
    Shared,
    SharedSecrets,
    WaybillDocument,
    compare,
    parse_order,
    parse_payment,
    parse_waybill,
)
from lading.customs.commitments import opening
from lading.enums import JoinField

from .papers import ORDER, ORDER_ID, PAYMENT, WAYBILL, as_json

CONTRACTS = Path(__file__).parents[2] / "contracts"
HELD = SharedSecrets(b"\x01" * 32, b"\x02" * 32, b"\x03" * 32)
ROOT = b"\x04" * 32


def documents(
    order: dict[str, Any] = ORDER, payment: dict[str, Any] = PAYMENT, waybill: dict[str, Any] = WAYBILL
) -> tuple[OrderDocument, PaymentDocument, WaybillDocument]:
    """Each made by its own party, from its own message and secrets."""
    return (
        parse_order(as_json(order)).document(ORDER_ID, HELD, ROOT),
        parse_payment(as_json(payment)).document(ORDER_ID, HELD.for_payment_provider(), ROOT),
        parse_waybill(as_json(waybill)).document(ORDER_ID, HELD.for_carrier(), ROOT),
    )


# Parsing


def test_an_order_is_read_by_cebs_names() -> None:
    order = parse_order(as_json(ORDER))
    assert (order.amount_paid, order.currency) == (Decimal("206.88"), "CNY")
    assert order.freight == Decimal("15.5")


def test_a_number_in_json_loses_no_digit() -> None:
    text = as_json(ORDER).replace('"206.88"', "99999999999999.99")
    assert parse_order(text).amount_paid == Decimal("99999999999999.99")


def test_the_time_of_a_payment_is_chinas() -> None:
    assert parse_payment(as_json(PAYMENT)).paid_at == datetime(2025, 6, 18, 1, 30, tzinfo=UTC)


def test_every_fault_is_named_by_its_path() -> None:
    text = as_json(ORDER, acturalPaid="-1", currency="156", buyerName=None, actualPaid="206.88", orderNo=7)
    with pytest.raises(DocumentError) as caught:
        parse_order(text)
    assert sorted(fault.path for fault in caught.value.faults) == [
        "$.actualPaid",
        "$.acturalPaid",
        "$.buyerName",
        "$.currency",
        "$.orderNo",
    ]
    assert "order (CEB 311)" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"payTime": "2025-06-18"}, "$.payTime"),
        ({"payTime": "20250230000000"}, "$.payTime"),
        ({"amountPaid": "NaN"}, "$.amountPaid"),
        ({"amountPaid": True}, "$.amountPaid"),
        ({"orderNo": "A 1"}, "$ (order_no)"),
        ({"payerName": "A\u200b"}, "$ (payer)"),
        ({"amountPaid": "0.001"}, "$ (amount)"),
    ],
)
def test_a_bad_value_of_a_payment_is_named(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_payment(as_json(PAYMENT, **changes))
    assert [fault.path for fault in caught.value.faults] == [path]


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"freight": NaN}', "[" * 50_000, " " * 70_000, b"\xff\xfe\x00"]
)
def test_what_is_no_json_object_is_refused(text: str | bytes) -> None:
    with pytest.raises(DocumentError, match=r"waybill \(CEB 511\)"):
        parse_waybill(text)


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(DocumentError, match="'orderNo' stands twice"):
        parse_waybill(as_json(WAYBILL)[:-1] + ', "orderNo": "other"}')


# Commitments


def test_documents_that_say_the_same_in_three_ways_match() -> None:
    assert compare(*documents()) is None


@pytest.mark.parametrize(
    ("document", "change", "expected"),
    [
        ("payment", {"orderNo": "LAD-2025-000124"}, JoinField.PAYMENT_ORDER_NO),
        ("payment", {"payTransactionId": "PAY_3MtwBwLkd"}, JoinField.TRANSACTION_ID),
        ("payment", {"amountPaid": "206.87"}, JoinField.AMOUNT),
        ("payment", {"currency": "502"}, JoinField.CURRENCY),
        ("payment", {"payerIdNumber": "000000190001010018"}, JoinField.PAYER),
        ("waybill", {"orderNo": "LAD-2025-000124"}, JoinField.WAYBILL_ORDER_NO),
        ("waybill", {"consigneeTelephone": "13800000001"}, JoinField.CONSIGNEE),
        ("waybill", {"freight": "15.51"}, JoinField.FREIGHT),
        ("waybill", {"currency": "502"}, JoinField.FREIGHT),
    ],
)
def test_the_field_that_differs_is_named(document: str, change: dict[str, Any], expected: JoinField) -> None:
    original = {"payment": PAYMENT, "waybill": WAYBILL}[document]
    assert compare(*documents(**{document: {**original, **change}})) is expected


@given(st.sets(st.sampled_from(list(JoinField)[1:])))
def test_the_first_of_several_differences_is_named(differing: set[JoinField]) -> None:
    order, payment, waybill = documents()
    attribute = {JoinField.PAYMENT_ORDER_NO: "order_no", JoinField.WAYBILL_ORDER_NO: "order_no"}
    for field in differing:
        name = attribute.get(field, field.name.lower())
        if field >= JoinField.WAYBILL_ORDER_NO:
            waybill = replace(waybill, **{name: b"\xff" * 32})
        else:
            payment = replace(payment, **{name: b"\xff" * 32})
    assert compare(order, payment, waybill) == (min(differing) if differing else None)


@pytest.mark.parametrize("name", ["transaction_id", "amount", "currency", "payer"])
def test_a_field_that_both_leave_out_differs(name: str) -> None:
    order, payment, waybill = documents()
    nothing = {name: bytes(32)}
    assert compare(replace(order, **nothing), replace(payment, **nothing), waybill) is JoinField[name.upper()]


def test_a_commitment_is_keccak_of_salt_and_value() -> None:
    found = opening(Shared.AMOUNT, b"20688", ORDER_ID, HELD)
    salt = hmac.new(b"\x02" * 32, b"lading.customs.amount" + ORDER_ID, "sha256").digest()
    assert (found.salt, found.commitment) == (salt, keccak(salt + b"20688"))
    assert documents()[0].amount == found.commitment
    assert found.opens(found.commitment)
    assert not replace(found, value=b"20689").opens(found.commitment)


def test_equal_values_in_other_orders_or_fields_give_other_commitments() -> None:
    order = documents()[0]
    words = [getattr(order, each.name) for each in fields(order)]
    other = parse_order(as_json(ORDER)).document(b"\x09" * 32, HELD, ROOT)
    assert len(set(words)) == len(words)
    assert {getattr(other, shared.name.lower()) for shared in Shared}.isdisjoint(words)


def test_another_secret_gives_another_commitment_for_the_same_value() -> None:
    stranger = SharedSecrets(b"\x01" * 32, b"\x07" * 32)
    order, _, waybill = documents()
    payment = parse_payment(as_json(PAYMENT)).document(ORDER_ID, stranger, ROOT)
    assert compare(order, payment, waybill) is JoinField.TRANSACTION_ID


def test_each_secret_is_shared_by_exactly_the_parties_that_hold_the_field() -> None:
    assert HELD.for_carrier().order_payment is None
    assert HELD.for_payment_provider().order_waybill is None
    for shared in (Shared.TRANSACTION_ID, Shared.AMOUNT, Shared.CURRENCY, Shared.PAYER):
        with pytest.raises(SecretError, match="needs the secret order_payment"):
            HELD.for_carrier().of(shared)
    for shared in (Shared.CONSIGNEE, Shared.FREIGHT):
        with pytest.raises(SecretError, match="needs the secret order_waybill"):
            HELD.for_payment_provider().of(shared)


def test_secrets_are_fresh_of_full_length_and_never_printed() -> None:
    first, second = SharedSecrets.generate(), SharedSecrets.generate()
    drawn = [first.all_parties, first.order_payment, first.order_waybill, second.all_parties]
    assert len(set(drawn)) == 4
    assert repr(first) == "SharedSecrets()"
    with pytest.raises(SecretError, match="order_payment has 3 bytes, not 32"):
        SharedSecrets(b"\x01" * 32, b"abc")


# The contract's source


def test_the_join_fields_are_the_contracts() -> None:
    source = (CONTRACTS / "interfaces/ICustomsClearance.sol").read_text()
    body = re.search(r"enum JoinField \{([^}]*)\}", source)
    assert body is not None
    names = [re.sub(r"(?<!^)(?=[A-Z])", "_", name.strip()).upper() for name in body[1].split(",")]
    assert names == [field.name for field in JoinField]
    assert [field.value for field in JoinField] == list(range(len(names)))


@pytest.mark.parametrize("kind", [OrderDocument, PaymentDocument, WaybillDocument])
def test_the_struct_and_the_typed_data_are_the_contracts(kind: Any) -> None:
    interface = (CONTRACTS / "interfaces/ICustomsClearance.sol").read_text()
    struct = re.search(rf"struct {kind.TYPE} \{{([^}}]*)\}}", interface)
    assert struct is not None
    words = dict.fromkeys((each.name for each in fields(kind)), ROOT)
    document = kind(**words)
    assert re.findall(r"bytes32 (\w+);", struct[1]) == list(document.struct())

    members = kind.eip712_types()[kind.TYPE]
    typed = f"{kind.TYPE}({','.join(member['type'] + ' ' + member['name'] for member in members)})"
    assert f'"{typed}"' in (CONTRACTS / "CustomsClearance.sol").read_text()


def test_a_document_is_typed_data_that_wallets_sign() -> None:
    payment = documents()[1]
    signer = "0x" + "11" * 20
    domain = {"name": "Lading CustomsClearance", "version": "1", "chainId": 1, "verifyingContract": "0x" + "22" * 20}
    signable = encode_typed_data(domain, payment.eip712_types(), payment.eip712_message(signer))
    members = ",".join(f"bytes32 {name}" for name in payment.struct())
    type_hash = keccak(text=f"PaymentDocument({members},address signer)")
    assert signable.body == keccak(type_hash + b"".join(payment.struct().values()) + bytes(12) + b"\x11" * 20)
