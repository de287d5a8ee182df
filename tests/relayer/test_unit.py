"""The shipped systemd unit: systemd itself reads it, and the command that it starts runs in what the unit gives it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from eth_account import Account
from service_kit import COMMAND, Running, Site

ANALYZE = shutil.which("systemd-analyze") or "systemd-analyze"


@pytest.fixture(scope="module")
def unit(root: Path) -> str:
    return (root / "examples/relay/lading-relay.service").read_text()


def values(unit: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)


def verified(folder: Path, unit: str) -> str:
    """What systemd has against it; it wants the program to be there."""
    path = folder / "lading-relay.service"
    path.write_text(unit.replace("/opt/lading/bin/lading", str(COMMAND)))
    done = subprocess.run([ANALYZE, "verify", str(path)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


MISSING = "systemd-analyze is missing: apt-get install systemd"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason=MISSING)
def test_systemd_has_nothing_against_the_unit(unit: str, tmp_path: Path):
    assert verified(tmp_path, unit) == ""
    assert "ProtectClocks" in verified(tmp_path, unit.replace("ProtectClock=", "ProtectClocks="))
    assert "lading-relay.service" in verified(tmp_path, unit.replace("@system-service", "@system-serviced"))


def test_the_units_command_runs_in_what_the_unit_gives_it(unit: str, site: Site, tmp_path: Path):
    """No home, no variable but the unit's, secrets as files, and nothing is written outside of the state's folder."""
    etc, state, secrets = (tmp_path / name for name in ("etc", "state", "credentials"))
    for folder in (etc, state, secrets):
        folder.mkdir(mode=0o700)
    site.write(outbox=str(state / "relay.sqlite3"), sources=[{"file": str(state / "reads.ndjson"), "follow": True}])
    (etc / "relay.yaml").write_bytes(site.config.read_bytes())
    (etc / "deployment.json").write_bytes(site.record.read_bytes())
    (secrets / "keystore").write_text(json.dumps(Account.encrypt(site.key, "s3cret", iterations=1024)))
    (secrets / "keystore-password").write_text("s3cret\n")
    (state / "reads.ndjson").touch()

    def here(text: str) -> str:
        return text.replace("/etc/lading", str(etc)).replace("%d", str(secrets))

    (start,) = values(unit, "ExecStart")
    words = shlex.split(here(start).replace("/opt/lading/bin/lading", str(COMMAND)))
    given = dict(one.split("=", 1) for one in map(here, values(unit, "Environment")))
    for name in values(unit, "LoadCredential"):
        assert Path(name.partition(":")[2]).is_relative_to("/etc/lading/secrets")
    before = {path: path.stat().st_mtime_ns for path in (*etc.iterdir(), *secrets.iterdir(), etc, secrets)}
    log = state / "journal"
    # As systemd does for a user that it makes for the unit alone; no home is there.
    env = {"PATH": "/usr/bin:/bin", "HOME": "", "LANG": "C.UTF-8", **given}
    with log.open("wb") as err:
        process = subprocess.Popen(
            words, env=env, cwd=state, stdin=subprocess.DEVNULL, stdout=err, stderr=err, umask=0o077
        )
    running = Running(process, log, site.port)
    try:
        running.ready()
        took = running.end(getattr(signal, values(unit, "KillSignal")[0]))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert took < int(values(unit, "TimeoutStopSec")[0])
    assert before == {path: path.stat().st_mtime_ns for path in (*etc.iterdir(), *secrets.iterdir(), etc, secrets)}
    assert (state / "relay.sqlite3").stat().st_mode & 0o077 == 0
    assert "s3cret" not in log.read_text()
