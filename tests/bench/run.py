"""Ours beside its peers: `make bench`, or `make bench ONLY=LABEL`, into build/bench.json.

The document is label -> `{"value", "unit", "peer", "peer_value", "ratio"}`, with ratio = value / peer_value: above 1 is
better for a unit per second, below 1 for `ms` and `gas`. Each figure is the median of all repeats of all rounds; in a
round our side and the peer's run one after the other, each in a fresh process. A run of some labels keeps the others.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import TypedDict

import rooms
from kit import BENCHMARKS, ROOT, BenchError, Benchmark, Interpreter, Measured

DOCUMENT = ROOT / "build" / "bench.json"
SIDE = Path(__file__).with_name("side.py")
SLOWEST_SIDE = 600  # seconds
COLUMNS = ("label", "value", "unit", "peer", "peer's", "ratio")


class Figure(TypedDict):
    """One entry of the document."""

    value: float
    unit: str
    peer: str
    peer_value: float
    ratio: float


def main(arguments: list[str]) -> int:
    """0; 1 if a benchmark gave no figure; 2 for a label that there is not."""
    rooms.load()
    options = _parser().parse_args(arguments)
    unknown = [label for label in options.labels if label not in BENCHMARKS]
    if unknown:
        print(f"bench: no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    failed = 0
    try:
        figures = _known(options.out)
        labels = options.labels or list(BENCHMARKS)
        for label in labels:
            try:
                figures[label] = measure(BENCHMARKS[label])
            except BenchError as error:
                failed = 1
                figures.pop(label, None)  # an older figure would pass for this run's
                print(f"bench: {label}: {error}", file=sys.stderr)
            _write(options.out, figures)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(table({label: figures[label] for label in labels if label in figures}))
    return failed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("labels", nargs="*", metavar="LABEL", help="measure these alone; all if none is given")
    parser.add_argument("--out", type=Path, default=DOCUMENT, help="the document to write")
    return parser


def measure(bench: Benchmark) -> Figure:
    """Both sides of a benchmark, in turn. Raises `BenchError`."""
    ours: list[Measured] = []
    theirs: list[Measured] = []
    for _ in range(bench.rounds):
        ours.append(_side(bench, "ours", Interpreter.OURS))
        theirs.append(_side(bench, "peer", bench.peer))
    answers = {one.answer for one in (*ours, *theirs)}
    if len(answers) != 1:
        raise BenchError(f"the sides did not compute the same: {', '.join(sorted(answers))}")
    print(f"bench: {bench.label}: {ours[0].who} beside {theirs[0].who}", file=sys.stderr, flush=True)
    value, peer_value = _median(ours), _median(theirs)
    return Figure(value=value, unit=bench.unit, peer=theirs[0].who, peer_value=peer_value, ratio=value / peer_value)


def _median(rounds: list[Measured]) -> float:
    """To five digits; more would only look exact. Gas is a count and stays whole."""
    found = median(sample for one in rounds for sample in one.samples)
    return found if isinstance(found, int) else float(f"{found:.5g}")


def _side(bench: Benchmark, side: str, interpreter: Interpreter) -> Measured:
    if not interpreter.python.exists():
        raise BenchError(f"{interpreter} is not set up: run `python3 tools/setup.py bench node`, as `make bench` does")
    command = [str(interpreter.python), str(SIDE), bench.label, side]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SLOWEST_SIDE, check=False)
    except subprocess.TimeoutExpired:
        raise BenchError(f"the side `{side}` took more than {SLOWEST_SIDE} s") from None
    if done.returncode != 0:
        raise BenchError(f"the side `{side}` failed:\n{done.stderr.strip()}")
    return Measured(**json.loads(done.stdout))


def _known(path: Path) -> dict[str, Figure]:
    """What the document holds of benchmarks that there still are."""
    if not path.exists():
        return {}
    try:
        document: dict[str, Figure] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise BenchError(f"{path} is no JSON: delete it, and run again") from None
    return {label: figure for label, figure in document.items() if label in BENCHMARKS}


def _write(path: Path, figures: dict[str, Figure]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = {label: figures[label] for label in sorted(figures)}
    path.write_text(json.dumps(ordered, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def table(figures: dict[str, Figure]) -> str:
    """The figures in columns."""
    rows = [COLUMNS]
    for label, one in figures.items():
        numbers = [_number(one["value"]), _number(one["peer_value"]), f"{one['ratio']:.3g}"]
        rows.append((label, numbers[0], one["unit"], one["peer"], numbers[1], numbers[2]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    right = {1, 4, 5}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
