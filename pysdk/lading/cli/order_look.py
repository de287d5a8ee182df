"""`lading order show` and `list`: where orders stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli.output import Shown, length, money, pairs, plain, table, title, utc
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.verbs import reading
from lading.enums import Default, State

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.next_actions import Action
    from lading.models import Order, OrderTerms, StandingDefault

Cursor = Annotated[str | None, typer.Option("--after", metavar="CURSOR", help="The `next` of the page before.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="Orders on this page.")]


def register(app: typer.Typer) -> None:
    reading(app, "show")(show)
    reading(app, "list")(list_orders)


def show(client: Lading, order: OrderId = None, file: TermsFile = None) -> Shown:
    """Show an order: state, deadlines, the default that stands, who may act, and what happened."""
    terms = terms_of(client, order, file)
    identifier = client.orders.id(terms)
    block = client.chain.block()
    now = datetime.fromtimestamp(client.chain.now(), UTC)
    standing, default = client.orders.get(identifier, at=block.number), client.orders.default_of(terms, at=block.number)
    open_acts = client.orders.next_actions(terms)
    history = client.orders.history(identifier)
    document = {
        "order": identifier,
        "as_of": {"block": block.number, "time": utc(now)},
        "standing": plain(standing.model_dump(exclude={"id"})),
        "default": plain(default.model_dump()),
        "may_act": [{"verb": act.verb, "who": act.who, "until": plain(act.until)} for act in open_acts],
        "terms": terms.model_dump(mode="json"),
        "history": [
            {"event": one.name, "block": one.block, "tx": one.tx_hash, "args": plain(one.args)} for one in history
        ],
    }
    events = [(one.block, one.name, one.tx_hash) for one in history]
    lines = [
        *_summary(identifier, terms, standing, default),
        *title("deadlines"),
        *table(("", "", ""), _deadlines(terms, now)),
        *title(f"who may act now ({utc(now)}, block {block.number})"),
        *_acting(open_acts),
    ]
    if events:
        lines += [*title("history"), *table(("block", "event", "transaction"), events)]
    return Shown(document, lines)


def list_orders(client: Lading, after: Cursor = None, limit: Limit = 50) -> Shown:
    """List orders, oldest first."""
    page = client.orders.list(after, limit=limit)
    states = {one.id: client.orders.get(one.id).state for one in page.orders}
    rows = [(one.id, states[one.id].name.lower(), money(one.terms.price), one.terms.buyer) for one in page.orders]
    lines = (
        table(("order", "state", "price", "buyer"), rows, right=("price",)) if rows else ["No order was opened yet."]
    )
    document: dict[str, Any] = {
        "orders": [
            {
                "order": one.id,
                "state": plain(states[one.id]),
                "block": one.block,
                "tx": one.tx_hash,
                "terms": one.terms.model_dump(mode="json"),
            }
            for one in page.orders
        ],
        "next": page.next,
    }
    return Shown(document, [*lines, f"More: --after {page.next}"] if page.next else lines)


def _summary(identifier: str, terms: OrderTerms, order: Order, default: StandingDefault) -> list[str]:
    facts: dict[str, object] = {
        "order": identifier,
        "state": order.state.name.lower() + (f", since {utc(order.since)}" if order.since else ""),
        "price": f"{money(terms.price)} and freight {money(terms.freight)}, in {terms.token}",
        "buyer": terms.buyer,
        "seller": terms.seller,
        "platform": f"{terms.platform}, fee {terms.fee_bps / 100:g} % of the price",
        "carrier": terms.carrier,
    }
    if terms.condition:
        facts["condition"] = f"{terms.condition}, {'met' if order.condition_met else 'not seen met'}"
    if order.state in (State.RELEASED, State.REFUNDED):
        facts["ground"] = f"{_words(order.ground.name)}, fault of {_words(order.fault.name)}"
    if default.kind is not Default.NONE and default.opens_at is not None:
        facts["default"] = f"{_words(default.kind.name)}, by anyone from {utc(default.opens_at)}"
    return pairs(facts)


def _deadlines(terms: OrderTerms, now: datetime) -> list[tuple[str, str, str]]:
    times = {
        "accept by": terms.accept_by,
        "ship by": terms.ship_by,
        "condition by": terms.condition_by,
        "deliver by": terms.deliver_by,
        "claims until": terms.deliver_by + terms.claim_window,
    }
    rows = [(name, utc(time), "over" if now > time else "") for name, time in times.items() if time is not None]
    return [*rows, ("inspection", f"{length(terms.inspection_window)} after delivery", "")]


def _acting(found: tuple[Action, ...]) -> list[str]:
    if not found:
        return ["nobody: there is nothing left to do"]
    return table(("", "", ""), [(act.verb, act.who, f"until {utc(act.until)}" if act.until else "") for act in found])


def _words(name: str) -> str:
    return name.lower().replace("_", " ")
