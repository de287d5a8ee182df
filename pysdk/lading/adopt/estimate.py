"""What the ledger's own outcomes tell of the game's figures, and what they do not.

An order counts if it was accepted and has ended. It is *linked* if its release hung on customs' papers on the ledger
(its terms name a condition): there the technology was integrated beside the platform; all other orders are *plain*.
With n orders per period (and platform), f the fee that the platform kept of an order, `additional` the share of orders
that would not have come without the ledger, which no ledger can know:

    platform.extra_gain = additional * n * mean f of plain orders
    platform.boost      = n * (mean f of linked orders - mean f of plain orders)
    start.platform      = platforms with such an order / platforms in the market

The boost is a difference between two groups of orders and no experiment: what else sets them apart is in it. Its
standard error is given (two independent means: root of v1/n1 + v2/n2). No order says what a platform or a technology
provider earns elsewhere, what integrating costs them, or what a provider is paid: these have to be given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import variance
from typing import TYPE_CHECKING

from lading.adopt.config import Ledger
from lading.adopt.errors import LedgerTooThin
from lading.clauses import BPS_WHOLE
from lading.enums import State
from lading.fields import from_units, to_units

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.models import Order, OrderTerms

#: A mean and its spread need two.
FEWEST = 2
DIGITS = Decimal("0.000001")
DAY = timedelta(days=1)
ENDED = (State.RELEASED, State.REFUNDED, State.SETTLED)


@dataclass(frozen=True)
class Ending:
    """How one accepted order ended; `fee`, in units of `token`, is what the platform kept of it."""

    platform: str
    token: str
    linked: bool
    fee: Decimal
    at: datetime


@dataclass(frozen=True)
class Estimate:
    """A figure by its path, and the sentence that says from what."""

    path: str
    value: Decimal
    basis: str


def endings(client: Lading) -> Iterator[Ending]:
    """Every accepted order that has ended, oldest opening first; one question to the chain for each."""
    cursor: str | None = None
    while True:
        page = client.orders.list(cursor, limit=1000)
        for opened in page.orders:
            order = client.orders.get(opened.id)
            if order.state in ENDED and order.accepted_at is not None and order.since is not None:
                terms, fee = opened.terms, _fee(client, opened.terms, order)
                yield Ending(terms.platform, terms.token, terms.condition is not None, fee, order.since)
        if (cursor := page.next) is None:
            return


def estimate(found: Sequence[Ending], ledger: Ledger, period_days: int, now: datetime) -> tuple[Estimate, ...]:
    """The figures that these endings carry, in the order of the module's formulas; the share of platforms only if
    `market_platforms` is given.

    Raises:
        LedgerTooThin: too few orders of a kind, several tokens, or more platforms than the market is said to have.
    """
    used = _selected(found, ledger)
    plain, linked = ([one.fee for one in used if one.linked is kind] for kind in (False, True))
    for name, fees in (("plain (without a condition)", plain), ("linked (with a condition)", linked)):
        if len(fees) < FEWEST:
            raise LedgerTooThin(
                f"The ledger has {len(fees)} ended orders that are {name}; {FEWEST} are the least.",
                hint="Give platform.extra_gain and platform.boost in the file, or move `ledger.since` back.",
            )
    begun = ledger.since or min(one.at for one in used)
    days = Decimal(max(1, math.ceil((now - begun) / DAY)))
    platforms = len({one.platform for one in used})
    rate = len(used) * period_days / days / platforms
    low, high = _mean(plain), _mean(linked)
    error = rate * Decimal(math.sqrt(variance(plain) / len(plain) + variance(linked) / len(linked)))
    orders = f"{rate:.2f} orders per {period_days} days" + (f" and platform ({platforms})" if platforms > 1 else "")
    gain = f"{ledger.additional} (given) x {orders} x {low:.4f} kept of each of {len(plain)} plain orders"
    boost = f"{orders} x ({high:.4f} of {len(linked)} linked - {low:.4f} of plain orders), standard error {error:.2f}"
    figures = [
        Estimate("platform.extra_gain", _rounded(ledger.additional * rate * low), gain),
        Estimate("platform.boost", _rounded(rate * (high - low)), boost),
    ]
    return (*figures, *_start(found, ledger))


def _start(found: Sequence[Ending], ledger: Ledger) -> Iterator[Estimate]:
    if ledger.market_platforms is None:
        return
    since = ledger.since
    seen = len({one.platform for one in found if since is None or one.at >= since})
    if seen > ledger.market_platforms:
        raise LedgerTooThin(
            f"{seen} platforms have orders here, and ledger.market_platforms says {ledger.market_platforms}.",
            hint="Correct ledger.market_platforms: it counts every platform in the market.",
        )
    share = (Decimal(seen) / ledger.market_platforms).quantize(DIGITS)
    yield Estimate("start.platform", share, f"{seen} platforms with ended orders of {ledger.market_platforms} (given)")


def _selected(found: Sequence[Ending], ledger: Ledger) -> list[Ending]:
    used = [
        one
        for one in found
        if (ledger.platform in (None, one.platform))
        and (ledger.token in (None, one.token))
        and (ledger.since is None or one.at >= ledger.since)
    ]
    tokens = sorted({one.token for one in used})
    if len(tokens) > 1:
        raise LedgerTooThin(
            f"The orders are in {len(tokens)} tokens: {', '.join(tokens)}.",
            hint="Say in `ledger.token` which one is the file's currency.",
        )
    return used


def _fee(client: Lading, terms: OrderTerms, order: Order) -> Decimal:
    """What the platform kept (contracts/libraries/Shares.sol, payOut; OrderTerms.sol, feeOn): its fee, rounded down
    and at most the ceiling, on what was left to the seller's side: the price after a release, nothing after a refund,
    by the split after a settlement."""
    if order.state is State.REFUNDED:
        return Decimal(0)
    proceeds = to_units(terms.price, terms.token_decimals, "price")
    if order.state is State.SETTLED:
        (split,) = (event.args["split"] for event in client.orders.history(order.id) if event.name == "Settled")
        proceeds = terms.total_units() - sum(int(split[name]) for name in ("to_buyer", "to_carrier", "to_arbiter"))
    fee = from_units(proceeds * terms.fee_bps // BPS_WHOLE, terms.token_decimals)
    return fee if terms.fee_ceiling is None else min(fee, terms.fee_ceiling)


def _mean(fees: Sequence[Decimal]) -> Decimal:
    return sum(fees, Decimal(0)) / len(fees)


def _rounded(money: Decimal) -> Decimal:
    return money.quantize(DIGITS)
