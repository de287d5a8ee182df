"""What an attack on a score costs beside the recipe itself: gas, the payment provider, time; and what it could unlock.

Money in micro-RU, gas in units of gas, times in seconds, shares in basis points. Everything is the least that an
attacker pays: what was not measured is left out, transactions are bundled so that their base is saved, and what the
attacker owns (platform, carrier) takes no fee.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from lading.credit.parameters import WHOLE, Parameters
from lading.errors import InputError

WEI = 10**18
BPS = 10_000


class MarketInvalid(InputError):
    """Prices that no attack can be counted in."""


@dataclass(frozen=True, slots=True)
class Gas:
    """Of each verb, as `tests/gas/gas.json` has it; `buyer` and `seller`: making one ready who never acted before."""

    open: int
    release: int
    refund: int
    ship: int
    deliver: int
    match: int
    first: int
    new: int
    known: int
    buyer: int
    seller: int
    transaction: int

    @property
    def plain(self) -> int:
        """An order without witnesses: opened as accepted, and released by its buyer."""
        return self._bundled(self.open, self.release)

    @property
    def witnessed(self) -> int:
        """An order with its three documents matched, shipped and delivered."""
        return self._bundled(self.open, self.match, self.ship, self.deliver, self.release)

    @property
    def harm(self) -> int:
        """A buyer's side of an order that is never delivered, and given back by default."""
        return self._bundled(self.open, self.refund)

    def _bundled(self, *verbs: int) -> int:
        return sum(max(verb - self.transaction, 0) for verb in verbs)


@dataclass(frozen=True, slots=True)
class Market:
    """`gas_price` in wei, `ether_price` in micro-RU. The payment provider takes `provider_bps` of a price and
    `provider_fixed`, and signs after `provider_time`. `duties_bps`: what customs would take of goods that had to clear.
    `term`: how long money of an order lies that is not delivered. `periods`: how long an attacker has patience. `ring`:
    members of a ring. `line_bps`: the part of a seller's witnessed turnover that a credit line might advance on a full
    score."""

    gas_price: int
    ether_price: int
    provider_bps: int
    provider_fixed: int
    provider_time: int
    duties_bps: int
    term: int
    periods: int
    ring: int
    line_bps: int
    gas: Gas

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name != "gas" and getattr(self, field.name) < 0:
                raise MarketInvalid(f"{field.name} is below zero.")
        for name, least in (("periods", 1), ("ring", 2)):
            if getattr(self, name) < least:
                raise MarketInvalid(f"{name}: {getattr(self, name)} is below {least}.")

    def gas_cost(self, gas: int) -> int:
        """In micro-RU, rounded down."""
        return gas * self.gas_price * self.ether_price // WEI

    def provider_fee(self, value: int) -> int:
        """Of one order, in micro-RU, rounded down."""
        return value * self.provider_bps // BPS + self.provider_fixed

    def unlocked(self, witnessed: int, score: int, parameters: Parameters) -> int:
        """Unsecured credit in micro-RU that the candidate line would give on `witnessed` good, in thousandths of a
        reference order, at a witnessed score: `line_bps` of that turnover, times score/1000."""
        turnover = witnessed * parameters.knee // WHOLE
        return turnover * self.line_bps // BPS * score // WHOLE
