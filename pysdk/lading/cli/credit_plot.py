"""The picture of a seller's history: scores and sums over time (matplotlib), as the bytes of a PNG or SVG.

Colours are those of Okabe and Ito (Color Universal Design, 2008); no meaning hangs on a colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from lading.credit.ledger import FRACTION_BITS
from lading.values import at_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lading.credit import History, Sums
    from lading.groups.credit import SellersStory

BLUE, SKY, VERMILLION, GREY = "#0072B2", "#56B4E9", "#D55E00", "#8A8A8A"
INCHES, DPI = (10.0, 6.4), 150
POINTS = 400
DAY = 86_400
#: Sums are drawn in reference orders.
ORDER = 2**FRACTION_BITS * 1000


def picture(story: SellersStory, kind: str) -> bytes:
    """The history as `png` or `svg`; the same history gives the same SVG."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    history = story.history
    with mpl.rc_context({"svg.hashsalt": "lading", "font.size": 9.5, "axes.titlesize": 11}):
        figure = Figure(figsize=INCHES, layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1))
        course = history.course(max(story.time, history.moments[-1].at), POINTS) if history.moments else []
        _scores(upper, story, course)
        _sums(lower, course)
        if course:
            _calendar(lower)
        else:
            lower.set(xticks=[], yticks=[])
        out = BytesIO()
        figure.savefig(out, format=kind, dpi=DPI, metadata={"Date": None} if kind == "svg" else {})
    return out.getvalue()


def _days(times: Iterable[int]) -> list[float]:
    """Matplotlib's axes of time count in days since the Unix epoch."""
    return [time / DAY for time in times]


def _calendar(axes: Axes) -> None:
    axes.xaxis_date()
    axes.tick_params(axis="x", labelrotation=20)


def _scores(axes: Axes, story: SellersStory, course: list[tuple[int, Sums]]) -> None:
    now = story.explanation.sums
    axes.set_title(
        f"Seller {story.history.seller[:10]}… · score {now.score}, witnessed {now.witnessed_score}, of 1000 · "
        f"{at_time(story.time):%Y-%m-%d}"
    )
    axes.set(ylim=(0, 1000), ylabel="score")
    axes.grid(color="#E5E5E5", linewidth=0.7)
    if not course:
        axes.text(0.5, 0.5, "no outcome has been counted", ha="center", transform=axes.transAxes, color=GREY)
        return
    times = _days(time for time, _ in course)
    axes.plot(times, [sums.score for _, sums in course], color=BLUE, linewidth=2, label="score")
    witnessed = [sums.witnessed_score for _, sums in course]
    axes.plot(times, witnessed, color=BLUE, linewidth=1.4, linestyle=(0, (4, 2)), label="witnessed score")
    _marks(axes, story.history)
    axes.legend(loc="upper left", ncols=4, frameon=False)


def _marks(axes: Axes, history: History) -> None:
    """Each outcome, where it left the score: up for one that raised it, down for one that did not."""
    for raised, mark, colour, label in (
        (True, "^", SKY, "outcome that raised it"),
        (False, "v", VERMILLION, "outcome that lowered it"),
    ):
        moments = [moment for moment in history.moments if (moment.change >= 0) is raised]
        if moments:
            times = _days(moment.at for moment in moments)
            scores = [moment.sums.score for moment in moments]
            axes.plot(
                times,
                scores,
                mark,
                color=colour,
                markeredgecolor="black",
                markeredgewidth=0.5,
                markersize=7,
                linestyle="none",
                clip_on=False,
                label=label,
                zorder=3,
            )


def _sums(axes: Axes, course: list[tuple[int, Sums]]) -> None:
    axes.set_ylabel("reference orders, decayed")
    axes.set_axisbelow(True)
    axes.grid(color="#E5E5E5", linewidth=0.7)
    if not course:
        return
    times = _days(time for time, _ in course)
    witnessed = [sums.witnessed / ORDER for _, sums in course]
    good = [(sums.witnessed + sums.other) / ORDER for _, sums in course]
    bad = [-sums.bad / ORDER for _, sums in course]
    axes.fill_between(times, 0, witnessed, color=BLUE, linewidth=0, label="good, witnessed")
    axes.fill_between(
        times,
        witnessed,
        good,
        facecolor=SKY,
        edgecolor="white",
        linewidth=0,
        hatch="//",
        label="good, without witnesses",
    )
    axes.fill_between(times, bad, 0, facecolor=VERMILLION, edgecolor="white", linewidth=0, hatch="..", label="bad")
    axes.axhline(0, color="black", linewidth=0.8)
    room = (max(good) - min(bad)) or 1.0
    axes.set_ylim(min(bad) - 0.06 * room, max(good) + 0.25 * room)
    axes.legend(loc="upper left", ncols=3, frameon=False)
