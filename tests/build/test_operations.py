"""docs/operations names the errors, events, calls and commands that the sources have."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from lading import artifacts, reverts
from lading.groups.orders import Orders

# pytest's importlib mode puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from operations_pages import DOOR, OPERATORS, ORIGINS, PAGES, VAULT, VERBS, never, page, spelled, table
from operations_sources import CONTRACTS, Sources, stripped

#: Origins whose rows are held to the sources; the errors of tokens are DevDollar's, and another has its own.
READ = {"vault", "registry", "OpenZeppelin", *(name.lower() for name in OPERATORS)}
#: What a page calls its verb with, where that is not its own name.
CALLED = {"quote": {"quote", "set_quote_cap", "cancel_quote"}}


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources()


def rows_of(name: str, first: str) -> list[tuple[str, str]]:
    """(origin, name) of each row of the table with that heading."""
    return [(row["from"], row[first]) for row in table(page(name), first)]


def declared(origin: str, kind: str) -> dict[str, str]:
    """Canonical signatures of what the origin's ABI declares, by name."""
    return {
        item["name"]: f"{item['name']}({','.join(given['type'] for given in item['inputs'])})"
        for item in artifacts.load(ORIGINS[origin]).abi
        if item["type"] == kind
    }


@pytest.mark.parametrize("verb", VERBS)
def test_the_error_table_names_exactly_what_the_verb_can_raise(verb, sources):
    listed = [row for row in rows_of(verb, "error") if row[0] in READ]
    reached = sources.errors(VERBS[verb])
    assert len(listed) == len(set(listed))
    assert set(listed) == reached - never(verb)


def test_the_table_of_the_door_names_exactly_what_it_can_raise(sources):
    assert set(rows_of("README", "door error")) == sources.errors(DOOR)


def test_what_is_never_met_lies_on_the_way_of_the_verb(sources):
    for row in table(page("README"), "never"):
        for verb in row["on the way of"].split(", "):
            reached = sources.errors(VERBS[verb]) | sources.events(VERBS[verb])
            assert (row["from"], row["never"]) in reached, (row, verb)
        assert row["because"]


@pytest.mark.parametrize("verb", VERBS)
def test_errors_and_events_exist_where_the_page_says(verb):
    for kind in ("error", "event"):
        for origin, name in rows_of(verb, kind):
            assert name in declared(origin, kind), (kind, origin, name)


@pytest.mark.parametrize(("name", "first"), [*((verb, "error") for verb in VERBS), ("README", "door error")])
def test_the_page_says_what_the_exception_says_to_do(name, first):
    kinds = {reverts.canonical_signature(solidity): kind for solidity, kind in reverts.BY_DECLARATION.items()}
    for row in table(page(name), first):
        next_step = kinds[declared(row["from"], "error")[row[first]]].next_step
        words = re.split(r"\{\w+\}", next_step.replace("`", ""))
        assert re.match(".+?".join(map(re.escape, words)), row["what to do"]), (row, next_step)
        assert row["when"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_page_ends_in_its_error_table(verb):
    lines = page(verb).rstrip().splitlines()
    assert lines[-1].startswith("| `")
    assert [line for line in lines if line.startswith("## ")][-1] == "## Errors"


def test_every_error_of_the_sources_is_on_some_page(sources):
    """And each interface declares only errors that are raised."""
    for contract in (VAULT, *OPERATORS):
        interface = stripped((CONTRACTS / "interfaces" / f"I{contract}.sol").read_text(encoding="utf-8"))
        origin = next(origin for origin, name in ORIGINS.items() if name == contract)
        listed = {name for verb in VERBS for place, name in rows_of(verb, "error") if place == origin}
        listed |= {name for place, name in rows_of("README", "door error") if place == origin}
        own = {"GasTooLow"} if contract == VAULT else set()
        assert listed == {*re.findall(r"\berror (\w+)\(", interface)} | own, contract


def test_every_verb_of_the_contracts_has_a_page():
    behind = {spelled(function) for functions in (*VERBS.values(), DOOR) for function in functions}
    changing = {
        (contract, item["name"])
        for contract in (VAULT, *OPERATORS)
        for item in artifacts.load(contract).abi
        if item["type"] == "function" and item["stateMutability"] not in ("view", "pure")
    }
    assert behind == changing


@pytest.mark.parametrize("verb", VERBS)
def test_the_event_table_names_exactly_what_the_verb_can_emit(verb, sources):
    listed = {row for row in rows_of(verb, "event") if row[0] in READ}
    assert listed == sources.events(VERBS[verb]) - never(verb)


@pytest.mark.parametrize("verb", ["README", *VERBS])
def test_calls_and_commands_on_the_page_exist(verb):
    from lading.cli.order import app

    commands = {command.name for command in app.registered_commands}
    named = set(re.findall(r"\blading order ([\w-]+)", page(verb)))
    called = set(re.findall(r"\borders\.(\w+)", page(verb)))
    assert named <= commands, named - commands
    assert {name for name in called if not hasattr(Orders, name)} == set()
    if verb != "README":
        assert verb in named or verb not in commands
        assert CALLED.get(verb, {verb.replace("-", "_")}) <= called


def test_there_is_one_page_for_each_verb_and_the_readme_links_it():
    assert {path.stem for path in PAGES.glob("*.md")} == {"README", *VERBS}
    assert set(re.findall(r"\]\(([\w-]+)\.md\)", page("README"))) == set(VERBS)


@pytest.mark.parametrize("verb", ["README", *VERBS])
def test_links_lead_somewhere(verb):
    for target in re.findall(r"\]\(([^)#]+\.(?:md|sol))\)", page(verb)):
        assert (PAGES / target).is_file(), target


def test_a_caught_call_and_a_receiver_are_read_as_such(sources):
    """The reading itself: a batch raises nothing of its calls', a door leads into the vault, a clause to its keeper."""
    assert (VAULT, "open") not in sources.reached(("batch",))
    assert {(VAULT, "hold"), ("Defaults", "standing"), ("BoundedCall", "ask")} <= sources.reached(("Disputes.dispute",))
    opening = sources.reached(("open",))
    assert {("Disputes", "check"), ("Returns", "check"), ("Duties", "check"), ("Quotes", "take")} <= opening
    assert {("OrderTerms", "check"), ("Payouts", "pull"), ("ParticipantRegistry", "participantOf")} <= opening
