"""The committed artifacts: fresh, equal however they are compiled, small enough, and read by one module."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lading import artifacts
from lading.toolchain import ensure_compiler, render
from lading.toolchain.build import abi_sha256, dump
from lading.toolchain.settings import MAX_RUNTIME_BYTES

FOLDER = Path(artifacts.__file__).parent
SAMPLE = "CustomsClearance"
"""Compilers differ by their settings, which are the same for every contract: one that imports OpenZeppelin tells, and
takes a tenth of the time of all."""


@pytest.fixture(scope="module")
def rendered(root: Path) -> dict[str, dict[str, Any]]:
    compiled, warnings = render(root, ensure_compiler(root))
    assert warnings == ()
    return compiled


@pytest.fixture
def copy(tmp_path: Path, root: Path) -> Path:
    """The sources and settings elsewhere, so that a compiler's own files do not land in the checkout."""
    shutil.copytree(root / "contracts", tmp_path / "contracts")
    for name in ("ape-config.yaml", "foundry.toml"):
        shutil.copy(root / name, tmp_path / name)
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    return tmp_path


def test_the_committed_artifacts_are_fresh(rendered: dict[str, dict[str, Any]]) -> None:
    committed = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert sorted(committed) == sorted(rendered)
    stale = [name for name, artifact in rendered.items() if committed[name] != dump(artifact)]
    assert stale == [], "run `make build` and commit what it writes"


def test_ape_compiles_to_the_same_bytecode(rendered: dict[str, dict[str, Any]], copy: Path) -> None:
    ape = Path(sys.executable).with_name("ape")
    done = subprocess.run([ape, "compile", "--force", rendered[SAMPLE]["sourceName"]], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    types = json.loads((copy / ".build" / "__local__.json").read_text(encoding="utf-8"))["contractTypes"]
    ours, theirs = rendered[SAMPLE], types[SAMPLE]
    assert theirs["deploymentBytecode"]["bytecode"] == ours["bytecode"]
    assert theirs["runtimeBytecode"]["bytecode"] == ours["deployedBytecode"]
    assert theirs["sourceId"] == ours["sourceName"]


def without_metadata_hash(bytecode: str) -> str:
    """forge ends each remapping with a slash before it calls the compiler, which enters this hash and nothing else."""
    return re.sub(r"(?<=a264697066735822)1220[0-9a-f]{64}(?=64736f6c63)", "", bytecode)


def test_forge_compiles_to_the_same_code(rendered: dict[str, dict[str, Any]], copy: Path, root: Path) -> None:
    source = rendered[SAMPLE]["sourceName"]
    command = [sys.executable, root / "tools" / "forge.py", "build", source]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    built = copy / "build" / "forge" / "out" / Path(source).name / f"{SAMPLE}.json"
    theirs = json.loads(built.read_text(encoding="utf-8"))["bytecode"]["object"]
    assert without_metadata_hash(theirs) == without_metadata_hash(rendered[SAMPLE]["bytecode"])
    assert without_metadata_hash(theirs) != theirs


@pytest.mark.parametrize("name", artifacts.names())
def test_every_contract_fits_under_eip_170(name: str) -> None:
    assert 0 < len(bytes.fromhex(artifacts.load(name).deployed_bytecode[2:])) < MAX_RUNTIME_BYTES


@pytest.mark.parametrize("name", artifacts.names())
def test_every_artifact_loads_once_and_matches_its_own_hash(name: str) -> None:
    artifact = artifacts.load(name)

    assert artifact is artifacts.load(name)
    assert artifact.name == name
    assert artifact.abi_sha256 == abi_sha256(artifact.abi)
    assert artifact.source.endswith(f"{name}.sol")


def test_an_unknown_contract_is_refused_by_name() -> None:
    with pytest.raises(artifacts.ArtifactMissing, match=r"no compiled contract 'TradeEscro'.*TradeEscrow"):
        artifacts.load("TradeEscro")


def test_reading_artifacts_imports_neither_web3_nor_the_toolchain() -> None:
    code = "import sys, lading.artifacts as a; a.load(a.names()[0]); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"web3", "pydantic", "solcx", "lading.toolchain"} & set(modules)
