"""`client.orders`: the money of an order, from the buyer's consent to its last payee (ITradeEscrow and its operators).

Every verb takes the order's terms, since the escrow keeps only their hash; `find` gets them back from its events.
Whoever may call a verb, and until when, stands in the interfaces and in `next_actions`; what is refused comes as an
error of `lading.reverts`. Amounts are Decimal in token units where a verb takes the terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lading import fields
from lading.chain.contract import Event
from lading.chain.node import BlockId
from lading.enums import State
from lading.groups import order_history
from lading.groups.next_actions import Action, Standing, next_actions
from lading.groups.order_base import unit_hash
from lading.groups.order_batches import BatchVerbs
from lading.groups.order_disputes import DisputeVerbs
from lading.groups.order_finance import FinanceVerbs
from lading.groups.order_life import LifeVerbs
from lading.groups.order_quotes import QuoteVerbs
from lading.groups.order_returns import ReturnVerbs
from lading.models import OpenedOrder, Order, OrderPage, OrderTerms, StandingDefault
from lading.values import AbiValue, at_time


class Orders(LifeVerbs, QuoteVerbs, ReturnVerbs, DisputeVerbs, FinanceVerbs, BatchVerbs):
    """`seller_consent` is the seller's `sign_accept`, for an order that opens accepted."""

    def terms(self, **values: AbiValue) -> OrderTerms:
        """Terms from the fields of `OrderTerms`; the decimals of tokens come from the chain, also those of `duties` and
        `quote` given as mappings; the salt is random unless given.

        Raises:
            InputError: a field is missing or malformed.
        """
        token = fields.address(values.pop("token", ""), "token")
        for name in ("duties", "quote"):
            if isinstance(clause := values.get(name), Mapping) and "token_decimals" not in clause:
                paid_in = fields.address(clause.get("token", ""), f"{name}.token")
                values[name] = {**clause, "token_decimals": self._decimals_of(paid_in)}
        return OrderTerms(**values, token=token, token_decimals=self._decimals_of(token))

    def get(self, order_id: str, *, at: BlockId = "latest") -> Order:
        """Where it stands; state NONE if it was never opened."""
        return self._contract.get(fields.word(order_id, "order_id"), at=at)

    def default_of(self, terms: OrderTerms, *, at: BlockId = "latest") -> StandingDefault:
        """The default as things stand, and when it opens or opened."""
        return self._contract.default_of(terms, at=at)

    def next_actions(self, terms: OrderTerms, *, at: int | None = None) -> tuple[Action, ...]:
        """Who may do what now, or as of block `at`, and until when; empty for an order that was not opened or is wholly
        done."""
        chain, order_id = self._session.chain, self.id(terms)
        place, time = ("latest", chain.now()) if at is None else (at, chain.block(at).time)
        order, default = self.get(order_id, at=place), self.default_of(terms, at=place)
        assignment = self.assignment_of(order_id, at=place) if order.assigned else None
        assignee = None if assignment is None else assignment.assignee
        offering = [terms.buyer, terms.seller] + ([] if assignee is None else [assignee])
        accepted = State.ACCEPTED <= order.state <= State.DISPUTED
        offers = {party: self.offer_of(order_id, party, at=place) for party in offering} if accepted else {}
        waits = terms.condition is not None and not order.condition_met and accepted
        condition = self._contract.condition_status(terms, at=place) if waits else None
        seen = Standing(order, default, at_time(time), condition, assignee, offers)
        if terms.duties is not None:
            seen = replace(seen, paid=self.duties_paid(order_id, at=place))
        return next_actions(terms, seen)

    def credit_of(self, payee: str, token: str, *, at: BlockId = "latest") -> int:
        """What waits for `withdraw`, in smallest units."""
        return self._contract.credit_of(fields.address(payee, "payee"), fields.address(token, "token"), at=at)

    def history(self, order_id: str) -> tuple[Event, ...]:
        """Every event of the escrow, its operators, customs and credit about the order, in the order of the chain."""
        return order_history.events_of(self._session, fields.word(order_id, "order_id"))

    def find(self, order_id: str) -> OpenedOrder | None:
        """Terms and place of an order, by its id; None if it was never opened.

        Raises:
            TermsForeign: they hold what `OrderTerms` does not.
        """
        event = order_history.opened(self._session, fields.word(order_id, "order_id"))
        return None if event is None else order_history.order_of(self._session, event, self._decimals_of)

    def list(self, cursor: str | None = None, *, limit: int = 50, group: str | None = None) -> OrderPage:
        """Orders by age, oldest first, or those of one group; pass `next` of a page to get the one after it. Orders
        whose terms this SDK cannot spell (a token without decimals, amounts below an absent clause) are left out."""
        joined = None if group is None else fields.word(group, "group")
        return order_history.page_of(self._session, cursor, limit, self._decimals_of, joined)


__all__ = ["Orders", "unit_hash"]
