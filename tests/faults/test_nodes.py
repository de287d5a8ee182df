"""Rows 7 to 9: a node that refuses, hangs up, delays, answers nonsense and lies, by a schedule drawn from a seed; the
relay is killed at it too."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import raw
from bed import Bed, Ground
from lying_node import BOLD_LIES, LIES, TROUBLES, lying
from relay_process import Body, PatientRelay, Steps, connect

from lading.chain import http
from lading.chain.endpoints import Endpoints
from lading.errors import LadingError
from lading.relayer.anchoring.chain_log import ChainLog
from lading.relayer.anchoring.loop import AnchorLoop
from lading.relayer.config.settings import load

SEEDS = int(os.environ.get("LADING_FAULT_SEEDS", "1"))


def patient(url: str, record: Path, key: str, config: Path, seed: int) -> Body:
    """As `stream`, but it goes on after any trouble. Its waits for nodes are short."""

    def body(steps: Steps) -> None:
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


def beside(honest: str) -> Callable[..., Body]:
    """As `patient`, with a second endpoint; in rounds, as a service takes them."""

    def make(url: str, record: Path, key: str, config: Path, seed: int) -> Body:
        def body(steps: Steps) -> None:
            http.BACKOFF_SECONDS = http.Retries.backoff = (0.01, 0.02, 0.02)  # type: ignore[misc]
            relay = TwoNodes(load(config), connect(honest, record, key), seed, lambda _: None)
            relay.urls = (url, honest)
            relay.take_steps(steps)
            asyncio.run(relay.run())

        return body

    return make


class TwoNodes(PatientRelay):
    """Anchors through the first endpoint, else the second."""

    urls: tuple[str, ...]
    _loop: AnchorLoop | None = None

    def anchor(self) -> None:
        if self._loop is None:
            assert self.client.signer is not None
            publisher = self.outbox.identity.publisher
            log = ChainLog(
                Endpoints(self.urls, sleep=briefly, clock=lambda: 50 * time.monotonic()),
                self.client.deployment,
                publisher,
            )
            bounds = self.config.batch
            self._loop = AnchorLoop(self.outbox, log, self.client.signer, bounds, checkpoint=self.steps)
        while True:
            made = self._loop.step(all_of_it=True)
            if made.trouble is not None:
                raise made.trouble
            if made.on_the_way == 0 and self.outbox.waiting() == 0:
                return


def briefly(_seconds: float) -> None:
    time.sleep(0.01)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_row_9_a_node_that_lies_beside_one_that_does_not(chain: Ground, tmp_path: Path, seed: int):
    chance = random.Random(f"two {seed}")  # noqa: S311 - the same at each run
    with lying(chain.url, seed + 2000, 0.3, BOLD_LIES) as (url, schedule):
        bed = Bed(chain, tmp_path / "relay", raw.log(seed + 75), url=url, max_events=6)
        step = chance.choice(("persist", "store", "broadcast", "receipt"))
        assert bed.run(seed, step, chance.randint(1, 2), beside(chain.url))[0] in (0, -signal.SIGKILL)
        assert bed.run(seed, make=beside(chain.url))[0] == 0
    assert schedule.met.keys() & {name for lies in BOLD_LIES.values() for name in lies}
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
