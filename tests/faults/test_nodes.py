"""Rows 7 to 9: a node that refuses, hangs up, delays, answers nonsense and lies, by a schedule drawn from a seed; the
relay is killed at it too."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest
import raw
from bed import Bed, Ground
from lying_node import LIES, TROUBLES, lying
from relay_process import Body, PatientRelay, Steps, connect

from lading.chain import http
from lading.errors import LadingError
from lading.relayer.config import load

SEEDS = int(os.environ.get("LADING_FAULT_SEEDS", "1"))


def patient(url: str, record: Path, key: str, config: Path, seed: int) -> Body:
    """As `stream`, but it goes on after any trouble. Its waits for nodes are short."""

    def body(steps: Steps) -> None:
        import asyncio

        http.BACKOFF_SECONDS = http.Retries.backoff = (0.01, 0.02, 0.02)  # type: ignore[misc]
        while True:
            try:
                client = connect(url, record, key)
                break
            except LadingError:
                continue
        relay = PatientRelay(load(config), client, seed, lambda _: None)
        relay.take_steps(steps)
        asyncio.run(relay.run())

    return body


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_node_in_trouble_loses_and_doubles_nothing(chain: Ground, tmp_path: Path, seed: int):
    with lying(chain.url, seed, 0.15) as (url, schedule):
        bed = Bed(chain, tmp_path / "relay", raw.log(seed + 60), url=url, max_events=6)
        assert bed.run(seed, make=patient)[0] == 0
    assert sum(schedule.met.values()) > 5
    bed.assert_whole()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_relay_killed_before_a_node_in_trouble(chain: Ground, tmp_path: Path, seed: int):
    chance = random.Random(f"killed {seed}")  # noqa: S311 - the same at each run
    with lying(chain.url, seed + 1000, 0.1) as (url, _):
        bed = Bed(chain, tmp_path / "relay", raw.log(seed + 70), url=url, max_events=6)
        for start in range(3):
            step = chance.choice(("persist", "sign", "store", "broadcast", "receipt"))
            assert bed.run(seed + 10 * start, step, chance.randint(1, 2), patient)[0] in (0, -signal.SIGKILL)
        assert bed.run(seed, make=patient)[0] == 0
    bed.assert_whole()


def test_every_sort_of_trouble_is_in_the_schedule():
    from lying_node import Schedule

    met: set[str] = set()
    for seed in range(20):
        schedule = Schedule("", seed, 1.0)
        for _ in range(20):
            for method in (*LIES, "eth_call"):
                schedule.next_for(method)
        met |= set(schedule.met)
    wanted: set[Any] = set(TROUBLES).union(*LIES.values())
    assert met == wanted
