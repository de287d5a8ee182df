"""Every branch of the vault and its operators is gone by some forge test, or explained in coverage.exceptions.toml.

    .venv/bin/python tools/coverage.py

Runs the forge tests on a copy of the tree (build/coverage/tree) without IR, whose sources carry a marker in each branch
(coverage_branches.py). Fails on a branch that no test goes and no entry explains, and on an entry that explains none.
"""

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage_branches import Branch, Marked, count, mark
from mutate_run import PROFILE, copy_inputs
from mutate_tokens import vault_sources

from lading.errors import LadingError, ToolchainError
from lading.toolchain import ensure_compiler, npm_tool

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "coverage"
EXCEPTIONS = ROOT / "tools" / "coverage.exceptions.toml"


@dataclass(frozen=True, slots=True)
class Excepted:
    """One entry: the way into (`taken`) or past an `if`, by function and condition, and why no test goes it."""

    file: str
    function: str
    condition: str
    taken: bool
    reason: str

    def explains(self, branch: Branch) -> bool:
        mine = (self.file, self.function, self.condition, self.taken)
        return mine == (branch.file, branch.function, branch.condition, branch.taken)


def parse_exceptions(text: str) -> list[Excepted]:
    """Raises ToolchainError for an entry without a reason."""
    entries = [Excepted(**entry) for entry in tomllib.loads(text).get("branch", [])]
    for entry in entries:
        if not entry.reason.strip():
            raise ToolchainError(f"coverage.exceptions.toml: give a reason for {entry.condition} in {entry.file}.")
    return entries


def judge(counted: Mapping[Branch, int], excepted: Sequence[Excepted]) -> list[str]:
    """A line for each branch that no test goes and nothing explains, and for each entry that explains nothing."""
    missed = [branch for branch, times in counted.items() if times == 0]
    unexplained = [branch for branch in missed if not any(entry.explains(branch) for entry in excepted)]
    idle = [entry for entry in excepted if not any(entry.explains(branch) for branch in missed)]
    return [
        *(f"{b.file}:{b.line}: no test goes {_way(b.taken)} if ({b.condition}) of {b.function}" for b in unexplained),
        *(f"explains nothing any more: {_way(e.taken)} if ({e.condition}) of {e.function} in {e.file}" for e in idle),
    ]


def _way(taken: bool) -> str:
    return "into" if taken else "past"


def table(counted: Mapping[Branch, int]) -> list[str]:
    """A line per file: branches gone, branches."""
    lines = []
    for file in sorted({branch.file for branch in counted}):
        times = [hits for branch, hits in counted.items() if branch.file == file]
        gone = sum(hits > 0 for hits in times)
        lines.append(f"{file:44} {gone:4} of {len(times):4} branches  {gone / len(times):6.1%}")
    return lines


def run_forge(tree: Path) -> str:
    """forge's lcov report on the tree. Raises ToolchainError where a test fails or nothing compiles."""
    report = WORK / "lcov.info"
    report.unlink(missing_ok=True)
    project: list[str | Path] = ["--root", tree, "--offline", "--use", ensure_compiler(ROOT).path]
    done = subprocess.run(
        [npm_tool("forge", ROOT), "coverage", *project, "--exclude-tests", "--report", "lcov", "--report-file", report],
        cwd=tree,
        env=os.environ | {"FOUNDRY_PROFILE": PROFILE},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not report.is_file():
        raise ToolchainError(f"forge coverage failed (exit {done.returncode}):\n{done.stdout[-6000:]}")
    return report.read_text(encoding="utf-8")


def mark_tree(tree: Path) -> dict[str, Marked]:
    """Copy the checkout's contracts and tests, and put the markers into the copy."""
    copy_inputs(ROOT, tree)
    modules = tree / "node_modules"
    if not modules.is_symlink():
        modules.symlink_to(ROOT / "node_modules")
    marked = {file: mark(file, (tree / file).read_text(encoding="utf-8")) for file in vault_sources(tree)}
    for file, source in marked.items():
        (tree / file).write_text(source.text, encoding="utf-8")
    return marked


def main() -> int:
    try:
        excepted = parse_exceptions(EXCEPTIONS.read_text(encoding="utf-8"))
        marked = mark_tree(WORK / "tree")
        counted = count(marked, run_forge(WORK / "tree"))
    except (LadingError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(table(counted)))
    wrong = judge(counted, excepted)
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(counted)} branches, {len(excepted)} explained, {len(wrong)} to be seen to")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
