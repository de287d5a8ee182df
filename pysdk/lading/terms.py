"""The terms of an order, with the clauses that only some orders have.

Amounts are Decimal in token units, times aware. `to_chain` packs them as ITradeEscrow does; what does not fit is
refused when the terms are made."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import Field, model_validator

from lading.clauses import (
    BPS_WHOLE,
    Arbitration,
    DutiesClause,
    QuoteClause,
    ReturnPolicy,
    length_of,
    seconds_of,
)
from lading.errors import InputError
from lading.fields import AMOUNT_BITS, Address, Model, Money, Time, Window, Word, from_units, to_units
from lading.values import ZERO_ADDRESS, ZERO_WORD, address_or_none, at_time, time_or_none, word_or_none

#: A token's address to its decimals.
DecimalsOf = Callable[[str], int]


class OrderTerms(Model):
    """The immutable terms of an order (ITradeEscrow.Terms); its id is their hash with chain id and escrow.

    Money in units of the settlement token, which has `token_decimals` (not part of the terms); finer amounts are
    refused, and so are price or freight beyond 120 bits. `fee_bps` in hundredths of a percent of what the seller gets,
    at most `fee_ceiling`. Times are block times. `condition_by` is None without a condition. `group` joins the orders
    that are parts of one purchase. The last four are None where an order has no such clause."""

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
    group: Word | None = None
    fee_ceiling: Money | None = None
    duties: DutiesClause | None = None
    quote: QuoteClause | None = None
    returns: ReturnPolicy | None = None
    arbitration: Arbitration | None = None

    @model_validator(mode="after")
    def _fits(self) -> OrderTerms:
        if self.fee_ceiling is not None and not self.fee_ceiling:
            raise InputError("fee_ceiling: zero would be no ceiling; set fee_bps to 0, or leave fee_ceiling out.")
        self.to_chain()
        return self

    def total_units(self) -> int:
        """What the order holds in the settlement token: price and freight, in smallest units."""
        return sum(
            to_units(amount, self.token_decimals, name, AMOUNT_BITS)
            for amount, name in ((self.price, "price"), (self.freight, "freight"))
        )

    def buyer_leg(self) -> tuple[str, int]:
        """(token, smallest units) that the buyer pays in with one pull: price and freight, or what the quote asks with
        its premium; and the duties, if they are in the same token."""
        token, amount = self.token, self.total_units()
        if self.quote is not None:
            token, amount = self.quote.token, sum(self.quote.units())
        if self.duties is not None and self.duties.token == token:
            amount += self.duties.units()
        return token, amount

    def separate_duties(self) -> tuple[str, int] | None:
        """(token, smallest units) of duties in another token than the buyer pays with, which come from an allowance of
        their own; None if there are none."""
        if self.duties is None or self.duties.token == self.buyer_leg()[0]:
            return None
        return self.duties.token, self.duties.units()

    def to_chain(self) -> tuple[Any, ...]:
        """The Solidity struct, amounts and schedule packed from the right."""
        decimals = self.token_decimals
        price = to_units(self.price, decimals, "price", AMOUNT_BITS)
        freight = to_units(self.freight, decimals, "freight", AMOUNT_BITS)
        times = (self.accept_by, self.ship_by, self.condition_by, self.deliver_by)
        windows = (length_of(self.claim_window), length_of(self.inspection_window))
        return (
            self.buyer,
            self.seller,
            self.platform,
            self.carrier,
            self.token,
            _packed((price, AMOUNT_BITS), (freight, AMOUNT_BITS), (self.fee_bps, 16)),
            _packed(*((seconds_of(time), 40) for time in times), *((window, 32) for window in windows)),
            self.condition or ZERO_ADDRESS,
            self.exit_authority or ZERO_WORD,
            self.entry_authority or ZERO_WORD,
            self.salt,
            self._clauses(),
        )

    def _clauses(self) -> tuple[Any, ...]:
        parts = (self.group, self.fee_ceiling, self.duties, self.quote, self.returns, self.arbitration)
        if all(part is None for part in parts):
            return ()
        decimals = self.token_decimals
        one = (
            self.group or ZERO_WORD,
            to_units(self.fee_ceiling or Decimal(0), decimals, "fee_ceiling", AMOUNT_BITS),
            self.duties.to_chain() if self.duties else (ZERO_ADDRESS, 0, ZERO_ADDRESS, 0),
            self.quote.to_chain() if self.quote else (ZERO_ADDRESS, ZERO_ADDRESS, 0, 0),
            self.returns.to_chain(decimals) if self.returns else (ZERO_WORD, 0, 0, 0, 0),
            self.arbitration.to_chain(decimals) if self.arbitration else (ZERO_ADDRESS, 0, 0, 0),
        )
        return (one,)

    @classmethod
    def from_event(cls, terms: dict[str, Any], decimals_of: DecimalsOf) -> OrderTerms:
        """From the terms in an Opened event, as `lading.chain.contract.Event` holds them.

        Raises:
            InputError: they hold what this model does not, such as an amount below an absent clause.
        """
        decimals = decimals_of(terms["token"])
        price, freight, fee_bps = _unpacked(terms["amounts"], AMOUNT_BITS, AMOUNT_BITS, 16)
        accept_by, ship_by, condition_by, deliver_by, claim, inspection = _unpacked(
            terms["schedule"], 40, 40, 40, 40, 32, 32
        )
        return cls(
            **{name: terms[name] for name in ("buyer", "seller", "platform", "carrier", "token", "salt")},
            token_decimals=decimals,
            price=from_units(price, decimals),
            freight=from_units(freight, decimals),
            fee_bps=fee_bps,
            accept_by=at_time(accept_by),
            ship_by=at_time(ship_by),
            condition_by=time_or_none(condition_by),
            deliver_by=at_time(deliver_by),
            claim_window=timedelta(seconds=claim),
            inspection_window=timedelta(seconds=inspection),
            condition=address_or_none(terms["condition"]),
            exit_authority=word_or_none(terms["exit_authority"]),
            entry_authority=word_or_none(terms["entry_authority"]),
            **(_clauses_of(terms["clauses"][0], decimals, decimals_of) if terms["clauses"] else {}),
        )


def _clauses_of(clauses: dict[str, Any], decimals: int, decimals_of: DecimalsOf) -> dict[str, Any]:
    """The fields of `OrderTerms` that a Clauses struct fills; each part is there if the contract says so."""
    duties, quote, policy = clauses["duties"], clauses["quote"], clauses["return_policy"]
    found: dict[str, Any] = {"group": word_or_none(clauses["group"])}
    if clauses["fee_ceiling"]:
        found["fee_ceiling"] = from_units(clauses["fee_ceiling"], decimals)
    if duties["amount"]:
        places = decimals_of(duties["token"])
        found["duties"] = {**duties, "token_decimals": places, "amount": from_units(duties["amount"], places)}
    if address_or_none(quote["provider"]):
        places = decimals_of(quote["token"])
        amounts = {name: from_units(quote[name], places) for name in ("amount", "premium")}
        found["quote"] = {**quote, "token_decimals": places, **amounts}
    if policy["receive_window"]:
        found["returns"] = {**policy, "freight": from_units(policy["freight"], decimals)}
    if clauses["arbitration"]["window"]:
        found["arbitration"] = {
            **clauses["arbitration"],
            "fee": from_units(clauses["arbitration"]["fee"], decimals),
        }
    return found


def _packed(*parts: tuple[int, int]) -> int:
    """(value, bits) of each field, from the right."""
    word, at = 0, 0
    for value, bits in parts:
        word |= value << at
        at += bits
    return word


def _unpacked(word: int, *widths: int) -> list[int]:
    parts = []
    for bits in widths:
        parts.append(word & (1 << bits) - 1)
        word >>= bits
    return parts
