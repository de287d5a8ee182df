"""docs/operations names the errors, events, calls and commands that the sources have."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lading import artifacts, reverts
from lading.groups.orders import Orders

# pytest's importlib mode puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from operations_pages import PAGES, ROOT, VERBS, page, table

CONTRACTS = ROOT / "contracts"


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
