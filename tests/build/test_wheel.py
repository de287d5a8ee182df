"""What a user gets: one wheel with everything that the package reads, working outside the checkout."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: setuptools leaves files beside the sources, and would ship stale ones."""
    copy = tmp_path_factory.mktemp("source")
    shutil.copytree(root / "pysdk", copy / "pysdk", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (root / name).is_file():
            shutil.copy(root / name, copy / name)
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "build", "--wheel", "--no-build-isolation", "--offline", "--python", sys.executable, "-q"]
    subprocess.run([*command, "--out-dir", copy / "dist", copy], check=True, capture_output=True)
    (built,) = (copy / "dist").glob("lading-*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_package(wheel: Path, root: Path) -> None:
    sources = {path.relative_to(root / "pysdk").as_posix() for path in (root / "pysdk" / "lading").rglob("*.*")}
    sources = {name for name in sources if "__pycache__" not in name and not Path(name).name.startswith(".")}
    assert {"lading/artifacts/TradeEscrow.json", "lading/py.typed", "lading/toolchain/solc_shim.js"} <= sources
    assert sources - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_the_wheel_names_its_licence_and_its_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    texts = {Path(name).name: archive.read(name).decode() for name in archive.namelist() if ".dist-info/" in name}
    assert "License: Apache-2.0" in texts["METADATA"]
    assert "Apache License" in texts["LICENSE"]
    assert "lading = lading.cli:main" in texts["entry_points.txt"]


def test_artifacts_load_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "import sys; sys.path[:0] = sys.argv[1:]; import lading.artifacts as a; "
    code += "print(a.__file__, len(a.load('TradeEscrow').abi))"
    command = [sys.executable, "-I", "-S", "-c", code, tmp_path]
    file, entries = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.split()
    assert Path(file).is_relative_to(tmp_path)
    assert int(entries) > 0
