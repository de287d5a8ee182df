"""The rules of `make mutate`: what each changes, and what none of them touches."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Guard} from "./1 < 2.sol";

/// @dev a < b && !c; msg.sender
contract Vault is Guard {
    enum State { None, Open, Closed }

    uint256 private constant LIMIT = 10_000;
    string private constant NAME = "a == b; x += 1;";
    State private _state;

    function open(address from, address to, uint256 amount) external nonReentrant returns (uint256 sum) {
        // amount > 0 && true
        if (amount > LIMIT || _state != State.None) revert TooMuch(from, to);
        _state = State.Open;
        sum = amount + fee(amount);
        emit Opened(msg.sender, "1 < 2");
        for (uint256 i; i < 3; ++i) tell(from, to);
        if (closed) delete _state;
    }

    function fee(uint256 amount) internal view returns (uint256) {
        return amount * bps;
    }
}
"""


@pytest.fixture
def rules(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(root / "tools"))
    import mutate_rules

    return mutate_rules


def made(rules: ModuleType, text: str = SOURCE, file: str = "contracts/Vault.sol") -> list:
    from mutate_tokens import vocabulary

    return rules.mutants(file, text, vocabulary([text]))


def by_rule(rules: ModuleType, rule: str) -> set[str]:
    found = [mutant for mutant in made(rules) if mutant.change.rule == rule]
    return {mutant.after.strip() for mutant in found}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            "relation",
            {
                "if (amount >= LIMIT || _state != State.None) revert TooMuch(from, to);",
                "if (amount <= LIMIT || _state != State.None) revert TooMuch(from, to);",
                "if (amount > LIMIT || _state == State.None) revert TooMuch(from, to);",
                "for (uint256 i; i <= 3; ++i) tell(from, to);",
                "for (uint256 i; i >= 3; ++i) tell(from, to);",
            },
        ),
        ("logic", {"if (amount > LIMIT && _state != State.None) revert TooMuch(from, to);"}),
        (
            "negation",
            {
                "if (!(amount > LIMIT || _state != State.None)) revert TooMuch(from, to);",
                "if (!(closed)) delete _state;",
            },
        ),
        ("refusal removed", {"if (false) revert TooMuch(from, to);"}),
        (
            "arithmetic",
            {
                "sum = amount - fee(amount);",
                "for (uint256 i; i < 3; --i) tell(from, to);",
                "return amount / bps;",
            },
        ),
        (
            "constant",
            {
                "uint256 private constant LIMIT = 10001;",
                "uint256 private constant LIMIT = 9999;",
                "for (uint256 i; i < 4; ++i) tell(from, to);",
                "for (uint256 i; i < 2; ++i) tell(from, to);",
            },
        ),
        ("sender", {'emit Opened(tx.origin, "1 < 2");'}),
        (
            "enum member",
            {
                "if (amount > LIMIT || _state != State.Open) revert TooMuch(from, to);",
                "_state = State.Closed;",
            },
        ),
        (
            "arguments swapped",
            {
                "if (amount > LIMIT || _state != State.None) revert TooMuch(to, from);",
                "for (uint256 i; i < 3; ++i) tell(to, from);",
            },
        ),
        ("event removed", {"{}"}),
        (
            "modifier removed",
            {"function open(address from, address to, uint256 amount) external  returns (uint256 sum) {"},
        ),
    ],
)
def test_a_rule_makes_these_mutants_and_no_others(rules: ModuleType, rule: str, expected: set[str]) -> None:
    assert by_rule(rules, rule) == expected


def test_a_statement_is_removed_where_the_program_stays_one(rules: ModuleType) -> None:
    removed = [mutant.before.strip() for mutant in made(rules) if mutant.change.rule == "statement removed"]
    assert removed == [
        "_state = State.Open;",
        "sum = amount + fee(amount);",
        "for (uint256 i; i < 3; ++i) tell(from, to);",
        "if (closed) delete _state;",
    ]
    assert "if (closed) {}" in by_rule(rules, "statement removed")


def test_nothing_is_changed_in_comments_strings_imports_and_pragmas(rules: ModuleType) -> None:
    for mutant in made(rules):
        lines = mutant.applied(SOURCE).splitlines()
        assert len(lines) == len(SOURCE.splitlines())
        assert lines[:7] == SOURCE.splitlines()[:7]
        assert "    // amount > 0 && true" in mutant.applied(SOURCE)
        assert '"a == b; x += 1;"' in mutant.applied(SOURCE)
        assert mutant.applied(SOURCE) != SOURCE


def test_assembly_keeps_its_operators_and_gives_its_numbers(rules: ModuleType) -> None:
    text = 'contract A {\n function f() public {\n assembly ("memory-safe") {\n if x { mstore(0x20, y) }\n }\n }\n}\n'
    assert [mutant.change.text for mutant in made(rules, text)] == ["33", "31"]


def test_a_key_outlives_changes_elsewhere_and_tells_equal_lines_apart(rules: ModuleType) -> None:
    keys = [mutant.key for mutant in made(rules)]
    assert len(set(keys)) == len(keys)
    assert [mutant.key for mutant in made(rules, SOURCE.replace("pragma", "// one more line\npragma"))] == keys
    doubled = SOURCE.replace("        if (closed) delete _state;\n", "        if (closed) delete _state;\n" * 2)
    again = [mutant.key for mutant in made(rules, doubled)]
    assert len(set(again)) == len(again)
    assert set(keys) < set(again)


def test_a_sample_is_the_same_for_its_seed_and_spreads_over_files_and_rules(rules: ModuleType) -> None:
    every = [*made(rules), *made(rules, file="contracts/Other.sol")]
    picked = rules.sample(every, 24, "seed")
    assert picked == rules.sample(every, 24, "seed")
    assert picked != rules.sample(every, 24, "another")
    assert Counter(mutant.file for mutant in picked) == {"contracts/Vault.sol": 12, "contracts/Other.sol": 12}
    assert {mutant.change.rule for mutant in picked} == {mutant.change.rule for mutant in every}


def test_a_file_of_the_vault_is_found_by_its_import_and_a_missing_one_is_named(
    rules: ModuleType, tmp_path: Path
) -> None:
    from mutate_tokens import vault_sources

    (tmp_path / "contracts" / "interfaces").mkdir(parents=True)
    (tmp_path / "contracts" / "Vault.sol").write_text(
        'import {\n    A\n} from "./Library.sol";\nimport {I} from "./interfaces/I.sol";\n', encoding="utf-8"
    )
    (tmp_path / "contracts" / "interfaces" / "I.sol").write_text("interface I {}", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"Library\.sol"):
        vault_sources(tmp_path, ["contracts/Vault.sol"])
    (tmp_path / "contracts" / "Library.sol").write_text("library A {}", encoding="utf-8")
    assert vault_sources(tmp_path, ["contracts/Vault.sol"]) == ["contracts/Library.sol", "contracts/Vault.sol"]
