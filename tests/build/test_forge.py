"""A failing Solidity test must fail `make test`; so must a failing lane of pytest."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Write = Callable[[str, str], Path]


def forge_test(root: Path, project: Path) -> subprocess.CompletedProcess[str]:
    shutil.copy(root / "foundry.toml", project / "foundry.toml")
    command = [sys.executable, root / "tools" / "forge.py", "test"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_a_failing_forge_test_fails_the_run(root: Path, project: Path, write: Write) -> None:
    write(
        "tests/contracts/Sum.t.sol", "contract SumTest { function test_wrong() external pure { assert(1 + 1 == 3); } }"
    )
    done = forge_test(root, project)
    assert done.returncode == 1
    assert "[FAIL" in done.stdout


def test_a_passing_forge_test_passes(root: Path, project: Path, write: Write) -> None:
    write(
        "tests/contracts/Sum.t.sol", "contract SumTest { function test_right() external pure { assert(1 + 1 == 2); } }"
    )
    done = forge_test(root, project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_failing_fuzz_run_fails_the_run(root: Path, project: Path, write: Write) -> None:
    body = "contract SumTest { function testFuzz_small(uint256 n) external pure { assert(n < 2 ** 200); } }"
    write("tests/contracts/Sum.t.sol", body)
    assert forge_test(root, project).returncode == 1


def lane(tool: Callable[[str], ModuleType], folder: Path, body: str) -> ModuleType:
    (folder / "test_it.py").write_text(body, encoding="utf-8")
    runner = tool("run_tests")
    runner.PYTEST_LANES = {"probe": runner.Lane(".venv", (str(folder),))}
    return runner


@pytest.mark.parametrize(("body", "code"), [("def test_it(): assert True", 0), ("def test_it(): assert not True", 1)])
def test_a_lane_ends_with_a_line_and_its_failure_counts(
    tool: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    body: str,
    code: int,
) -> None:
    runner = lane(tool, tmp_path, body)
    monkeypatch.setattr(sys, "argv", ["run_tests.py", "probe"])

    assert runner.main() == code
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("FAIL  probe" if code else "PASS  probe")
    assert ("0 passed, 1 failed" if code else "1 passed, 0 failed") in last


def test_a_lane_without_tests_fails(tool: Callable[[str], ModuleType], tmp_path: Path) -> None:
    passed, detail = (runner := lane(tool, tmp_path, ""))._pytest("probe", runner.PYTEST_LANES["probe"])
    assert not passed
    assert "0 passed" in detail
