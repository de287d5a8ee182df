"""docs/operations says what the vault does: drawing, callers, defaults and examples driven on the embedded chain."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lading.chain.signer import Signer
from lading.enums import Default, Fault, Ground, State
from lading.models import OrderTerms

# pytest's importlib mode puts no test folder on the path. The SDK's tests have the cast of participants.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "sdk"))

from operations_attempts import ATTEMPTS, LATER, bring, call, make_offers
from operations_pages import VERBS, page, spelled, table
from operations_stage import ASSIGNEE, TAX_PAYEE, Stage, build_stage
from sdk_kit import BUYER, CARRIER, PLATFORM, SELLER, STRANGER

#: The first moment at which nothing but a default is left, by state; for a state without one, when all would be over.
LATE = {
    State.NONE: "acceptBy + 1",
    State.FUNDED: "acceptBy + 1",
    State.ACCEPTED: "shipBy + 1",
    State.SHIPPED: "deliverBy + claimWindow + 1",
    State.DELIVERED: "since + inspectionWindow + 1",
    State.RETURN_REQUESTED: "since + receiveWindow + 1",
    State.RETURN_RECEIVED: "since + settleWindow + 1",
    State.DISPUTED: "since + arbitrationWindow + 1",
}
OVER = "assessBy + 1"
ACCEPTED = [state for state in State if State.ACCEPTED <= state <= State.DISPUTED]
#: What anyone calls once a default is open.
BY_DEFAULT = {
    Default.REFUND: "refund",
    Default.RELEASE: "release",
    Default.POLICY_REFUND: "settleByPolicy",
    Default.SILENT_SPLIT: "settleUnruled",
}
#: Rows of the table of callers that hold in any state, or need more than one: each has a test of its own.
APART = {name for name, _ in LATER} | {"withdraw", "withdrawFor", "setCap, cancelQuote", "trustFrom"}


@pytest.fixture(scope="module")
def stage() -> Stage:
    return build_stage()


def cast(stage: Stage) -> dict[str, Signer]:
    return {
        "the buyer": BUYER,
        "the seller": SELLER,
        "the platform": PLATFORM,
        "the carrier": CARRIER,
        "the arbiter": stage.arbiter,
        "the assignee": ASSIGNEE,
        "anyone": STRANGER,
    }


def state_named(name: str) -> State:
    return State[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip()).upper()]


def named(text: str) -> list[State]:
    return list(State) if text == "any" else [state_named(name) for name in text.split(",")]


def drawn() -> set[tuple[State, str, State]]:
    """The arrows of the drawing; `[*]` on the left is an order that was never opened."""
    (drawing,) = re.findall(r"^```mermaid\nstateDiagram-v2\n(.*?)^```", page("README"), re.MULTILINE | re.DOTALL)
    arrows = re.findall(r"^\s*(\S+) --> (\w+) : ([\w-]+)$", drawing, re.MULTILINE)
    return {
        (State.NONE if source == "[*]" else state_named(source), verb, state_named(target))
        for source, target, verb in arrows
    }


def page_of(verb: str) -> str:
    return next(name for name, functions in VERBS.items() if verb in {spelled(function)[1] for function in functions})


def is_time(stage: Stage, when: str, terms: OrderTerms, late: bool) -> bool:
    """Whether the row's `when` is now."""
    words = {"any time": True, "once the default is open": late, "until the default is open": not late}
    if when in words:
        return words[when]
    if (begins := when.removesuffix(" until the default is open")) != when:
        return not late and is_time(stage, begins, terms, late)
    kind, _, moment = when.partition(" ")
    now, limit = stage.chain.block().time, stage.moment(moment, terms)
    return {"until": now <= limit, "from": now >= limit}[kind]


def allowed_by_the_page(
    stage: Stage, state: State, terms: OrderTerms, late: bool, verbs: Iterable[str]
) -> dict[Any, State]:
    """What the table of callers lets everybody do at this moment with these verbs."""
    allowed = {}
    for row in table(page("README"), "verb"):
        if row["verb"] not in verbs or state not in named(row["from"]):
            continue
        if not is_time(stage, row["when"], terms, late):
            continue
        for caller in cast(stage) if row["who"] == "anyone" else row["who"].split(" or "):
            allowed[row["verb"], row["with"], caller] = state if row["to"] == "the same" else state_named(row["to"])
    return allowed


def allowed_by_the_chain(stage: Stage, terms: OrderTerms, attempts: dict[Any, Any]) -> dict[Any, State]:
    """What does not fail, of everything that everybody may try, and where it leads: that by the first who may."""
    allowed = {}
    for (verb, bringing), make in attempts.items():
        made = make(stage, terms)
        callers = [caller for caller, signer in cast(stage).items() if not stage.refuses(signer, made)]
        if not callers:
            continue
        with stage.restoring():
            stage.send(cast(stage)[callers[0]], made)
            reached = stage.state(terms)
        allowed |= {(verb, bringing, caller): reached for caller in callers}
    return allowed


@dataclass(frozen=True)
class Moment:
    """What chain and page allow at one moment: to whom (verb, what is brought, caller), and where it leads."""

    chain: dict[Any, State]
    page: dict[Any, State]


#: Every state, early and late; and shipped goods that are overdue, before any default.
TIMES = [*((state, time) for state in State for time in ("early", "late")), (State.SHIPPED, "overdue")]


@pytest.fixture(scope="module")
def moments(stage: Stage) -> dict[tuple[State, str], Moment]:
    """What may be done with an order with duties, a return policy and an arbiter."""
    return {(state, time): moment_of(stage, state, time) for state, time in TIMES}


def moment_of(stage: Stage, state: State, time: str) -> Moment:
    with stage.restoring():
        terms = stage.full_order()
        stage.anchor_delivery(terms)
        bring(stage, terms, state)
        if stage.vault.get(stage.vault.order_id(terms)).accepted_at:
            make_offers(stage, terms)
        stage.poke_at(stage.observer)
        late = time == "late"
        if time != "early":
            stage.wait(stage.moment(LATE.get(state, OVER) if late else "deliverBy + 1", terms))
        verbs = {verb for verb, _ in ATTEMPTS}
        return Moment(
            allowed_by_the_chain(stage, terms, ATTEMPTS), allowed_by_the_page(stage, state, terms, late, verbs)
        )


@pytest.mark.parametrize(("state", "time"), TIMES, ids=lambda part: str(getattr(part, "name", part)).lower())
def test_the_table_of_callers_is_what_the_chain_allows(moments, state, time):
    assert moments[state, time].chain == moments[state, time].page


def test_the_drawing_has_the_arrows_of_the_chain_and_no_others(moments):
    walked = {
        (state, page_of(verb), to)
        for (state, _), moment in moments.items()
        for (verb, _, _), to in moment.chain.items()
        if to is not state
    }
    assert drawn() == walked


def test_every_row_of_the_table_of_callers_is_tried():
    assert {row["verb"] for row in table(page("README"), "verb")} == {verb for verb, _ in ATTEMPTS} | APART


@pytest.mark.parametrize("state", [*ACCEPTED, State.RELEASED], ids=lambda state: state.name.lower())
def test_the_rows_of_an_assignee_are_what_the_chain_allows(stage, state):
    verbs = {"consentToRefund", "proposeSplit"}
    with stage.restoring():
        terms = stage.full_order()
        bring(stage, terms, state, besides=("assign",))
        attempts = {key: make for key, make in LATER.items() if key[0] in verbs}
        allowed = allowed_by_the_chain(stage, terms, attempts)
        assert allowed == allowed_by_the_page(stage, state, terms, False, verbs)


@pytest.mark.parametrize("state", State, ids=lambda state: state.name.lower())
def test_assessed_duties_are_passed_on_from_the_states_of_their_row(stage, state):
    (row,) = [row for row in table(page("README"), "verb") if row["verb"] == "refundDuties"]
    with stage.restoring():
        terms = stage.full_order()
        bring(stage, terms, state, besides=("assess",))
        refused = stage.refuses(TAX_PAYEE, call(stage, terms, "refundDuties"))
        assert refused == (state not in named(row["from"]))


@pytest.mark.parametrize("row", table(page("README"), "state"), ids=lambda row: f"{row['state']}, {row['condition']}")
def test_each_state_has_the_one_default_of_its_row(stage, row):
    for state in named(row["state"]):
        with stage.restoring():
            terms = stage.full_order(row["condition"] if row["condition"] != "any" else "none")
            bring(stage, terms, state)
            standing = stage.vault.default_of(terms)

            assert standing.kind is Default[row["default"].upper().replace(" ", "_")]
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
    stage.send(STRANGER, call(stage, terms, BY_DEFAULT[kind]))


def spoken(value: Ground | Fault) -> str:
    return value.name.title().replace("_", "")


def test_every_living_state_has_a_row():
    rows = table(page("README"), "state")
    assert {state for row in rows for state in named(row["state"])} == set(State)
    assert {row["condition"] for row in rows if row["state"] == "Shipped"} == {"none", "met", "pending", "rejected"}
    assert all(row["default"] != "none" for row in rows if named(row["state"])[0] in (State.FUNDED, *ACCEPTED))
