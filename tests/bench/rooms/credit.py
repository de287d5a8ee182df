"""The credit score."""

from __future__ import annotations

from math import sqrt

from kit import REPEATS, Measured, Side, benchmark, rates

RECORDS = 20_000


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


def _in_floats(good: int, bad: int) -> int:
    a, b = good / 1000 + 1, bad / 1000 + 1
    n = a + b
    return max(int(1000 * (a / n - 1.645 * sqrt(a * b / (n * n * (n + 1))))), 0)
