"""An order's story from the chain's events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from lading.chain.contract import Event
from lading.errors import InputError
from lading.groups.session import Session
from lading.models import OpenedOrder, OrderPage, OrderTerms

#: A token's address to its decimals.
DecimalsOf = Callable[[str], int]


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


def page_of(session: Session, cursor: str | None, limit: int, decimals_of: DecimalsOf) -> OrderPage:
    """`limit` orders after the cursor, which is `block:log index` of the last one given."""
    after = _parse(cursor)
    start = session.deployment.block if after is None else after[0]
    events = (event for event in _opened(session, None, start) if after is None or (event.block, event.index) > after)
    found = list(islice(events, limit + 1))
    shown = found[:limit]
    more = f"{shown[-1].block}:{shown[-1].index}" if len(found) > limit else None
    return OrderPage(orders=tuple(order_of(event, decimals_of) for event in shown), next=more)


def order_of(event: Event, decimals_of: DecimalsOf) -> OpenedOrder:
    terms = event.args["terms"]
    return OpenedOrder(
        id=event.args["id"],
        terms=OrderTerms.from_event(terms, decimals_of),
        block=event.block,
        tx_hash=event.tx_hash,
    )


def _opened(session: Session, order_id: str | None, start: int) -> Iterator[Event]:
    contract = session.contracts.orders.contract
    topics = [contract.topic("Opened"), *([] if order_id is None else [order_id])]
    for log in session.chain.logs([contract.address], topics, from_block=start):
        if (event := contract.event(log)) is not None:
            yield event


def _parse(cursor: str | None) -> tuple[int, int] | None:
    if cursor is None:
        return None
    block, _, index = cursor.partition(":")
    if not (block.isdigit() and index.isdigit()):
        raise InputError(f"{cursor!r} is no cursor: give the `next` of the page before.")
    return int(block), int(index)
