"""The fields of one document: shown one by one, and nothing beside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from lading.customs import (
    Disclosure,
    DocumentError,
    Field,
    FieldError,
    FieldTree,
    parse_order,
    parse_payment,
    parse_waybill,
)

from .papers import ORDER, PAYMENT, WAYBILL, as_json

VALUES = {"platform_code": "ZZ99X00001", "goods_value": "180", "discount": "5", "tax_total": "16.38"}


def test_each_field_is_shown_alone_and_verifies() -> None:
    tree = FieldTree.of(VALUES)
    for name, value in VALUES.items():
        shown = tree.disclose(name)
        assert (shown.field.name, shown.field.value) == (name, value)
        assert shown.verify(tree.root)


@pytest.mark.parametrize("change", [{"name": "discount"}, {"value": "179"}, {"salt": b"\x00" * 32}])
def test_a_changed_disclosure_does_not_verify(change: dict[str, Any]) -> None:
    tree = FieldTree.of(VALUES)
    shown = tree.disclose("goods_value")
    assert not replace(shown, field=replace(shown.field, **change)).verify(tree.root)


def test_a_disclosure_does_not_verify_under_another_root_or_with_another_proof() -> None:
    tree, other = FieldTree.of(VALUES), FieldTree.of(VALUES)
    shown = tree.disclose("goods_value")
    assert not shown.verify(other.root)
    assert not Disclosure(shown.field, tree.disclose("discount").proof).verify(tree.root)
    assert not Disclosure(shown.field, ()).verify(tree.root)


def test_equal_fields_in_two_documents_cannot_be_told_equal() -> None:
    first, second = FieldTree.of(VALUES), FieldTree.of(VALUES)
    assert {field.leaf() for field in first.fields}.isdisjoint(field.leaf() for field in second.fields)


def test_a_leaf_is_hashed_twice_from_four_words() -> None:
    field = Field("discount", "5", b"\x05" * 32)
    words = keccak(text="lading.customs.field.v1") + keccak(text="discount") + keccak(text="5") + b"\x05" * 32
    assert field.leaf() == keccak(keccak(words))


def test_a_tree_kept_with_its_salts_has_the_same_root() -> None:
    tree = FieldTree.of(VALUES)
    assert FieldTree(tree.fields).root == tree.root


def test_a_name_stands_once() -> None:
    twice = [Field("discount", "5", b"\x01" * 32), Field("discount", "6", b"\x02" * 32)]
    with pytest.raises(FieldError, match="discount: stands twice"):
        FieldTree(twice)


def test_a_field_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(FieldError, match=r"weight: .* discount, goods_value"):
        FieldTree.of(VALUES).disclose("weight")


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=9))
def test_a_disclosure_survives_json(values: dict[str, str]) -> None:
    tree = FieldTree.of({name.encode("ascii", "ignore").decode() or "x": value for name, value in values.items()})
    for field in tree.fields:
        shown = tree.disclose(field.name)
        assert Disclosure.from_json(shown.to_json()) == shown


def test_a_malformed_disclosure_is_refused_with_every_path() -> None:
    with pytest.raises(DocumentError) as caught:
        Disclosure.from_json({"name": 1, "value": "5", "salt": "0x12", "proof": ["0x" + "zz" * 32]})
    assert [fault.path for fault in caught.value.faults] == ["$.name", "$.salt", "$.proof[0]"]
    with pytest.raises(DocumentError, match=r"\$\.proof: is not a list"):
        Disclosure.from_json({**FieldTree.of(VALUES).disclose("discount").to_json(), "proof": None})


def test_what_a_message_does_not_join_is_in_its_tree() -> None:
    order, payment, waybill = (
        parse_order(as_json(ORDER)),
        parse_payment(as_json(PAYMENT)),
        parse_waybill(as_json(WAYBILL)),
    )
    assert order.other_values() == {**VALUES, "consignee_address": "1 Example Road, Hangzhou"}
    assert payment.other_values() == {"paid_at": "2025-06-18T01:30:00Z"}
    assert waybill.other_values() == {
        "waybill_no": "SF0000000001",
        "insurance": "0",
        "currency": "CNY",
        "weight": "1.25",
    }
    assert order.field_tree().disclose("goods_value").field.value == "180"
