"""One made-up order, payment and waybill that say the same, each written its own way."""

from __future__ import annotations

import json
from typing import Any

ORDER_ID = bytes(range(32))

ORDER: dict[str, Any] = {
    "orderNo": "lad-2025-000123",
    "ebpCode": "ZZ99X00001",
    "goodsValue": "180.00",
    "freight": 15.5,
    "discount": "5",
    "taxTotal": "16.38",
    "acturalPaid": "206.88",
    "currency": "142",
    "buyerIdType": "1",
    "buyerIdNumber": "00000019000101000x",
    "buyerName": "买买提•吐尔逊",
    "payTransactionId": "pay_3MtwBwLkd",
    "consignee": "Zhang  Wei",
    "consigneeTelephone": "138-0000-0000",
    "consigneeAddress": "1 Example Road, Hangzhou",
}
PAYMENT: dict[str, Any] = {
    "payTransactionId": " pay_3MtwBwLkd ",
    "orderNo": "LAD-2025-000123",
    "payerIdType": "1",
    "payerIdNumber": "000000 19000101 000X",
    "payerName": "买买提·吐尔逊",
    "amountPaid": "206.880",
    "currency": "CNY",
    "payTime": "20250618093000",
}
WAYBILL: dict[str, Any] = {
    "logisticsNo": "SF0000000001",
    "orderNo": "ＬＡＤ-2025-000123",
    "freight": "15.50",
    "insuredFee": "0",
    "currency": "142",
    "weight": "1.250",
    "consignee": "ZHANG WEI",
    "consigneeTelephone": "+86 13800000000",
}


def as_json(message: dict[str, Any], **changes: Any) -> str:
    """The message with `changes`; a change to None takes the field out."""
    merged = {**message, **changes}
    return json.dumps({name: value for name, value in merged.items() if value is not None})
