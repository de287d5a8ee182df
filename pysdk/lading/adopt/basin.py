"""Which starts end in adoption: the basin of (1, 1), its edge and its area.

The replicator equations of two populations separate, and

    V(x, y) = alone2 ln x - joint2 ln(1-x) - alone1 ln y + joint1 ln(1-y)

never changes along a path (differentiate it along the field: both halves are (alone1 + B1*y)(alone2 + B2*x), with
opposite signs; Hofbauer, J. Math. Biol. 34 (1996), 675-688, on what bimatrix games conserve).
Where it pays neither side to begin and both to follow (alone <= 0 < joint), the edge of the basin is therefore

    phi2(x) - phi2(x*) = phi1(y) - phi1(y*),    phi(s) = -|alone| ln s - joint ln(1-s),

on the branch where one share is above the inner point (x*, y*) and the other below: through it, from (0, 1) to (1, 0).
phi is convex with its least value at the inner point, so comparing the two sides decides a start without solving.

Shares are carried as logits, t = ln(s / (1-s)): a share of 1e-30 is then as good as any other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from lading.adopt.game import Game, Side

#: exp(-700) is the smallest that a double keeps in full.
FAR = 700.0
HALVINGS = 200
#: What is beyond these logits is less than 1e-17 of the square.
EDGE_OF_AREA = 40.0


@dataclass(frozen=True)
class Basin:
    """`area`: the share of all starts (uniform over the square of shares) that end with everybody integrated, numerical
    to 1e-8. `least` and `most` bound it in closed form; `polygon` is 1 - (x* + y*) / 2, the area beyond the broken line
    (0,1), (x*, y*), (1,0), which papers on such games use in its place. The three are None where no inner saddle parts
    the square, and `area` is then 0 or 1 for a reason that `why` names."""

    area: float
    least: float | None
    most: float | None
    polygon: float | None
    why: str


def logistic(t: float) -> float:
    """The share of a logit."""
    if t >= 0:
        return 1 / (1 + math.exp(-t)) if t < FAR else 1.0
    return math.exp(t) / (1 + math.exp(t)) if t > -FAR else 0.0


def logit(share: float) -> float:
    return math.log(share) - math.log1p(-share)


def settled(game: Game) -> tuple[float, str] | None:
    """The area where it needs no edge, with the reason; None where an edge parts the square.

    (1, 1) draws in an open set of starts only if it is a strict equilibrium (the field keeps an area, so nothing else
    attracts: Hofbauer and Sigmund (1998), chapter 11)."""
    one, two = game.platform, game.technology
    losers = [name for name, side in (("platforms", one), ("technology providers", two)) if side.joint <= 0]
    if losers:
        return 0.0, f"integrating does not pay {' and '.join(losers)} even once everybody has integrated"
    starters = [name for name, side in (("platforms", one), ("technology providers", two)) if side.alone > 0]
    if starters:
        return 1.0, f"integrating pays {' and '.join(starters)} from the first, and the other side follows"
    if not one.alone and not two.alone:
        return 1.0, "neither side loses by integrating first, and both gain as soon as the other has begun"
    return None


def reaches(game: Game, x: float, y: float) -> bool:
    """Whether the shares (x, y) end at (1, 1). On the faces of the square a share stays what it is: who is nowhere is
    imitated by nobody. A start on the basin's edge itself ends at the inner point, and so False."""
    if not x or not y:
        return False
    one, two = game.platform, game.technology
    if x == 1:
        return y == 1 or two.joint > 0
    if y == 1:
        return one.joint > 0
    if (known := settled(game)) is not None:
        return known[0] == 1
    return _beyond(game, logit(x), logit(y))


def edge_at(game: Game, x: float) -> float:
    """The basin's edge over x in (0, 1): a start (x, y) ends in adoption if y is above it. `settled` is None."""
    return logistic(edge_logit(game, logit(x)))


def edge_logit(game: Game, t: float) -> float:
    """As `edge_at`, in logits; minus infinity where every start ends in adoption."""
    one, two = game.platform, game.technology
    turn, level = _turn(two), _turn(one)
    if t == turn:
        return level
    height = _phi(two, t) - _phi(two, turn) + _phi(one, level)
    if t > turn:
        if level == -math.inf:
            return -math.inf
        return _crossing(lambda v: _phi(one, v) > height, level, -1.0)
    return _crossing(lambda v: _phi(one, v) > height, max(level, -FAR), 1.0)


def basin(game: Game) -> Basin:
    """The area of the basin of (1, 1), with its bounds: a start at least as far as the inner point in both shares is
    inside, one nowhere as far is outside, so (1-x*)(1-y*) <= area <= 1 - x* y*."""
    if (known := settled(game)) is not None:
        return Basin(known[0], None, None, None, known[1])
    from scipy.integrate import quad

    turn = max(-EDGE_OF_AREA, min(EDGE_OF_AREA, _turn(game.technology)))

    def density(t: float) -> float:
        share = logistic(t)
        return logistic(-edge_logit(game, t)) * share * logistic(-t)

    # A steep edge is a cliff in the integrand: parted where it falls, at half the technology's providers.
    cliff = _crossing(lambda t: t >= EDGE_OF_AREA or edge_logit(game, t) < 0, -EDGE_OF_AREA, 1.0)
    places = sorted({-EDGE_OF_AREA, turn, min(cliff, EDGE_OF_AREA), EDGE_OF_AREA})
    area = sum(quad(density, low, high, epsabs=1e-9, epsrel=1e-9, limit=400)[0] for low, high in pairwise(places))
    x, y = logistic(_turn(game.technology)), logistic(_turn(game.platform))
    why = "it pays neither side to begin and both to follow: the inner point parts the starts"
    return Basin(min(1.0, max(0.0, area)), (1 - x) * (1 - y), 1 - x * y, 1 - (x + y) / 2, why)


def invariant(game: Game, x: float, y: float) -> float:
    """V of the module's docstring, for 0 < x, y < 1."""
    one, two = game.platform, game.technology
    across = float(two.alone) * math.log(x) - float(two.joint) * math.log1p(-x)
    return across - float(one.alone) * math.log(y) + float(one.joint) * math.log1p(-y)


def _beyond(game: Game, t: float, v: float) -> bool:
    one, two = game.platform, game.technology
    turn, level = _turn(two), _turn(one)
    if t >= turn and v >= level:
        return (t, v) != (turn, level)
    if t <= turn and v <= level:
        return False
    rise, climb = _phi(two, t) - _phi(two, turn), _phi(one, v) - _phi(one, level)
    return climb > rise if v > level else rise > climb


def _turn(side: Side) -> float:
    """The logit of the other side's share at which this side is indifferent, -alone / boost: ln(-alone / joint)."""
    return math.log(-side.alone / side.joint) if side.alone else -math.inf


def _phi(side: Side, t: float) -> float:
    """phi of the module's docstring at the share of a logit."""
    begun = float(-side.alone) * _softplus(-t) if side.alone else 0.0
    return begun + float(side.joint) * _softplus(t)


def _softplus(t: float) -> float:
    """ln(1 + exp t), which is -ln(1 - share)."""
    return t if t > EDGE_OF_AREA else math.log1p(math.exp(t)) if t > -FAR else 0.0


def _crossing(above: Callable[[float], bool], start: float, way: float) -> float:
    """Where `above` becomes true on the way from `start` up (1) or down (-1), to the last bit of a double."""
    step = 1.0
    while not above(start + way * step):
        step *= 2
    near, far = start + way * step / 2 if step > 1 else start, start + way * step
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        if middle in (near, far):
            break
        near, far = (near, middle) if above(middle) else (middle, far)
    return far
