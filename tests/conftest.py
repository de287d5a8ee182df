"""What every test folder shares: the tools on PATH, the checkout, and the rule about skips."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.errors import LadingError
from lading.toolchain import npm_tool

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
NO_SHARED_DATA = "../shared/data does not stand beside this checkout"

# ape starts anvil from PATH and compiles with what lies in SOLCX_BINARY_PATH.
os.environ["SOLCX_BINARY_PATH"] = str(ROOT / ".solcx")
for _tool in ("anvil", "cast", "forge"):
    try:
        _folder = str(npm_tool(_tool, ROOT).parent)
    except LadingError:
        continue  # the tests that need it fail or skip by its name
    if _folder not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = _folder + os.pathsep + os.environ["PATH"]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Published samples of readers, EPCIS and event hashes; the one thing that nobody can install."""
    if not SHARED_DATA.is_dir():
        pytest.skip(NO_SHARED_DATA)
    return SHARED_DATA


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail"):
        _fail_if_installable(report, item.nodeid)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if report.skipped:
        _fail_if_installable(report, collector.nodeid)


def _fail_if_installable(report: pytest.TestReport | pytest.CollectReport, name: str) -> None:
    """In CI everything that can be installed is: a skip there means that something was not run."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if os.environ.get("LADING_NO_SKIP") == "1" and NO_SHARED_DATA not in reason:
        report.outcome = "failed"
        report.longrepr = f"{name} was skipped where LADING_NO_SKIP=1 forbids it: {reason}"
