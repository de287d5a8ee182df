"""Documents made and signed in Python, before the deployed contract: it takes them, and finds what `compare` finds."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils import keccak
from web3.contract import Contract

from lading.customs import SharedSecrets, compare, parse_order, parse_payment, parse_waybill
from lading.enums import JoinField, Matching, Role

from .embedded import Embedded, terms
from .papers import ORDER, PAYMENT, WAYBILL, as_json

HELD = SharedSecrets(b"\x01" * 32, b"\x02" * 32, b"\x03" * 32)


class Office:
    """The contract, and the three participants that sign."""

    def __init__(self) -> None:
        self.chain = Embedded()
        self.contract: Contract = self.chain.deploy("CustomsClearance", self.chain.registry.address, self.chain.escrow)
        _, self.platform = self.chain.admit(Role.PLATFORM, "platform")
        self.provider_id, self.provider = self.chain.admit(Role.PAYMENT_PROVIDER, "provider")
        _, self.carrier = self.chain.admit(Role.CARRIER, "carrier")
        self.terms = terms(platform=self.platform.address, carrier=self.carrier.address)

    def order_id(self) -> bytes:
        """OrderTerms.id."""
        *head, clauses = self.terms
        assert clauses == []
        types = ["uint256", *["address"] * 6, "uint256", "uint256", "address", *["bytes32"] * 4]
        values = [self.chain.web3.eth.chain_id, self.chain.escrow, *head, bytes(32)]
        encoded = self.chain.web3.codec.encode(types, values)
        return keccak(encoded)

    def signed(self, key: LocalAccount, document: Any) -> tuple[str, bytes]:
        types, message = document.eip712_types(), document.eip712_message(key.address)
        return key.address, self.chain.sign(key, self.contract, "Lading CustomsClearance", types, message)

    def submit(self, order: Any, payment: Any, waybill: Any) -> Any:
        papers = []
        for document, key in ((order, self.platform), (payment, self.provider), (waybill, self.carrier)):
            papers += [tuple(document.struct().values()), self.signed(key, document)]
        return self.chain.send(self.contract.functions.matchDocuments(self.terms, *papers))


@pytest.fixture(scope="module")
def office() -> Office:
    return Office()


def documents(order_id: bytes, **changes: dict[str, Any]) -> tuple[Any, Any, Any]:
    messages = (
        parse_order(as_json(ORDER)),
        parse_payment(as_json(PAYMENT, **changes.get("payment", {}))),
        parse_waybill(as_json(WAYBILL, **changes.get("waybill", {}))),
    )
    held = (HELD, HELD.for_payment_provider(), HELD.for_carrier())
    made = (each.document(order_id, own, each.field_tree().root) for each, own in zip(messages, held, strict=True))
    order, payment, waybill = made
    return order, payment, waybill


CHANGES = [
    ("payment", {"orderNo": "other"}),
    ("payment", {"payTransactionId": "other"}),
    ("payment", {"amountPaid": "1"}),
    ("payment", {"currency": "502"}),
    ("payment", {"payerName": "other"}),
    ("waybill", {"orderNo": "other"}),
    ("waybill", {"consignee": "other"}),
    ("waybill", {"freight": "1"}),
]


def test_the_contract_names_the_field_that_compare_names_and_then_matches(office: Office) -> None:
    order_id = office.order_id()
    named = []
    for document, change in CHANGES:
        papers = documents(order_id, **{document: change})
        office.submit(*papers)
        matching, field, *_ = office.contract.functions.getClearance(order_id).call()
        assert (matching, field) == (Matching.DIFFERS, compare(*papers))
        named.append(JoinField(field))
    assert named == list(JoinField)[1:]

    order, payment, waybill = documents(order_id)
    receipt = office.submit(order, payment, waybill)
    matching, field, *_ = office.contract.functions.getClearance(order_id).call()
    assert (matching, field, compare(order, payment, waybill)) == (Matching.MATCHED, JoinField.NONE, None)
    (event,) = office.contract.events.DocumentsMatched().process_receipt(receipt)
    assert dict(event["args"]) == {
        "orderId": order_id,
        "paymentProvider": office.provider_id,
        "orderFields": order.fields_root,
        "paymentFields": payment.fields_root,
        "waybillFields": waybill.fields_root,
        "platformKey": office.platform.address,
        "paymentKey": office.provider.address,
        "carrierKey": office.carrier.address,
    }
