"""The picture: phase portrait and paths over time (matplotlib), as the bytes of a PNG or SVG.

Colours are those of Okabe and Ito (Color Universal Design, 2008), told apart by the colour-blind; no meaning hangs on a
colour alone.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from lading.adopt.basin import edge_at, settled
from lading.adopt.dynamics import Field
from lading.adopt.game import Game, Kind, Verdict
from lading.adopt.study import Study, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

BLUE, VERMILLION, BLACK, GREY = "#0072B2", "#D55E00", "#000000", "#8A8A8A"
ADOPTS, FALLS = "#D6E9F5", "#FBE9C6"
INCHES, DPI = (11.0, 6.2), 150
CELLS = 25
#: Marker and filling by what the point is.
MARKS: dict[Verdict, tuple[str, str]] = {
    Verdict.STABLE: ("o", BLACK),
    Verdict.UNSTABLE: ("o", "white"),
    Verdict.UNDECIDED: ("s", GREY),
}
SADDLE = ("D", "white")


def picture(study: Study, kind: str) -> bytes:
    """The study as `png` or `svg`; the same study gives the same SVG."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "lading", "font.size": 9.5, "axes.titlesize": 11}):
        figure = Figure(figsize=INCHES, layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.05))
        _portrait(left, study)
        _over_time(right, study)
        figure.legend(loc="outside lower center", ncols=5, frameon=False)
        out = BytesIO()
        figure.savefig(out, format=kind, dpi=DPI, metadata={"Date": None} if kind == "svg" else {})
    return out.getvalue()


def _portrait(axes: Axes, study: Study) -> None:
    game = study.game
    _shade(axes, game, study.basin.area)
    grid = np.linspace(0, 1, CELLS)
    across, up = Field(game)(0, np.meshgrid(grid, grid))
    if np.any(across) or np.any(up):
        axes.streamplot(grid, grid, across, up, color=GREY, density=0.9, linewidth=0.7, arrowsize=0.9, zorder=2)
    for number, path in enumerate(study.paths):
        label = "path from the start" if study.tipping else "paths from four starts"
        axes.plot(path.x, path.y, color=VERMILLION, linewidth=2, zorder=4, label=label if not number else None)
        axes.plot(path.x[:1], path.y[:1], "*", color=VERMILLION, markersize=13, markeredgecolor="white", zorder=6)
    _points(axes, study)
    axes.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), aspect="equal")
    axes.set_xlabel("platforms that have integrated (x)")
    axes.set_ylabel("technology providers that have integrated (y)")
    axes.set_title(study.headline)
    _percent(axes.xaxis, axes.yaxis)


def _shade(axes: Axes, game: Game, area: float) -> None:
    """Where starts end in adoption, and the edge between."""
    shares = np.linspace(0, 1, 401)
    edge = np.full_like(shares, 1 - area)
    if settled(game) is None:
        edge = np.array([1.0, *(edge_at(game, float(one)) for one in shares[1:-1]), 0.0])
        axes.plot(shares, edge, color=BLUE, linewidth=2, linestyle=(0, (5, 2)), zorder=3, label="edge (separatrix)")
    if np.any(edge < 1):
        axes.fill_between(shares, edge, 1, color=ADOPTS, linewidth=0, zorder=0, label="ends in adoption")
    if np.any(edge > 0):
        axes.fill_between(shares, 0, edge, color=FALLS, linewidth=0, zorder=0, label="does not end in adoption")


def _points(axes: Axes, study: Study) -> None:
    named: set[str] = set()
    for point in study.equilibria:
        if point.verdict is None or point.x is None or point.y is None:
            continue
        saddle = point.kind is Kind.SADDLE
        mark, fill = SADDLE if saddle else MARKS[point.verdict]
        label = "saddle (unstable)" if saddle else point.verdict.value
        axes.plot(
            [float(point.x)],
            [float(point.y)],
            mark,
            color=BLACK,
            markerfacecolor=fill,
            markeredgewidth=1.6,
            markersize=9,
            clip_on=False,
            zorder=5,
            linestyle="none",
            label=None if label in named else label,
        )
        named.add(label)


def _over_time(axes: Axes, study: Study) -> None:
    for number, path in enumerate(study.paths):
        for shares, colour, line, name in (
            (path.x, BLUE, "-", "platforms"),
            (path.y, VERMILLION, "--", "technology providers"),
        ):
            label = f"{name} over time" if not number else None
            axes.plot(path.time, shares, color=colour, linestyle=line, linewidth=2, label=label)
    longest = max(float(path.time[-1]) for path in study.paths) or 1.0
    axes.set(xlim=(0, longest), ylim=(-0.02, 1.02))
    axes.set_xlabel("time (scaled to the largest net gain; no calendar)")
    axes.set_ylabel("share that has integrated")
    axes.set_title("Paths over time" if not study.tipping else _start_title(study))
    axes.grid(color="#E5E5E5", linewidth=0.7)
    _percent(axes.yaxis)


def _start_title(study: Study) -> str:
    found = study.tipping
    if found is None:
        return ""
    return f"From {percent(found.x)} and {percent(found.y)}: {'adoption' if found.adopts else 'no adoption'}"


def _percent(*axes: Axis) -> None:
    from matplotlib.ticker import PercentFormatter

    for axis in axes:
        axis.set_major_formatter(PercentFormatter(1, symbol=" %"))
