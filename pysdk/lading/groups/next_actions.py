"""Who may do what about an order now: a pure reading of its terms, its state and the standing default, for people.

The contracts decide (ITradeEscrow and its operators); a test compares this list with what they take and refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lading.enums import ConditionStatus, Default, State
from lading.models import DutiesPaid, Offer, Order, OrderTerms, StandingDefault

ANYONE = "anyone"
SECOND = timedelta(seconds=1)
#: The verb that calls each default.
DEFAULT_VERBS = {
    Default.REFUND: "refund",
    Default.RELEASE: "release",
    Default.POLICY_REFUND: "settle_by_policy",
    Default.SILENT_SPLIT: "settle_unruled",
}


@dataclass(frozen=True)
class Action:
    """A verb of `client.orders` that would be taken now, who may call it, and until when (inclusive; None: for as long
    as the state lasts)."""

    verb: str
    who: str
    until: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """What the chain says of an order at one block. `offers`: what each address offers; `assignee` is None if nobody
    finances the order; `condition` is what the condition says while it matters, None without one or once latched."""

    order: Order
    default: StandingDefault
    now: datetime
    condition: ConditionStatus | None = None
    assignee: str | None = None
    offers: Mapping[str, Offer] = field(default_factory=dict)
    paid: DutiesPaid = field(default_factory=lambda: DutiesPaid(assessed=0, refunded=0))

    @property
    def last(self) -> datetime | None:
        """The last moment before the default opens."""
        return self.default.opens_at - SECOND if self.default.opens_at else None

    @property
    def consents(self) -> bool:
        """Nobody stands in the way of a refund by the seller's will."""
        return not self.order.assigned or self.order.assignee_consents


def next_actions(terms: OrderTerms, seen: Standing) -> tuple[Action, ...]:
    """`seen.now` is the block time that is judged."""
    found = [*_of_state(terms, seen), *_of_duties(terms, seen)]
    verb = DEFAULT_VERBS.get(seen.default.kind)
    if verb and seen.default.opens_at is not None and seen.now >= seen.default.opens_at:
        # Whoever may do it anyway is among "anyone".
        found = [act for act in found if act.verb != verb] + [Action(verb, ANYONE)]
    return tuple(act for act in found if act.until is None or seen.now <= act.until)


def _of_state(terms: OrderTerms, seen: Standing) -> Iterator[Action]:
    """What a party may do of its own will, whatever the time."""
    state = seen.order.state
    if state is State.FUNDED:
        yield Action("accept", "seller, or anyone with its consent", terms.accept_by)
        yield Action("cancel", "buyer or seller")
    elif State.ACCEPTED <= state <= State.DISPUTED:
        yield from _forward(terms, seen)
        yield from _sideways(terms, seen)
        yield Action("release", "buyer")
        if seen.consents:
            yield Action("refund", "seller")
        yield from _agreement(terms, seen)
    elif state > State.DISPUTED and seen.order.accepted_at is not None and not seen.order.reported:
        yield Action("report", ANYONE)


def _forward(terms: OrderTerms, seen: Standing) -> Iterator[Action]:
    """The next step of goods and papers."""
    state = seen.order.state
    if state is State.ACCEPTED:
        yield Action("ship", "seller", terms.ship_by)
    if state is State.SHIPPED:
        yield from _delivery(seen.last)
    if state <= State.SHIPPED and seen.condition is ConditionStatus.MET:
        yield Action("poke", ANYONE)
    if state is State.DISPUTED and not seen.order.delivered and seen.condition is not ConditionStatus.REJECTED:
        # Noted for the carrier's freight, while a refund would not be open without the dispute; the dispute goes on.
        pending = seen.condition is ConditionStatus.PENDING and terms.condition_by is not None
        due = terms.condition_by if pending and terms.condition_by else terms.deliver_by + terms.claim_window
        yield from _delivery(min(due, seen.last) if seen.last else due)
    if state is State.DELIVERED and terms.returns is not None:
        yield Action("request_return", "buyer", seen.last)
    if state is State.RETURN_REQUESTED:
        yield Action("receive_return", "anyone with the receipt of the place of return", seen.last)
    if state is State.RETURN_RECEIVED:
        yield Action("settle_return", "seller")


def _delivery(last: datetime | None) -> Iterator[Action]:
    yield Action("deliver", "anyone with the carrier's receipt", last)
    yield Action("deliver_anchored", "anyone with the proof that the carrier anchored its delivery", last)


def _sideways(terms: OrderTerms, seen: Standing) -> Iterator[Action]:
    """Disputes and finance."""
    state = seen.order.state
    if state is State.DISPUTED:
        yield Action("rule", "arbiter", seen.last)
        yield Action("submit_evidence", "buyer, seller, platform or carrier")
    elif state >= State.SHIPPED and terms.arbitration is not None:
        overdue = state is State.SHIPPED and seen.now > terms.deliver_by
        both = overdue or state is State.RETURN_RECEIVED
        yield Action("dispute", "buyer or seller" if both else "buyer", seen.last)
    if state <= State.SHIPPED and not seen.order.assigned:
        yield Action("assign", "seller")
    if seen.order.assigned and not seen.order.assignee_consents:
        yield Action("consent_to_refund", "assignee")


def _agreement(terms: OrderTerms, seen: Standing) -> Iterator[Action]:
    yield Action("propose_split", "buyer, seller or assignee" if seen.order.assigned else "buyer or seller")
    for who, other in (("buyer", terms.seller), ("seller", terms.buyer)):
        offers = [_open_offer(seen, party) for party in (other, seen.assignee) if party is not None]
        agreed = {offer.to_buyer for offer in offers if offer is not None}
        if None not in offers and len(agreed) == 1:
            yield Action("accept_split", who, min(offer.until for offer in offers if offer and offer.until))


def _open_offer(seen: Standing, party: str) -> Offer | None:
    offer = seen.offers.get(party)
    if offer is None or offer.until is None or seen.now > offer.until:
        return None
    # What was offered for an order as it stood is not offered for what it has become.
    return offer if (offer.state, offer.delivered) == (seen.order.state, seen.order.delivered) else None


def _of_duties(terms: OrderTerms, seen: Standing) -> Iterator[Action]:
    """A leg of its own, also after the order's end."""
    if terms.duties is None:
        return
    if seen.order.duties_held and seen.now > terms.duties.assess_by:
        yield Action("return_duties", ANYONE)
    elif seen.order.duties_held and seen.order.accepted_at is not None:
        yield Action("assess_duties", "anyone with the entry authority's assessment", terms.duties.assess_by)
    if seen.order.state in (State.REFUNDED, State.SETTLED) and seen.paid.assessed > seen.paid.refunded:
        yield Action("refund_duties", "tax payee")
