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
    parts = deep.parts()
    files = [path for path in (root / "tests/contracts").rglob("*.t.sol") if "function testFuzz" in path.read_text()]
    fuzzed = {part.path for name, part in parts.items() if name.startswith("fuzz")}
    assert fuzzed == {str(file.relative_to(root)) for file in files}
    assert len([name for name in parts if name.startswith("invariants")]) == 10
    assert len({part.environment.get("FOUNDRY_FUZZ_SEED") for part in parts.values()}) == 11
    assert all((root / part.path).is_file() for part in parts.values())


def test_a_million_hostile_inputs_are_spread_over_the_parts(deep: ModuleType, root: Path) -> None:
    parts = deep.parts()
    shares = [(part.path, int(part.environment.get("LADING_DEEP_INPUTS", 0))) for part in parts.values()]
    # The two files of documents share one number; names and memories are that many each.
    names = sum(2 * share for path, share in shares if path.endswith("test_epc_hostile.py"))
    documents = sum(share for path, share in shares if path.endswith("test_hostile_documents.py"))
    assert names + documents == 1_000_000
    texts = {path: (root / path).read_text() for path, share in shares if share}
    kit = (root / "tests/epcis/hostile_kit.py").read_text()
    assert all("LADING_DEEP_SEED" in text or "hostile_kit" in text for text in [kit, *texts.values()])


def test_a_part_that_failed_is_run_again_and_one_that_passed_is_not(
    deep: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    failing = next(iter(deep.parts()))

    def run(name: str, part: object) -> bool:
        ran.append(name)
        return name != failing or len(ran) > len(deep.parts())

    monkeypatch.setattr(deep, "run", run)
    assert deep.main() == 1
    assert deep.main() == 0
    assert ran == [*deep.parts(), failing]


def test_what_passed_in_another_state_of_the_tree_counts_no_more(
    deep: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep.KEPT.write_text(json.dumps(dict.fromkeys(deep.parts(), "of yesterday")))
    ran: list[str] = []
    monkeypatch.setattr(deep, "run", lambda name, part: ran.append(name) or True)
    assert deep.main() == 0
    assert len(ran) == len(deep.parts())
