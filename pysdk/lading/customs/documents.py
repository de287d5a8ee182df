"""The three documents as they are signed and as CustomsClearance compares them (ICustomsClearance.sol).

Pure data: `lading.chain` signs and sends them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

from lading.customs.commitments import HASH_BYTES
from lading.customs.errors import FieldError
from lading.enums import JoinField

NOTHING = bytes(HASH_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """32-byte words, in the order of the Solidity struct. Attributes are Solidity's names in snake case."""

    TYPE: ClassVar[str]

    def __post_init__(self) -> None:
        for each in fields(self):
            word = getattr(self, each.name)
            if len(word) != HASH_BYTES:
                raise FieldError(each.name, f"has {len(word)} bytes, not {HASH_BYTES}")

    @classmethod
    def eip712_types(cls) -> dict[str, list[dict[str, str]]]:
        """The `types` of EIP-712 typed data, without the domain's: the Solidity struct and its signer."""
        words = [{"name": _camel(each.name), "type": "bytes32"} for each in fields(cls)]
        return {cls.TYPE: [*words, {"name": "signer", "type": "address"}]}

    def eip712_message(self, signer: str) -> dict[str, bytes | str]:
        """The `message` of EIP-712 typed data, for the address that signs (a key or an ERC-1271 wallet)."""
        return {**self.struct(), "signer": signer}

    def struct(self) -> dict[str, bytes]:
        """By Solidity's names; the values in order are the argument of `matchDocuments`."""
        return {_camel(each.name): getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDocument(_Document):
    """The order as the platform states it."""

    TYPE: ClassVar[str] = "OrderDocument"

    order_id: bytes
    order_no: bytes
    transaction_id: bytes
    amount: bytes
    currency: bytes
    payer: bytes
    consignee: bytes
    freight: bytes
    fields_root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDocument(_Document):
    """The payment as the payment provider states it."""

    TYPE: ClassVar[str] = "PaymentDocument"

    order_id: bytes
    order_no: bytes
    transaction_id: bytes
    amount: bytes
    currency: bytes
    payer: bytes
    fields_root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WaybillDocument(_Document):
    """The waybill as the carrier states it."""

    TYPE: ClassVar[str] = "WaybillDocument"

    order_id: bytes
    order_no: bytes
    consignee: bytes
    freight: bytes
    fields_root: bytes


def compare(order: OrderDocument, payment: PaymentDocument, waybill: WaybillDocument) -> JoinField | None:
    """The first join field that differs, as CustomsClearance finds it; None if the documents match.

    A zero is no commitment and differs from everything, another zero included.
    """
    pairs = {
        JoinField.PAYMENT_ORDER_NO: (order.order_no, payment.order_no),
        JoinField.TRANSACTION_ID: (order.transaction_id, payment.transaction_id),
        JoinField.AMOUNT: (order.amount, payment.amount),
        JoinField.CURRENCY: (order.currency, payment.currency),
        JoinField.PAYER: (order.payer, payment.payer),
        JoinField.WAYBILL_ORDER_NO: (order.order_no, waybill.order_no),
        JoinField.CONSIGNEE: (order.consignee, waybill.consignee),
        JoinField.FREIGHT: (order.freight, waybill.freight),
    }
    for field in sorted(pairs):
        first, second = pairs[field]
        if first != second or first == NOTHING:
            return field
    return None


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(map(str.capitalize, tail))
