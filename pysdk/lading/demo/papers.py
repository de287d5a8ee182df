"""The three messages of the first order, each as its own office would send it. All numbers are made up."""

import json

_CONSIGNEE = {"consignee": "Sanne de Vries", "consigneeTelephone": "+31 10 555 0142"}

ORDER = json.dumps(
    {
        "orderNo": "LD-2026-000017",
        "ebpCode": "DEMO-PLATFORM",
        "goodsValue": "860.00",
        "freight": "68.00",
        "discount": "0",
        "taxTotal": "78.26",
        "acturalPaid": "1006.26",
        "currency": "142",
        "buyerIdType": "2",
        "buyerIdNumber": "DEMO-ID-55017",
        "buyerName": "Sanne de Vries",
        "payTransactionId": "PAY-7741-0099",
        **_CONSIGNEE,
    }
)

PAYMENT = json.dumps(
    {
        "payTransactionId": "PAY-7741-0099",
        "orderNo": "LD-2026-000017",
        "payerIdType": "2",
        "payerIdNumber": "DEMO-ID-55017",
        "payerName": "Sanne de Vries",
        "amountPaid": "1006.26",
        "currency": "142",
        "payTime": "20260421093000",
    }
)

WAYBILL = json.dumps(
    {
        "logisticsNo": "WB-0000000077",
        "orderNo": "LD-2026-000017",
        "freight": "68.00",
        "insuredFee": "0",
        "currency": "142",
        "weight": "0.62",
        **_CONSIGNEE,
    }
)
