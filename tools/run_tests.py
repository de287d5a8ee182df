"""Every test, lane by lane, and one closing line per lane; 1 if any lane failed. `make test` calls it.

The forge tests, which keep one core busy for most of their time, run beside the lanes of `ape test`, which have no
workers either; what forge says is printed when it is done.

    .venv/bin/python tools/run_tests.py [contracts] [ape] [ape-test] [ape-foundry] [web3-7] [web3-8]

ape-test and ape-foundry run the SDK's tests under `ape test`, on the chains that ape itself starts, and ape runs all
other tests beside its pins; web3-7 and web3-8 run what goes through the SDK, each in its own environment.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree  # reads only the reports that pytest wrote a moment ago

ROOT = Path(__file__).resolve().parent.parent
SDK_TESTS = ("tests/sdk", "tests/acceptance")
# Under `ape test` one chain serves a whole run, and eth-tester reads each block of it for every search of its logs:
# what searches goes first, while the chain is short.
SEARCHING = frozenset({"test_orders.py", "test_goods.py", "test_returns_disputes.py", "test_batches_and_logs.py"})
# These start nodes of their own, so ape's chain makes no difference to them: beside ape they run once, in ape-foundry.
OWN_NODES = ("test_faults", "test_endpoints", "test_sender")


@dataclass(frozen=True, slots=True)
class Lane:
    """An environment's folder, the test folders that run in it, and the network, where `ape test` is to run them."""

    environment: str
    tests: tuple[str, ...]
    ape_network: str | None = None

    def command(self, options: list[str]) -> list[str | Path]:
        programs = ROOT / self.environment / "bin"
        if self.ape_network is None:
            return [programs / "python", "-m", "pytest", "-n", "2", "--dist", "loadfile", *options, *self.tests]
        # One deployment serves a whole run, so ape is not to take each test's blocks back.
        own = ["--network", self.ape_network, "--disable-isolation"]
        return [programs / "ape", "test", *self.tests, *own, *options]


def _searching_first() -> tuple[str, ...]:
    files = [file for file in (ROOT / "tests" / "sdk").glob("test_*.py") if not file.name.startswith(OWN_NODES)]
    files.sort(key=lambda file: (file.name not in SEARCHING, file.name))
    return tuple(str(file.relative_to(ROOT)) for file in files)


def _test_folders() -> list[Path]:
    """Those that hold tests for pytest."""
    return sorted(folder for folder in (ROOT / "tests").iterdir() if any(folder.glob("test_*.py")))


PYTEST_LANES = {
    "ape": Lane(".venv", tuple(f"tests/{folder.name}" for folder in _test_folders() if folder.name != "sdk")),
    "ape-test": Lane(".venv", _searching_first(), "ethereum:local:test"),
    "ape-foundry": Lane(".venv", ("tests/sdk",), "ethereum:local:foundry"),
    "web3-7": Lane(".venv-web3-7", SDK_TESTS),
    "web3-8": Lane(".venv-web3-8", SDK_TESTS),
}


def main() -> int:
    names = sys.argv[1:] or ["contracts", *PYTEST_LANES]
    unknown = set(names) - {"contracts", *PYTEST_LANES}
    if unknown:
        print(f"no such lane: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    lanes = [name for name in names if name != "contracts"]
    lanes.sort(key=lambda name: PYTEST_LANES[name].ape_network is None)
    with ThreadPoolExecutor(max_workers=1) as one:
        contracts = one.submit(_run, "contracts") if "contracts" in names else None
        results = [_run(name) for name in lanes]
    if contracts is not None:
        results.insert(0, contracts.result())
    print("\n===== lanes")
    for _, line in results:
        print(line)
    return 0 if all(passed for passed, _ in results) else 1


def _run(name: str) -> tuple[bool, str]:
    """Whether the lane passed, and its closing line."""
    print(f"\n===== lane {name}", flush=True)
    start = time.monotonic()
    passed, detail = _contracts() if name == "contracts" else _pytest(name, PYTEST_LANES[name])
    line = f"{'PASS' if passed else 'FAIL'}  {name:11}  {detail}, {time.monotonic() - start:.0f} s"
    print(line, flush=True)
    return passed, line


def _contracts() -> tuple[bool, str]:
    command = [sys.executable, ROOT / "tools" / "forge.py", "test"]
    done = subprocess.run(command, check=False, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout, flush=True)
    return done.returncode == 0, f"forge exit {done.returncode}"


def _pytest(name: str, lane: Lane) -> tuple[bool, str]:
    python = ROOT / lane.environment / "bin" / "python"
    report = ROOT / "build" / "reports" / f"{name}.xml"
    report.unlink(missing_ok=True)
    done = subprocess.run(lane.command(["-q", "-rsfE", f"--junitxml={report}"]), check=False, cwd=ROOT)
    versions = "import web3, sys; print(f'web3 {web3.__version__}')"
    web3 = subprocess.run([python, "-c", versions], check=True, capture_output=True, text=True).stdout.strip()
    return done.returncode == 0, f"{web3}, {_counts(report)}"


def _counts(report: Path) -> str:
    if not report.is_file():
        return "no report was written"
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))  # noqa: S314 - our own file
    total = {key: sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")}
    passed = total["tests"] - total["failures"] - total["errors"] - total["skipped"]
    return f"{passed} passed, {total['failures'] + total['errors']} failed, {total['skipped']} skipped"


if __name__ == "__main__":
    sys.exit(main())
