"""The scripts: the same arguments and exit codes under `python` and under `ape run`."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_kit import Cli

SCRIPTS = ("deploy", "demo", "relay")
WAYS = ["python", "ape"]


def run(root: Path, way: str, script: str, words: str) -> subprocess.CompletedProcess[str]:
    """A script in the checkout, as a process of its own."""
    if way == "ape" and importlib.util.find_spec("ape") is None:
        pytest.skip("ape is not in this environment: make test puts it into .venv")
    ape = [str(Path(sys.executable).with_name("ape")), "run", script]
    command = [sys.executable, f"scripts/{script}.py"] if way == "python" else ape
    return subprocess.run(
        [*command, *words.split()], cwd=root, capture_output=True, text=True, check=False, env=os.environ
    )


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("way", WAYS)
def test_help_is_that_of_the_command(root: Path, cli: Cli, way: str, script: str):
    done = run(root, way, script, "--help")
    assert (done.returncode, done.stdout) == (0, cli(f"{script} --help").out)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("script", "words", "code"),
    [
        ("demo", "--network geth --json", 2),
        ("demo", "--nonsense --json", 2),
        ("deploy", "--network sepolia --dev-account 0 --json", 3),
        ("deploy", "--network embedded --dev-account 0 --json", 2),
        ("relay", "check nothing.yaml --json", 1),
    ],
)
def test_exit_codes_and_errors_are_those_of_the_command(
    root: Path, cli: Cli, way: str, script: str, words: str, code: int
):
    done = run(root, way, script, words)
    assert (done.returncode, json.loads(done.stdout)) == (code, json.loads(cli(f"{script} {words}").out))
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("way", WAYS)
def test_the_relay_counts_the_examples_log(root: Path, way: str):
    done = run(root, way, "relay", "check examples/demo/relay.yaml --json")
    assert (done.returncode, json.loads(done.stdout)["events"]) == (0, 12)


@pytest.mark.parametrize("way", WAYS)
def test_the_demo_runs_by_script(root: Path, way: str):
    done = run(root, way, "demo", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"] is True


@pytest.mark.parametrize("way", WAYS)
def test_the_lone_verifier_ends_alike_both_ways(root: Path, tmp_path: Path, way: str):
    bad = tmp_path / "bundle.json"
    bad.write_text("{}", encoding="utf-8")
    assert run(root, way, "verify", f"--bundle {bad}").returncode == 1
    assert run(root, way, "verify", "").returncode == 2
    assert "--bundle" in run(root, way, "verify", "--help").stdout
