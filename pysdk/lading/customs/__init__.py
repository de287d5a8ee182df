"""Customs papers: canonical forms, commitments, the three documents and their comparison. Pure: no I/O and no chain."""

from __future__ import annotations

from lading.customs.ceb import (
    OrderMessage,
    PaymentMessage,
    WaybillMessage,
    parse_order,
    parse_payment,
    parse_waybill,
)
from lading.customs.commitments import Opening, Shared, SharedSecrets
from lading.customs.documents import OrderDocument, PaymentDocument, WaybillDocument, compare
from lading.customs.errors import DocumentError, DocumentFault, FieldError, SecretError
from lading.customs.fields import Disclosure, Field, FieldTree

__all__ = [
    "Disclosure",
    "DocumentError",
    "DocumentFault",
    "Field",
    "FieldError",
    "FieldTree",
    "Opening",
    "OrderDocument",
    "OrderMessage",
    "PaymentDocument",
    "PaymentMessage",
    "SecretError",
    "Shared",
    "SharedSecrets",
    "WaybillDocument",
    "WaybillMessage",
    "compare",
    "parse_order",
    "parse_payment",
    "parse_waybill",
]
