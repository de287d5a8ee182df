"""Who may do what about an order now: a pure reading of its terms, its state and the standing default, for people.

The contract decides (ITradeEscrow); a test compares this list with what it takes and refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from lading.enums import Default, State
from lading.models import Order, OrderTerms, StandingDefault


@dataclass(frozen=True)
class Action:
    """A verb that would be taken now, who may call it, and until when (inclusive; None: for as long as the state
    lasts)."""

    verb: str
    who: str
    until: datetime | None = None


def next_actions(terms: OrderTerms, order: Order, default: StandingDefault, now: datetime) -> tuple[Action, ...]:
    """`now`: the block time that is judged."""
    found = _willing(terms, order, default)
    if default.opens_at is not None and now >= default.opens_at and default.kind is not Default.NONE:
        verb = default.kind.name.lower()
        # Whoever may do it anyway is among "anyone".
        found = [act for act in found if act.verb != verb] + [Action(verb, "anyone")]
    return tuple(act for act in found if act.until is None or now <= act.until)


def _willing(terms: OrderTerms, order: Order, default: StandingDefault) -> list[Action]:
    """What a party may do of its own will, whatever the time."""
    state = order.state
    if state is State.FUNDED:
        return [
            Action("accept", "seller, or anyone with its consent", terms.accept_by),
            Action("cancel", "buyer or seller"),
        ]
    ended = [Action("release", "buyer"), Action("refund", "seller")]
    if state is State.ACCEPTED:
        return [Action("ship", "seller", terms.ship_by), *ended]
    if state is State.SHIPPED:
        # A receipt counts until the refund opens: at the condition's deadline, or at the end of the claim window.
        last = default.opens_at - timedelta(seconds=1) if default.opens_at else None
        found = [Action("deliver", "anyone with the carrier's receipt", last), *ended]
        return [*found, Action("poke", "anyone")] if _met_but_not_latched(terms, order, default) else found
    return ended if state is State.DELIVERED else []


def _met_but_not_latched(terms: OrderTerms, order: Order, default: StandingDefault) -> bool:
    """The vault's default skips the condition's deadline only for a condition that it has just seen met."""
    waits = terms.condition is not None and not order.condition_met
    return waits and default.opens_at == terms.deliver_by + terms.claim_window + timedelta(seconds=1)
