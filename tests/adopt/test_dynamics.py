"""Integration: it agrees with the classification, and where something is wrong it says so."""

from __future__ import annotations

import math

import numpy as np
import pytest
from adopt_kit import GAMES, MARKET, SHARE, game, parted
from hypothesis import given, settings

from lading.adopt import dynamics
from lading.adopt.basin import basin, edge_at, reaches
from lading.adopt.dynamics import Field, check, path, scale_of, separatrix
from lading.adopt.errors import ModelDisagrees
from lading.adopt.game import Game, Verdict


@given(GAMES)
@settings(max_examples=30, deadline=None)
def test_starts_beside_each_equilibrium_do_what_its_verdict_says(found: Game) -> None:
    verdicts = {one.name: one.verdict for one in found.equilibria()}
    for seen in check(found):
        assert seen.starts
        if verdicts[seen.name] is Verdict.STABLE:
            assert seen.came in (seen.starts, None)
        if verdicts[seen.name] is Verdict.UNSTABLE:
            assert seen.came is None or seen.came < seen.starts


@given(GAMES, SHARE, SHARE)
@settings(max_examples=30, deadline=None)
def test_the_scaled_field_is_the_exact_one(found: Game, x: float, y: float) -> None:
    from fractions import Fraction

    exact = found.field(Fraction(x), Fraction(y))
    assert Field(found)(0, (x, y)) == pytest.approx([float(one) / scale_of(found) for one in exact], abs=1e-12)


@given(GAMES, SHARE)
@settings(max_examples=20, deadline=None)
def test_a_path_that_begins_on_a_face_stays_on_it(found: Game, share: float) -> None:
    for wall in (0.0, 1.0):
        assert np.all(path(found, wall, share).x == wall)
        assert np.all(path(found, share, wall).y == wall)


@given(parted(), SHARE, SHARE)
@settings(max_examples=15, deadline=None)
def test_a_path_ends_where_the_basin_says(found: Game, x: float, y: float) -> None:
    ran = path(found, x, y)
    if ran.rests and abs(edge_at(found, x) - y) > 1e-3:
        assert ran.end == pytest.approx((1, 1) if reaches(found, x, y) else (0, 0), abs=1e-3)


def test_a_path_that_begins_at_rest_stays() -> None:
    ran = path(game(-1, 1, -1, 1), 0.5, 0.5)
    assert ran.rests
    assert ran.end == (0.5, 0.5)
    assert len(ran.time) == len(ran.x) == len(ran.y)


def test_around_a_centre_a_path_circles_and_does_not_rest() -> None:
    ran = path(game(-1, 2, 3, -4), 0.4, 0.4)
    assert not ran.rests
    x, y = (float(one or 0) for one in (game(-1, 2, 3, -4).inner().x, game(-1, 2, 3, -4).inner().y))
    away = np.hypot(ran.x - x, ran.y - y)
    assert away.min() > 0.02
    assert away.max() < 0.9


def test_the_integrated_edge_is_the_calculated_one() -> None:
    for x, y in zip(*separatrix(MARKET), strict=True):
        if 0.01 < x < 0.99:
            assert edge_at(MARKET, float(x)) == pytest.approx(y, abs=1e-5)


def test_the_edge_goes_through_the_inner_point_and_falls() -> None:
    assert edge_at(MARKET, 0.25) == pytest.approx(1 / 3, abs=1e-12)
    shares = np.linspace(0.01, 0.99, 99)
    assert np.all(np.diff([edge_at(MARKET, float(one)) for one in shares]) < 0)


class Backwards(Field):
    """The field with time reversed: what is stable lets go, what is a source draws in."""

    def gains(self, at: object) -> list[float]:
        return [-one for one in super().gains(at)]


class Drifting(Field):
    """A field with a little friction, in which no orbit closes."""

    def gains(self, at: object) -> list[float]:
        across, up = super().gains(at)
        x, y = at  # type: ignore[misc]
        return [across - (x - 4 / 7) / 5, up - (y - 1 / 3) / 5]


class Steeper(Field):
    """Another boost than the game's."""

    def __init__(self, found: Game) -> None:
        super().__init__(found)
        self.boost1 *= 1.05


@pytest.mark.parametrize(
    ("field", "gains", "complaint"),
    [
        (Backwards, (-4, 8, -2, 6), "is stable, but"),
        (Backwards, (1, 2, 1, 2), "but"),
        (Drifting, (-1, 2, 3, -4), "centre"),
        (Steeper, (-4, 8, -2, 6), "edge"),
    ],
)
def test_a_model_that_integration_contradicts_stops_everything(
    monkeypatch: pytest.MonkeyPatch, field: type[Field], gains: tuple[int, int, int, int], complaint: str
) -> None:
    monkeypatch.setattr(dynamics, "Field", field)
    with pytest.raises(ModelDisagrees, match=complaint):
        check(game(*gains))


def test_points_too_near_each_other_are_not_said_to_be_checked() -> None:
    seen = {one.name: one for one in check(game("-0.000000001", 12, -2, 6))}
    assert seen["(0, 0)"].came is None
    assert seen["(1, 1)"].came == seen["(1, 1)"].starts


def test_a_centre_is_seen_to_close_its_orbit() -> None:
    seen = {one.name: one for one in check(game(-1, 2, 3, -4))}
    assert (seen["inner"].starts, seen["inner"].came) == (1, 0)
    assert math.isclose(scale_of(game(-1, 2, 3, -4)), 4)


@pytest.mark.parametrize(
    "gains",
    [
        ("-0.000122", "6418098.19461", "-84.096946", "-84.096946"),
        ("7240.542413", "-120290256.778439", "0.000061", "0.012299"),
        ("0", "-287280.884901", "-52365015.259607", "836158907218.305"),
        ("-362943056179.9503", "0.000009", "-9.596509", "146613.31595"),
        ("0", "0.044207", "-626517446.348864", "54.264722"),
    ],
)
def test_figures_of_wildly_different_sizes_are_borne(gains: tuple[str, str, str, str]) -> None:
    found = game(*gains)
    assert check(found)
    area = basin(found)
    assert area.least is None or area.most is None or area.least - 1e-9 <= area.area <= area.most + 1e-9
    assert path(found, 0.2, 0.3).time[0] == 0
