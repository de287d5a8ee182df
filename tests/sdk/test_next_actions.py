"""What `next_actions` lists is what the chain takes, and what it leaves out the chain refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from sdk_kit import (
    ARBITER,
    BUYER,
    CARRIER,
    ENTRY,
    EVENT,
    FINANCIER,
    PLACE,
    PRICE,
    SELLER,
    STRANGER,
    TAX_PAYEE,
    UNIT,
    World,
)

from lading.chain.contract import Call
from lading.chain.signer import Signer
from lading.enums import Fault, State
from lading.errors import ContractError
from lading.files import content_hash
from lading.groups.order_base import event_hash, unit_hash
from lading.models import Assessment, DeliveryReceipt, OrderTerms, ReturnReceipt

WORD = content_hash(b"a photograph")
SECOND = timedelta(seconds=1)
#: Who of the cast stands for each word of `Action.who`.
CAST = {
    "seller": SELLER,
    "buyer": BUYER,
    "arbiter": ARBITER,
    "assignee": FINANCIER,
    "tax payee": TAX_PAYEE,
    "platform": None,
    "carrier": None,
}


@dataclass(frozen=True)
class Stage:
    """A world and an order in it; says what the chain would take, and sends nothing."""

    world: World
    terms: OrderTerms

    def takes(self, call: Call, signer: Signer) -> bool:
        chain = self.world.client.chain
        try:
            chain.call(call.to, call.data, sender=signer.address)
        except ContractError:
            return False
        return True

    def calls(self) -> dict[str, Call]:
        """Each verb, with the papers that it needs."""
        vault, contracts, terms = self.world.client.contracts.orders, self.world.client.contracts, self.terms
        policy = self.world.client.orders.policy_refund(terms)
        return {
            "accept": vault.accept(terms, self.world.by(SELLER).orders.sign_accept(terms)),
            "cancel": vault.cancel(terms),
            "ship": vault.ship(terms, unit_hash(UNIT)),
            "deliver": vault.deliver(terms, *self.receipt()),
            "release": vault.release(terms),
            "refund": vault.refund(terms),
            "report": vault.report(terms),
            "assign": vault.assign(terms, FINANCIER.address, 1),
            "consent_to_refund": vault.consent_to_refund(terms),
            "request_return": contracts.returns.request_return(terms, WORD),
            "receive_return": contracts.returns.receive_return(terms, *self.return_receipt()),
            "settle_return": contracts.returns.settle_return(terms, int(policy * 10**6)),
            "settle_by_policy": contracts.returns.settle_by_policy(terms),
            "dispute": contracts.disputes.dispute(terms, WORD),
            "submit_evidence": contracts.disputes.submit_evidence(terms, WORD),
            "propose_split": contracts.disputes.propose_split(terms, 7, 2**40 - 1),
            "accept_split": contracts.disputes.accept_split(terms, 7),
            "rule": contracts.disputes.rule(terms, 1, Fault.NOBODY, False, WORD),
            "settle_unruled": contracts.disputes.settle_unruled(terms),
            "assess_duties": contracts.duties.assess(terms, *self.assessment()),
            "return_duties": contracts.duties.return_duties(terms),
            "refund_duties": contracts.duties.refund_duties(terms, 1),
        }

    def receipt(self) -> tuple[DeliveryReceipt, str, str]:
        stated = self.world.client.orders.receipt(self.terms, UNIT, EVENT)
        return stated, CARRIER.address, self.world.by(CARRIER).orders.sign_receipt(stated)

    def return_receipt(self) -> tuple[ReturnReceipt, str, str]:
        stated = self.world.client.orders.return_receipt(self.terms, UNIT, EVENT)
        return stated, PLACE.address, self.world.by(PLACE).orders.sign_return_receipt(stated)

    def assessment(self) -> tuple[Assessment, str, str]:
        orders = self.world.by(ENTRY).orders
        stated = orders.assessment(self.terms, Decimal(2), WORD)
        return stated, ENTRY.address, orders.sign_assessment(self.terms, stated)

    def listed(self) -> set[tuple[str, str]]:
        """(verb, member of the cast) of every action; what "anyone" may do is a stranger's too."""
        found = set()
        for act in self.world.client.orders.next_actions(self.terms):
            words = act.who.split(",")[0].removesuffix(" or seller")
            everybody = "anyone" in act.who
            named = [name for name in CAST if everybody or name in act.who]
            assert words
            found |= {(act.verb, name) for name in named} | ({(act.verb, "stranger")} if everybody else set())
        return {(verb, name) for verb, name in found if verb not in ("poke", "deliver_anchored")}

    def compare(self) -> None:
        """Every verb by everybody: taken if it is listed, refused if not."""
        people = {**{name: key for name, key in CAST.items() if key is not None}, "stranger": STRANGER}
        taken = {
            (verb, name) for verb, call in self.calls().items() for name, key in people.items() if self.takes(call, key)
        }
        if self.world.order(self.terms).state > State.DISPUTED:
            # An offer for an order that has ended is taken, and good for nothing.
            taken -= {("propose_split", name) for name in people}
        assert taken == {(verb, name) for verb, name in self.listed() if name in people}


def everything(world: World, **changed: object) -> OrderTerms:
    parts = {
        "returns": world.with_returns().returns,
        "arbitration": world.with_arbitration().arbitration,
    }
    return world.with_duties(**{**parts, **changed})


def at(world: World, state: State) -> OrderTerms:
    """An order with every clause but a quote, brought to that state."""
    terms = everything(world)
    bring = {
        State.FUNDED: lambda: world.by(BUYER).orders.open(terms),
        State.ACCEPTED: lambda: world.opened(terms),
        State.SHIPPED: lambda: world.shipped(terms),
        State.DELIVERED: lambda: world.delivered(terms),
        State.RETURN_REQUESTED: lambda: world.by(BUYER).orders.request_return(world.delivered(terms)),
        State.RETURN_RECEIVED: lambda: world.returned(terms),
        State.DISPUTED: lambda: world.by(BUYER).orders.dispute(world.shipped(terms), WORD),
        State.RELEASED: lambda: world.by(BUYER).orders.release(world.opened(terms)),
        State.REFUNDED: lambda: world.by(SELLER).orders.refund(world.opened(terms)),
        State.SETTLED: lambda: world.by(SELLER).orders.settle_return(world.returned(terms), PRICE),
        State.CANCELLED: lambda: world.by(BUYER).orders.cancel(opened(world, terms)),
    }
    if state in bring:
        bring[state]()
    assert world.order(terms).state is state
    return terms


def opened(world: World, terms: OrderTerms) -> OrderTerms:
    world.by(BUYER).orders.open(terms)
    return terms


@pytest.mark.parametrize("state", list(State))
def test_in_each_state_what_is_listed_is_taken_and_nothing_else(world, state):
    Stage(world, at(world, state)).compare()


@pytest.mark.parametrize("state", [state for state in State if State.NONE < state <= State.DISPUTED])
def test_once_a_default_is_open_what_is_listed_is_taken_and_nothing_else(world, state):
    terms = at(world, state)
    world.wait(world.client.orders.default_of(terms).opens_at)
    Stage(world, terms).compare()


def test_a_seller_may_dispute_once_the_delivery_is_overdue(world):
    terms = at(world, State.SHIPPED)
    world.wait(terms.deliver_by + SECOND)
    Stage(world, terms).compare()


@pytest.mark.parametrize("consents", [False, True])
def test_who_finances_an_order_has_a_say(world, consents):
    terms = at(world, State.ACCEPTED)
    world.by(SELLER).orders.assign(terms, FINANCIER.address, Decimal(7))
    if consents:
        world.by(FINANCIER).orders.consent_to_refund(terms)
        found = {act.verb for act in world.client.orders.next_actions(terms)}
        assert ("refund" in found, "consent_to_refund" in found) == (True, False)
        # The chain takes a consent that was given before; nothing is left to do by it.
        return
    Stage(world, terms).compare()


def test_an_offer_that_stands_may_be_accepted_by_the_other_side(world):
    terms = at(world, State.SHIPPED)
    for by in (BUYER, SELLER):
        world.by(by).orders.propose_split(terms, Decimal("0.000007"), world.now() + timedelta(hours=1))
        Stage(world, terms).compare()
    receipt, signer, signature = Stage(world, terms).receipt()
    world.by(STRANGER).orders.deliver(terms, receipt, signer, signature)
    Stage(world, terms).compare()


def test_duty_that_is_out_may_come_back_once_the_goods_did(world):
    terms = at(world, State.ACCEPTED)
    world.by(STRANGER).orders.assess_duties(terms, *Stage(world, terms).assessment())
    world.by(SELLER).orders.refund(terms)
    world.by(TAX_PAYEE).token(world.second_token).approve(world.client.contracts.duties.address)
    Stage(world, terms).compare()


def test_duties_are_returned_once_nobody_may_assess_them_any_more(world):
    terms = at(world, State.RELEASED)
    world.wait(terms.duties.assess_by + SECOND)
    Stage(world, terms).compare()


def test_the_hash_inside_an_event_id_is_taken_from_it():
    assert event_hash(EVENT) == "0x" + "5e" * 32
