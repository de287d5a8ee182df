"""What the demo did, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lading.groups.session import Receipt


@dataclass(frozen=True)
class Step:
    """One thing done. `tx` and `gas` are None off chain; `seconds` of wall time."""

    name: str
    tx: str | None
    gas: int | None
    seconds: float


@dataclass(frozen=True)
class Chapter:
    """Some steps under one sentence. `in_detail`: worth a row each."""

    sentence: str
    steps: tuple[Step, ...]
    in_detail: bool


class Diary:
    """Collects steps in chapters. `tell` hears of each step as it is done."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.chapters: list[Chapter] = []
        self._tell = tell
        self._steps: list[Step] = []
        self._last = 0.0

    @contextmanager
    def chapter(self, sentence: str, *, in_detail: bool = True) -> Iterator[None]:
        self._tell(sentence)
        self._steps = []
        self._last = time.perf_counter()
        yield
        self.chapters.append(Chapter(sentence, tuple(self._steps), in_detail))

    def sent(self, name: str, receipt: Receipt) -> Receipt:
        """Notes a transaction, and hands its receipt on."""
        self.note(name, receipt.tx_hash, receipt.gas_used)
        return receipt

    def note(self, name: str, tx: str | None = None, gas: int | None = None) -> None:
        """Notes a step; it took the time since the one before."""
        now = time.perf_counter()
        self._steps.append(Step(name, tx, gas, round(now - self._last, 4)))
        self._last = now
        self._tell(f"  {name}")

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for chapter in self.chapters for step in chapter.steps)
