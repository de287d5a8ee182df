"""`make mutate`: that a run goes on where it was, what its figure is made of, and what forge says about a mutant."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from lading.errors import ToolchainError

Tool = Callable[[str], ModuleType]

SOURCE = """contract Vault {
    function pay(uint256 amount) external nonReentrant returns (uint256) {
        if (amount > most || !open) revert TooMuch(amount);
        paid = paid + amount;
        emit Paid(msg.sender, amount);
        return amount * 3;
    }
}
"""


@pytest.fixture
def rules(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(root / "tools"))
    import mutate_rules

    return mutate_rules


@pytest.fixture
def mutate(rules: ModuleType, tool: Tool) -> ModuleType:
    return tool("mutate")


def made(rules: ModuleType) -> list:
    from mutate_tokens import Vocabulary

    return rules.mutants("contracts/Vault.sol", SOURCE, Vocabulary())


def verdict(outcome: str) -> object:
    from mutate_run import Verdict

    return Verdict(outcome, "test_x" if outcome == "killed" else "", 1.0)


def test_a_run_goes_on_and_a_changed_tree_is_asked_anew(mutate: ModuleType, rules: ModuleType, tmp_path: Path) -> None:
    first, second, third, *_ = made(rules)
    results = mutate.Results(tmp_path / "results.json", "state one")
    results.put(first, verdict("killed"))
    results.put(second, verdict("survived"))

    again = mutate.Results(tmp_path / "results.json", "state one")
    assert [again.of(mutant) for mutant in (first, second, third)] == [verdict("killed"), verdict("survived"), None]
    changed = mutate.Results(tmp_path / "results.json", "state two")
    assert [changed.of(mutant) for mutant in (first, second)] == [None, None]
    survivors = mutate.Results(tmp_path / "results.json", "state two", older_kills=True)
    assert [survivors.of(mutant) for mutant in (first, second)] == [verdict("killed"), None]
    assert survivors.is_older(first)


def test_what_is_judged_is_not_run_again(
    mutate: ModuleType, rules: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []

    class Recorded:
        def __init__(self, *_: object) -> None: ...

        def check(self) -> None: ...

        def judge(self, mutant: object) -> object:
            judged.append(mutant)
            return verdict("killed")

    monkeypatch.setattr(mutate, "Tree", Recorded)
    picked = made(rules)[:5]
    results = mutate.Results(tmp_path / "results.json", "state")
    results.put(picked[0], verdict("killed"))
    for _ in range(2):
        mutate.run([mutant for mutant in picked if results.of(mutant) is None], results, None)
    assert sorted(mutant.key for mutant in judged) == sorted(mutant.key for mutant in picked[1:])
    mutate.run(picked, results, 0)
    assert len(judged) == 4, "started a mutant after its time was up"


def test_the_figure_counts_survivors_though_explained_and_leaves_out_the_stillborn(mutate: ModuleType) -> None:
    assert mutate.score(Counter({"killed": 9, "survived": 1, "stillborn": 10})) == 0.9
    assert mutate.score(Counter({"killed": 9, "timed out": 3})) == 0.75


def test_only_an_explained_survivor_passes_and_an_idle_entry_is_reported(mutate: ModuleType, rules: ModuleType) -> None:
    picked = made(rules)[:12]
    verdicts = {mutant: verdict("killed") for mutant in picked} | {picked[0]: verdict("survived")}
    entry = mutate.Explained(picked[0].file, picked[0].key, "cannot matter")
    idle = mutate.Explained(picked[1].file, picked[1].key, "was killed since")
    assert mutate.faults(verdicts, [entry], 0, whole=True) == []
    assert mutate.faults(verdicts, [], 0, whole=True) == ["1 survivors without a reason in mutate.survivors.toml"]
    gone = f"explains nothing any more: {idle.key} in {idle.file}"
    assert mutate.faults(verdicts, [entry, idle], 0, whole=True) == [gone]
    assert mutate.faults(verdicts, [entry, idle], 0, whole=False) == []
    assert mutate.faults(verdicts, [entry], 3, whole=True)[0].startswith("3 mutants are not judged yet")
    assert "cannot matter" in "\n".join(mutate.report(verdicts, [entry]))
    assert "UNEXPLAINED" in "\n".join(mutate.report(verdicts, [idle]))


def test_too_few_killed_fails_though_each_survivor_is_explained(mutate: ModuleType, rules: ModuleType) -> None:
    picked = made(rules)[:10]
    verdicts = {mutant: verdict("killed") for mutant in picked} | dict.fromkeys(picked[:2], verdict("survived"))
    entries = [mutate.Explained(mutant.file, mutant.key, "equal") for mutant in picked[:2]]
    assert mutate.faults(verdicts, entries, 0, whole=True) == ["80.0% killed; 90% is asked"]


def test_an_entry_without_a_reason_is_refused(mutate: ModuleType) -> None:
    with pytest.raises(ToolchainError, match="give a reason for 12ab"):
        mutate.parse_explained('[[survivor]]\nfile = "a.sol"\nkey = "12ab"\nreason = " "\n')


@pytest.mark.parametrize(
    ("code", "output", "expected"),
    [
        (1, "Error: Compiler run failed:\nError (7576): Undeclared identifier", ("stillborn", "")),
        (
            1,
            "[FAIL: NotSeller(0x1)] test_ship_twice() (gas: 1)\n[FAIL] test_b() (gas: 2)",
            ("killed", "test_ship_twice"),
        ),
        (
            1,
            "[FAIL: refunded twice]\n\t[Sequence] (original: 2, shrunk: 1)\n\t\tsender=0x01\n invariant_a() (runs: 1)",
            ("killed", "invariant_a"),
        ),
        (0, "Ran 3 test suites in 2s: 9 tests passed, 0 failed, 0 skipped (9 total tests)", ("survived", "")),
    ],
)
def test_forges_words_give_the_outcome(mutate: ModuleType, code: int, output: str, expected: tuple[str, str]) -> None:
    from mutate_run import read_outcome

    assert read_outcome(code, output) == expected


@pytest.mark.parametrize(("code", "output"), [(0, "No tests match the provided pattern"), (101, "thread panicked")])
def test_no_verdict_is_no_kill_and_no_survival(mutate: ModuleType, code: int, output: str) -> None:
    from mutate_run import read_outcome

    with pytest.raises(ToolchainError, match="no verdict"):
        read_outcome(code, output)


def test_forge_kills_one_lets_one_live_and_one_does_not_compile(
    rules: ModuleType, root: Path, project: Path, write: Callable[[str, str], Path]
) -> None:
    from mutate_run import Tree, Verdict, copy_inputs

    (project / "foundry.toml").write_bytes((root / "foundry.toml").read_bytes())
    vault = write(
        "contracts/Vault.sol",
        "contract Vault {\n function half(int8 a) public pure returns (int8) { return a / 2; }\n}",
    )
    write(
        "tests/contracts/Vault.t.sol",
        'import {Vault} from "../../contracts/Vault.sol";\n'
        "contract VaultTest {\n function test_half() public { require(new Vault().half(2) == 1); }\n}",
    )
    copy_inputs(project, project / "source")
    tree = Tree(project, project / "source", project / "tree")
    text = vault.read_text(encoding="utf-8")
    at = text.index("a / 2")

    def judged(change: str) -> Verdict:
        made = rules.Change("test", at, at + len("a / 2"), change, "half")
        return tree.judge(rules.Mutant("contracts/Vault.sol", change, 1, made, "", ""))

    assert (judged("a * 2").outcome, judged("a * 2").by) == ("killed", "test_half")
    assert judged("a - 1").outcome == "survived"
    assert judged("b / 2").outcome == "stillborn"
    assert (project / "tree" / "contracts" / "Vault.sol").read_text(encoding="utf-8") == text
