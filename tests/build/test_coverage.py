"""`make coverage`: which branches a source has, what forge counted, and what makes the target fail."""

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from lading.errors import ToolchainError

Tool = Callable[[str], ModuleType]

SOURCE = """contract Vault {
    // if (a) comment
    string private constant TEXT = "if (b) text";

    function pay(uint256 amount) external {
        if (amount == 0) return;
        if (amount > most &&
            !open) {
            revert TooMuch(amount);
        } else if (late) tell();
        if (a) if (b) one(); else two();
        assembly { if x { y() } }
    }
}
"""


@pytest.fixture
def branches(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(root / "tools"))
    import coverage_branches

    return coverage_branches


@pytest.fixture
def coverage(branches: ModuleType, tool: Tool) -> ModuleType:
    return tool("coverage")


def lcov(marked: object, hits: Callable[[object], int], file: str = "contracts/Vault.sol") -> str:
    """A report in which each marker ran as often as `hits` says."""
    counts = [f"DA:{line},{hits(branch)}" for line, branch in marked.branches.items()]
    return "\n".join(
        ["TN:", f"SF:{file}", "DA:1,7", *counts, "BRDA:1,0,0,0", "end_of_record", "SF:other.sol", "DA:2,0"]
    )


def test_each_if_outside_comments_strings_and_assembly_has_two_ways(branches: ModuleType) -> None:
    marked = branches.mark("contracts/Vault.sol", SOURCE)
    found = [(branch.line, branch.condition, branch.taken) for branch in marked.branches.values()]
    assert sorted(found) == sorted(
        (line, condition, taken)
        for line, condition in [
            (6, "amount == 0"),
            (7, "amount > most && !open"),
            (10, "late"),
            (11, "a"),
            (11, "b"),
        ]
        for taken in (True, False)
    )
    assert {branch.function for branch in marked.branches.values()} == {"pay"}


def test_the_markers_leave_the_program_as_it_was(branches: ModuleType) -> None:
    marked = branches.mark("contracts/Vault.sol", "contract A { function f() public { if (a) if (b) x(); else y(); } }")
    bare = re.sub(r"__branch\(\);|// \d+", "", marked.text.rpartition("function __branch")[0])
    expected = "contract A { function f() public { if (a) { if (b) { x(); } else { y(); } } else { } } }"
    assert bare.split() == expected.split()


def test_hits_are_read_per_file_from_lcov(branches: ModuleType) -> None:
    text = "SF:a.sol\nDA:3,2\nDA:4,0\nend_of_record\nSF:b.sol\nDA:3,0,checksum\nend_of_record\n"
    assert branches.line_hits(text) == {"a.sol": {3: 2, 4: 0}, "b.sol": {3: 0}}


def test_a_missed_branch_fails_by_file_line_and_way(branches: ModuleType, coverage: ModuleType) -> None:
    marked = branches.mark("contracts/Vault.sol", SOURCE)
    full = branches.count({"contracts/Vault.sol": marked}, lcov(marked, lambda _: 3))
    assert coverage.judge(full, []) == []
    assert coverage.table(full)[0].split() == ["contracts/Vault.sol", "10", "of", "10", "branches", "100.0%"]

    missing = lcov(marked, lambda branch: 0 if branch.condition == "amount == 0" and branch.taken else 3)
    counted = branches.count({"contracts/Vault.sol": marked}, missing)
    assert coverage.judge(counted, []) == ["contracts/Vault.sol:6: no test goes into if (amount == 0) of pay"]
    past = lcov(marked, lambda branch: 0 if branch.condition == "late" and not branch.taken else 3)
    counted = branches.count({"contracts/Vault.sol": marked}, past)
    assert coverage.judge(counted, []) == ["contracts/Vault.sol:10: no test goes past if (late) of pay"]


def test_only_its_own_branch_is_excepted_and_an_idle_exception_fails(
    branches: ModuleType, coverage: ModuleType
) -> None:
    marked = branches.mark("contracts/Vault.sol", SOURCE)
    missing = lcov(marked, lambda branch: 0 if branch.condition == "b" and branch.taken else 3)
    counted = branches.count({"contracts/Vault.sol": marked}, missing)
    entry = coverage.Excepted("contracts/Vault.sol", "pay", "b", True, "never")
    idle = coverage.Excepted("contracts/Vault.sol", "pay", "b", False, "never")
    assert coverage.judge(counted, [entry]) == []
    gone = "explains nothing any more: past if (b) of pay in contracts/Vault.sol"
    assert coverage.judge(counted, [entry, idle]) == [gone]
    assert len(coverage.judge(counted, [idle])) == 2


def test_a_report_that_leaves_a_marker_out_is_no_full_coverage(branches: ModuleType) -> None:
    marked = branches.mark("contracts/Vault.sol", SOURCE)
    report = lcov(marked, lambda _: 3, file="contracts/Elsewhere.sol")
    with pytest.raises(ToolchainError, match=r"leaves out contracts/Vault\.sol:\d+, if "):
        branches.count({"contracts/Vault.sol": marked}, report)


def test_an_exception_without_a_reason_is_refused(coverage: ModuleType) -> None:
    text = '[[branch]]\nfile = "a.sol"\nfunction = "f"\ncondition = "a"\ntaken = true\nreason = ""\n'
    with pytest.raises(ToolchainError, match=r"give a reason for a in a\.sol"):
        coverage.parse_exceptions(text)


VAULT = """contract TradeEscrow {
    function pay(bool open, uint256 amount) external pure returns (uint256) {
        if (open) return amount;
        if (amount == 0) return 1;
        return 2;
    }
}
"""
TEST = """import {TradeEscrow} from "../contracts/TradeEscrow.sol";
contract VaultTest {
    function test_pay() public { require(new TradeEscrow().pay(false, 3) == %d); }
}
"""


def test_forge_counts_the_ways_that_its_own_map_of_branches_takes_for_gone(
    coverage: ModuleType,
    root: Path,
    project: Path,
    write: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from mutate_tokens import ROOTS

    for number, name in enumerate(ROOTS):
        write(name, f"contract Empty{number} {{}}")
    write(ROOTS[0], VAULT)
    write("tests/Vault.t.sol", TEST % 2)
    (project / "foundry.toml").write_bytes((root / "foundry.toml").read_bytes())
    monkeypatch.setattr(coverage, "ROOT", project)
    monkeypatch.setattr(coverage, "WORK", project / "build" / "coverage")
    assert coverage.main() == 1
    assert capsys.readouterr().err.splitlines() == [
        "contracts/TradeEscrow.sol:5: no test goes into if (open) of pay",
        "contracts/TradeEscrow.sol:6: no test goes into if (amount == 0) of pay",
    ]

    write("tests/Vault.t.sol", TEST % 1)
    assert coverage.main() == 1
    assert "forge coverage failed" in capsys.readouterr().err
