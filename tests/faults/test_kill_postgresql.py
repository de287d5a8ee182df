"""The same kills on PostgreSQL, where what a process left undone is undone by a server, a little later."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest
import raw
from bed import Bed, Ground

SEEDS = int(os.environ.get("LADING_FAULT_SEEDS", "1"))
STEPS = ("storing", "events", "reads", "inferred", "persist", "store", "broadcast", "receipt", "statement")
REST = ("put", "stored", "smoothed", "observations", "sign")
MOST = {"statement": 250, "persist": 2, "sign": 2, "store": 2, "broadcast": 2, "receipt": 2}


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("step", STEPS if SEEDS == 1 else (*STEPS, *REST))
def test_killed_at_a_step_nothing_is_lost_and_nothing_twice(
    chain: Ground, schema: str, tmp_path: Path, step: str, seed: int
):
    number = random.Random(f"{step} {seed}").randint(1, MOST.get(step, 5))  # noqa: S311 - a place in a list
    bed = Bed(chain, tmp_path / "relay", raw.log(seed + 50), where=schema.replace(":@", "@"))
    bed.make_outbox()
    assert bed.run(seed, step, number)[0] in (0, -signal.SIGKILL)
    assert bed.accounts(done=False) == []
    assert bed.run(seed + 1)[0] == 0
    bed.assert_whole()
