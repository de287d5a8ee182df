"""Run slither on the contracts; each finding is either fixed or explained in slither.triage.toml.

.venv/bin/python tools/slither_check.py
"""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from lading.errors import LadingError, ToolchainError
from lading.toolchain import ensure_compiler, npm_tool

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "slither"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: slither's name of the check, Contract.member, and its text."""

    check: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """One entry of the triage list; `reason` is for readers and may not be empty."""

    check: str
    where: str
    reason: str

    def explains(self, finding: Finding) -> bool:
        return self.check == finding.check and fnmatchcase(finding.where, self.where)


def judge(findings: Sequence[Finding], accepted: Sequence[Accepted]) -> tuple[list[Finding], list[Accepted]]:
    """(findings that nothing explains, entries that explain nothing)"""
    unexplained = [finding for finding in findings if not any(entry.explains(finding) for entry in accepted)]
    idle = [entry for entry in accepted if not any(entry.explains(finding) for finding in findings)]
    return unexplained, idle


def parse_triage(text: str) -> list[Accepted]:
    """Raises ToolchainError for an entry without a reason."""
    entries = [Accepted(**entry) for entry in tomllib.loads(text)["accepted"]]
    for entry in entries:
        if not entry.reason.strip():
            raise ToolchainError(f"slither.triage.toml: give a reason for {entry.check} in {entry.where}.")
    return entries


def parse_report(report: Mapping[str, Any]) -> list[Finding]:
    """slither's JSON -> findings. Raises ToolchainError where slither itself failed."""
    if not report["success"]:
        raise ToolchainError(f"slither failed: {report['error']}")
    detectors = report["results"].get("detectors", [])
    return [Finding(found["check"], _where(found["elements"]), found["description"].strip()) for found in detectors]


def _where(elements: Sequence[Mapping[str, Any]]) -> str:
    """Contract.function or Contract.function.variable of what the finding is about."""
    if not elements:
        return ""
    names, element = [], elements[0]
    while element:
        names.append(element["name"])
        element = element.get("type_specific_fields", {}).get("parent", {})
    return ".".join(reversed(names))


def run_slither() -> Mapping[str, Any]:
    """Compile with forge into a folder of its own, so that the cache of `forge test` stays, and analyse."""
    WORK.mkdir(parents=True, exist_ok=True)
    report = WORK / "report.json"
    report.unlink(missing_ok=True)  # slither does not overwrite one
    surroundings = os.environ | {
        "PATH": f"{npm_tool('forge', ROOT).parent}{os.pathsep}{os.environ['PATH']}",
        "FOUNDRY_SOLC": str(ensure_compiler(ROOT).path),
        "FOUNDRY_OUT": str(WORK / "out"),
        "FOUNDRY_CACHE_PATH": str(WORK / "cache"),
    }
    slither = Path(sys.executable).with_name("slither")
    done = subprocess.run(
        [slither, ".", "--json", report], cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False
    )
    if not report.is_file():
        raise ToolchainError(f"slither wrote no report (exit {done.returncode}):\n{done.stderr[-4000:]}")
    answer: Mapping[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return answer


def main() -> int:
    try:
        accepted = parse_triage((ROOT / "slither.triage.toml").read_text(encoding="utf-8"))
        findings = parse_report(run_slither())
    except LadingError as error:
        print(error, file=sys.stderr)
        return 1
    unexplained, idle = judge(findings, accepted)
    for finding in unexplained:
        print(f"unexplained: {finding.check} in {finding.where}\n{finding.text}\n", file=sys.stderr)
    for entry in idle:
        print(f"explains nothing any more: {entry.check} in {entry.where}", file=sys.stderr)
    print(f"slither: {len(findings)} findings, {len(unexplained)} unexplained; {len(idle)} idle entries")
    return 1 if unexplained or idle else 0


if __name__ == "__main__":
    sys.exit(main())
