"""The game integrated (scipy): paths over time, and the check of every formula against them.

Time is scaled: the largest of the four net gains (alone and joint of both sides) has rate 1. The replicator equation
says how fast strategies spread per unit of gain, and no ledger tells how fast platforms imitate: paths have an order
and a shape, and no calendar.

Inside the square logits are integrated, u = ln(x / (1-x)) and v alike: x' = x(1-x)(alone1 + B1*y) is
u' = alone1 + B1*y, which is bounded, never leaves the square, and tells shares apart however near they are to 0 or 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import expit

from lading.adopt.basin import edge_at, invariant, logit, settled
from lading.adopt.errors import ModelDisagrees
from lading.adopt.game import Equilibrium, Game, Kind, Place

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
#: Two of a kind, numbers or arrays.
Pair: TypeAlias = Any

PRECISION = {"rtol": 1e-10, "atol": 1e-14}
#: A path ends where it has come to rest, or here.
LONGEST = 400.0
#: Around a centre nothing comes to rest: so many turns of the linear system are shown.
TURNS = 4
AT_REST = 1e-6
#: How far from a rest point its check begins, and below what there is no telling with doubles.
NEAR, TOO_NEAR = 1e-3, 1e-9
#: So many times its first distance away, a start has left.
GONE = 3.0
CHECKED_EDGE = 1e-4
EDGE_BAND = (0.005, 0.995)


@dataclass(frozen=True)
class Path:
    """Shares over scaled time: three arrays of one length; `rests` unless the longest time was too short."""

    time: Array
    x: Array
    y: Array
    rests: bool

    @property
    def end(self) -> tuple[float, float]:
        return float(self.x[-1]), float(self.y[-1])


@dataclass(frozen=True)
class Seen:
    """What integration from around a rest point showed: `came` of `starts` starts were nearer at the end than at the
    beginning; None where it was too near another rest point to be told apart from it in doubles."""

    name: str
    starts: int
    came: int | None


def scale_of(game: Game) -> float:
    """The money per period that has rate 1."""
    one, two = game.platform, game.technology
    return float(max(abs(gain) for gain in (one.alone, one.joint, two.alone, two.joint))) or 1.0


class Field:
    """The replicator field of `Game.field` in floats and scaled time."""

    def __init__(self, game: Game) -> None:
        scale = scale_of(game)
        one, two = game.platform, game.technology
        self.alone1, self.boost1 = float(one.alone) / scale, float(one.boost) / scale
        self.alone2, self.boost2 = float(two.alone) / scale, float(two.boost) / scale

    def __call__(self, _time: float, at: Pair) -> list[Any]:
        """(x', y') at shares, of any shape."""
        x, y = at
        across, up = self.gains(at)
        return [x * (1 - x) * across, y * (1 - y) * up]

    def gains(self, at: Pair) -> list[Any]:
        """(u', v') at shares: what integrating brings each side there."""
        x, y = at
        return [self.alone1 + self.boost1 * y, self.alone2 + self.boost2 * x]

    def of_logits(self, _time: float, at: Pair) -> list[Any]:
        """(u', v') at logits."""
        return self.gains(expit(at))


def path(game: Game, x: float, y: float, points: int = 400) -> Path:
    """From the shares (x, y) until rest, or for a few turns around a centre."""
    inner = game.inner()
    longest = TURNS * _turn(game, inner) if inner.kind is Kind.CENTRE else LONGEST
    field, inside = Field(game), 0 < x < 1 and 0 < y < 1
    shares_of = expit if inside else np.asarray

    def moving(_time: float, at: Pair) -> float:
        return math.hypot(*field(0, shares_of(at))) - AT_REST

    event: Any = moving
    event.terminal = True
    begin = [logit(x), logit(y)] if inside else [x, y]
    rates = field.of_logits if inside else field
    found = solve_ivp(rates, (0, longest), begin, method="LSODA", events=event, dense_output=True, **PRECISION)
    last = float(found.t[-1])
    time = np.linspace(0, last, points)
    shares = np.clip(shares_of(found.sol(time) if last else np.tile([[one] for one in begin], points)), 0, 1)
    return Path(time, shares[0], shares[1], bool(len(found.t_events[0])) or moving(0, begin) <= 0)


def check(game: Game) -> tuple[Seen, ...]:
    """Integrates from around every rest point of the square, and along the basin's edge.

    Raises:
        ModelDisagrees: a stable point lets a start go, an unstable one holds all, a centre's orbit does not close, or
            the edge that is integrated is not the edge that is calculated.
    """
    seen = tuple(_look(game, point) for point in game.equilibria() if point.on_square)
    inner = game.inner()
    if settled(game) is None and inner.place is Place.INSIDE and _room(game, inner) >= TOO_NEAR:
        _check_edge(game)
    return seen


def separatrix(game: Game) -> tuple[Array, Array]:
    """The basin's edge by integration: backwards in time from the inner saddle along its stable direction, both ways.

    The Jacobian there is [[0, a], [b, 0]] with a, b > 0: the stable direction is (root of a, minus root of b)."""
    inner, field = game.inner(), Field(game)
    x, y = float(inner.x or 0), float(inner.y or 0)
    along, up = math.sqrt(x * (1 - x) * field.boost1), math.sqrt(y * (1 - y) * field.boost2)
    step = 1e-6 * min(x, 1 - x, y, 1 - y) / math.hypot(along, up)
    halves = []
    for way in (1, -1):
        start = [logit(x - way * step * along), logit(y + way * step * up)]
        found = solve_ivp(
            lambda t, at: [-one for one in field.of_logits(t, at)], (0, LONGEST), start, method="LSODA", **PRECISION
        )
        halves.append(expit(found.y))
    left, right = halves
    return np.concatenate([left[0][::-1], right[0]]), np.concatenate([left[1][::-1], right[1]])


def _check_edge(game: Game) -> None:
    for x, y in zip(*separatrix(game), strict=True):
        low, high = EDGE_BAND
        if low < x < high and low < y < high and abs(edge_at(game, float(x)) - y) > CHECKED_EDGE:
            raise ModelDisagrees(
                f"the basin's edge at x = {x:.6f} is {edge_at(game, float(x)):.6f}, integrated {y:.6f}"
            )


def _look(game: Game, point: Equilibrium) -> Seen:
    x, y = float(point.x or 0), float(point.y or 0)
    distance = _room(game, point)
    starts = [start for start in _around(x, y, distance) if _inside(*start)]
    if distance < TOO_NEAR:
        return Seen(point.name, len(starts), None)
    if point.kind is Kind.CENTRE:
        return _look_at_centre(game, point, starts[0], distance)
    ends = [_extent(game, point, start) for start in starts]
    came = sum(last < distance / 2 for last, _ in ends)
    if point.kind is Kind.SINK and came < len(starts):
        raise ModelDisagrees(f"{point.name} is stable, but {len(starts) - came} of {len(starts)} starts beside it left")
    left = [most > 2 * distance for _, most in ends]
    if point.kind in (Kind.SADDLE, Kind.SOURCE) and not any(left):
        raise ModelDisagrees(f"{point.name} is unstable, but no start beside it left")
    return Seen(point.name, len(starts), came)


def _look_at_centre(game: Game, point: Equilibrium, start: tuple[float, float], distance: float) -> Seen:
    """Around a centre of this game the orbits close, since V is constant along them: after one turn of the linear
    system a near start is back, up to the square of its distance."""
    x, y = _integrated(game, start, _turn(game, point))
    end = (float(x[-1]), float(y[-1]))
    drift = abs(invariant(game, *end) - invariant(game, *start)) / scale_of(game)
    if math.dist(start, end) > distance / 10 or drift > distance**2:
        raise ModelDisagrees(f"{point.name} is a centre, but a start beside it did not come back after one turn")
    return Seen(point.name, 1, 0)


def _turn(game: Game, centre: Equilibrium) -> float:
    """The scaled time of one turn close to a centre, whose eigenvalues are plus and minus the root of -det."""
    return 2 * math.pi * scale_of(game) / _root(centre)


def _room(game: Game, point: Equilibrium) -> float:
    """A distance within which the signs around the point are those at the point: short of the lines on which a side is
    indifferent, and of the edges that the point is not on."""
    one, two = game.platform, game.technology
    across = -two.alone / two.boost if two.boost else None
    up = -one.alone / one.boost if one.boost else None
    walls = [(point.x, 0), (point.x, 1), (point.x, across), (point.y, 0), (point.y, 1), (point.y, up)]
    gaps = [abs(float(mine - wall)) for mine, wall in walls if mine is not None and wall is not None]
    return min([NEAR, *(gap / 5 for gap in gaps if gap)])


def _around(x: float, y: float, distance: float) -> list[tuple[float, float]]:
    angles = [math.pi / 8 + number * math.pi / 4 for number in range(8)]
    return [(x + distance * math.cos(angle), y + distance * math.sin(angle)) for angle in angles]


def _inside(x: float, y: float) -> bool:
    return 0 < x < 1 and 0 < y < 1


def _extent(game: Game, point: Equilibrium, start: tuple[float, float]) -> tuple[float, float]:
    """The distance at the end, and the greatest on the way, over twenty times the slowest scale that the Jacobian
    has."""
    rates = [abs(float(one)) for one in point.eigenvalues or (_root(point), _root(point)) if one]
    longest = 20 * scale_of(game) / min(rates) if rates else LONGEST
    leave = GONE * _room(game, point)
    x, y = _integrated(game, start, longest, (float(point.x or 0), float(point.y or 0), leave))
    away = np.hypot(x - float(point.x or 0), y - float(point.y or 0))
    return float(away[-1]), float(away.max())


def _integrated(
    game: Game, start: tuple[float, float], longest: float, circle: tuple[float, float, float] | None = None
) -> tuple[Array, Array]:
    """The shares x and y at the solver's own steps, from a start inside, until they leave the circle (x, y, radius)."""

    def leaving(_time: float, at: Pair) -> float:
        x, y, radius = circle or (0.0, 0.0, math.inf)
        return math.dist(expit(at), (x, y)) - radius

    event: Any = leaving
    event.terminal = True
    begin = [logit(one) for one in start]
    events = None if circle is None else event
    found = solve_ivp(Field(game).of_logits, (0, longest), begin, method="LSODA", events=events, **PRECISION)
    return expit(found.y[0]), expit(found.y[1])


def _root(point: Equilibrium) -> float:
    return math.sqrt(abs(float(point.det or 0)))
