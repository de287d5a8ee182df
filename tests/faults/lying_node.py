"""A proxy before a node that follows a schedule drawn from a seed: it refuses, hangs up, delays, answers in HTML, for
another request, with another error, or lies."""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
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
"""Answers that are well-formed, and wrong, of which one node alone can hardly be caught."""


class Schedule(Plan):
    """Every question meets trouble with `chance`; some methods are lied to. `met` counts what happened."""

    def __init__(self, upstream: str, seed: int, chance: float, lies: dict[str, dict[str, Fault]] = LIES) -> None:
        super().__init__(upstream)
        self._lies = lies
        self.met: Counter[str] = Counter()
        self._draw, self._chance = random.Random(f"node {seed}"), chance  # noqa: S311 - the same at each run

    def next_for(self, method: str) -> Fault:
        if self._draw.random() >= self._chance:
            return fake_node.passed
        lies = self._lies.get(method, {})
        if not lies and self._lies is BOLD_LIES:
            return fake_node.passed  # else it would be left alone, and never asked what it lies to
        offered = lies if self._lies is BOLD_LIES else TROUBLES | lies
        name = self._draw.choice(sorted(lies) if lies and self._draw.random() < 0.5 else sorted(offered))
        self.met[name] += 1
        return offered[name]


def altered(change: Callable[[Any], Any]) -> Fault:
    """The node's own answer, changed."""

    def fault(handler: Handler, request: dict[str, Any]) -> None:
        answer = handler.forward(request)
        if "result" in answer:
            answer["result"] = change(answer["result"])
        handler.answer(200, json.dumps(answer).encode())

    return fault


def zeros(data: str) -> str:
    """Of the same length: no anchor, an empty log."""
    return "0x" + "0" * (len(data) - 2)


BOLD_LIES: dict[str, dict[str, Fault]] = {
    "eth_call": {"zeros": altered(zeros)},
    "eth_getTransactionCount": {
        "no nonce": fake_node.result("0x0"),
        "nonce ahead": altered(lambda count: hex(int(count, 16) + 3)),
    },
    "eth_getTransactionByHash": {"unknown": fake_node.result(None)},
    "eth_blockNumber": {"behind": altered(lambda number: hex(max(0, int(number, 16) - 5)))},
    **LIES,
}
"""Of a node beside which stands an honest one."""


@contextmanager
def lying(
    upstream: str, seed: int, chance: float, lies: dict[str, dict[str, Fault]] = LIES
) -> Iterator[tuple[str, Schedule]]:
    """(its URL, its schedule)."""
    with fake_node.in_front_of(upstream) as (url, plan):
        schedule = Schedule(upstream, seed, chance, lies)
        # The handler's class holds the plan that it was made with.
        plan.next_for = schedule.next_for  # type: ignore[method-assign]
        yield url, schedule
