"""docs/operations says what the vault does. Its drawing, callers and defaults are driven on the embedded chain, one state
after the other; its errors and events are read out of the sources."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lading import artifacts, reverts
from lading.chain import transactions
from lading.chain.contract import Call
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.client import Lading
from lading.contracts.trade_escrow import TradeEscrow
from lading.deploy import ContractRecord, Deployment, Params, deploy
from lading.enums import Default, Fault, Ground, State
from lading.errors import ContractError
from lading.groups.orders import Orders, unit_hash
from lading.models import OrderTerms

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "sdk"))

from sdk_kit import BUYER, CARRIER, GOVERNOR, PLATFORM, SELLER, STRANGER, World, build_world  # noqa: E402

PAGES = ROOT / "docs" / "operations"
CONTRACTS = ROOT / "contracts"
#: Each page, and the vault's functions behind it.
VERBS = {
    "open": ("open", "openWithAuthorization", "openWithConsent"),
    "accept": ("accept",),
    "cancel": ("cancel",),
    "ship": ("ship",),
    "poke": ("poke",),
    "deliver": ("deliver",),
    "release": ("release",),
    "refund": ("refund",),
    "report": ("report",),
    "withdraw": ("withdraw", "withdrawFor"),
}
UNIT = "urn:epc:id:sscc:0614141.1234567890"
EVENT = "ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0"


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def table(text: str, first: str) -> list[dict[str, str]]:
    """The rows of the one table whose first column has that heading, by heading, without the marks of code."""
    found = re.findall(rf"^\| *{first} *\|.*\n\|[-:| ]+\|\n((?:\|.*\n?)*)", text, re.MULTILINE)
    assert len(found) == 1, f"{len(found)} tables that begin with {first!r}"
    heading = re.search(rf"^\| *{first} *\|.*$", text, re.MULTILINE)
    assert heading is not None
    return [dict(zip(_cells(heading[0]), _cells(line), strict=True)) for line in found[0].splitlines()]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")]


# What the sources say.


@dataclass(frozen=True)
class Function:
    """A function of the sources: what stands before its body, and the body, without comments and strings."""

    head: str
    body: str

    def words(self, pattern: str) -> set[str]:
        return set(re.findall(pattern, self.head + self.body))


def stripped(source: str) -> str:
    return re.sub(r'//[^\n]*|/\*.*?\*/|"[^"\n]*"', "", source, flags=re.DOTALL)


def functions_of(source: str) -> Iterator[tuple[str, Function]]:
    for found in re.finditer(r"\bfunction (\w+)([^{;]*)\{", source):
        depth, end = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(source[end], 0)
            end += 1
        yield found[1], Function(found[2], source[found.end() : end])


@pytest.fixture(scope="session")
def sources() -> dict[str, str]:
    """The vault and the libraries that it imports, by file name."""
    vault = (CONTRACTS / "TradeEscrow.sol").read_text(encoding="utf-8")
    libraries = re.findall(r'from "\./(libraries/\w+\.sol)"', vault)
    texts = {name: (CONTRACTS / name).read_text(encoding="utf-8") for name in libraries}
    return {name: stripped(text) for name, text in {"TradeEscrow.sol": vault, **texts}.items()}


@pytest.fixture(scope="session")
def functions(sources: dict[str, str]) -> dict[str, Function]:
    found = [pair for text in sources.values() for pair in functions_of(text)]
    assert len({name for name, _ in found}) == len(found), "two functions of one name cannot be told apart here"
    return dict(found)


@pytest.fixture(scope="session")
def reach(functions: dict[str, Function]) -> Callable[[str, str], set[str]]:
    """What matches a pattern in the functions behind a page, and in all that they call."""

    def reached(verb: str, pattern: str) -> set[str]:
        seen: set[str] = set()
        waiting = set(VERBS[verb])
        while waiting:
            seen |= waiting
            called = {name for one in waiting for name in functions[one].words(r"\b(\w+)\(")}
            waiting = (called & functions.keys()) - seen
        return {word for name in seen for word in functions[name].words(pattern)}

    return reached


def declared(contract: str, kind: str) -> set[str]:
    return {item["name"] for item in artifacts.load(contract).abi if item["type"] == kind}


REVERT, EMIT = r"\brevert (?:\w+\.)?(\w+)\(", r"\bemit (\w+)\("
#: Words in the sources by which an error of OpenZeppelin's can come, which reverts in files of its own.
BORROWED = {
    r"\bnonReentrant\b": "ReentrancyGuardReentrantCall",
    r"\.safeTransfer(?:From)?\(": "SafeERC20FailedOperation",
}
#: The words of the pages for where an error or event is from, and the ABI that declares it.
OTHERS = {
    "token": "DevDollar",
    "registry": "ParticipantRegistry",
    "credit": "SellerCredit",
    "OpenZeppelin": "TradeEscrow",
}


@pytest.mark.parametrize("verb", VERBS)
def test_the_error_table_names_exactly_what_the_verb_can_raise(verb, reach):
    rows = table(page(verb), "error")
    own = [row["error"] for row in rows if row["from"] == "vault"]
    assert len(own) == len(set(own))
    assert set(own) == reach(verb, REVERT)
    borrowed = {row["error"] for row in rows if row["from"] == "OpenZeppelin"}
    assert borrowed == {error for word, error in BORROWED.items() if reach(verb, f"({word})")}


@pytest.mark.parametrize("verb", VERBS)
def test_errors_of_others_exist_where_the_page_says(verb):
    for row in table(page(verb), "error"):
        if row["from"] != "vault":
            assert row["error"] in declared(OTHERS[row["from"]], "error"), row


@pytest.mark.parametrize("verb", VERBS)
def test_the_page_says_what_the_exception_says_to_do(verb):
    steps = {declaration.partition("(")[0]: kind.next_step for declaration, kind in reverts.BY_DECLARATION.items()}
    for row in table(page(verb), "error"):
        words = re.split(r"\{\w+\}", steps[row["error"]].replace("`", ""))
        assert re.match(".+?".join(map(re.escape, words)), row["what to do"]), (row, steps[row["error"]])
        assert row["when"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_page_ends_in_its_error_table(verb):
    assert page(verb).rstrip().splitlines()[-1].startswith("| `")


def test_every_error_of_the_sources_is_on_some_page(sources, reach):
    raised = {error for text in sources.values() for error in re.findall(REVERT, text)}
    interface = stripped((CONTRACTS / "interfaces" / "ITradeEscrow.sol").read_text(encoding="utf-8"))
    assert raised == set().union(*(reach(verb, REVERT) for verb in VERBS))
    assert raised == {*re.findall(r"\berror (\w+)\(", interface), "GasTooLow"}


@pytest.mark.parametrize("verb", VERBS)
def test_the_event_table_names_exactly_what_the_verb_can_emit(verb, reach):
    rows = table(page(verb), "event")
    own = {row["event"] for row in rows if row["from"] == "vault"}
    assert own == reach(verb, EMIT)
    assert own <= declared("TradeEscrow", "event")
    for row in rows:
        if row["from"] != "vault":
            assert row["event"] in declared(OTHERS[row["from"]], "event"), row


@pytest.mark.parametrize("verb", ["README", *VERBS])
def test_calls_and_commands_on_the_page_exist(verb):
    from lading.cli.order import app

    commands = {command.name for command in app.registered_commands}
    named = set(re.findall(r"\blading order ([\w-]+)", page(verb)))
    called = set(re.findall(r"\borders\.(\w+)", page(verb)))
    assert named <= commands, named - commands
    assert {name for name in called if not hasattr(Orders, name)} == set()
    assert verb == "README" or {verb} <= named & called


def test_there_is_one_page_for_each_verb_and_the_readme_links_it():
    assert {path.stem for path in PAGES.glob("*.md")} == {"README", *VERBS}
    assert set(re.findall(r"\]\((\w+)\.md\)", page("README"))) == set(VERBS)


# What the chain does.


def runtime(code: str) -> bytes:
    """Creation code that puts this code on the chain: CODECOPY, RETURN."""
    body = bytes.fromhex(code)
    return bytes.fromhex(f"60{len(body):02x}600a5f3960{len(body):02x}5ff3") + body


#: `status(bytes32)` answers two words, always these.
CONDITION = "60{status:02x}5f5260{reason:02x}60205260405ff3"
#: An observer that refuses until it is called without data: `if calldatasize == 0 {{ set }} else if !set {{ revert }}`.
OBSERVER = "36600957" + "60015f5500" + "5b5f54601257" + "5f5ffd" + "5b00"
#: DevDollar behind a gate: called without data it toggles slot 255; while that is set, `transfer` is refused; all else
#: goes to DevDollar's code by DELEGATECALL.
TOKEN = (
    "36600c57" + "60ff541560ff5500" + "5b5f3560e01c63a9059cbb1460ff541660"
    "4c57365f5f375f5f365f73{dollar}5af43d5f5f3e604857" + "3d5ffd" + "5b3d5ff3" + "5b5f5ffd"
)


@dataclass(frozen=True)
class Stage:
    """The cast on an embedded chain, with an observer and a token that refuse or do not, as told."""

    world: World
    observer: str
    token: str
    conditions: dict[str, str]

    @property
    def chain(self) -> Chain:
        return self.world.client.chain

    @property
    def vault(self) -> TradeEscrow:
        return self.world.client.contracts.orders

    def poke_at(self, address: str) -> None:
        """A call without data: the observer begins to answer, the token changes its mind."""
        transactions.send(self.chain, GOVERNOR, address, b"")

    def restoring(self) -> Restoring:
        return Restoring(self.chain)

    def order(self, condition: str = "met", **changed: Any) -> OrderTerms:
        if self.conditions[condition]:
            changed |= {
                "condition": self.conditions[condition],
                "condition_by": self.world.now() + timedelta(days=3),
            }
        return self.world.terms(**changed)

    def send(self, signer: Signer, call: Call) -> None:
        self.world.by(signer).send(call)

    def bring(self, terms: OrderTerms, state: State) -> None:
        """The order to that state, by the shortest way."""
        ways = {
            State.NONE: (),
            State.FUNDED: ("open",),
            State.ACCEPTED: ("open", "accept"),
            State.SHIPPED: ("open", "accept", "ship"),
            State.DELIVERED: ("open", "accept", "ship", "deliver"),
            State.RELEASED: ("open", "accept", "release"),
            State.REFUNDED: ("open", "accept", "refund"),
            State.CANCELLED: ("open", "cancel"),
        }
        by = {"open": BUYER, "cancel": BUYER, "release": BUYER, "deliver": STRANGER}
        for verb in ways[state]:
            bringing = "the carrier's receipt" if verb == "deliver" else ""
            self.send(by.get(verb, SELLER), self.call(terms, verb, bringing))

    def call(self, terms: OrderTerms, verb: str, bringing: str) -> Call:
        """The verb, with what the caller brings, in the words of the table of callers."""
        return ATTEMPTS[verb, bringing](self, terms)

    def consents(self, terms: OrderTerms) -> tuple[str, str, str]:
        """The buyer's authorization, the buyer's consent, the seller's consent."""
        buyer, seller = self.world.by(BUYER).orders, self.world.by(SELLER).orders
        return buyer.authorize(terms), buyer.sign_open(terms), seller.sign_accept(terms)

    def delivery(self, terms: OrderTerms) -> Call:
        receipt = self.world.client.orders.receipt(terms, UNIT, EVENT)
        signature = self.world.by(CARRIER).orders.sign_receipt(receipt)
        return self.vault.deliver(terms, receipt, CARRIER.address, signature)

    def state(self, terms: OrderTerms) -> State:
        return self.vault.get(self.vault.order_id(terms)).state

    def moment(self, words: str, terms: OrderTerms) -> int:
        """Seconds, from a sum of the terms' fields, `since` and numbers."""
        seconds = {
            "acceptBy": terms.accept_by.timestamp(),
            "shipBy": terms.ship_by.timestamp(),
            "conditionBy": terms.condition_by.timestamp() if terms.condition_by else None,
            "deliverBy": terms.deliver_by.timestamp(),
            "claimWindow": terms.claim_window.total_seconds(),
            "inspectionWindow": terms.inspection_window.total_seconds(),
            "since": self._since(terms),
        }
        parts = [seconds[part] if part in seconds else int(part) for part in words.split(" + ")]
        return int(sum(part for part in parts if part is not None))

    def wait(self, seconds: int) -> None:
        self.world.wait(datetime.fromtimestamp(seconds, UTC))

    def _since(self, terms: OrderTerms) -> float | None:
        since = self.vault.get(self.vault.order_id(terms)).since
        return None if since is None else since.timestamp()


class Restoring:
    """The chain, its clock too, is afterwards what it was before."""

    def __init__(self, chain: Chain) -> None:
        self._tester: Any = chain.web3.provider.ethereum_tester

    def __enter__(self) -> None:
        self._snapshot = self._tester.take_snapshot()

    def __exit__(self, *_: object) -> None:
        self._tester.revert_to_snapshot(self._snapshot)


NOTHING, AUTHORIZED, CONSENTED, ACCEPTING = (
    "",
    "the buyer's authorization",
    "the buyer's consent",
    "the seller's consent",
)
BOTH_AUTHORIZED, BOTH_CONSENTED = f"{AUTHORIZED} and {ACCEPTING}", f"{CONSENTED} and {ACCEPTING}"
ATTEMPTS: dict[tuple[str, str], Callable[[Stage, OrderTerms], Call]] = {
    ("open", NOTHING): lambda on, terms: on.vault.open(terms, "0x"),
    ("open", ACCEPTING): lambda on, terms: on.vault.open(terms, on.consents(terms)[2]),
    ("openWithAuthorization", AUTHORIZED): lambda on, terms: on.vault.open_with_authorization(
        terms, on.consents(terms)[0], "0x"
    ),
    ("openWithAuthorization", BOTH_AUTHORIZED): lambda on, terms: on.vault.open_with_authorization(
        terms, on.consents(terms)[0], on.consents(terms)[2]
    ),
    ("openWithConsent", CONSENTED): lambda on, terms: on.vault.open_with_consent(terms, on.consents(terms)[1], "0x"),
    ("openWithConsent", BOTH_CONSENTED): lambda on, terms: on.vault.open_with_consent(terms, *on.consents(terms)[1:]),
    ("accept", NOTHING): lambda on, terms: on.vault.accept(terms, "0x"),
    ("accept", ACCEPTING): lambda on, terms: on.vault.accept(terms, on.consents(terms)[2]),
    ("cancel", NOTHING): lambda on, terms: on.vault.cancel(terms),
    ("ship", NOTHING): lambda on, terms: on.vault.ship(terms, unit_hash(UNIT)),
    ("poke", NOTHING): lambda on, terms: on.vault.poke(terms),
    ("deliver", "the carrier's receipt"): lambda on, terms: on.delivery(terms),
    ("release", NOTHING): lambda on, terms: on.vault.release(terms),
    ("refund", NOTHING): lambda on, terms: on.vault.refund(terms),
    ("report", NOTHING): lambda on, terms: on.vault.report(terms),
}
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
    chain = Chain.open("embedded")
    usual = deploy(chain, GOVERNOR, Params.default(governance_delay=0))
    observer = create(chain, runtime(OBSERVER))
    arguments = "".join(address[2:].rjust(64, "0") for address in (usual.address("ParticipantRegistry"), observer))
    vault = create(chain, bytes.fromhex(artifacts.load("TradeEscrow").bytecode[2:] + arguments))
    client = Lading.connect(chain, signer=GOVERNOR, deployment=with_vault(usual, chain, vault))
    token = create(chain, runtime(TOKEN.format(dollar=usual.address("DevDollar")[2:])))
    conditions = {
        name: create(chain, runtime(CONDITION.format(status=status, reason=reason)))
        for name, status, reason in (("pending", 0, Fault.CARRIER), ("met", 1, 0), ("rejected", 2, Fault.BUYER))
    }
    return Stage(build_world(client), observer, token, {"none": "", **conditions})


def create(chain: Chain, code: bytes) -> str:
    mined = transactions.send(chain, GOVERNOR, None, code)
    assert mined.contract_address is not None
    return mined.contract_address


def with_vault(usual: Deployment, chain: Chain, address: str) -> Deployment:
    """The same deployment with that vault instead of its own."""
    old = usual.contracts["TradeEscrow"].model_dump()
    record = ContractRecord(**{**old, "address": address, "code_hash": chain.code_hash(address)})
    return usual.model_copy(update={"contracts": {**usual.contracts, "TradeEscrow": record}})


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
