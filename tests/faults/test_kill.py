"""Rows 1, 2 and 7 of the list of faults: a relay that is killed at any step, or before any statement, and started again
has made what a plain model makes of the raw lines, and its accounts close, before and after.

`LADING_FAULT_SEEDS` kills so many times at each step, from the seed `LADING_FAULT_FIRST` on.
"""

from __future__ import annotations

import os
import random
import signal
from functools import lru_cache
from pathlib import Path

import pytest
import raw
from bed import Bed, Ground
from model import expected
from relay_process import stream, whole

SEEDS = int(os.environ.get("LADING_FAULT_SEEDS", "5"))
FIRST = int(os.environ.get("LADING_FAULT_FIRST", "0"))
OF_ANCHORING = ("persist", "sign", "store", "broadcast", "receipt")
OF_LANES = ("smoothed", "events", "observations", "reads", "inferred")
STEPS = ("put", "storing", "stored", *OF_LANES, *OF_ANCHORING, "statement")


@pytest.fixture(scope="module")
def undisturbed(shared_ground: Ground, tmp_path_factory: pytest.TempPathFactory):
    """For each seed, how often a relay that nobody kills passes each step."""

    @lru_cache(None)
    def passed(seed: int, make=stream) -> dict[str, int]:
        with shared_ground.untouched():
            bed = Bed(shared_ground, tmp_path_factory.mktemp("undisturbed") / str(seed), raw.log(seed))
            ended, steps = bed.run(seed, make=make)
            assert ended == 0
            bed.assert_whole(**({"lateness": None} if make is whole else {}))
        return steps

    return passed


def test_every_step_is_killed_at(undisturbed):
    assert set(undisturbed(FIRST)) == set(STEPS)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_nothing_is_lost_and_nothing_twice(
    chain: Ground, tmp_path: Path, undisturbed, step: str, seed: int
):
    times = undisturbed(seed)[step]
    number = random.Random(f"{step} {seed}").randint(1, times)  # noqa: S311 - a place in a list
    bed = Bed(chain, tmp_path / "relay", raw.log(seed))
    assert bed.run(seed, step, number)[0] == -signal.SIGKILL
    if (bed.folder / bed.where).exists():
        assert bed.accounts(done=False) == []
    assert bed.run(seed + 1)[0] == 0
    bed.assert_whole()


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_killed_again_and_again(chain: Ground, tmp_path: Path, seed: int):
    """Each start goes on until the next kill."""
    chance = random.Random(f"again {seed}")  # noqa: S311 - as above
    bed = Bed(chain, tmp_path / "relay", raw.log(seed))
    ended, starts = -signal.SIGKILL, 0
    while ended != 0:
        step = chance.choice(STEPS) if starts < 6 else None
        ended, _ = bed.run(100 * seed + starts, step, chance.randint(1, 300 if step == "statement" else 3))
        assert ended in (0, -signal.SIGKILL)
        starts += 1
    bed.assert_whole()


@pytest.mark.parametrize("seed", range(FIRST, FIRST + (SEEDS + 4) // 5))
@pytest.mark.parametrize("step", ["capture", "statement", "store", "broadcast"])
def test_a_whole_log_that_is_killed_on_its_way(chain: Ground, tmp_path: Path, undisturbed, step: str, seed: int):
    number = random.Random(f"whole {step} {seed}").randint(1, undisturbed(seed, whole)[step])  # noqa: S311 - as above
    bed = Bed(chain, tmp_path / "relay", raw.log(seed))
    assert bed.run(seed, step, number, whole)[0] == -signal.SIGKILL
    assert bed.accounts(done=False) == []
    assert bed.run(seed, make=whole)[0] == 0
    assert (bed.sent(), bed.events()) == (bed.batches(), expected(bed.lines, None))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + (SEEDS + 4) // 5))
def test_killed_while_it_makes_its_outbox(chain: Ground, tmp_path: Path, seed: int):
    number = random.Random(f"empty {seed}").randint(1, 60)  # noqa: S311 - as above
    bed = Bed(chain, tmp_path / "relay", raw.log(seed), empty=True)
    assert bed.run(seed, "statement", number)[0] == -signal.SIGKILL
    assert bed.run(seed)[0] == 0
    bed.assert_whole()
