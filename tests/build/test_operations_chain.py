"""docs/operations says what the vault does: drawing, callers, defaults and examples driven on the embedded chain."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lading.enums import Default, Fault, Ground, State
from lading.errors import ContractError
from lading.models import OrderTerms

# pytest's importlib mode puts no test folder on the path. The SDK's tests have the cast of participants.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "sdk"))

from operations_pages import VERBS, page, table
from operations_stage import ATTEMPTS, NOTHING, Stage, build_stage
from sdk_kit import BUYER, CARRIER, PLATFORM, SELLER, STRANGER

CALLERS = {"the buyer": BUYER, "the seller": SELLER, "anyone": STRANGER}
#: The first moment at which nothing but a default is left, by state; for a state without one, when all would be over.
LATE = {
    State.NONE: "acceptBy + 1",
    State.FUNDED: "acceptBy + 1",
    State.ACCEPTED: "shipBy + 1",
    State.SHIPPED: "deliverBy + claimWindow + 1",
    State.DELIVERED: "since + inspectionWindow + 1",
}
OVER = "deliverBy + claimWindow + inspectionWindow + 1"
LIVING = [State.FUNDED, State.ACCEPTED, State.SHIPPED, State.DELIVERED]


@pytest.fixture(scope="module")
def stage() -> Stage:
    return build_stage()


def named(text: str) -> list[State]:
    return [State[name.strip().upper()] for name in text.split(",")]


def drawn() -> set[tuple[State, str, State]]:
    """The arrows of the drawing; `[*]` on the left is an order that was never opened."""
    (drawing,) = re.findall(r"^```mermaid\nstateDiagram-v2\n(.*?)^```", page("README"), re.MULTILINE | re.DOTALL)
    arrows = re.findall(r"^\s*(\S+) --> (\w+) : (\w+)$", drawing, re.MULTILINE)
    return {
        (State.NONE if source == "[*]" else State[source.upper()], verb, State[target.upper()])
        for source, target, verb in arrows
    }


def page_of(verb: str) -> str:
    return next(name for name, functions in VERBS.items() if verb in functions)


def allowed_by_the_page(stage: Stage, state: State, terms: OrderTerms, now: int, late: bool) -> dict[Any, State]:
    """What the table of callers lets everybody do at this moment."""
    allowed = {}
    for row in table(page("README"), "verb"):
        until = row["when"].removeprefix("until ")
        open_now = {"any time": True, "once the default is open": late}.get(row["when"])
        if open_now is None:
            open_now = now <= stage.moment(until, terms)
        if not open_now or row["verb"] in VERBS["withdraw"] or state not in named(row["from"]):
            continue
        callers = CALLERS if row["who"] == "anyone" else row["who"].split(" or ")
        for caller in callers:
            to = state if row["to"] == "the same" else State[row["to"].upper()]
            allowed[row["verb"], row["with"], caller] = to
    return allowed


def allowed_by_the_chain(stage: Stage, terms: OrderTerms) -> dict[Any, State]:
    """What does not fail, of everything that everybody may try, and where it leads."""
    allowed = {}
    for (verb, bringing), make in ATTEMPTS.items():
        call = make(stage, terms)
        for caller, signer in CALLERS.items():
            with stage.restoring():
                try:
                    stage.send(signer, call)
                except ContractError:
                    continue
                allowed[verb, bringing, caller] = stage.state(terms)
    return allowed


@dataclass(frozen=True)
class Moment:
    """What chain and page allow at one moment: to whom (verb, what is brought, caller), and where it leads."""

    chain: dict[Any, State]
    page: dict[Any, State]


@pytest.fixture(scope="module")
def moments(stage: Stage) -> dict[tuple[State, bool], Moment]:
    """Every state, early and late."""
    return {(state, late): moment_of(stage, state, late) for state in State for late in (False, True)}


def moment_of(stage: Stage, state: State, late: bool) -> Moment:
    with stage.restoring():
        terms = stage.order()
        stage.bring(terms, state)
        stage.poke_at(stage.observer)
        if late:
            stage.wait(stage.moment(LATE.get(state, OVER), terms))
        now = stage.chain.block().time
        return Moment(allowed_by_the_chain(stage, terms), allowed_by_the_page(stage, state, terms, now, late))


@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
@pytest.mark.parametrize("state", State, ids=lambda state: state.name.lower())
def test_the_table_of_callers_is_what_the_chain_allows(moments, state, late):
    assert moments[state, late].chain == moments[state, late].page


def test_the_drawing_has_the_arrows_of_the_chain_and_no_others(moments):
    walked = {
        (state, page_of(verb), to)
        for (state, _), moment in moments.items()
        for (verb, _, _), to in moment.chain.items()
    }
    assert drawn() == walked


@pytest.mark.parametrize("row", table(page("README"), "state"), ids=lambda row: f"{row['state']}, {row['condition']}")
def test_each_state_has_the_one_default_of_its_row(stage, row):
    for state in named(row["state"]):
        with stage.restoring():
            terms = stage.order(row["condition"] if row["condition"] != "any" else "none")
            stage.bring(terms, state)
            standing = stage.vault.default_of(terms)

            assert standing.kind is Default[row["default"].upper()]
            if standing.kind is Default.NONE:
                continue
            assert standing.opens_at is not None
            assert standing.opens_at.timestamp() == stage.moment(row["open from"], terms)
            ended_by_a_stranger(stage, terms, standing.kind, int(standing.opens_at.timestamp()))
            order = stage.vault.get(stage.vault.order_id(terms))
            assert (spoken(order.ground), spoken(order.fault)) == (row["ground"], row["fault"])


def ended_by_a_stranger(stage: Stage, terms: OrderTerms, kind: Default, opens_at: int) -> None:
    if opens_at > stage.chain.block().time:
        stage.wait(opens_at)
    stage.send(STRANGER, stage.call(terms, kind.name.lower(), NOTHING))


def spoken(value: Ground | Fault) -> str:
    return value.name.title().replace("_", "")


def test_every_living_state_has_a_row():
    rows = table(page("README"), "state")
    assert {state for row in rows for state in named(row["state"])} == set(State)
    assert {row["condition"] for row in rows if row["state"] == "Shipped"} == {"none", "met", "pending", "rejected"}
    assert all(row["default"] != "none" for row in rows if named(row["state"])[0] in LIVING)


# What moves where.

HOLDERS = ("buyer", "seller", "platform", "carrier", "vault")
#: How each page's example comes about: the state before it, and who sends the call.
EXAMPLES = {
    "open": (State.NONE, BUYER),
    "accept": (State.FUNDED, SELLER),
    "cancel": (State.FUNDED, BUYER),
    "ship": (State.ACCEPTED, SELLER),
    "poke": (State.SHIPPED, STRANGER),
    "deliver": (State.SHIPPED, STRANGER),
    "release": (State.DELIVERED, BUYER),
    "refund": (State.SHIPPED, SELLER),
    "report": (State.RELEASED, STRANGER),
}


def balances(stage: Stage, token: str) -> list[Decimal]:
    held = stage.world.client.token(token)
    addresses = [*(who.address for who in (BUYER, SELLER, PLATFORM, CARRIER)), stage.vault.address]
    return [held.balance(address) for address in addresses]


def moved(verb: str) -> list[list[Decimal]]:
    """The example's lines, each what every holder gains or, with a minus, gives."""
    rows = table(page(verb), "example")
    return [[Decimal(row[holder].replace("−", "-").replace("+", "")) for holder in HOLDERS] for row in rows]


@pytest.mark.parametrize("verb", EXAMPLES)
def test_the_example_moves_what_the_vault_moves(stage, verb):
    state, caller = EXAMPLES[verb]
    with stage.restoring():
        terms = stage.order()
        stage.bring(terms, state)
        if verb == "report":
            stage.poke_at(stage.observer)
        before = balances(stage, terms.token)
        stage.send(caller, stage.call(terms, verb, "the carrier's receipt" if verb == "deliver" else NOTHING))
        after = balances(stage, terms.token)
        assert [[late - early for early, late in zip(before, after, strict=True)]] == moved(verb)


def test_the_example_of_a_withdrawal_is_of_a_payee_whom_the_token_refused(stage):
    with stage.restoring():
        gated = stage.world.by(BUYER).token(stage.token)
        gated.mint(BUYER.address, Decimal(1000))
        gated.approve(stage.vault.address)
        terms = stage.order(token=stage.token)
        stage.bring(terms, State.DELIVERED)
        lines = []
        stage.poke_at(stage.token)
        for act in (stage.vault.release(terms), stage.vault.withdraw_for(SELLER.address, stage.token)):
            before = balances(stage, stage.token)
            stage.send(BUYER, act)
            lines.append([late - early for early, late in zip(before, balances(stage, stage.token), strict=True)])
            if not any(lines[0]):
                stage.poke_at(stage.token)
        assert lines == moved("withdraw")
