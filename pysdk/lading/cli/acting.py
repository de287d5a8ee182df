"""Who may do what about an order now: a pure reading of its terms, its state and the standing default, for people.

The contract decides (ITradeEscrow); a test compares this list with what it takes and refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lading.enums import Default, State

if TYPE_CHECKING:
    from lading.models import Order, OrderTerms, StandingDefault


@dataclass(frozen=True)
class Act:
    """A verb that would be taken now, who may call it, and until when (inclusive; None: for as long as the state
    lasts)."""

    verb: str
    who: str
    until: datetime | None = None


def acts(terms: OrderTerms, order: Order, default: StandingDefault, now: datetime) -> tuple[Act, ...]:
    """`now`: the block time that is judged."""
    found = _willing(terms, order, default)
    if default.opens_at is not None and now >= default.opens_at and default.kind is not Default.NONE:
        verb = default.kind.name.lower()
        # Whoever may do it anyway is among "anyone".
        found = [act for act in found if act.verb != verb] + [Act(verb, "anyone")]
    return tuple(act for act in found if act.until is None or now <= act.until)


def _willing(terms: OrderTerms, order: Order, default: StandingDefault) -> list[Act]:
    """What a party may do of its own will, whatever the time."""
    state = order.state
    if state is State.FUNDED:
        return [Act("accept", "seller, or anyone with its consent", terms.accept_by), Act("cancel", "buyer or seller")]
    ended = [Act("release", "buyer"), Act("refund", "seller")]
    if state is State.ACCEPTED:
        return [Act("ship", "seller", terms.ship_by), *ended]
    if state is State.SHIPPED:
        # A receipt counts until the refund opens: at the condition's deadline, or at the end of the claim window.
        last = default.opens_at - timedelta(seconds=1) if default.opens_at else None
        return [Act("deliver", "anyone with the carrier's receipt", last), *ended]
    return ended if state is State.DELIVERED else []
