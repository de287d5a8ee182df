"""`.ci/run` with stand-ins for the package manager and make; and the rule that nothing skips in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOGGED = '#!/bin/sh\necho "$(basename $0) $*" >> "$LOG"\n'


@pytest.fixture
def ci(root: Path, tmp_path: Path):
    """Run `.ci/run` on a list of packages of which `have` is installed; -> (exit code, commands run, stderr)."""

    def run(packages: str, failing: str = "none") -> tuple[int, list[str], str]:
        tools, log = tmp_path / "bin", tmp_path / "log"
        tools.mkdir()
        stand_ins = {
            "apt-get": LOGGED,
            "dpkg-query": "#!/bin/sh\nfor last; do :; done\n[ $last = have ] && echo installed || exit 1\n",
            "make": LOGGED + f'echo "$CI $LADING_NO_SKIP" >> "$LOG"\n[ $1 != {failing} ]\n',
        }
        for name, text in stand_ins.items():
            (tools / name).write_text(text, encoding="utf-8")
            (tools / name).chmod(0o755)
        listed = tmp_path / "apt.txt"
        listed.write_text(packages, encoding="utf-8")
        surroundings = os.environ | {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "LOG": str(log),
            "LADING_APT_LIST": str(listed),
        }
        done = subprocess.run([root / ".ci" / "run"], env=surroundings, capture_output=True, text=True, check=False)
        return done.returncode, log.read_text(encoding="utf-8").splitlines(), done.stderr

    return run


TESTS_AND_CHECKS = ["make test", "true 1", "make check", "true 1"]


def test_what_is_installed_is_not_installed_again(ci) -> None:
    assert ci("# a comment\nhave  # and another\n\n") == (0, TESTS_AND_CHECKS, "")


def test_what_is_missing_is_installed_by_root_and_named_to_others(ci) -> None:
    code, log, errors = ci("have\nmosquitto\nchromium\n")
    assert code == 0
    if os.geteuid() == 0:
        assert log[:2] == ["apt-get update -q", "apt-get install -q -y --no-install-recommends mosquitto chromium"]
        assert log[2:] == TESTS_AND_CHECKS
    else:
        assert log == TESTS_AND_CHECKS
        assert "mosquitto chromium" in errors


@pytest.mark.parametrize(("failing", "ran"), [("test", TESTS_AND_CHECKS[:2]), ("check", TESTS_AND_CHECKS)])
def test_a_failure_of_either_half_fails_the_run(ci, failing: str, ran: list[str]) -> None:
    code, log, _ = ci("have\n", failing)
    assert code != 0
    assert log == ran


def pytest_with_our_rule(root: Path, folder: Path, body: str, no_skip: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_bytes((root / "tests" / "conftest.py").read_bytes())
    (folder / "test_it.py").write_text(body, encoding="utf-8")
    surroundings = os.environ | {"LADING_NO_SKIP": no_skip, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-c", "/dev/null", "--rootdir", folder, folder]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)


SKIPS = {
    "in a test": "import pytest\ndef test_it(): pytest.skip('mosquitto is not installed')",
    "by a mark": "import pytest\n@pytest.mark.skip(reason='mosquitto is not installed')\ndef test_it(): pass",
    "of a module": "import pytest\npytest.skip('mosquitto is not installed', allow_module_level=True)",
}


@pytest.mark.parametrize("body", SKIPS.values(), ids=SKIPS)
def test_a_skip_for_what_can_be_installed_fails_in_ci_and_is_named_elsewhere(
    root: Path, tmp_path: Path, body: str
) -> None:
    here = pytest_with_our_rule(root, tmp_path, body, "")
    assert "1 skipped" in here.stdout
    assert "mosquitto is not installed" in here.stdout

    in_ci = pytest_with_our_rule(root, tmp_path, body, "1")
    assert in_ci.returncode not in (0, 5)
    assert "was skipped where LADING_NO_SKIP=1 forbids it" in in_ci.stdout
    assert "mosquitto is not installed" in in_ci.stdout


def test_missing_shared_data_may_skip_in_ci_too(root: Path, tmp_path: Path) -> None:
    # The copy of our conftest stands where no ../shared/data is.
    folder = tmp_path / "checkout" / "tests"
    folder.mkdir(parents=True)
    done = pytest_with_our_rule(root, folder, "def test_it(shared_data): pass", "1")
    assert done.returncode == 0
    assert "1 skipped" in done.stdout


def test_an_expected_failure_is_not_a_skip(root: Path, tmp_path: Path) -> None:
    body = "import pytest\n@pytest.mark.xfail(strict=True)\ndef test_it(): assert not 1"
    done = pytest_with_our_rule(root, tmp_path, body, "1")
    assert done.returncode == 0
    assert "1 xfailed" in done.stdout
