"""Join fields: shared secrets, salts and commitments.

A commitment is `keccak256(salt || canonical value)`, its salt
`HMAC-SHA256(secret, "lading.customs.<field>" || order id)` (RFC 2104, FIPS 180-4). The secret belongs to exactly the
parties that hold the field, so that they, and nobody else, come to the same commitment for the same value; the field's
name and the order's id keep commitments of different fields and orders apart.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field, fields
from enum import Enum

from lading.customs.errors import SecretError
from lading.provenance.keccak import keccak256

HASH_BYTES = 32


class Shared(Enum):
    """A field that two or three documents share; the value is its name in the Solidity structs."""

    ORDER_NO = "orderNo"
    TRANSACTION_ID = "transactionId"
    AMOUNT = "amount"
    CURRENCY = "currency"
    PAYER = "payer"
    CONSIGNEE = "consignee"
    FREIGHT = "freight"


@dataclass(frozen=True, slots=True)
class SharedSecrets:
    """Secrets of one order, 32 random bytes each; one that the holder has no part in is None. Never printed.

    `all_parties`: platform, payment provider and carrier. `order_payment`: platform and payment provider.
    `order_waybill`: platform and carrier.
    """

    all_parties: bytes = field(repr=False)
    order_payment: bytes | None = field(default=None, repr=False)
    order_waybill: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for each in fields(self):
            secret = getattr(self, each.name)
            if secret is not None and len(secret) != HASH_BYTES:
                raise SecretError(f"the secret {each.name} has {len(secret)} bytes, not {HASH_BYTES}")

    @classmethod
    def generate(cls) -> SharedSecrets:
        """Three fresh secrets, for the platform, which hands them out."""
        return cls(*(secrets.token_bytes(HASH_BYTES) for _ in range(3)))

    def for_payment_provider(self) -> SharedSecrets:
        return SharedSecrets(self.all_parties, order_payment=self.order_payment)

    def for_carrier(self) -> SharedSecrets:
        return SharedSecrets(self.all_parties, order_waybill=self.order_waybill)

    def of(self, shared: Shared) -> bytes:
        """The secret of exactly the parties that hold a field. Raises `SecretError` if this holder is none of them."""
        if shared is Shared.ORDER_NO:
            return self.all_parties
        name = "order_waybill" if shared in (Shared.CONSIGNEE, Shared.FREIGHT) else "order_payment"
        secret: bytes | None = getattr(self, name)
        if secret is None:
            raise SecretError(f"{shared.value} needs the secret {name}: ask the platform of the order for it")
        return secret


@dataclass(frozen=True, slots=True)
class Opening:
    """What shows one join field to somebody outside: its canonical value and its salt, which opens no other field."""

    shared: Shared
    value: bytes
    salt: bytes

    @property
    def commitment(self) -> bytes:
        """32 bytes."""
        return keccak256(self.salt + self.value)

    def opens(self, commitment: bytes) -> bool:
        return self.commitment == commitment


def salt_of(shared: Shared, order_id: bytes, secret: bytes) -> bytes:
    """32 bytes, the same for all who hold the secret of the field."""
    if len(order_id) != HASH_BYTES:
        raise SecretError(f"an order id has {HASH_BYTES} bytes, not {len(order_id)}")
    return hmac.digest(secret, b"lading.customs." + shared.value.encode() + order_id, "sha256")


def opening(shared: Shared, value: bytes, order_id: bytes, held: SharedSecrets) -> Opening:
    """The opening, and with it the commitment, of a canonical value in an order."""
    return Opening(shared, value, salt_of(shared, order_id, held.of(shared)))
