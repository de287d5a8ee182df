"""What the forge tests say about one mutant, on copies of the tree that nobody edits.

Dynamic test linking would spare most of the compiling, but it loses changes in the bodies of contracts (issues
12452, 16682, 16901 of Foundry): a mutant would survive that never ran. So every mutant is compiled into its tests.
"""

import hashlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from mutate_rules import Mutant

from lading.errors import ToolchainError
from lading.toolchain import ensure_compiler, npm_tool

PROFILE = "lite"
SECONDS = 300  # for one run of the tests; the slowest that ends takes a tenth
# A broken invariant is named below the calls that broke it.
_FAILED = re.compile(r"^\[FAIL[^\n]*\](?:\n(?:\t.*\n)+)? (\w+)\(", re.MULTILINE)
# forge replays what once failed; a mutant is to meet only what its own run makes.
_REMEMBERED = ("fuzz", "invariant")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`outcome` is killed, survived, stillborn (does not compile) or "timed out"; `by` the first test that failed."""

    outcome: str
    by: str
    seconds: float


def inputs(root: Path) -> list[Path]:
    """What decides a verdict, relative to `root`."""
    found = [path for folder in ("contracts", "tests") for path in (root / folder).rglob("*.sol")]
    return sorted(path.relative_to(root) for path in [*found, root / "foundry.toml"])


def digest(root: Path) -> str:
    """The state of the tree that a verdict is about."""
    return digest_of(root, [root / path for path in inputs(root)])


def digest_of(root: Path, files: list[Path]) -> str:
    """The state of these files below `root`."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def copy_inputs(source: Path, folder: Path) -> None:
    """Make the contracts and tests in `folder` what they are in `source`."""
    for name in ("contracts", "tests"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in inputs(source):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, folder / path)


class Tree:
    """A copy of `source` with the checkout's compiler and packages; forge's cache there stays from run to run."""

    def __init__(self, root: Path, source: Path, folder: Path) -> None:
        self.folder = folder
        copy_inputs(source, folder)
        modules = folder / "node_modules"
        if not modules.is_symlink():
            modules.symlink_to(root / "node_modules")
        compiler = _quick(ensure_compiler(root).path, folder)
        self._command = [
            str(npm_tool("forge", root)),
            "test",
            "--root",
            str(folder),
            "--offline",
            "--use",
            str(compiler),
        ]

    def check(self) -> None:
        """Raises ToolchainError unless every test passes without a mutation: a failing one would kill all of them."""
        verdict, output = self._run([])
        if verdict.outcome != "survived":
            raise ToolchainError(f"Unmutated, the tests have to pass ({verdict.outcome}):\n{output[-4000:]}")

    def judge(self, mutant: Mutant) -> Verdict:
        """A contract's own tests first, where most of its mutants die; all of them for one that outlived those, and for
        a library, which has none and is compiled into everything anyway."""
        path = self.folder / mutant.file
        original = path.read_text(encoding="utf-8")
        path.write_text(mutant.applied(original), encoding="utf-8")
        seconds = 0.0
        try:
            for options in self._rounds(mutant.file):
                verdict, _ = self._run(options)
                seconds += verdict.seconds
                if verdict.outcome != "survived":
                    break
            return Verdict(verdict.outcome, verdict.by, seconds)
        finally:
            path.write_text(original, encoding="utf-8")

    def _rounds(self, file: str) -> list[list[str]]:
        """forge's options, run after run: the test files called like the contract, if there are any, then all."""
        stem = Path(file).stem
        named = any((self.folder / "tests" / "contracts").glob(f"{stem}*.t.sol"))
        return [["--match-path", f"tests/contracts/{stem}*.t.sol"], []] if named else [[]]

    def _run(self, options: list[str]) -> tuple[Verdict, str]:
        for name in _REMEMBERED:
            shutil.rmtree(self.folder / "build" / "lite" / name, ignore_errors=True)
        start = time.monotonic()
        process = subprocess.Popen(
            [*self._command, "--fail-fast", *options],
            cwd=self.folder,
            env=os.environ | {"FOUNDRY_PROFILE": PROFILE},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # so that the compiler ends with forge
        )
        try:
            output, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return Verdict("timed out", "", time.monotonic() - start), ""
        outcome, by = read_outcome(process.returncode, output)
        return Verdict(outcome, by, time.monotonic() - start), output


def _quick(compiler: Path, folder: Path) -> Path:
    """The compiler; where that is WebAssembly under node, without node's optimizer, which costs more than it spares."""
    with compiler.open("rb") as opened:
        if opened.readline() != b"#!/usr/bin/env node\n":
            return compiler
    quick = folder / "solc"
    quick.write_text(f'#!/bin/sh\nexec node --liftoff-only {shlex.quote(str(compiler))} "$@"\n', encoding="utf-8")
    quick.chmod(0o755)
    return quick


def read_outcome(code: int, output: str) -> tuple[str, str]:
    """forge's exit code and words -> (outcome, first failing test).

    Raises ToolchainError where forge said neither that tests passed nor that one failed nor that nothing compiled.
    """
    if "Compiler run failed" in output:
        return "stillborn", ""
    failed = _FAILED.search(output)
    if code != 0 and failed:
        return "killed", failed[1]
    if code == 0 and " 0 failed" in output:
        return "survived", ""
    raise ToolchainError(f"forge test ended with {code} and no verdict:\n{output[-4000:]}")
