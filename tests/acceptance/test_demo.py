"""The main job, through the front door, on all three chains."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LADING = Path(sys.executable).with_name("lading")


@pytest.mark.parametrize("network", ["embedded", "anvil", "ganache"])
def test_one_order_from_tag_read_to_consumer_proof(network: str, tmp_path: Path) -> None:
    command = [LADING, "demo", "--network", network, "--json"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=240)

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout.splitlines()[-1])
    assert document["ok"] is True
    assert document["network"] == network
    assert document["verdicts"] == {"genuine": "authentic", "cloned": "suspect", "recalled": "recalled"}
    assert document["orders"] == ["released", "refunded"]
    assert 0 < document["score"] < 1000
    _check_steps(document["steps"])
    assert list(tmp_path.iterdir()) == []


def _check_steps(steps: list[dict[str, object]]) -> None:
    on_chain = [step for step in steps if step["tx"] is not None]
    assert len(on_chain) > 50
    assert all(isinstance(step["gas"], int) and step["gas"] >= 21_000 for step in on_chain)
    assert len({step["tx"] for step in on_chain}) == len(on_chain)
    assert all(step["gas"] is None for step in steps if step["tx"] is None)
