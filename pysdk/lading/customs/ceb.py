"""Order, payment and waybill as China's customs takes them (CEB 311, 411, 511), with plain names for theirs.

`parse_order`, `parse_payment` and `parse_waybill` read JSON once, strictly, and name every fault by its path; what they
return always has its canonical form. `document` then gives what is signed.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, ClassVar, NoReturn, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lading.customs import canonical
from lading.customs.commitments import Opening, Shared, SharedSecrets, opening
from lading.customs.currencies import china_customs_currency
from lading.customs.documents import OrderDocument, PaymentDocument, WaybillDocument
from lading.customs.errors import DocumentError, DocumentFault, FieldError
from lading.customs.fields import FieldTree

MAX_BYTES = 65_536
MAX_BRACKETS = 64
"""Bounds of one document's JSON. A document is flat; brackets are counted before parsing because Python's JSON parser
recurses per bracket, and libraries beside us (py-evm) raise the recursion limit beyond what the stack holds."""

CHINA_TIME = timezone(timedelta(hours=8))


def _currency(code: object) -> str:
    try:
        return china_customs_currency(str(code))
    except FieldError as unknown:
        raise ValueError(unknown.problem) from unknown  # pydantic reports a ValueError with its path


def _time(value: object) -> object:
    if isinstance(value, str) and len(value) == len("YYYYMMDDhhmmss") and value.isdecimal():
        return datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=CHINA_TIME)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    raise ValueError("is not 14 digits YYYYMMDDhhmmss, in China's time")


Text = Annotated[str, Field(min_length=1, max_length=canonical.MAX_TEXT)]
Money = Annotated[Decimal, Field(ge=0, max_digits=19, decimal_places=5, allow_inf_nan=False)]
Weight = Annotated[Decimal, Field(gt=0, max_digits=19, decimal_places=5, allow_inf_nan=False)]
Currency = Annotated[str, BeforeValidator(_currency)]
Time = Annotated[datetime, BeforeValidator(_time)]


class _Message(BaseModel, ABC):
    """Frozen; read by CEB's names, written in Python by plain ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    KIND: ClassVar[str]
    JOINED: ClassVar[frozenset[str]]
    """Names of the attributes that go into join fields."""

    @abstractmethod
    def shared_values(self) -> dict[Shared, bytes]:
        """The canonical form of each join field. Raises `FieldError`."""

    def other_values(self) -> dict[str, str]:
        """The fields that no other document shares, by plain name, as text; those that are absent are left out."""
        names = [name for name in type(self).model_fields if name not in self.JOINED]
        return {name: _as_text(name, getattr(self, name)) for name in names if getattr(self, name) is not None}

    def field_tree(self) -> FieldTree:
        """The other fields under fresh salts. Make it once per document and keep it."""
        return FieldTree.of(self.other_values())

    def openings(self, order_id: bytes, held: SharedSecrets) -> dict[Shared, Opening]:
        """What commits to each join field, and shows it. Raises `SecretError` for a secret that is not held."""
        return {shared: opening(shared, value, order_id, held) for shared, value in self.shared_values().items()}

    def _commitments(self, order_id: bytes, held: SharedSecrets) -> dict[str, bytes]:
        """By attribute of the signed document."""
        return {shared.name.lower(): each.commitment for shared, each in self.openings(order_id, held).items()}


class OrderMessage(_Message):
    """CEB 311: the order as the platform reports it. Amounts in `currency`."""

    KIND: ClassVar[str] = "order (CEB 311)"
    JOINED: ClassVar[frozenset[str]] = frozenset(
        {
            "order_no",
            "transaction_id",
            "amount_paid",
            "currency",
            "buyer_id_type",
            "buyer_id_number",
            "buyer_name",
            "consignee",
            "consignee_telephone",
            "freight",
        }
    )

    order_no: Text = Field(alias="orderNo")
    platform_code: Text = Field(alias="ebpCode")
    goods_value: Money = Field(alias="goodsValue")
    freight: Money
    discount: Money
    tax_total: Money = Field(alias="taxTotal")
    amount_paid: Money = Field(alias="acturalPaid")
    currency: Currency
    buyer_id_type: Text = Field(alias="buyerIdType")
    buyer_id_number: Text = Field(alias="buyerIdNumber")
    buyer_name: Text = Field(alias="buyerName")
    transaction_id: Text = Field(alias="payTransactionId")
    consignee: Text
    consignee_telephone: Text = Field(alias="consigneeTelephone")
    consignee_address: Text | None = Field(default=None, alias="consigneeAddress")

    def shared_values(self) -> dict[Shared, bytes]:
        return {
            Shared.ORDER_NO: canonical.order_no(self.order_no),
            Shared.TRANSACTION_ID: canonical.transaction_id(self.transaction_id),
            Shared.AMOUNT: canonical.amount(self.amount_paid, self.currency),
            Shared.CURRENCY: canonical.currency(self.currency),
            Shared.PAYER: canonical.payer(self.buyer_name, self.buyer_id_type, self.buyer_id_number),
            Shared.CONSIGNEE: canonical.consignee(self.consignee, self.consignee_telephone),
            Shared.FREIGHT: canonical.freight(self.freight, self.currency),
        }

    def document(self, order_id: bytes, held: SharedSecrets, fields_root: bytes) -> OrderDocument:
        """What the platform signs. Needs all three secrets (`SecretError`)."""
        return OrderDocument(order_id=order_id, fields_root=fields_root, **self._commitments(order_id, held))


class PaymentMessage(_Message):
    """CEB 411: the payment as the payment provider reports it."""

    KIND: ClassVar[str] = "payment (CEB 411)"
    JOINED: ClassVar[frozenset[str]] = frozenset(
        {"order_no", "transaction_id", "amount_paid", "currency", "payer_id_type", "payer_id_number", "payer_name"}
    )

    transaction_id: Text = Field(alias="payTransactionId")
    order_no: Text = Field(alias="orderNo")
    payer_id_type: Text = Field(alias="payerIdType")
    payer_id_number: Text = Field(alias="payerIdNumber")
    payer_name: Text = Field(alias="payerName")
    amount_paid: Money = Field(alias="amountPaid")
    currency: Currency
    paid_at: Time = Field(alias="payTime")

    def shared_values(self) -> dict[Shared, bytes]:
        return {
            Shared.ORDER_NO: canonical.order_no(self.order_no),
            Shared.TRANSACTION_ID: canonical.transaction_id(self.transaction_id),
            Shared.AMOUNT: canonical.amount(self.amount_paid, self.currency),
            Shared.CURRENCY: canonical.currency(self.currency),
            Shared.PAYER: canonical.payer(self.payer_name, self.payer_id_type, self.payer_id_number),
        }

    def document(self, order_id: bytes, held: SharedSecrets, fields_root: bytes) -> PaymentDocument:
        """What the payment provider signs. Needs the secrets `all_parties` and `order_payment` (`SecretError`)."""
        return PaymentDocument(order_id=order_id, fields_root=fields_root, **self._commitments(order_id, held))


class WaybillMessage(_Message):
    """CEB 511: the waybill as the carrier reports it. Weight in kilograms."""

    KIND: ClassVar[str] = "waybill (CEB 511)"
    JOINED: ClassVar[frozenset[str]] = frozenset({"order_no", "consignee", "consignee_telephone", "freight"})

    waybill_no: Text = Field(alias="logisticsNo")
    order_no: Text = Field(alias="orderNo")
    freight: Money
    insurance: Money = Field(alias="insuredFee")
    currency: Currency
    weight: Weight
    consignee: Text
    consignee_telephone: Text = Field(alias="consigneeTelephone")
    consignee_address: Text | None = Field(default=None, alias="consigneeAddress")

    def shared_values(self) -> dict[Shared, bytes]:
        return {
            Shared.ORDER_NO: canonical.order_no(self.order_no),
            Shared.CONSIGNEE: canonical.consignee(self.consignee, self.consignee_telephone),
            Shared.FREIGHT: canonical.freight(self.freight, self.currency),
        }

    def document(self, order_id: bytes, held: SharedSecrets, fields_root: bytes) -> WaybillDocument:
        """What the carrier signs. Needs the secrets `all_parties` and `order_waybill` (`SecretError`)."""
        return WaybillDocument(order_id=order_id, fields_root=fields_root, **self._commitments(order_id, held))


def parse_order(text: str | bytes) -> OrderMessage:
    """Raises `DocumentError` with the path of every fault."""
    return _parse(OrderMessage, text)


def parse_payment(text: str | bytes) -> PaymentMessage:
    """Raises `DocumentError` with the path of every fault."""
    return _parse(PaymentMessage, text)


def parse_waybill(text: str | bytes) -> WaybillMessage:
    """Raises `DocumentError` with the path of every fault."""
    return _parse(WaybillMessage, text)


Message = TypeVar("Message", bound=_Message)


def _parse(model: type[Message], text: str | bytes) -> Message:
    try:
        message = model.model_validate(_read_json(text))
        message.shared_values()
        message.other_values()
    except ValidationError as invalid:
        raise DocumentError(model.KIND, [_fault(error["loc"], error["msg"]) for error in invalid.errors()]) from None
    except FieldError as formless:
        raise DocumentError(model.KIND, [DocumentFault(f"$ ({formless.field})", formless.problem)]) from None
    except ValueError as unreadable:
        raise DocumentError(model.KIND, [DocumentFault("$", f"cannot be read: {unreadable}")]) from None
    return message


def _read_json(text: str | bytes) -> object:
    if len(text) > MAX_BYTES:
        raise ValueError(f"{len(text)} bytes are more than {MAX_BYTES}")
    flat = text.decode() if isinstance(text, bytes) else text
    if flat.count("[") + flat.count("{") > MAX_BRACKETS:
        raise ValueError(f"more than {MAX_BRACKETS} brackets, where a document is flat")
    return json.loads(flat, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once)


def _fault(location: tuple[int | str, ...], problem: str) -> DocumentFault:
    return DocumentFault("$" + "".join(f".{part}" for part in location), problem.removeprefix("Value error, "))


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """JSON leaves open which of two equal names counts (RFC 8259, section 4), so neither does."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the name {name!r} stands twice")
        found[name] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _as_text(name: str, value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return canonical.plain_text(name, str(value))
