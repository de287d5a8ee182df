"""`make test-deep` runs every fuzz test and ten campaigns, and does none twice."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def deep(tool: Callable[[str], ModuleType], root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(root / "tools"))
    module = tool("deep")
    monkeypatch.setattr(module, "KEPT", tmp_path / "deep.json")
    monkeypatch.setattr(sys, "argv", ["deep.py"])
    return module


def test_every_file_with_a_fuzz_test_is_a_part_and_ten_campaigns_are(deep: ModuleType, root: Path) -> None:
    names = list(deep.parts())
    files = [path for path in (root / "tests/contracts").rglob("*.t.sol") if "function testFuzz" in path.read_text()]
    assert {name.split()[-1] for name in names if name.startswith("fuzz")} == {str(f.relative_to(root)) for f in files}
    assert len([name for name in names if name.startswith("invariants")]) == 10
    assert len({extra.get("FOUNDRY_FUZZ_SEED") for extra in deep.parts().values()}) == 11


def test_a_part_that_failed_is_run_again_and_one_that_passed_is_not(
    deep: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    failing = next(iter(deep.parts()))

    def run(name: str, extra: dict[str, str]) -> bool:
        ran.append(name)
        return name != failing or len(ran) > len(deep.parts())

    monkeypatch.setattr(deep, "run", run)
    assert deep.main() == 1
    assert deep.main() == 0
    assert ran == [*deep.parts(), failing]


def test_what_passed_in_another_state_of_the_tree_counts_no_more(
    deep: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep.KEPT.write_text(json.dumps({"state": "of yesterday", "done": list(deep.parts())}))
    ran: list[str] = []
    monkeypatch.setattr(deep, "run", lambda name, extra: ran.append(name) or True)
    assert deep.main() == 0
    assert len(ran) == len(deep.parts())
