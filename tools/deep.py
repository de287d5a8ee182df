"""The long runs, in parts: `make test-deep`, or `make test-deep MINUTES=9` until all are done.

A part is one file's fuzz tests with 10,000 runs each, one tenth of the invariants' 10,000 runs of 200 calls, or a share
of the tags, hostile inputs, stories and altered bytes, each from a seed of its own. Which parts passed is kept in
build/deep.json, each for one state of what it tests: a run that was interrupted goes on where it stopped, and a part
that failed is run again.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from forge import ROOT
from mutate_run import digest, digest_of

KEPT = ROOT / "build" / "deep.json"
FUZZ_RUNS = 10_000
INVARIANT_RUNS = 10_000
CAMPAIGNS = 10
HOSTILE = 1_000_000  # a quarter of them documents, which cost most; the rest names and memories of tags
SEEDS = 10
TAGS = 100_000
STORIES = 1_200


@dataclass(frozen=True, slots=True)
class Part:
    """A test file, whose tool its ending tells, with what narrows it down and what it adds to the environment."""

    path: str
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def is_python(self) -> bool:
        return self.path.endswith(".py")

    @property
    def command(self) -> list[str]:
        if self.is_python:
            return [sys.executable, "-m", "pytest", "-q", self.path, *self.options]
        return [sys.executable, str(ROOT / "tools" / "forge.py"), "test", "--match-path", self.path, *self.options]


def parts() -> dict[str, Part]:
    """By name."""
    return _of_contracts() | _of_goods()


def _of_contracts() -> dict[str, Part]:
    fuzzed = sorted(
        path for path in (ROOT / "tests" / "contracts").rglob("*.t.sol") if "function testFuzz" in path.read_text()
    )
    found = {}
    for path in (str(one.relative_to(ROOT)) for one in fuzzed):
        found[f"fuzz {path}"] = Part(path, ("--match-test", "testFuzz"), {"FOUNDRY_FUZZ_RUNS": str(FUZZ_RUNS)})
    for seed in range(1, CAMPAIGNS + 1):
        runs = {"FOUNDRY_INVARIANT_RUNS": str(INVARIANT_RUNS // CAMPAIGNS), "FOUNDRY_FUZZ_SEED": hex(seed)}
        found[f"invariants {seed}"] = Part("tests/invariants/Escrow.t.sol", ("--match-test", "invariant"), runs)
    return found


def _of_goods() -> dict[str, Part]:
    found = {"tags": Part("tests/epcis/test_epc_oracle.py", (), {"LADING_DEEP_TAGS": str(TAGS)})}
    documents, names = HOSTILE // 4 // SEEDS, HOSTILE * 3 // 4 // 2 // SEEDS
    for seed in range(1, SEEDS + 1):
        drawn = {"LADING_DEEP_SEED": f"deep {seed}"}
        inputs = {**drawn, "LADING_DEEP_INPUTS": str(documents)}
        found[f"documents {seed}"] = Part("tests/epcis/test_hostile_documents.py", (), inputs)
        found[f"bytes {seed}"] = Part("tests/epcis/test_hostile_bytes.py", (), inputs)
        spoilt = {**drawn, "LADING_DEEP_INPUTS": str(names)}  # so many names, and so many memories
        found[f"names {seed}"] = Part("tests/epcis/test_epc_hostile.py", (), spoilt)
    told = {"LADING_STORIES": str(STORIES), "LADING_FOOTPRINT_STORIES": str(STORIES)}
    for name in (
        "provenance/test_story_properties",
        "provenance/test_footprint",
        "acceptance/test_verify_script_stories",
    ):
        found[f"stories {name}"] = Part(f"tests/{name}.py", (), told)
    found["altered bundles"] = Part("tests/provenance/test_bundle.py", (), {"LADING_DEEP_BYTES": "1"})
    return found


def states() -> dict[bool, str]:
    """Of what Python's parts are about (True), and of what forge's are."""
    folders = [f"{top}/{name}" for top in ("pysdk/lading", "tests") for name in ("epcis", "provenance")]
    sources = [path for one in (*folders, "tests/acceptance") for path in (ROOT / one).rglob("*.py")]
    return {True: digest_of(ROOT, [*sources, ROOT / "scripts" / "verify.py"]), False: digest(ROOT)}


def run(name: str, part: Part) -> bool:
    print(f"\n===== {name}", flush=True)
    return subprocess.run(part.command, check=False, cwd=ROOT, env={**os.environ, **part.environment}).returncode == 0


def in_parts(kept_in: Path, wanted: dict[str, Part], state: dict[str, str], minutes: float | None) -> int:
    """Runs the parts that have not passed in their `state`, by name, and keeps which have; begins no further one after
    so many minutes. 1 if any is left."""
    until = minutes and time.monotonic() + 60 * minutes
    kept: dict[str, str] = json.loads(kept_in.read_text()) if kept_in.is_file() else {}
    kept = {name: kept[name] for name in wanted if kept.get(name) == state[name]}
    for name, part in wanted.items():
        if name in kept or (until and time.monotonic() > until):
            continue
        if run(name, part):
            kept[name] = state[name]
            kept_in.parent.mkdir(exist_ok=True)
            kept_in.write_text(json.dumps(kept, indent=2))
    left = [name for name in wanted if name not in kept]
    print(f"\n{len(kept)} of {len(wanted)} parts passed", *(f"still to pass: {name}" for name in left), sep="\n")
    return 1 if left else 0


def minutes_wanted(told: str | None) -> float | None:
    """As the command line says."""
    parser = argparse.ArgumentParser(description=told)
    parser.add_argument("--minutes", type=float, help="begin no further part after so many")
    found: float | None = parser.parse_args().minutes
    return found


def main() -> int:
    minutes, state, wanted = minutes_wanted(__doc__), states(), parts()
    return in_parts(KEPT, wanted, {name: state[part.is_python] for name, part in wanted.items()}, minutes)


if __name__ == "__main__":
    sys.exit(main())
