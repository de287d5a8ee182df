"""From an order's end to its good and bad weight, before any cap (ISellerCredit.sol, the same integers).

1. *Shares*, in thousandths: how good and how bad an end is for the seller.
2. *Value*, in micro-RU: `floor(price * rate / 10^18)`, the price without freight. A token without a rate counts
nothing.
3. *Weight* of the value, in thousandths of a reference order: straight up to the knee, with a quarter of the slope from
   there to the top, and no more beyond. Straight below the knee on purpose: splitting an order gains nothing.
4. Weight times share, rounded down for the good and up for the bad; a good one without witnesses counts a stated part
   of itself, rounded down.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.credit.parameters import RATE_SCALE, WHOLE, Parameters
from lading.enums import Fault, Ground, State

HALF = WHOLE // 2


@dataclass(frozen=True, slots=True)
class Ending:
    """How an accepted order ended: what the escrow tells the observer (ITradeEscrow.Outcome). `to_buyer` of `total`,
    price and freight in the terms, went back to the buyer's side, in smallest units."""

    state: State
    ground: Ground
    fault: Fault
    delivered: bool
    to_buyer: int
    total: int


def shares(ending: Ending) -> tuple[int, int]:
    """Good and bad share of an end, in thousandths; (0, 0) for one that says nothing about a seller."""
    if ending.state is State.RELEASED:
        return (WHOLE, 0) if ending.ground is Ground.ON_TIME else (HALF, HALF)
    if ending.fault is Fault.SELLER:
        return (0, WHOLE)
    if ending.ground is Ground.AGREED:
        # What never arrived is as bad as what was given back.
        bad = HALF if ending.delivered else WHOLE * min(ending.to_buyer, ending.total) // max(ending.total, 1)
        return (WHOLE - bad, bad)
    blameless = ending.ground is Ground.RULED and ending.delivered and not ending.to_buyer
    return (WHOLE, 0) if blameless else (0, 0)


def value_of(price: int, rate: int) -> int:
    """In micro-RU; `price` in smallest units, `rate` in micro-RU per smallest unit, times 10^18."""
    return price * rate // RATE_SCALE


def weight(value: int, parameters: Parameters) -> int:
    """Of a value in micro-RU, in thousandths of a reference order."""
    knee, within = parameters.knee, min(value, parameters.top)
    below = min(within, knee)
    return (4 * below + (within - below)) * WHOLE // (4 * knee)


def weights(ending: Ending, value: int, witnessed: bool, parameters: Parameters) -> tuple[int, int]:
    """Good and bad weight of an end, in thousandths of a reference order, as they are before the caps."""
    good_share, bad_share = shares(ending)
    whole = weight(value, parameters)
    good, bad = whole * good_share // WHOLE, -(-whole * bad_share // WHOLE)
    return (good if witnessed else good * parameters.unwitnessed // WHOLE), bad
