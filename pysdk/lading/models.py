"""What the SDK takes and gives: frozen, with Decimal amounts and aware times. Integers and zeros of the contracts stay
inside; a zero address, word or time is None here."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from lading.enums import (
    Decision,
    Default,
    Fault,
    Ground,
    IdentifierScheme,
    JoinField,
    Matching,
    Role,
    State,
)
from lading.fields import Address, Model, Money, Time, Window, Word, from_units, to_units
from lading.values import ZERO_ADDRESS, ZERO_WORD, address_or_none, word_or_none

BPS_WHOLE = 10_000


def roles_to_bitmap(roles: Iterable[Role]) -> int:
    """The bitmap of IParticipantRegistry.Participant.roles: bit `1 << role` for each."""
    return sum(1 << role for role in set(roles))


def bitmap_to_roles(bitmap: int) -> frozenset[Role]:
    return frozenset(role for role in Role if bitmap >> role & 1)


class Participant(Model):
    """A participant as admitted (IParticipantRegistry.Participant). `country` ISO 3166-1 alpha-2; `admitted_by` the
    platform that answers for it, None if the governance admitted it."""

    id: Word
    controller: Address
    roles: frozenset[Role]
    country: str
    scheme: IdentifierScheme
    identifier: str
    admitted_at: Time
    admitted_by: Word | None


class Key(Model):
    """A signing key (IParticipantRegistry.Key). Valid from `added_at` until before `revoked_at`."""

    address: Address
    participant: Word
    added_at: Time
    revoked_at: Time | None
    compromised_since: Time | None


class LogHead(Model):
    """The head of a participant's log (IProvenanceRegistry.LogHead); `writer` None if nobody may write."""

    writer: Address | None
    next_index: int
    last_anchored_at: Time | None


class AnchoredBatch(Model):
    """A BatchAnchored event: `count` leaves below `root`."""

    participant: Word
    index: int
    writer: Address
    root: Word
    count: int
    block: int
    tx_hash: Word


class RecallTimes(Model):
    """Since when a class, a lot and a serial are recalled; None where they are not."""

    of_class: Time | None
    of_lot: Time | None
    of_serial: Time | None


class OrderTerms(Model):
    """The immutable terms of an order (ITradeEscrow.Terms); its id is their hash with chain id and escrow.

    Money in units of the settlement token, which has `token_decimals` (not part of the terms); finer amounts are
    refused. `fee_bps` in hundredths of a percent of the price. Times are block times. `condition_by` is None without a
    condition.
    """

    buyer: Address
    seller: Address
    platform: Address
    carrier: Address
    token: Address
    token_decimals: int = Field(ge=0, le=36)
    price: Money
    freight: Money
    fee_bps: int = Field(ge=0, le=BPS_WHOLE)
    accept_by: Time
    ship_by: Time
    condition_by: Time | None = None
    deliver_by: Time
    claim_window: Window
    inspection_window: Window
    condition: Address | None = None
    exit_authority: Word | None = None
    entry_authority: Word | None = None
    salt: Word = Field(default_factory=lambda: "0x" + secrets.token_hex(32))

    @field_validator("price", "freight")
    @classmethod
    def _fits(cls, amount: Decimal, info: ValidationInfo) -> Decimal:
        # Absent if it was itself refused, which is then what the caller hears.
        if (decimals := info.data.get("token_decimals")) is not None:
            to_units(amount, decimals, info.field_name or "amount")
        return amount

    def total_units(self) -> int:
        """What the buyer pays in: price and freight, in smallest units."""
        return to_units(self.price, self.token_decimals, "price") + to_units(
            self.freight, self.token_decimals, "freight"
        )

    def to_chain(self) -> tuple[Any, ...]:
        """The Solidity struct."""
        return (
            self.buyer,
            self.seller,
            self.platform,
            self.carrier,
            self.token,
            to_units(self.price, self.token_decimals, "price"),
            to_units(self.freight, self.token_decimals, "freight"),
            self.fee_bps,
            _seconds(self.accept_by),
            _seconds(self.ship_by),
            _seconds(self.condition_by),
            _seconds(self.deliver_by),
            int(self.claim_window.total_seconds()),
            int(self.inspection_window.total_seconds()),
            self.condition or ZERO_ADDRESS,
            self.exit_authority or ZERO_WORD,
            self.entry_authority or ZERO_WORD,
            self.salt,
        )

    @classmethod
    def from_event(cls, terms: dict[str, Any], token_decimals: int) -> OrderTerms:
        """From the terms in an Opened event, as `lading.chain.contract.Event` holds them."""
        return cls(
            **{
                **terms,
                "token_decimals": token_decimals,
                "price": from_units(terms["price"], token_decimals),
                "freight": from_units(terms["freight"], token_decimals),
                "claim_window": timedelta(seconds=terms["claim_window"]),
                "inspection_window": timedelta(seconds=terms["inspection_window"]),
                "condition": address_or_none(terms["condition"]),
                "exit_authority": word_or_none(terms["exit_authority"]),
                "entry_authority": word_or_none(terms["entry_authority"]),
            }
        )


class Order(Model):
    """Everything that changes about an order (ITradeEscrow.Order). `since`: when the state began;
    `accepted_at` is None before acceptance."""

    id: Word
    state: State
    ground: Ground
    fault: Fault
    condition_met: bool
    delivered: bool
    late: bool
    reported: bool
    since: Time | None
    accepted_at: Time | None


class OpenedOrder(Model):
    """An order as its Opened event tells of it."""

    id: Word
    terms: OrderTerms
    block: int
    tx_hash: Word


class OrderPage(Model):
    """Some orders, oldest first; `next` is the cursor of the page after, None on the last."""

    orders: tuple[OpenedOrder, ...]
    next: str | None


class StandingDefault(Model):
    """The one thing that anyone may do about a silent party, and from when on (block time)."""

    kind: Default
    opens_at: Time | None


class DeliveryReceipt(Model):
    """What a carrier states at the door (ITradeEscrow.Receipt): `logistic_unit` is keccak256 of the unit's EPC URI,
    `event_id` the SHA-256 inside the CBV event id of the EPCIS event with bizStep `accepting`."""

    order_id: Word
    logistic_unit: Word
    event_id: Word


class Signed(Model):
    """A signer (a registered key) and its EIP-712 signature, 0x hex."""

    signer: Address
    signature: str = Field(pattern=r"^0x([0-9a-f]{2})*$")


class Clearance(Model):
    """Where an order's papers stand (ICustomsClearance.Clearance). `exit_named` and `entry_named`: the terms name an
    authority for that side, known once the documents matched."""

    order_id: Word
    matching: Matching
    field: JoinField
    exit: Decision
    entry: Decision
    exit_fault: Fault
    entry_fault: Fault
    exit_named: bool
    entry_named: bool
    matched_at: Time | None


def _seconds(time: datetime | None) -> int:
    return 0 if time is None else int(time.timestamp())
