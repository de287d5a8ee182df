"""Credit: the score, and the audit that rebuilds it."""

from __future__ import annotations

import random
import sys
from math import sqrt
from time import process_time

from kit import REPEATS, ROOT, Measured, Side, benchmark, digest, rates

RECORDS = 20_000
OUTCOMES = 400


@benchmark("credit.score", "scores/s", rounds=2)
def credit_score() -> tuple[Side, Side]:
    """The lower bound, beside the same formula in floating point, which is what other scores use: faster, but not the
    same integer on every machine, so that no contract could be held to it."""
    batches = [
        [(500 * (number % 1201), 500 * (number * part % 97)) for number in range(RECORDS)]
        for part in range(1, 2 + REPEATS)
    ]
    answer = f"{RECORDS} scores"

    def ours() -> Measured:
        from lading import __version__
        from lading.credit import score

        def work(records: list[tuple[int, int]]) -> list[int]:
            return [score(good, bad) for good, bad in records]

        return Measured(f"lading {__version__}", rates(work, batches, RECORDS), answer)

    def theirs() -> Measured:
        def work(records: list[tuple[int, int]]) -> list[int]:
            return [_in_floats(good, bad) for good, bad in records]

        return Measured("the formula in floating point", rates(work, batches, RECORDS), answer)

    return ours, theirs


@benchmark("credit.audit", "outcomes/s", rounds=2)
def credit_audit() -> tuple[Side, Side]:
    """Outcomes taken in, the seller's sums asked after each, as an audit of every block does it; beside the recipe in
    rational numbers that the tests hold it to, which keeps every outcome. Both count the same weights."""

    def ours() -> Measured:
        from lading import __version__
        from lading.credit import Ledger

        rules, batches = _stories()

        def work(story: list) -> list[int]:
            ledger, taken = Ledger(rules), []
            for outcome in story:
                counted = ledger.take(outcome)
                ledger.sums(outcome.seller, outcome.at)
                taken.append(counted.good - counted.bad)
            return taken

        answer = digest(work(story) for story in batches)
        return Measured(f"lading {__version__}", rates(work, batches, OUTCOMES, process_time), answer)

    def theirs() -> Measured:
        rules, batches = _stories()
        from credit_model import Model

        def work(story: list) -> list[int]:
            model, taken = Model(rules), []
            for outcome in story:
                entry = model.take(outcome)
                model.sums(outcome.seller, outcome.at)
                taken.append(entry.good - entry.bad)
            return taken

        answer = digest(work(story) for story in batches)
        return Measured("the recipe in rational numbers", rates(work, batches, OUTCOMES, process_time), answer)

    return ours, theirs


def _stories() -> tuple[object, list[list]]:
    """The same on both sides: months of three sellers' orders."""
    sys.path.insert(0, str(ROOT / "tests/credit"))
    from credit_kit import DAY, ENDINGS, RULES, START, outcome

    batches = []
    for part in range(1 + REPEATS):
        draw, at, story = random.Random(part), START, []  # noqa: S311 - orders, no secret
        for _ in range(OUTCOMES):
            at += draw.randrange(DAY)
            value = draw.randrange(RULES.top)
            names = {"seller": draw.choice("stu"), "buyer": str(draw.randrange(40)), "platform": draw.randrange(3)}
            story.append(outcome(draw.choice(ENDINGS), value=value, at=at, witnessed=draw.random() < 0.5, **names))
        batches.append(story)
    return RULES, batches


def _in_floats(good: int, bad: int) -> int:
    a, b = good / 1000 + 1, bad / 1000 + 1
    n = a + b
    return max(int(1000 * (a / n - 1.645 * sqrt(a * b / (n * n * (n + 1))))), 0)
