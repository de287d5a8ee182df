"""`make test-faults` kills 200 relays at every step that the harness knows, and each of its parts is there."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def faults(tool: Callable[[str], ModuleType], root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(root / "tools"))
    return tool("faults")


def test_every_part_names_a_file_that_is_there_and_every_file_is_in_a_part(faults: ModuleType, root: Path) -> None:
    named = {part.path for part in faults.parts().values()}
    assert all((root / path).is_file() for path in named)
    there = {f"tests/faults/{path.name}" for path in (root / "tests/faults").glob("test_*.py")}
    assert there - named == {"tests/faults/test_accounts.py"}  # it is as long as it gets


def test_200_seeds_are_killed_at_every_step_of_the_harness(faults: ModuleType, root: Path) -> None:
    parts = faults.parts()
    told = {
        target.id: node.value
        for node in ast.parse((root / faults.KILL).read_text()).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    steps = {
        one.value
        for name in ("STEPS", "OF_LANES", "OF_ANCHORING")
        for one in ast.walk(told[name])
        if isinstance(one, ast.Constant)
    }
    assert steps == set(faults.STEPS)
    for step in steps:
        part = parts[f"killed at {step}"]
        assert (part.environment["LADING_FAULT_SEEDS"], step in part.options[1]) == ("200", True)
