"""An order as a person reads it: the money, the timeline with what happened and what lies ahead, who may act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from lading.cli.order_events import UNTOLD, amount_of, fault_of, spelled, told
from lading.cli.output import length, money, pairs, table, title, utc
from lading.enums import Default, Ground, State

if TYPE_CHECKING:
    from lading.chain.contract import Event
    from lading.groups.next_actions import Action
    from lading.models import Assignment, DutiesPaid, Offer, Order, OrderTerms, StandingDefault

ENDED = (State.RELEASED, State.REFUNDED, State.SETTLED, State.CANCELLED)
#: What anyone may do once a default is open.
CALLS = {
    Default.REFUND: "refund",
    Default.RELEASE: "release",
    Default.POLICY_REFUND: "settle-by-policy",
    Default.SILENT_SPLIT: "settle-unruled",
}
#: A moment that lies ahead, for people.
AHEAD = {
    "accept_by": "last moment to accept",
    "ship_by": "last moment to ship",
    "condition_by": "last moment for the condition",
    "deliver_by": "last moment to deliver on time",
    "claims_until": "last moment for a late receipt",
    "inspection_until": "last moment to inspect{remedies}",
    "receive_return_by": "last moment for the goods to be back",
    "settle_return_by": "last moment for the seller to look at what came back",
    "rule_by": "last moment for a ruling",
    "assess_by": "last moment to assess the duties",
    "default_opens": "{default} opens to anyone",
}


@dataclass(frozen=True)
class Leg:
    """Money of one kind that an order holds or held; `status` one of held, ended, assessed, returned, none."""

    name: str
    token: str
    amount: Decimal
    status: str


@dataclass(frozen=True)
class Seen:
    """Everything that is shown of an order, as of `block`; `now` is the block time that acts are judged by. `times`:
    when a block of the history was made; `offers` by who made them."""

    id: str
    block: int
    now: datetime
    terms: OrderTerms
    standing: Order
    default: StandingDefault
    acts: tuple[Action, ...]
    history: tuple[Event, ...]
    times: Mapping[int, datetime]
    assignment: Assignment | None
    offers: Mapping[str, Offer]
    duties: DutiesPaid | None

    def amount(self, units: int) -> Decimal:
        """In the settlement token."""
        return amount_of(units, self.terms)

    def holds(self, offer: Offer) -> bool:
        """Whether an offer can still be accepted."""
        same = (offer.state, offer.delivered) == (self.standing.state, self.standing.delivered)
        return same and offer.until is not None and self.now <= offer.until

    def legs(self) -> list[Leg]:
        terms, state = self.terms, self.standing.state
        status = "none" if state is State.NONE else "ended" if state in ENDED else "held"
        found = [Leg("settlement", terms.token, terms.price + terms.freight, status)]
        if terms.quote is not None:
            found.append(Leg("quote", terms.quote.token, terms.quote.amount, status))
        if terms.duties is not None:
            found.append(Leg("duties", terms.duties.token, terms.duties.amount, self._duties_status(status)))
        return found

    def ahead(self) -> list[tuple[datetime, str]]:
        """The deadlines that still count in this state, and when the default opens, by time."""
        return sorted((time, what) for time, what in self._deadlines() if time >= self.now)

    def _duties_status(self, status: str) -> str:
        if status == "none" or self.standing.duties_held:
            return "none" if status == "none" else "held"
        return "assessed" if self.duties is not None and self.duties.assessed else "returned"

    def _deadlines(self) -> Iterator[tuple[datetime, str]]:
        terms, order, state = self.terms, self.standing, self.standing.state
        claims = terms.deliver_by + terms.claim_window
        if state in (State.NONE, State.FUNDED):
            yield terms.accept_by, "accept_by"
        if state in (State.NONE, State.FUNDED, State.ACCEPTED):
            yield terms.ship_by, "ship_by"
        if state in (State.NONE, State.FUNDED, State.ACCEPTED, State.SHIPPED):
            if terms.condition_by is not None and not order.condition_met:
                yield terms.condition_by, "condition_by"
            yield terms.deliver_by, "deliver_by"
        # A dispute's default ends it for late receipts too.
        last = self.default.opens_at if state is State.DISPUTED else None
        if state not in ENDED and not order.delivered and (last is None or claims < last):
            yield claims, "claims_until"
        if order.since is not None and (window := self._window()) is not None:
            yield order.since + window[0], window[1]
        if order.duties_held and terms.duties is not None:
            yield terms.duties.assess_by, "assess_by"
        if self.default.kind is not Default.NONE and self.default.opens_at is not None:
            yield self.default.opens_at, "default_opens"

    def _window(self) -> tuple[timedelta, str] | None:
        """What runs since the state began."""
        terms, state = self.terms, self.standing.state
        if state is State.DELIVERED:
            return terms.inspection_window, "inspection_until"
        if state is State.RETURN_REQUESTED and terms.returns is not None:
            return terms.returns.receive_window, "receive_return_by"
        if state is State.RETURN_RECEIVED and terms.returns is not None:
            return terms.returns.settle_window, "settle_return_by"
        if state is State.DISPUTED and terms.arbitration is not None:
            return terms.arbitration.window, "rule_by"
        return None


def lines_of(seen: Seen) -> list[str]:
    return [
        *_summary(seen),
        *title("money"),
        *_money(seen),
        *title("timeline"),
        *_timeline(seen),
        *title(f"who may act now ({utc(seen.now)}, block {seen.block})"),
        *_acting(seen),
    ]


def _summary(seen: Seen) -> list[str]:
    terms, order = seen.terms, seen.standing
    facts: dict[str, object] = {
        "order": seen.id,
        "state": spelled(order.state) + (f", since {utc(order.since)}" if order.since else ""),
        **({} if order.ground is Ground.NONE else {"ground": _ground(seen)}),
        "default": _default(seen),
        "buyer": terms.buyer,
        "seller": terms.seller,
        "platform": f"{terms.platform}, fee {terms.fee_bps / 100:g} %{_ceiling(terms)}",
        "carrier": terms.carrier,
        **_clauses(terms),
    }
    if order.state <= State.SHIPPED:
        facts["inspection"] = f"{length(terms.inspection_window)} after delivery"
    if terms.condition:
        facts["condition"] = f"{terms.condition}, {'met' if order.condition_met else 'not seen met'}"
    if seen.assignment is not None:
        consents = "lets the seller refund" if order.assignee_consents else "has not agreed to a refund"
        facts["assignee"] = f"{seen.assignment.assignee}, first {money(seen.amount(seen.assignment.units))}; {consents}"
    for by, offer in seen.offers.items():
        if order.state not in ENDED:
            facts[f"offer of {by}"] = f"{money(seen.amount(offer.to_buyer))} for the buyer, {_lasting(seen, offer)}"
    return pairs({name: value for name, value in facts.items() if value is not None})


def _lasting(seen: Seen, offer: Offer) -> str:
    if offer.until is not None and offer.until < seen.now:
        return f"over since {utc(offer.until)}"
    # An offer is for the order as it stood when it was made.
    return f"until {utc(offer.until)}" if offer.until and seen.holds(offer) else "void: the order has moved on"


def _clauses(terms: OrderTerms) -> dict[str, object]:
    facts: dict[str, object] = {"group": terms.group}
    if terms.quote is not None:
        facts["provider"] = terms.quote.provider
    if terms.returns is not None:
        policy = terms.returns
        keeps = f"seller keeps {policy.restocking_bps / 100:g} % and {money(policy.freight)} for the way back"
        facts["returns"] = f"to {policy.place}, {keeps}"
    if terms.arbitration is not None:
        rules = terms.arbitration
        silent = f"{rules.silent_buyer_bps / 100:g} % to the buyer if it is silent for {length(rules.window)}"
        facts["arbiter"] = f"{rules.arbiter}, fee {money(rules.fee)}, {silent}"
    return facts


def _ceiling(terms: OrderTerms) -> str:
    return "" if terms.fee_ceiling is None else f", at most {money(terms.fee_ceiling)}"


def _ground(seen: Seen) -> str:
    return f"{spelled(seen.standing.ground)}, {fault_of(seen.standing.fault)}"


def _default(seen: Seen) -> str | None:
    kind, opens = seen.default.kind, seen.default.opens_at
    if opens is None or kind is Default.NONE:
        return None
    return f"{CALLS[kind]}, by anyone {'since' if opens <= seen.now else 'from'} {utc(opens)}"


def _money(seen: Seen) -> list[str]:
    terms = seen.terms
    settlement, *others = seen.legs()
    rows = [("price", terms.price, terms.token, settlement), ("freight", terms.freight, terms.token, settlement)]
    rows += [(leg.name, leg.amount, leg.token, leg) for leg in others]
    shown = [(name, money(amount), token, _where(leg, seen)) for name, amount, token, leg in rows]
    if terms.quote is not None and terms.quote.premium:
        paid = "paid to the provider" if settlement.status != "none" else "not paid in"
        shown.append(("premium", money(terms.quote.premium), terms.quote.token, paid))
    if back := seen.standing.to_buyer:
        to = "back to the buyer" if terms.quote is None else "to the provider, and its share of the quote to the buyer"
        shown.append(("returned", money(seen.amount(back)), terms.token, to))
    return table(("what", "amount", "token", "where"), shown, right=("amount",))


def _where(leg: Leg, seen: Seen) -> str:
    if leg.status in ("assessed", "returned") and seen.duties is not None:
        assessed = amount_of(seen.duties.assessed, seen.terms.duties)
        return f"{money(assessed)} to the tax payee, {money(leg.amount - assessed)} back to the buyer"
    return {"none": "not paid in", "held": "in the vault"}.get(leg.status, "paid out")


def _timeline(seen: Seen) -> list[str]:
    past = [
        (seen.times[event.block], event.name, told(event, seen.terms))
        for event in seen.history
        if event.name not in UNTOLD
    ]
    default, opens = CALLS.get(seen.default.kind, ""), seen.default.opens_at
    if opens is not None and opens < seen.now:
        past = sorted([*past, (opens, "", f"{default} opened to anyone")], key=lambda row: row[0])
    words = {"default": default, "remedies": _remedies(seen.terms)}
    coming = [(time, "", AHEAD[what].format(**words)) for time, what in seen.ahead()]
    rows = [*past, (seen.now, "-- now --", ""), *coming]
    return table(("", "", ""), [(utc(time), name, text) for time, name, text in rows])


def _remedies(terms: OrderTerms) -> str:
    return (", to ask for a return" if terms.returns else "") + (", to dispute" if terms.arbitration else "")


def _acting(seen: Seen) -> list[str]:
    if not seen.acts:
        return ["nobody: there is nothing left to do"]
    rows = [(act.verb.replace("_", "-"), act.who, f"until {utc(act.until)}" if act.until else "") for act in seen.acts]
    return table(("", "", ""), rows)
