"""What every verb about orders shares."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from eth_utils.crypto import keccak

from lading import fields
from lading.chain import typed_data
from lading.chain.contract import Call
from lading.contracts.token import Token
from lading.errors import InputError
from lading.groups.session import Receipt, Session
from lading.models import OrderTerms

NO_SIGNATURE = "0x"
SSCC = "urn:epc:id:sscc:"
#: CBV 2.0, 8.9.1, and RFC 6920.
EVENT_ID = re.compile(r"ni:///sha-256;([0-9a-f]{64})(\?ver=CBV2\.0)?")


class OrderVerbs:
    """Verbs about orders, for one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._contract = session.contracts.orders
        self._decimals: dict[str, int] = {}

    def id(self, terms: OrderTerms) -> str:
        """The id that these terms have on this chain, opened or not."""
        return self._contract.order_id(terms)

    def _id_of(self, order: OrderTerms | str) -> str:
        return self.id(order) if isinstance(order, OrderTerms) else fields.word(order, "order")

    def _change(self, terms: OrderTerms, call: Call) -> Receipt:
        return replace(self._session.send(call), id=self.id(terms))

    def _domain(self) -> typed_data.Domain:
        return typed_data.escrow_domain(self._session.chain.chain_id, self._contract.address)

    def _decimals_of(self, token: str) -> int:
        if token not in self._decimals:
            self._decimals[token] = Token(self._session.chain, token).decimals()
        return self._decimals[token]


def unit_hash(logistic_unit: str) -> str:
    """keccak256 of a logistic unit's EPC URI. Raises InputError for anything but an SSCC."""
    if not logistic_unit.startswith(SSCC):
        raise InputError(f"logistic_unit: {logistic_unit!r} is no SSCC as EPC URI ({SSCC}…).")
    return "0x" + keccak(text=logistic_unit).hex()


def event_hash(event_id: str) -> str:
    """The SHA-256 inside a CBV event id. Raises InputError for anything else."""
    if (found := EVENT_ID.fullmatch(event_id)) is None:
        raise InputError(f"event_id: {event_id!r} is no CBV event id (ni:///sha-256;…?ver=CBV2.0).")
    return "0x" + found[1]


def settlement_units(terms: OrderTerms, amount: Decimal, name: str) -> int:
    """Smallest units of the settlement token, in the 120 bits that a share of an order has. Raises InputError."""
    return fields.to_units(amount, terms.token_decimals, name, fields.AMOUNT_BITS)


def settlement_amount(terms: OrderTerms, units: int) -> Decimal:
    return fields.from_units(units, terms.token_decimals)
