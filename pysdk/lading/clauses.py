"""What only some orders have: duties, a provider's quote, a return policy, an arbiter (ITradeEscrow.Clauses)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from lading.fields import AMOUNT_BITS, Address, Model, Money, Time, Window, Word, to_units

BPS_WHOLE = 10_000


class DutiesClause(Model):
    """Money put aside for taxes at the border (ITradeEscrow.DutiesClause): at most `amount` of `token` to `payee`, as
    the entry authority assesses it no later than `assess_by`; the rest goes back to the buyer."""

    token: Address
    token_decimals: int = Field(ge=0, le=36)
    amount: Money
    payee: Address
    assess_by: Time

    @field_validator("amount")
    @classmethod
    def _fits(cls, amount: Decimal, info: ValidationInfo) -> Decimal:
        return _some(amount, info, "duties.amount")

    def units(self) -> int:
        """`amount` in smallest units."""
        return to_units(self.amount, self.token_decimals, "duties.amount")

    def to_chain(self) -> tuple[Any, ...]:
        return (self.token, self.units(), self.payee, seconds_of(self.assess_by))


class QuoteClause(Model):
    """What the buyer pays instead of the settlement token (ITradeEscrow.QuoteClause): `amount` of `token` for price and
    freight together, whose ratio is the locked rate, and `premium` on top, to the provider however the order ends."""

    provider: Address
    token: Address
    token_decimals: int = Field(ge=0, le=36)
    amount: Money
    premium: Money = Decimal(0)

    @field_validator("amount")
    @classmethod
    def _fits(cls, amount: Decimal, info: ValidationInfo) -> Decimal:
        return _some(amount, info, "quote.amount")

    @field_validator("premium")
    @classmethod
    def _premium_fits(cls, premium: Decimal, info: ValidationInfo) -> Decimal:
        if (decimals := info.data.get("token_decimals")) is not None:
            to_units(premium, decimals, "quote.premium", AMOUNT_BITS)
        return premium

    def units(self) -> tuple[int, int]:
        """`amount` and `premium` in smallest units."""
        decimals = self.token_decimals
        premium = to_units(self.premium, decimals, "quote.premium", AMOUNT_BITS)
        return to_units(self.amount, decimals, "quote.amount"), premium

    def to_chain(self) -> tuple[Any, ...]:
        return (self.provider, self.token, *self.units())


class ReturnPolicy(Model):
    """On which terms goods may come back (ITradeEscrow.ReturnPolicy): asked for within the inspection window, received
    by a key of the participant `place` within `receive_window` of that; `settle_window` later anyone may settle by this
    policy. `restocking_bps` of the price and `freight`, in the settlement token, are kept from the refund for the
    seller."""

    place: Word
    receive_window: Window
    settle_window: Window
    restocking_bps: int = Field(default=0, ge=0, le=BPS_WHOLE)
    freight: Money = Decimal(0)

    @field_validator("receive_window")
    @classmethod
    def _lasts(cls, window: timedelta) -> timedelta:
        return _lasting(window)

    def to_chain(self, decimals: int) -> tuple[Any, ...]:
        freight = to_units(self.freight, decimals, "returns.freight")
        return (self.place, length_of(self.receive_window), length_of(self.settle_window), self.restocking_bps, freight)


class Arbitration(Model):
    """Who rules a dispute (ITradeEscrow.Arbitration): a key of `arbiter`'s participant, within `window` of it, for
    `fee` of the settlement token; else the buyer gets `silent_buyer_bps` hundredths of a percent of the disputed
    amount."""

    arbiter: Address
    fee: Money = Decimal(0)
    window: Window
    silent_buyer_bps: int = Field(ge=0, le=BPS_WHOLE)

    @field_validator("window")
    @classmethod
    def _lasts(cls, window: timedelta) -> timedelta:
        return _lasting(window)

    def to_chain(self, decimals: int) -> tuple[Any, ...]:
        fee = to_units(self.fee, decimals, "arbitration.fee")
        return (self.arbiter, fee, length_of(self.window), self.silent_buyer_bps)


def _some(amount: Decimal, info: ValidationInfo, name: str) -> Decimal:
    # The decimals are absent if they were themselves refused, which is then what the caller hears.
    if (decimals := info.data.get("token_decimals")) is not None and not to_units(amount, decimals, name):
        raise ValueError("it is zero: leave the clause out")
    return amount


def _lasting(window: timedelta) -> timedelta:
    if not window:
        raise ValueError("it is zero: leave the clause out")
    return window


def length_of(window: timedelta) -> int:
    return int(window.total_seconds())


def seconds_of(time: datetime | None) -> int:
    return 0 if time is None else int(time.timestamp())
