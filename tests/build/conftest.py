"""A small project beside the checkout, and the checkout's scripts as modules."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

LICENCE = "// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.30;\n"


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Path:
    """An empty project with the checkout's node_modules and compiler."""
    (tmp_path / "contracts" / "mocks").mkdir(parents=True)
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    (tmp_path / ".solcx").symlink_to(root / ".solcx")
    return tmp_path


@pytest.fixture
def write(project: Path) -> Callable[[str, str], Path]:
    """Put a Solidity file, given without its first two lines, into the small project."""

    def put(name: str, body: str) -> Path:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LICENCE + body, encoding="utf-8")
        return path

    return put


@pytest.fixture
def tool(root: Path) -> Callable[[str], ModuleType]:
    """A fresh module of `tools/<name>.py`."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"tools_{name}", root / "tools" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
