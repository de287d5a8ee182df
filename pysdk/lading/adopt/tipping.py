"""What tips the market from where it stands: the critical mass of each side, and the least subsidy or boost.

All three search a threshold that is crossed once: while (1, 1) is in reach the system is cooperative (each side's share
speeds the other's), and what favours a side or adds to a share can then only help (Smith, Monotone Dynamical Systems
(1995), chapter 3). Money is searched in hundredths, so that a figure is the least one that does, to the hundredth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from lading.adopt.basin import reaches
from lading.adopt.game import Game

CENT = Fraction(1, 100)
#: More money than any market has; what needs more is out of reach.
MOST_CENTS = 10**20
SHARE_STEPS = 10**9

Change = Callable[[Game, Fraction], Game]

LEVERS: dict[str, Change] = {
    "subsidy to platforms": lambda game, money: game.subsidised(platform=money),
    "subsidy to technology providers": lambda game, money: game.subsidised(technology=money),
    "the same subsidy to both": lambda game, money: game.subsidised(money, money),
    "boost to platforms": lambda game, money: game.boosted(platform=money),
    "boost to technology providers": lambda game, money: game.boosted(technology=money),
    "the same boost to both": lambda game, money: game.boosted(money, money),
}


@dataclass(frozen=True)
class Tipping:
    """What a start needs. `needed_x`: the share of platforms above which the market tips while the technology's share
    is that of the start, to nine digits; `needed_y` the other way round; None if no share short of everybody does.
    `levers`: for each of `LEVERS` the least money per period and member (0 if none is needed), None if no amount
    does."""

    x: float
    y: float
    adopts: bool
    needed_x: float | None
    needed_y: float | None
    levers: dict[str, Fraction | None]


def tipping(game: Game, x: float, y: float) -> Tipping:
    """For a start (x, y) within the square."""
    return Tipping(
        x,
        y,
        reaches(game, x, y),
        _needed_share(lambda share: reaches(game, share, y)),
        _needed_share(lambda share: reaches(game, x, share)),
        {name: _least_money(game, change, x, y) for name, change in LEVERS.items()},
    )


def _needed_share(tips: Callable[[float], bool]) -> float | None:
    if not tips(1 - 1 / SHARE_STEPS):
        return None
    steps = _first(lambda count: tips(count / SHARE_STEPS), SHARE_STEPS - 1)
    # Zero never tips by itself: from the first step on means any share at all.
    return 0.0 if steps <= 1 else steps / SHARE_STEPS


def _least_money(game: Game, change: Change, x: float, y: float) -> Fraction | None:
    def tips(cents: int) -> bool:
        return reaches(change(game, cents * CENT), x, y)

    if tips(0):
        return Fraction(0)
    bound = 1
    while not tips(bound):
        bound *= 4
        if bound > MOST_CENTS:
            return None
    return _first(tips, bound) * CENT


def _first(holds: Callable[[int], bool], bound: int) -> int:
    """The least number up to `bound`, where it holds, from which on it does."""
    low, high = -1, bound
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
