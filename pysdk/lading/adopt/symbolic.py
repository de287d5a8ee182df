"""The same game in symbols (sympy): field from the payoff matrix, equilibria solved for, determinant and trace.

It shares no formula with `game`: it begins at the payoff matrix and lets sympy solve. `check` holds the two against
each other on the numbers at hand, exactly. sympy is imported when it is used; `derive` works once per process.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

from lading.adopt.errors import ModelDisagrees
from lading.adopt.game import Equilibrium, Game, Place

#: sympy ships no types.
Expression: TypeAlias = Any

#: Parameters by their letter in the formulas: (side, field of `game.Side`).
LETTERS = {
    "N1": ("platform", "normal_income"),
    "E1": ("platform", "extra_gain"),
    "C1": ("platform", "extra_cost"),
    "B1": ("platform", "boost"),
    "N2": ("technology", "normal_income"),
    "E2": ("technology", "extra_gain"),
    "C2": ("technology", "extra_cost"),
    "B2": ("technology", "boost"),
}


@dataclass(frozen=True)
class Formula:
    """A rest point and its Jacobian's determinant and trace, as formulas."""

    x: Expression
    y: Expression
    det: Expression
    trace: Expression


@dataclass(frozen=True)
class Derived:
    """`symbols` by letter; `field` is (x', y'); `points` in the order of `Game.equilibria`."""

    symbols: dict[str, Expression]
    field: tuple[Expression, Expression]
    points: tuple[Formula, ...]


@cache
def derive() -> Derived:
    """Payoff matrix -> mean payoffs -> replicator field -> equilibria -> Jacobian.

    x' = x (payoff of who integrates - mean payoff), as Taylor (1979) has it; stability by determinant and trace is
    Friedman, Econometrica 59 (1991), 637-666.
    """
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    letters = {name: sp.Symbol(name, real=True) for name in LETTERS}
    payoffs = _payoffs(letters)
    technology = {True: y, False: 1 - y}
    platform = {True: x, False: 1 - x}
    mine = {own: sum(technology[other] * payoffs[own, other][0] for other in (True, False)) for own in (True, False)}
    theirs = {own: sum(platform[other] * payoffs[other, own][1] for other in (True, False)) for own in (True, False)}
    across = sp.factor(x * (mine[True] - (x * mine[True] + (1 - x) * mine[False])))
    up = sp.factor(y * (theirs[True] - (y * theirs[True] + (1 - y) * theirs[False])))
    jacobian = sp.Matrix([across, up]).jacobian([x, y])
    points = []
    for found in sorted(sp.solve([across, up], [x, y], dict=True), key=lambda one: _order(one, x, y)):
        at = jacobian.subs(found)
        points.append(Formula(found[x], found[y], sp.factor(at.det()), sp.factor(at.trace())))
    return Derived({**letters, "x": x, "y": y}, (across, up), tuple(points))


def check(game: Game) -> None:
    """
    Raises:
        ModelDisagrees: sympy's points, determinants or traces are not those of `Game.equilibria` for these figures.
    """
    import sympy as sp

    derived = derive()
    values = _values(game)
    for point, formula in zip(game.equilibria(), derived.points, strict=True):
        if point.place is Place.ABSENT:
            continue
        found = [sp.simplify(one.subs(values)) for one in (formula.x, formula.y, formula.det, formula.trace)]
        ours = [sp.Rational(one.numerator, one.denominator) for one in _numbers(point)]
        if found != ours:
            raise ModelDisagrees(f"sympy has {found} for the point {point.name}, the closed form {ours}")


def inner_slopes(game: Game) -> dict[str, tuple[Fraction, Fraction]] | None:
    """How the inner point moves with each parameter: letter -> (dx*/d, dy*/d), shares per unit of money, by symbolic
    differentiation; None without an inner point."""
    if game.inner().place is Place.ABSENT:
        return None
    derived, values = derive(), _values(game)
    inner = derived.points[-1]
    return {
        letter: (
            _fraction(inner.x.diff(derived.symbols[letter]).subs(values)),
            _fraction(inner.y.diff(derived.symbols[letter]).subs(values)),
        )
        for letter in LETTERS
    }


def _payoffs(letter: dict[str, Expression]) -> dict[tuple[bool, bool], tuple[Expression, Expression]]:
    """(platform integrates, technology integrates) -> what each gets; the matrix of `lading.adopt.game`."""
    first, second = letter["N1"] + letter["E1"] - letter["C1"], letter["N2"] + letter["E2"] - letter["C2"]
    return {
        (True, True): (first + letter["B1"], second + letter["B2"]),
        (True, False): (first, letter["N2"]),
        (False, True): (letter["N1"], second),
        (False, False): (letter["N1"], letter["N2"]),
    }


def _order(point: dict[Expression, Expression], x: Expression, y: Expression) -> tuple[int, ...]:
    """Corners first, by x and then y; the inner point last."""
    if point[x].free_symbols or point[y].free_symbols:
        return (1,)
    return (0, int(point[x]), int(point[y]))


def _values(game: Game) -> dict[Expression, Expression]:
    import sympy as sp

    derived = derive()
    figures = {letter: getattr(getattr(game, side), field) for letter, (side, field) in LETTERS.items()}
    return {derived.symbols[letter]: sp.Rational(one.numerator, one.denominator) for letter, one in figures.items()}


def _numbers(point: Equilibrium) -> list[Fraction]:
    return [one for one in (point.x, point.y, point.det, point.trace) if one is not None]


def _fraction(number: Expression) -> Fraction:
    return Fraction(int(number.p), int(number.q))
