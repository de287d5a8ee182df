"""The game of platform and technology: payoffs, replicator dynamics, equilibria and what the Jacobian says of them.

Two populations, platforms and technology providers, each integrate or not; x and y are the shares that do. Exact:
everything here is a rational number, so that an eigenvalue is zero when it is zero and not when a float is small.

Payoffs of (platform, technology), N normal income, E extra gain, C extra cost, B mutual boost, all money per period:

                          technology integrates              technology does not
    platform integrates   N1+E1-C1+B1, N2+E2-C2+B2           N1+E1-C1,    N2
    platform does not     N1,          N2+E2-C2              N1,          N2

The matrix is this package's reading of what the literature names (docs/adopt.md says which part is from where). With
`alone` = E-C and `joint` = E-C+B, integrating pays a platform alone1 + B1*y more than not doing so, whatever N is:

    x' = x(1-x)(alone1 + B1*y)        y' = y(1-y)(alone2 + B2*x)

(replicator dynamics of two populations: Taylor, J. Appl. Prob. 16 (1979), 76-83; Hofbauer and Sigmund, Evolutionary
Games and Population Dynamics (1998), chapter 10).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

ONE = Fraction(1)


@dataclass(frozen=True)
class Side:
    """One population's figures, money per period. `boost`: what integrating brings more once the other side has
    integrated too; negative where the two get in each other's way."""

    normal_income: Fraction
    extra_gain: Fraction
    extra_cost: Fraction
    boost: Fraction

    @property
    def alone(self) -> Fraction:
        """What integrating brings while nobody on the other side does (the normal income cancels)."""
        return self.extra_gain - self.extra_cost

    @property
    def joint(self) -> Fraction:
        """What integrating brings while everybody on the other side does."""
        return self.alone + self.boost


class Kind(StrEnum):
    """The equilibrium by its eigenvalues (linear systems in the plane)."""

    SINK = "sink"
    SOURCE = "source"
    SADDLE = "saddle"
    CENTRE = "centre"
    DEGENERATE = "degenerate"


class Place(StrEnum):
    """Where a point stands to the square of shares. ABSENT: no such point, because a boost is zero."""

    CORNER = "corner"
    INSIDE = "inside"
    EDGE = "edge"
    OUTSIDE = "outside"
    ABSENT = "absent"


class Verdict(StrEnum):
    """What the Jacobian decides: STABLE is asymptotically stable, an ESS."""

    STABLE = "stable"
    UNSTABLE = "unstable"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Equilibrium:
    """A rest point. `det` and `trace` are of the Jacobian there; `kind` and `verdict` None where the point is no state
    of the market (outside the square) or does not exist; x, y, det and trace None where it does not exist.

    `eigenvalues` are the corners' own; the inner point has plus and minus the root of -det, real for a saddle."""

    name: str
    place: Place
    x: Fraction | None
    y: Fraction | None
    det: Fraction | None
    trace: Fraction | None
    eigenvalues: tuple[Fraction, Fraction] | None
    kind: Kind | None
    verdict: Verdict | None

    @property
    def on_square(self) -> bool:
        return self.verdict is not None

    @property
    def is_ess(self) -> bool:
        """An ESS of an asymmetric game is a strict Nash equilibrium, and that is a corner with two negative eigenvalues
        (Selten, J. Theor. Biol. 84 (1980), 93-101); so also where the Jacobian leaves stability open, this does not."""
        return self.kind is Kind.SINK


@dataclass(frozen=True)
class Game:
    """Figures of both sides, and everything that follows from them."""

    platform: Side
    technology: Side

    def subsidised(self, platform: Fraction = Fraction(0), technology: Fraction = Fraction(0)) -> Game:
        """Who integrates is paid so much per period: its cost is lower by that."""
        one, two = self.platform, self.technology
        return Game(
            replace(one, extra_cost=one.extra_cost - platform), replace(two, extra_cost=two.extra_cost - technology)
        )

    def boosted(self, platform: Fraction = Fraction(0), technology: Fraction = Fraction(0)) -> Game:
        """The boosts, higher by so much per period."""
        one, two = self.platform, self.technology
        return Game(replace(one, boost=one.boost + platform), replace(two, boost=two.boost + technology))

    def field(self, x: Fraction, y: Fraction) -> tuple[Fraction, Fraction]:
        """(x', y') at a point."""
        one, two = self.platform, self.technology
        return x * (1 - x) * (one.alone + one.boost * y), y * (1 - y) * (two.alone + two.boost * x)

    def equilibria(self) -> tuple[Equilibrium, ...]:
        """The four corners, then the inner point wherever it is. Where `lines` is not empty there are more."""
        return (self._corner(0, 0), self._corner(0, 1), self._corner(1, 0), self._corner(1, 1), self.inner())

    def inner(self) -> Equilibrium:
        """Where both sides are indifferent: x = -alone2 / B2, y = -alone1 / B1 (the field's two brackets are zero). The
        Jacobian has zeros on its diagonal there, so trace 0 and det = -x(1-x) y(1-y) B1 B2."""
        one, two = self.platform, self.technology
        if not one.boost or not two.boost:
            return Equilibrium("inner", Place.ABSENT, None, None, None, None, None, None, None)
        x, y = -two.alone / two.boost, -one.alone / one.boost
        det = -x * (1 - x) * y * (1 - y) * one.boost * two.boost
        place = (
            Place.INSIDE if 0 < x < 1 and 0 < y < 1 else Place.EDGE if 0 <= x <= 1 and 0 <= y <= 1 else Place.OUTSIDE
        )
        kind, verdict = _inner_kind(det)
        if place is Place.OUTSIDE:
            return Equilibrium("inner", place, x, y, det, Fraction(0), None, None, None)
        return Equilibrium("inner", place, x, y, det, Fraction(0), None, kind, verdict)

    def lines(self) -> tuple[str, ...]:
        """Whole lines of rest points, as equations; they exist where somebody is indifferent for good."""
        one, two = self.platform, self.technology
        if not (one.alone or one.boost or two.alone or two.boost):
            return ("every x, every y",)
        cases = (
            (not one.alone, "y = 0"),
            (not one.joint, "y = 1"),
            (not two.alone, "x = 0"),
            (not two.joint, "x = 1"),
        )
        found = [line for holds, line in cases if holds]
        for mine, other, share in ((one, two, "x"), (two, one, "y")):
            if not mine.alone and not mine.boost and other.boost and 0 < -other.alone / other.boost < 1:
                found.append(f"{share} = {-other.alone / other.boost}")
        return tuple(found)

    def _corner(self, x: int, y: int) -> Equilibrium:
        """There the Jacobian is diagonal: (1-2x)(alone1 + B1*y) and (1-2y)(alone2 + B2*x) are its eigenvalues."""
        one, two = self.platform, self.technology
        first = (1 - 2 * x) * (one.alone + one.boost * y)
        second = (1 - 2 * y) * (two.alone + two.boost * x)
        kind, verdict = _corner_kind(first, second)
        det, trace = first * second, first + second
        name = f"({x}, {y})"
        return Equilibrium(name, Place.CORNER, x * ONE, y * ONE, det, trace, (first, second), kind, verdict)


def _corner_kind(first: Fraction, second: Fraction) -> tuple[Kind, Verdict]:
    """Lyapunov's first method: two negative eigenvalues are stable, a positive one is unstable whatever the other is,
    and a zero beside no positive one is open."""
    low, high = sorted((first, second))
    if high > 0:
        kind = Kind.SOURCE if low > 0 else Kind.SADDLE if low < 0 else Kind.DEGENERATE
        return kind, Verdict.UNSTABLE
    return (Kind.SINK, Verdict.STABLE) if high < 0 else (Kind.DEGENERATE, Verdict.UNDECIDED)


def _inner_kind(det: Fraction) -> tuple[Kind, Verdict]:
    """The eigenvalues are plus and minus the root of -det: a saddle, or on the imaginary axis, or both zero."""
    if det < 0:
        return Kind.SADDLE, Verdict.UNSTABLE
    return (Kind.CENTRE if det > 0 else Kind.DEGENERATE), Verdict.UNDECIDED
