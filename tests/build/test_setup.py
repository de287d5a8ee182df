"""Set-up happens once, says what is missing, and installs nothing that is not pinned."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Tool = Callable[[str], ModuleType]
LOCKS = ("dev", "runtime", "uv", "web3-7", "web3-8", "bench")
REQUIREMENT = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


@pytest.fixture
def setup(tool: Tool, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/setup.py on a checkout in which nothing is installed; `ran` lists what it would run."""
    module = tool("setup")
    (tmp_path / "requirements").mkdir()
    for name in ("pyproject.toml", "package.json", "package-lock.json", ".npmrc"):
        (tmp_path / name).write_bytes((root / name).read_bytes())
    for lock in LOCKS:
        (tmp_path / "requirements" / f"{lock}.txt").write_bytes((root / "requirements" / f"{lock}.txt").read_bytes())
    module.ran = []

    def run(command: list[object]) -> None:
        module.ran.append(" ".join(map(str, command)))
        if command[1:3] == ["-m", "venv"]:
            Path(str(command[-1])).mkdir(exist_ok=True)
        if command[0] == "npm":
            (tmp_path / "node_modules").mkdir()

    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "run", run)
    return module


def test_a_second_run_installs_nothing(setup: ModuleType) -> None:
    parts = ["runtime", "lanes", "bench", "node"]
    assert setup.main(parts) == 0
    assert setup.ran
    setup.ran.clear()
    assert setup.main(parts) == 0
    assert setup.ran == []


def test_every_install_is_checked_against_hashes_and_nothing_is_resolved(setup: ModuleType) -> None:
    assert setup.main(["runtime", "lanes", "bench"]) == 0
    installs = [command for command in setup.ran if " install " in command and "--editable" not in command]
    assert {command.rpartition("/")[2] for command in installs} == {f"{lock}.txt" for lock in LOCKS}
    for command in installs:
        assert "--require-hashes" in command
        assert "--no-deps" in command


def test_a_changed_lock_is_installed_and_nothing_else(setup: ModuleType) -> None:
    assert setup.main(["lanes", "node"]) == 0
    setup.ran.clear()
    with (setup.ROOT / "requirements" / "web3-8.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    assert setup.main(["lanes", "node"]) == 0
    assert any("web3-8.txt" in command for command in setup.ran)
    assert not any(other in command for command in setup.ran for other in ("dev.txt", "web3-7.txt", "npm"))


def test_the_demo_after_the_tests_touches_nothing(setup: ModuleType) -> None:
    assert setup.main(["dev"]) == 0
    setup.ran.clear()
    assert setup.main(["runtime"]) == 0
    assert setup.ran == []


def test_the_tests_after_the_demo_add_to_its_environment(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert setup.main(["runtime"]) == 0
    setup.ran.clear()
    monkeypatch.setattr(setup, "works", lambda _: True)
    assert setup.main(["dev"]) == 0
    assert not any("venv --clear" in command or "sync" in command for command in setup.ran)
    assert any("dev.txt" in command for command in setup.ran)


def test_an_old_python_is_told_so(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert setup.main(["runtime"]) == 1
    assert "Lading needs Python 3.11 or newer" in capsys.readouterr().err
    assert setup.ran == []


def test_a_python_without_ensurepip_uses_pip(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "imports", lambda module: module == "pip")
    assert setup.main(["runtime"]) == 0
    assert any("pip --python" in command and "--require-hashes" in command for command in setup.ran)


def test_a_python_with_neither_says_what_to_install(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "imports", lambda _: False)
    assert setup.main(["runtime"]) == 1
    assert "apt-get install python3-venv" in capsys.readouterr().err


@pytest.mark.parametrize("version", ["missing", "v18.20.1"])
def test_a_missing_or_old_node_is_told_so(
    setup: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    version: str,
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    if version != "missing":
        for name in ("node", "npm"):
            (tools / name).write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
            (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    assert setup.main(["node"]) == 1
    assert "Install Node.js 20 or newer" in capsys.readouterr().err
    assert setup.ran == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_a_hash_for_each_pin_and_no_address(root: Path, lock: str) -> None:
    text = (root / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert blocks
    for block in blocks:
        assert REQUIREMENT.match(block), block
        assert "--hash=sha256:" in block, block
    assert not re.search(r"://|--index|--find-links|--extra-index", text)


def test_what_make_demo_installs_is_part_of_what_make_test_installs(root: Path) -> None:
    def pins(lock: str) -> dict[str, str]:
        return dict(REQUIREMENT.findall((root / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")))

    dev = pins("dev")
    for lock in ("runtime", "uv"):
        assert pins(lock).items() <= dev.items()


def test_the_lanes_have_the_web3_of_their_name(root: Path) -> None:
    for lane in ("7", "8"):
        versions = "import web3, importlib.util as u; print(web3.__version__, u.find_spec('ape'))"
        python = root / f".venv-web3-{lane}" / "bin" / "python"
        answer = subprocess.run([python, "-c", versions], capture_output=True, text=True, check=True).stdout
        assert answer.startswith(f"{lane}.")
        assert answer.endswith(" None\n")


def test_the_npm_lock_holds_hashes_and_no_addresses(root: Path) -> None:
    assert '"resolved"' not in (root / "package-lock.json").read_text(encoding="utf-8")


def test_the_package_declares_what_it_imports(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = list(project["dependencies"]) + [r for extra in project["optional-dependencies"].values() for r in extra]
    names = {re.split(r"[^A-Za-z0-9-]", requirement)[0] for requirement in declared}
    modules = {name.replace("-", "_").lower() for name in names} | {"yaml", "solcx", "PIL", "Crypto", "paho"}
    ours = sys.stdlib_module_names | {"lading"}
    # What web3 and pydantic are made of: they hold it together, and they alone may choose its versions.
    ours |= {"eth_abi", "eth_typing", "eth_utils", "eth_keys", "hexbytes", "eth_tester", "eth", "requests", "rlp"}
    ours |= {"pydantic_core"}
    found = set()
    for path in (root / "pysdk").rglob("*.py"):
        for statement in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(statement, ast.Import):
                found |= {alias.name.split(".")[0] for alias in statement.names}
            elif isinstance(statement, ast.ImportFrom) and statement.level == 0:
                found.add(str(statement.module).split(".")[0])
    assert {name for name in found if name not in ours | modules} == set()
