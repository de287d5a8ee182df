"""The examples of docs/operations, driven on the embedded chain: what moves where, in which token."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest

from lading.chain.signer import Signer
from lading.enums import State
from lading.models import OrderTerms

# pytest's importlib mode puts no test folder on the path. The SDK's tests have the cast of participants.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "sdk"))

from operations_attempts import bring, call
from operations_pages import VERBS, page, spelled, table
from operations_stage import ASSIGNEE, PROVIDER, TAX_PAYEE, Stage, build_stage
from sdk_kit import BUYER, CARRIER, PLATFORM, SELLER, STRANGER


@dataclass(frozen=True)
class Line:
    """One call of an example: on a new order in that state, or on the order of the line before. `first` is done before
    it, without being shown; `kind` of order: plain, full or quoted; `late` if everything is over by then."""

    verb: str
    by: Signer | None
    state: State | None = None
    kind: str = "plain"
    first: tuple[tuple[str, Signer], ...] = ()
    late: bool = False


#: By None: the arbiter, who is somebody else on each stage.
EXAMPLES = {
    "open": (Line("open", BUYER, State.NONE),),
    "accept": (Line("accept", SELLER, State.FUNDED),),
    "cancel": (Line("cancel", BUYER, State.FUNDED),),
    "ship": (Line("ship", SELLER, State.ACCEPTED),),
    "poke": (Line("poke", STRANGER, State.SHIPPED),),
    "deliver": (Line("deliver", STRANGER, State.SHIPPED),),
    "deliver-anchored": (Line("deliverAnchored", STRANGER, State.SHIPPED),),
    "release": (Line("release", BUYER, State.DELIVERED),),
    "refund": (Line("refund", SELLER, State.SHIPPED), Line("refund", SELLER, State.DELIVERED)),
    "request-return": (Line("requestReturn", BUYER, State.DELIVERED, "full"),),
    "receive-return": (Line("receiveReturn", STRANGER, State.RETURN_REQUESTED, "full"),),
    "settle-return": (
        Line("settleByPolicy", STRANGER, State.RETURN_RECEIVED, "full", late=True),
        Line("settleReturn", SELLER, State.RETURN_RECEIVED, "full"),
    ),
    "dispute": (Line("dispute", BUYER, State.SHIPPED, "full"), Line("submitEvidence", CARRIER)),
    "propose-split": (Line("proposeSplit", SELLER, State.ACCEPTED),),
    "accept-split": (Line("acceptSplit", BUYER, State.DELIVERED, first=(("proposeSplit", SELLER),)),),
    "rule": (
        Line("rule", None, State.DELIVERED, "full", first=(("dispute", BUYER),)),
        Line("settleUnruled", STRANGER, State.DELIVERED, "full", first=(("dispute", BUYER),), late=True),
    ),
    "assign": (
        Line("assign", SELLER, State.ACCEPTED),
        Line("consentToRefund", ASSIGNEE),
        Line("release", BUYER),
    ),
    "quote": (Line("open", BUYER, State.NONE, "quoted"), Line("release", BUYER, first=(("accept", SELLER),))),
    "assess-duties": (
        Line("assess", STRANGER, State.DELIVERED, "full", first=(("proposeSplit", SELLER), ("acceptSplit", BUYER))),
        Line("refundDuties", TAX_PAYEE),
        Line("returnDuties", STRANGER, State.ACCEPTED, "full", late=True),
    ),
    "report": (Line("report", STRANGER, State.RELEASED),),
}
#: Pages whose examples take more than one order, or a token that refuses; each has a test of its own below.
APART = {"withdraw", "batch"}


@pytest.fixture(scope="module")
def stage() -> Stage:
    return build_stage()


def holders(stage: Stage) -> dict[str, str]:
    """Addresses by the headings of the tables."""
    cast = {"buyer": BUYER, "seller": SELLER, "platform": PLATFORM, "carrier": CARRIER, "arbiter": stage.arbiter}
    cast |= {"assignee": ASSIGNEE, "provider": PROVIDER, "tax payee": TAX_PAYEE}
    return {**{name: who.address for name, who in cast.items()}, "vault": stage.vault.address}


def balances(stage: Stage, token: str) -> dict[str, Decimal]:
    held = stage.world.client.token(token)
    return {name: held.balance(address) for name, address in holders(stage).items()}


def gains(before: dict[str, Decimal], after: dict[str, Decimal]) -> dict[str, Decimal]:
    """By holder, without those to whom nothing happened."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def told(row: dict[str, str]) -> dict[str, Decimal]:
    """What a row of the page says that each holder gains or, with a minus, gives."""
    amounts = {
        name: Decimal(cell.replace("−", "-").replace("+", ""))
        for name, cell in row.items()
        if name not in ("example", "token")
    }
    return {name: amount for name, amount in amounts.items() if amount}


def rows_by_call(name: str) -> list[list[dict[str, str]]]:
    """The rows of the example, those of one call in several tokens together."""
    rows = table(page(name), "example")
    if not rows or "token" not in rows[0]:
        return [[row] for row in rows]
    return [list(group) for _, group in groupby(rows, key=lambda row: row["example"])]


def prepared(stage: Stage, line: Line, terms: OrderTerms | None) -> OrderTerms:
    if line.state is not None:
        terms = {"plain": stage.order, "full": stage.full_order, "quoted": stage.quoted_order}[line.kind]()
        if line.verb == "deliverAnchored":
            stage.anchor_delivery(terms)
        bring(stage, terms, line.state)
    assert terms is not None, "an example begins with an order"
    for verb, signer in line.first:
        stage.send(signer, call(stage, terms, verb))
    if line.late:
        stage.wait(stage.moment("assessBy + arbitrationWindow", terms))
    return terms


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_moves_what_the_vault_moves(stage, name):
    shown = rows_by_call(name)
    assert len(shown) == len(EXAMPLES[name])
    with stage.restoring():
        terms = None
        for line, rows in zip(EXAMPLES[name], shown, strict=True):
            terms = prepared(stage, line, terms)
            if line.verb == "report":
                stage.poke_at(stage.observer)
            tokens = {"settlement": terms.token, "quote's": terms.quote.token if terms.quote else ""}
            looked_at = {row.get("token", "settlement"): row for row in rows}
            before = {token: balances(stage, tokens[token]) for token in looked_at}
            stage.send(line.by or stage.arbiter, call(stage, terms, line.verb))
            for token, row in looked_at.items():
                assert row["example"].partition(",")[0] == line.verb
                assert gains(before[token], balances(stage, tokens[token])) == told(row), row


def test_every_page_has_an_example_in_which_its_verb_is_called():
    assert EXAMPLES.keys() | APART == VERBS.keys()
    for name, functions in VERBS.items():
        shown = {row["example"].partition(",")[0] for row in table(page(name), "example")}
        # A quote is taken by the opening.
        own = {"open"} if name == "quote" else {spelled(function)[1] for function in functions}
        assert shown & own, name


def test_the_example_of_a_withdrawal_is_of_a_payee_whom_the_token_refused(stage):
    with stage.restoring():
        gated = stage.world.by(BUYER).token(stage.token)
        gated.mint(BUYER.address, Decimal(1000))
        gated.approve(stage.vault.address)
        terms = stage.order(token=stage.token)
        bring(stage, terms, State.DELIVERED)
        lines = []
        stage.poke_at(stage.token)
        for act in (stage.vault.release(terms), stage.vault.withdraw_for(SELLER.address, stage.token)):
            before = balances(stage, stage.token)
            stage.send(BUYER, act)
            lines.append(gains(before, balances(stage, stage.token)))
            if not lines[0] and len(lines) == 1:
                stage.poke_at(stage.token)
        assert lines == [told(row) for row in table(page("withdraw"), "example")]


def test_the_example_of_a_batch_releases_two_orders_and_one_of_them_in_vain_again(stage):
    with stage.restoring():
        orders = [stage.order(), stage.order()]
        for terms in orders:
            bring(stage, terms, State.DELIVERED)
        calls = [stage.vault.release(terms) for terms in (*orders, orders[0])]
        before = balances(stage, orders[0].token)
        receipt = stage.send(BUYER, stage.vault.batch(calls, 700_000))
        (row,) = table(page("batch"), "example")
        assert gains(before, balances(stage, orders[0].token)) == told(row)
        failed = [event for event in receipt.events if event.name == "CallFailed"]
        assert [event.args["index"] for event in failed] == [2]
