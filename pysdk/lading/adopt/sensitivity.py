"""What each parameter moves: the inner point and the share of starts that end in adoption."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from lading.adopt.basin import basin
from lading.adopt.game import Game
from lading.adopt.symbolic import LETTERS, inner_slopes

#: Each parameter is changed by this part of itself, down and up.
STEP = Fraction(1, 10)


@dataclass(frozen=True)
class Sensitivity:
    """One parameter. `slope_x` and `slope_y`: the inner point's exact move per unit of money (None without one);
    `area_down`, `area_up`: the adoption share with the parameter 10 % lower and higher."""

    letter: str
    parameter: str
    value: Fraction
    slope_x: Fraction | None
    slope_y: Fraction | None
    area_down: float
    area_up: float

    @property
    def swing(self) -> float:
        """What 10 % more brings against 10 % less."""
        return self.area_up - self.area_down


def changed(game: Game, letter: str, value: Fraction) -> Game:
    """The game with one parameter at another value."""
    side, field = LETTERS[letter]
    return replace(game, **{side: replace(getattr(game, side), **{field: value})})


def sensitivity(game: Game) -> tuple[Sensitivity, ...]:
    """Every parameter, in the order of the letters; the normal incomes are there to show that they move nothing."""
    slopes = inner_slopes(game)
    return tuple(_of(game, letter, None if slopes is None else slopes[letter]) for letter in LETTERS)


def _of(game: Game, letter: str, slope: tuple[Fraction, Fraction] | None) -> Sensitivity:
    side, field = LETTERS[letter]
    value: Fraction = getattr(getattr(game, side), field)
    down, up = (basin(changed(game, letter, value + way * abs(value) * STEP)).area for way in (-1, 1))
    slope_x, slope_y = slope or (None, None)
    return Sensitivity(letter, f"{side}.{field}", value, slope_x, slope_y, down, up)
