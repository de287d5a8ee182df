"""A seller's score and its story, for people and for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from lading.cli.output import Shown, pairs, plain, table, title, utc
from lading.credit import Counted, Sums
from lading.credit.explain import GOAL, Effect
from lading.credit.ledger import FRACTION_BITS
from lading.values import at_time

if TYPE_CHECKING:
    from lading.groups.credit import SellersStory

COLUMNS, ROWS = 60, 10
BARS = " ▁▂▃▄▅▆▇█"
EIGHTHS = 8
#: The highest that a score gets.
TOP = 1000
MOST_SHOWN = 8
CAPS = {
    "buyer": "the buyer's cap",
    "platform": "the platform's cap",
    "total": "the cap in total",
    "bad": "the cap on bad",
}


def shown(story: SellersStory, score: int, witnessed: int) -> Shown:
    """`score` and `witnessed` are the contract's own."""
    return Shown(_document(story, score, witnessed), _lines(story, score, witnessed))


def _document(story: SellersStory, score: int, witnessed: int) -> dict[str, object]:
    history, explanation = story.history, story.explanation
    last = history.moments[-1].sums if history.moments else Sums()
    return {
        "seller": history.seller,
        "score": score,
        "witnessed_score": witnessed,
        "rebuilt": {"score": explanation.sums.score, "witnessed_score": explanation.sums.witnessed_score},
        "sums": _sums(explanation.sums),
        "sums_at_last_outcome": _sums(last),
        "outcomes": [_effect(effect) for effect in explanation.effects],
        "uncounted": len(history.unmoved),
        "next": [plain(asdict(option)) for option in explanation.options],
        f"orders_to_{GOAL}": explanation.orders_to_goal,
        "block": story.block,
        "time": utc(at_time(story.time)),
    }


def _sums(sums: Sums) -> dict[str, str]:
    """In reference orders."""
    return {name: f"{getattr(sums, name) / 2**FRACTION_BITS / 1000:.3f}" for name in ("witnessed", "other", "bad")}


def _effect(effect: Effect) -> dict[str, object]:
    counted = effect.moment.counted
    outcome = counted.outcome
    return {
        "order": outcome.order,
        "at": utc(at_time(outcome.at)),
        "buyer": outcome.buyer,
        "ground": plain(outcome.ending.ground),
        "witnessed": outcome.witnessed,
        "good": counted.good,
        "bad": counted.bad,
        "cut_by": list(counted.cut_by),
        "good_left": effect.good,
        "bad_left": effect.bad,
        "change_then": effect.moment.change,
        "points_now": effect.points,
    }


def _lines(story: SellersStory, score: int, witnessed: int) -> list[str]:
    sums, explanation = story.explanation.sums, story.explanation
    part = _sums(sums)
    facts = {
        "score": f"{score} of {TOP}",
        "witnessed score": f"{witnessed} of {TOP}",
        "good, witnessed": f"{part['witnessed']} reference orders",
        "good, without witnesses": f"{part['other']} reference orders",
        "bad": f"{part['bad']} reference orders",
        "outcomes": f"{len(story.history.moments)} counted, {len(story.history.unmoved)} not",
        "as of block": f"{story.block}, {utc(at_time(story.time))}",
    }
    lines = pairs(facts)
    if story.history.moments:
        lines += [*title("History"), *_chart(story)]
        raised = [effect for effect in explanation.effects if effect.points > 0]
        lowered = [effect for effect in reversed(explanation.effects) if effect.points < 0]
        lines += _effects("What raises it (points it would lose without the order)", raised)
        lines += _effects("What lowers it (points it would gain without the order)", lowered)
    return [*lines, *_next(story)]


def _effects(heading: str, effects: list[Effect]) -> list[str]:
    if not effects:
        return []
    rows = []
    for effect in effects[:MOST_SHOWN]:
        counted = effect.moment.counted
        outcome = counted.outcome
        what = plain(outcome.ending.ground).replace("_", " ") + (", witnessed" if outcome.witnessed else "")
        rows.append((abs(effect.points), what, utc(at_time(outcome.at)), outcome.order, _cut(counted)))
    more = len(effects) - MOST_SHOWN
    rest = [f"… and {more} more; --json has them all."] if more > 0 else []
    return [*title(heading), *table(("points", "outcome", "counted", "order", ""), rows, right=("points",)), *rest]


def _cut(counted: Counted) -> str:
    if not counted.cut_by:
        return ""
    return "cut by " + ", ".join(CAPS[name] for name in counted.cut_by)


def _next(story: SellersStory) -> list[str]:
    explanation = story.explanation
    rows = [
        (f"{option.gain:+d}", option.score, option.what, "cut by a cap" if option.cut_by else "")
        for option in explanation.options
    ]
    lines = [*title("What would move it next"), *table(("points", "score", "", ""), rows, right=("points", "score"))]
    if explanation.orders_to_goal is None:
        return [*lines, f"+{GOAL} are out of reach in this period: caps, or the score's own ceiling, are in the way."]
    count = explanation.orders_to_goal
    orders = "one witnessed reference order" if count == 1 else f"{count} witnessed reference orders"
    return [*lines, f"+{GOAL} take {orders} on time, from new buyers."]


def _chart(story: SellersStory) -> list[str]:
    """The score over time, its scale to the left; below, when outcomes counted: + good, - bad, ± both."""
    history = story.history
    first, last = history.moments[0].at, max(story.time, history.moments[-1].at)
    span = max(last - first, 1)
    times = [first + span * column // (COLUMNS - 1) for column in range(COLUMNS)]
    heights = [history.sums(time).score * ROWS * EIGHTHS // TOP for time in times]
    lines = []
    for row in reversed(range(ROWS)):
        cells = (BARS[min(max(height - row * EIGHTHS, 0), EIGHTHS)] for height in heights)
        lines.append(f"{(row + 1) * TOP // ROWS:>5} │{''.join(cells)}".rstrip())
    marks: list[set[str]] = [set() for _ in times]
    for moment in history.moments:
        column = (moment.at - first) * (COLUMNS - 1) // span
        marks[column] |= {sign for sign, some in (("+", moment.counted.good), ("-", moment.counted.bad)) if some}
    signs = "".join(" " if not mark else "±" if len(mark) > 1 else next(iter(mark)) for mark in marks)
    begin, end = utc(at_time(first))[:10], utc(at_time(last))[:10]
    return [*lines, f"      └{'─' * COLUMNS}", f"       {signs}".rstrip(), f"       {begin}{end:>{COLUMNS - 10}}"]
