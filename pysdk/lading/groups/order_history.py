"""An order's story from the chain's events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice

from lading.chain.contract import Event
from lading.errors import BadResponse, ContractError, InputError, LadingError
from lading.groups.session import Session
from lading.models import OpenedOrder, OrderPage, OrderTerms
from lading.terms import DecimalsOf


def events_of(session: Session, order_id: str) -> tuple[Event, ...]:
    """Every event of the escrow, its operators, customs and credit that names the order, in the order of the chain: all
    of them index the order's id first."""
    contracts = session.contracts
    addresses = [contracts.orders.address, contracts.customs.address, contracts.credit.address]
    addresses += [operator.address for operator in contracts.operators]
    logs = session.chain.logs(addresses, [None, order_id], from_block=session.deployment.block)
    return contracts.events(logs)


def opened(session: Session, order_id: str) -> Event | None:
    """The Opened event of an order; None if it was never opened."""
    return next(_opened(session, order_id, session.deployment.block), None)


def page_of(
    session: Session, cursor: str | None, limit: int, decimals_of: DecimalsOf, group: str | None = None
) -> OrderPage:
    """`limit` orders after the cursor, which is `block:log index` of the last one given. An order whose terms are
    foreign is counted and left out, so that nobody can stop a list with one."""
    after = _parse(cursor)
    start = session.deployment.block if after is None else after[0]
    opened = _opened(session, None, start) if group is None else _grouped(session, group, start)
    events = (event for event in opened if after is None or (event.block, event.index) > after)
    found = list(islice(events, limit + 1))
    shown = found[:limit]
    more = f"{shown[-1].block}:{shown[-1].index}" if len(found) > limit else None
    return OrderPage(orders=tuple(_known(session, shown, decimals_of)), next=more)


def _known(session: Session, events: Iterable[Event], decimals_of: DecimalsOf) -> Iterator[OpenedOrder]:
    for event in events:
        with suppress(TermsForeign):
            yield order_of(session, event, decimals_of)


def order_of(session: Session, event: Event, decimals_of: DecimalsOf) -> OpenedOrder:
    """Raises TermsForeign for terms that `OrderTerms` cannot hold: it is checked that their id is the event's."""
    order_id = event.args["id"]
    try:
        terms = OrderTerms.from_event(event.args["terms"], decimals_of)
    except (InputError, ContractError, BadResponse) as error:
        raise _foreign(order_id, str(error)) from error
    if session.contracts.orders.order_id(terms) != order_id:
        raise _foreign(order_id, "they hold values below a clause that is absent.")
    return OpenedOrder(id=order_id, terms=terms, block=event.block, tx_hash=event.tx_hash)


class TermsForeign(LadingError):
    """An order that another program opened, on terms that this SDK cannot spell."""


def _foreign(order_id: str, why: str) -> TermsForeign:
    return TermsForeign(
        f"The terms of order {order_id} cannot be spelt here: {why}",
        hint="Ask whoever opened it for its terms; `orders.get` and `orders.history` show what became of it.",
    )


def _opened(session: Session, order_id: str | None, start: int) -> Iterator[Event]:
    contract = session.contracts.orders.contract
    topics = [contract.topic("Opened"), *([] if order_id is None else [order_id])]
    for log in session.chain.logs([contract.address], topics, from_block=start):
        if (event := contract.event(log)) is not None:
            yield event


def _grouped(session: Session, group: str, start: int) -> Iterator[Event]:
    """The Opened events of a group's orders; each stands in the block of its Grouped event."""
    contract = session.contracts.orders.contract
    for log in session.chain.logs([contract.address], [contract.topic("Grouped"), None, group], from_block=start):
        if (event := contract.event(log)) is not None:
            yield from islice(_opened(session, event.args["id"], event.block), 1)


def _parse(cursor: str | None) -> tuple[int, int] | None:
    if cursor is None:
        return None
    block, _, index = cursor.partition(":")
    if not (block.isdigit() and index.isdigit()):
        raise InputError(f"{cursor!r} is no cursor: give the `next` of the page before.")
    return int(block), int(index)
