"""A proxy before a node that follows a schedule drawn from a seed: it refuses, hangs up, delays, answers in HTML, for
another request, with another error, or lies."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "sdk"))
import fake_node
from fake_node import Fault, Handler, Plan

LOGS, RECEIPT, SEND = "eth_getLogs", "eth_getTransactionReceipt", "eth_sendRawTransaction"


def late(handler: Handler, request: dict[str, Any]) -> None:
    time.sleep(0.05)  # longer than the node takes, shorter than anybody's patience
    fake_node.passed(handler, request)


TROUBLES: dict[str, Fault] = {
    "429": fake_node.status(429, Retry_After="0"),
    "503": fake_node.status(503),
    "hang up": fake_node.hang_up,
    "html": fake_node.body(b"<html>welcome</html>"),
    "cut": fake_node.body(b'{"jsonrpc": "2.0", "id": 1, "resu'),
    "wrong id": fake_node.wrong_id,
    "late": late,
    "limit": fake_node.error(-32005, "limit exceeded"),
    "inner": fake_node.error(-32603, "internal error"),
}
"""Of any question."""
LIES: dict[str, dict[str, Fault]] = {
    LOGS: {"no logs": fake_node.result([]), "null logs": fake_node.result(None)},
    RECEIPT: {"no receipt": fake_node.result(None)},
    SEND: {"taken and hung up": fake_node.accept_then_hang_up},
}
"""Answers that are well-formed, and wrong."""


class Schedule(Plan):
    """Every question meets trouble with `chance`; some methods are lied to. `met` counts what happened."""

    def __init__(self, upstream: str, seed: int, chance: float) -> None:
        super().__init__(upstream)
        self.met: Counter[str] = Counter()
        self._draw, self._chance = random.Random(f"node {seed}"), chance  # noqa: S311 - the same at each run

    def next_for(self, method: str) -> Fault:
        if self._draw.random() >= self._chance:
            return fake_node.passed
        offered = TROUBLES | LIES.get(method, {})
        lies = LIES.get(method, {})
        name = self._draw.choice(sorted(lies) if lies and self._draw.random() < 0.5 else sorted(offered))
        self.met[name] += 1
        return offered[name]


@contextmanager
def lying(upstream: str, seed: int, chance: float) -> Iterator[tuple[str, Schedule]]:
    """(its URL, its schedule)."""
    with fake_node.in_front_of(upstream) as (url, plan):
        schedule = Schedule(upstream, seed, chance)
        # The handler's class holds the plan that it was made with.
        plan.next_for = schedule.next_for  # type: ignore[method-assign]
        yield url, schedule
