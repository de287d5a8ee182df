"""Everything that is said about one game, computed and checked once, for people, pictures and machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lading.adopt import dynamics, symbolic
from lading.adopt.basin import Basin, basin, reaches
from lading.adopt.config import SIDES, AdoptConfig, game_of
from lading.adopt.dynamics import Path, Seen
from lading.adopt.estimate import Estimate
from lading.adopt.game import Equilibrium, Game, Verdict
from lading.adopt.sensitivity import Sensitivity, sensitivity
from lading.adopt.tipping import Tipping, tipping

GIVEN = "given"
#: Where paths begin if no start is given.
STARTS = ((0.2, 0.2), (0.4, 0.4), (0.6, 0.6), (0.8, 0.8))


@dataclass(frozen=True)
class Study:
    """`basis` says of each figure, by path, where it is from. `tipping` is None without a start, `sensitivity` unless
    it was asked for. `paths` begin at the start, or at four along the diagonal."""

    currency: str
    period_days: int
    game: Game
    figures: dict[str, Decimal]
    basis: dict[str, str]
    equilibria: tuple[Equilibrium, ...]
    lines: tuple[str, ...]
    seen: tuple[Seen, ...]
    basin: Basin
    tipping: Tipping | None
    sensitivity: tuple[Sensitivity, ...] | None
    paths: tuple[Path, ...]

    @property
    def stable(self) -> tuple[Equilibrium, ...]:
        return tuple(one for one in self.equilibria if one.verdict is Verdict.STABLE)

    @property
    def headline(self) -> str:
        """How many starts end in adoption, in a few words."""
        if self.is_parted:
            return f"{percent(self.basin.area)} of all starts end in adoption"
        return "Every start ends in adoption" if self.basin.area else "No start ends in adoption"

    @property
    def is_parted(self) -> bool:
        """Whether it depends on the start."""
        return self.basin.least is not None

    def document(self) -> dict[str, Any]:
        """Schema `adopt.json` of the command line."""
        return {
            "currency": self.currency,
            "period_days": self.period_days,
            "figures": {path: {"value": f"{one:f}", "basis": self.basis[path]} for path, one in self.figures.items()},
            "equilibria": [_point(one) for one in self.equilibria],
            "lines": list(self.lines),
            "stable": [one.name for one in self.stable],
            "formulas": _formulas(),
            "checked": [{"point": one.name, "starts": one.starts, "came": one.came} for one in self.seen],
            "adoption": {
                "area": self.basin.area,
                "least": self.basin.least,
                "most": self.basin.most,
                "polygon": self.basin.polygon,
                "why": self.basin.why,
            },
            "start": None if self.tipping is None else _tipping(self.tipping),
            "sensitivity": None if self.sensitivity is None else [_sensitivity(one) for one in self.sensitivity],
            "paths": [_path(self.game, one) for one in self.paths],
        }


def study(config: AdoptConfig, estimates: Sequence[Estimate] = (), *, with_sensitivity: bool = False) -> Study:
    """What the file gives stands; an estimate fills what it leaves out.

    Raises:
        ModelDisagrees: sympy, integration and the closed forms do not say the same.
    """
    given = config.figures()
    told = {one.path: one for one in estimates if one.path not in given}
    figures = {**given, **{path: one.value for path, one in told.items()}}
    basis = {**dict.fromkeys(given, GIVEN), **{path: f"estimated: {one.basis}" for path, one in told.items()}}
    game = game_of(figures)
    symbolic.check(game)
    seen = dynamics.check(game)
    first, second = (figures.get(f"start.{side}") for side in SIDES)
    start = None if first is None or second is None else (float(first), float(second))
    return Study(
        currency=config.currency,
        period_days=config.period_days,
        game=game,
        figures=figures,
        basis=basis,
        equilibria=game.equilibria(),
        lines=game.lines(),
        seen=seen,
        basin=basin(game),
        tipping=None if start is None else tipping(game, *start),
        sensitivity=sensitivity(game) if with_sensitivity else None,
        paths=tuple(dynamics.path(game, *one) for one in ([start] if start else STARTS)),
    )


def percent(share: float) -> str:
    """One digit, and never 0.0 % or 100.0 % of what is neither."""
    text = f"{share:.1%}"
    if text == "0.0%" and share > 0:
        text = "<0.1%"
    if text == "100.0%" and share < 1:
        text = ">99.9%"
    return text.replace("%", " %")


def payoffs(game: Game) -> dict[tuple[bool, bool], tuple[Fraction, Fraction]]:
    """(platform integrates, technology integrates) -> what a platform and a technology provider get per period."""
    one, two = game.platform, game.technology
    first, second = one.normal_income, two.normal_income
    return {
        (True, True): (first + one.joint, second + two.joint),
        (True, False): (first + one.alone, second),
        (False, True): (first, second + two.alone),
        (False, False): (first, second),
    }


def _number(number: Fraction | None) -> dict[str, Any] | None:
    return None if number is None else {"value": float(number), "exact": str(number)}


def _point(point: Equilibrium) -> dict[str, Any]:
    return {
        "name": point.name,
        "place": point.place.value,
        "x": _number(point.x),
        "y": _number(point.y),
        "det": _number(point.det),
        "trace": _number(point.trace),
        "kind": point.kind and point.kind.value,
        "verdict": point.verdict and point.verdict.value,
        "ess": point.is_ess,
    }


def _formulas() -> list[dict[str, str]]:
    return [{name: str(getattr(one, name)) for name in ("x", "y", "det", "trace")} for one in symbolic.derive().points]


def _tipping(found: Tipping) -> dict[str, Any]:
    return {
        "x": found.x,
        "y": found.y,
        "adopts": found.adopts,
        "critical_x": found.needed_x,
        "critical_y": found.needed_y,
        "levers": {name: None if money is None else f"{float(money):.2f}" for name, money in found.levers.items()},
    }


def _sensitivity(one: Sensitivity) -> dict[str, Any]:
    return {
        "parameter": one.parameter,
        "value": f"{Decimal(one.value.numerator) / one.value.denominator:f}",
        "dx": _number(one.slope_x),
        "dy": _number(one.slope_y),
        "area_less_10_percent": one.area_down,
        "area_more_10_percent": one.area_up,
    }


def _path(game: Game, found: Path) -> dict[str, Any]:
    x, y = float(found.x[0]), float(found.y[0])
    return {
        "start": [x, y],
        "adopts": reaches(game, x, y),
        "end": list(found.end),
        "rests": found.rests,
        "time": [round(float(one), 6) for one in found.time[::8]],
        "x": [round(float(one), 9) for one in found.x[::8]],
        "y": [round(float(one), 9) for one in found.y[::8]],
    }
