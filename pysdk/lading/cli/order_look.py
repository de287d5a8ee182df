"""`lading order show` and `list`: where orders stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli.order_timeline import Seen, lines_of
from lading.cli.output import Shown, money, plain, table, utc
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.verbs import reading

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.models import OrderTerms

Cursor = Annotated[str | None, typer.Option("--after", metavar="CURSOR", help="The `next` of the page before.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="Orders on this page.")]

Group = Annotated[str | None, typer.Option("--group", metavar="0x…", help="Only the parts of this purchase.")]
PANEL = "Look"


def register(app: typer.Typer) -> None:
    reading(app, "show", PANEL)(show)
    reading(app, "list", PANEL)(list_orders)


def show(client: Lading, order: OrderId = None, file: TermsFile = None) -> Shown:
    """Draw an order's timeline: what happened, what lies ahead, who may act until when."""
    seen = _seen(client, terms_of(client, order, file))
    return Shown(_document(seen), lines_of(seen))


def list_orders(client: Lading, after: Cursor = None, limit: Limit = 50, group: Group = None) -> Shown:
    """List orders, or those of a group, oldest first."""
    page = client.orders.list(after, limit=limit, group=group)
    states = {one.id: client.orders.get(one.id).state for one in page.orders}
    rows = [(one.id, states[one.id].name.lower(), money(one.terms.price), one.terms.buyer) for one in page.orders]
    lines = (
        table(("order", "state", "price", "buyer"), rows, right=("price",))
        if rows
        else ["No such order was opened yet." if group else "No order was opened yet."]
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


def _seen(client: Lading, terms: OrderTerms) -> Seen:
    """Everything about the order as of one block; the acts as of the block that comes next, which is when they would be
    judged."""
    orders, identifier = client.orders, client.orders.id(terms)
    at = client.chain.block().number
    standing = orders.get(identifier, at=at)
    assignment = orders.assignment_of(identifier, at=at) if standing.assigned else None
    makers = {"buyer": terms.buyer, "seller": terms.seller}
    if assignment is not None:
        makers["assignee"] = assignment.assignee
    offers = {by: orders.offer_of(identifier, party, at=at) for by, party in makers.items()}
    history = orders.history(identifier)
    return Seen(
        id=identifier,
        block=at,
        now=datetime.fromtimestamp(client.chain.now(), UTC),
        terms=terms,
        standing=standing,
        default=orders.default_of(terms, at=at),
        acts=orders.next_actions(terms),
        history=history,
        times={number: _time_of(client, number) for number in {event.block for event in history}},
        assignment=assignment,
        offers={by: offer for by, offer in offers.items() if offer.until is not None},
        duties=orders.duties_paid(identifier, at=at) if terms.duties else None,
    )


def _time_of(client: Lading, block: int) -> datetime:
    return datetime.fromtimestamp(client.chain.block(block).time, UTC)


def _document(seen: Seen) -> dict[str, Any]:
    return {
        "order": seen.id,
        "as_of": {"block": seen.block, "time": utc(seen.now)},
        "standing": plain(seen.standing.model_dump(exclude={"id", "to_buyer"}))
        | {"to_buyer": str(seen.amount(seen.standing.to_buyer))},
        "default": plain(seen.default.model_dump()),
        "may_act": [{"verb": act.verb, "who": act.who, "until": plain(act.until)} for act in seen.acts],
        "ahead": [{"what": what, "at": utc(time)} for time, what in seen.ahead()],
        "legs": [
            {"leg": leg.name, "token": leg.token, "amount": str(leg.amount), "status": leg.status}
            for leg in seen.legs()
        ],
        "assignment": None
        if seen.assignment is None
        else {"assignee": seen.assignment.assignee, "amount": str(seen.amount(seen.assignment.units))},
        "offers": [
            {
                "by": by,
                "to_buyer": str(seen.amount(offer.to_buyer)),
                "until": plain(offer.until),
                "holds": seen.holds(offer),
            }
            for by, offer in seen.offers.items()
        ],
        "terms": seen.terms.model_dump(mode="json"),
        "history": [
            {
                "event": one.name,
                "time": utc(seen.times[one.block]),
                "block": one.block,
                "tx": one.tx_hash,
                "args": plain(one.args),
            }
            for one in seen.history
        ],
    }
