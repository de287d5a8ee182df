"""The phase portrait in characters: rich colours it on a terminal, and no meaning hangs on a colour."""

from __future__ import annotations

import math
import os
import sys
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from lading.adopt.basin import reaches
from lading.adopt.dynamics import Field
from lading.adopt.game import Kind, Verdict
from lading.cli.output import title

if TYPE_CHECKING:
    from lading.adopt.study import Study

COLUMNS, ROWS = 41, 15
#: By the direction in eighths of a turn, from the right against the clock.
ARROWS = "→↗↑↖←↙↓↘"
START, EDGE, REST = "★", "#", "·"
MARKS = {Verdict.STABLE: "●", Verdict.UNSTABLE: "○", Verdict.UNDECIDED: "□"}
SADDLE = "◇"


def portrait(study: Study) -> list[str]:
    """Arrows where the market moves, top row first, with its rest points, the edge of adoption and the start."""
    said = title("Phase portrait")
    drawn = _cells(study)
    for row in range(ROWS):
        label = {0: "100 %", ROWS // 2: " 50 %", ROWS - 1: "  0 %"}.get(row, "     ")
        line = Text(f"{label} ")
        for column in range(COLUMNS):
            sign, style = drawn[row][column]
            line.append(sign, style)
        said.append(_rendered(line))
    middle = COLUMNS // 2
    said.append(f"      0 %{'50 %'.center(2 * (middle - 3))}100 %")
    said.append("      across: platforms that have integrated; up: technology providers")
    legend = f"● stable  ○ unstable  {SADDLE} saddle  □ undecided  {EDGE} edge of adoption"
    return [*said, f"      {legend}" + (f"  {START} start" if study.tipping else "")]


def _cells(study: Study) -> list[list[tuple[str, str]]]:
    """Sign and style of each cell, top row first: where the market moves, and whether it ends in adoption."""
    xs = [(column + 0.5) / COLUMNS for column in range(COLUMNS)]
    ys = [1 - (row + 0.5) / ROWS for row in range(ROWS)]
    game, field = study.game, Field(study.game)
    adopts = [[reaches(game, x, y) for x in xs] for y in ys]
    drawn = []
    for row, y in enumerate(ys):
        line = []
        for column, x in enumerate(xs):
            ends = adopts[row][column]
            borders = ends and not (adopts[row][max(0, column - 1)] and adopts[min(ROWS - 1, row + 1)][column])
            sign = EDGE if borders else _arrow(*field(0, (x, y)))
            line.append((sign, "bold" if borders else "cyan" if ends else "yellow"))
        drawn.append(line)
    for point in study.equilibria:
        if point.verdict is not None and point.x is not None and point.y is not None:
            row, column = _cell(float(point.x), float(point.y))
            drawn[row][column] = (SADDLE if point.kind is Kind.SADDLE else MARKS[point.verdict], "bold")
    if study.tipping is not None:
        row, column = _cell(study.tipping.x, study.tipping.y)
        drawn[row][column] = (START, "bold magenta")
    return drawn


def _cell(x: float, y: float) -> tuple[int, int]:
    return min(ROWS - 1, int((1 - y) * ROWS)), min(COLUMNS - 1, int(x * COLUMNS))


def _arrow(across: float, up: float) -> str:
    if not across and not up:
        return REST
    return ARROWS[round(math.atan2(up, across) / (math.pi / 4)) % len(ARROWS)]


def _rendered(line: Text) -> str:
    """With colours on a terminal, unless its user wants none (no-color.org)."""
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    out = StringIO()
    Console(
        file=out,
        width=COLUMNS + 20,
        force_terminal=coloured,
        color_system="standard" if coloured else None,
        highlight=False,
    ).print(line, end="")
    return out.getvalue()
