"""What a benchmark is: one function under `@benchmark`, which gives its two sides.

Each side runs in a process of its own, ours with `.venv`, the peer with the interpreter that the benchmark names; so a
side imports what it measures inside itself, and nothing else may stand in the other's memory. A new benchmark is one
such function in one of the `rooms`.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[2]
REPEATS = 5
"""Timed repeats in one process, after one that warms up and is not counted."""

Input = TypeVar("Input")


class BenchError(Exception):
    """A benchmark that gives no figure: a sentence that says why."""


class Interpreter(StrEnum):
    """The environment that a side runs in, as tools/setup.py makes it."""

    OURS = ".venv"
    PEERS = ".venv-bench"

    @property
    def python(self) -> Path:
        return ROOT / self.value / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Measured:
    """One side in one process. `samples` are in the benchmark's unit. `answer` says what was computed: where both sides
    do the same work, a digest of the results, so that a side which computes something else gives no figure."""

    who: str
    samples: Sequence[float]
    answer: str


Side = Callable[[], Measured]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`make` gives our side and the peer's. `rounds`: how often both run in turn, so that what else the machine does
    falls on both."""

    label: str
    unit: str
    peer: Interpreter
    rounds: int
    make: Callable[[], tuple[Side, Side]]


BENCHMARKS: dict[str, Benchmark] = {}


def benchmark(
    label: str, unit: str, peer: Interpreter = Interpreter.OURS, rounds: int = 3
) -> Callable[[Callable[[], tuple[Side, Side]]], Callable[[], tuple[Side, Side]]]:
    """Enters the function as the benchmark `label`; `unit` says of each figure what it counts."""

    def enter(make: Callable[[], tuple[Side, Side]]) -> Callable[[], tuple[Side, Side]]:
        if label in BENCHMARKS:
            raise ValueError(f"two benchmarks are called {label}")
        BENCHMARKS[label] = Benchmark(label, unit, peer, rounds, make)
        return make

    return enter


def rates(
    work: Callable[[Input], object],
    inputs: Iterable[Input],
    amount: int,
    clock: Callable[[], float] = perf_counter,
) -> list[float]:
    """`amount` per second of each call but the first. Give each its own input: in use, none comes twice. `clock` is
    `process_time` where both sides are one thread that waits for nothing, so that what else the machine does counts
    less."""
    return [amount / seconds for seconds in _seconds(work, inputs, clock)]


def milliseconds(work: Callable[[Input], object], inputs: Iterable[Input]) -> list[float]:
    """The time of each call but the first."""
    return [seconds * 1000 for seconds in _seconds(work, inputs)]


def _seconds(
    work: Callable[[Input], object], inputs: Iterable[Input], clock: Callable[[], float] = perf_counter
) -> list[float]:
    found = []
    for given in inputs:
        gc.collect()
        begin = clock()
        work(given)
        found.append(clock() - begin)
    return found[1:]


def digest(results: Iterable[object]) -> str:
    """Of the results as text, in their order."""
    return hashlib.sha256("\n".join(map(str, results)).encode()).hexdigest()
