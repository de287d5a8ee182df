"""The forge tests with many runs, in parts: `make test-deep`, or `make test-deep MINUTES=9` until all are done.

A part is one file's fuzz tests with 10,000 runs each, or one tenth of the invariants' 10,000 runs of 200 calls, from a
seed of its own. Which parts passed is kept in build/deep.json for one state of contracts and tests: a run that was
interrupted goes on where it stopped, and a part that failed is run again.
"""

import argparse
import json
import os
import subprocess
import sys
import time

from forge import ROOT
from mutate_run import digest

KEPT = ROOT / "build" / "deep.json"
FUZZ_RUNS = 10_000
INVARIANT_RUNS = 10_000
CAMPAIGNS = 10


def parts() -> dict[str, dict[str, str]]:
    """Name to what it adds to the environment; the name's last word is the file."""
    fuzzed = sorted(
        path for path in (ROOT / "tests" / "contracts").rglob("*.t.sol") if "function testFuzz" in path.read_text()
    )
    found = {f"fuzz {path.relative_to(ROOT)}": {"FOUNDRY_FUZZ_RUNS": str(FUZZ_RUNS)} for path in fuzzed}
    for seed in range(1, CAMPAIGNS + 1):
        runs = {"FOUNDRY_INVARIANT_RUNS": str(INVARIANT_RUNS // CAMPAIGNS), "FOUNDRY_FUZZ_SEED": hex(seed)}
        found[f"invariants {seed} tests/invariants/Escrow.t.sol"] = runs
    return found


def run(name: str, extra: dict[str, str]) -> bool:
    print(f"\n===== {name}", flush=True)
    path = name.rsplit(maxsplit=1)[-1]
    only = ["--match-test", "testFuzz"] if name.startswith("fuzz") else ["--match-test", "invariant"]
    command = [sys.executable, ROOT / "tools" / "forge.py", "test", "--match-path", path, *only]
    return subprocess.run(command, check=False, cwd=ROOT, env={**os.environ, **extra}).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, help="begin no further part after so many")
    until = (minutes := parser.parse_args().minutes) and time.monotonic() + 60 * minutes
    state = digest(ROOT)
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    done = set(kept["done"]) if kept.get("state") == state else set()
    failed = []
    wanted = parts()
    for name, extra in wanted.items():
        if name in done or (until and time.monotonic() > until):
            continue
        if run(name, extra):
            done.add(name)
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(json.dumps({"state": state, "done": sorted(done)}, indent=2))
        else:
            failed.append(name)
    left = [name for name in wanted if name not in done]
    print(f"\n{len(done)} of {len(wanted)} parts passed", *(f"still to pass: {name}" for name in left), sep="\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
