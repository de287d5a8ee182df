"""What the list of acts says against what the contracts take."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from cli_kit import Cli
from order_kit import AS_BUYER, AS_SELLER, UNIT
from sdk_kit import SELLER, World

from lading.errors import ContractError
from lading.groups.next_actions import Standing, next_actions
from lading.models import OrderTerms

CALLS = {
    "accept": f"accept {{}} {AS_SELLER}",
    "cancel": f"cancel {{}} {AS_BUYER}",
    "ship": f"ship {{}} --unit {UNIT} {AS_SELLER}",
    "release": f"release {{}} {AS_BUYER}",
    "refund": f"refund {{}} {AS_SELLER}",
}


@pytest.mark.parametrize("state", ["funded", "accepted", "shipped"])
@pytest.mark.parametrize("verb", CALLS)
def test_the_acts_shown_are_those_that_the_contract_takes(shell: Cli, terms: Path, state: str, verb: str):
    shell.json(f"token approve 1000 {AS_BUYER}")
    order = shell.json(f"order open --terms {terms} {AS_BUYER}")["id"]
    if state != "funded":
        shell.json("order " + CALLS["accept"].format(order))
    if state == "shipped":
        shell.json("order " + CALLS["ship"].format(order))
    shown = [act["verb"] for act in shell.json(f"order show {order}")["may_act"]]
    code = shell("order " + CALLS[verb].format(order)).code
    assert code == (0 if verb in shown else ContractError.exit_code)


def standing(world: World, terms: OrderTerms, time: datetime) -> Standing:
    order = world.client.orders.get(world.client.orders.id(terms))
    return Standing(order, world.client.orders.default_of(terms), time)


def acts(terms: OrderTerms, seen: Standing) -> set[tuple[str, str]]:
    return {(act.verb, act.who) for act in next_actions(terms, seen)}


def test_after_a_deadline_the_default_is_anyones_and_what_came_too_late_is_gone(world: World):
    terms = world.opened(world.terms())
    before = standing(world, terms, terms.ship_by)
    after = replace(before, now=before.default.opens_at)
    assert acts(terms, before) - acts(terms, after) == {("ship", "seller"), ("refund", "seller")}
    assert acts(terms, after) - acts(terms, before) == {("refund", "anyone")}


def test_a_receipt_counts_until_the_refund_opens(world: World):
    free, bound = world.opened(world.terms()), world.opened(world.with_customs())
    until = {}
    for terms in (free, bound):
        world.by(SELLER).orders.ship(terms, UNIT)
        seen = standing(world, terms, world.now())
        (deliver,) = (act for act in next_actions(terms, seen) if act.verb == "deliver")
        until[terms.salt] = deliver.until
        gone = acts(terms, seen) - acts(terms, replace(seen, now=seen.default.opens_at))
        assert {verb for verb, _ in gone} == {"deliver", "deliver_anchored", "refund"}
    assert until == {free.salt: free.deliver_by + free.claim_window, bound.salt: bound.condition_by}
