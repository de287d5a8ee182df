"""Who ends in adoption: the closed form against integration, its area against counting, and what tips a start."""

from __future__ import annotations

from fractions import Fraction

import pytest
from adopt_kit import GAMES, MARKET, SHARE, game, parted
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from lading.adopt.basin import basin, edge_at, invariant, reaches, settled
from lading.adopt.dynamics import Field
from lading.adopt.game import Game
from lading.adopt.sensitivity import changed, sensitivity
from lading.adopt.tipping import CENT, LEVERS, tipping

#: So near to the edge the integration itself may fall off it.
TOO_CLOSE = 1e-3
GRID = 60


def integrated_end(found: Game, x: float, y: float) -> tuple[float, float]:
    """By another method than the package's own, and for long."""
    ran = solve_ivp(Field(found), (0, 2000), [x, y], method="DOP853", rtol=1e-9, atol=1e-12)
    return float(ran.y[0][-1]), float(ran.y[1][-1])


@given(parted(), SHARE, SHARE)
@settings(max_examples=15, deadline=None)
def test_a_start_ends_where_the_closed_form_says(found: Game, x: float, y: float) -> None:
    assume(abs(edge_at(found, x) - y) > TOO_CLOSE)
    end = integrated_end(found, x, y)
    assert end == pytest.approx((1, 1) if reaches(found, x, y) else (0, 0), abs=1e-2)


@pytest.mark.parametrize(
    "gains",
    [
        (1, 2, -3, 4),
        (-3, 4, 1, 2),
        (1, 1, 1, 1),
        (-1, -2, 3, 4),
        (1, -1, 1, -1),
        (0, 2, -1, 3),
        (0, 2, 0, 3),
        (0, 0, 1, 1),
    ],
)
def test_so_it_does_where_the_conditions_do_not_hold(gains: tuple[int, int, int, int]) -> None:
    found = game(*gains)
    for x in (0.05, 0.2, 0.5, 0.9):
        for y in (0.05, 0.2, 0.5, 0.9):
            end = integrated_end(found, x, y)
            assert (min(end) > 0.99) is reaches(found, x, y), (x, y, end)


@given(parted())
@settings(max_examples=8, deadline=None)
def test_the_area_is_what_counting_starts_gives(found: Game) -> None:
    cells = [(number + 0.5) / GRID for number in range(GRID)]
    counted = sum(reaches(found, x, y) for x in cells for y in cells) / GRID**2
    known = basin(found)
    assert known.area == pytest.approx(counted, abs=2 / GRID)
    assert known.least is not None
    assert known.most is not None
    assert known.least <= known.area <= known.most


def test_the_area_of_the_example() -> None:
    """Against 3000 x 3000 starts, counted once."""
    assert basin(MARKET).area == pytest.approx(0.7838034, abs=1e-6)


@given(parted())
@settings(max_examples=8, deadline=None)
def test_both_sides_exchanged_is_the_same_area(found: Game) -> None:
    assert basin(Game(found.technology, found.platform)).area == pytest.approx(basin(found).area, abs=1e-7)


@given(st.integers(1, 500), st.integers(1, 500))
@settings(max_examples=15, deadline=None)
def test_the_edge_is_the_diagonal_where_what_one_side_risks_the_other_gains(risk: int, gain: int) -> None:
    found = game(-risk, gain, -gain, risk)
    assert basin(found).area == pytest.approx(0.5, abs=1e-8)
    assert edge_at(found, 0.3) == pytest.approx(0.7, abs=1e-9)


@given(GAMES)
@settings(max_examples=40, deadline=None)
def test_the_area_is_zero_exactly_where_adoption_is_no_strict_equilibrium(found: Game) -> None:
    strict = found.platform.joint > 0 and found.technology.joint > 0
    assert (basin(found).area > 0) is strict


@given(parted(), SHARE, SHARE)
def test_the_invariant_has_no_slope_along_the_field(found: Game, x: float, y: float) -> None:
    step = 1e-7
    across, up = Field(found)(0, (x, y))
    ahead = invariant(found, x + step * across, y + step * up)
    behind = invariant(found, x - step * across, y - step * up)
    assert abs(ahead - behind) / (2 * step) <= 1e-5 * float(found.platform.boost + found.technology.boost) + 1e-5


@given(parted(), SHARE, SHARE, SHARE, SHARE)
def test_more_adopters_never_end_worse(found: Game, x: float, y: float, more: float, again: float) -> None:
    if reaches(found, x, y):
        assert reaches(found, max(x, more), max(y, again))


@given(parted(), st.sampled_from(["E1", "B1", "E2", "B2", "C1", "C2"]))
@settings(max_examples=15, deadline=None)
def test_gains_and_boosts_widen_the_basin_and_costs_narrow_it(found: Game, letter: str) -> None:
    sides = {"1": found.platform, "2": found.technology}
    field = {"E": "extra_gain", "B": "boost", "C": "extra_cost"}[letter[0]]
    value = getattr(sides[letter[1]], field)
    before, after = basin(found).area, basin(changed(found, letter, value + Fraction(1, 2))).area
    assert after <= before + 1e-9 if letter[0] == "C" else after >= before - 1e-9


def test_the_sensitivity_names_all_eight_and_the_normal_incomes_move_nothing() -> None:
    found = {one.letter: one for one in sensitivity(MARKET)}
    assert list(found) == ["N1", "E1", "C1", "B1", "N2", "E2", "C2", "B2"]
    assert found["N1"].swing == found["N2"].swing == 0
    assert found["C1"].swing < 0 < found["B1"].swing
    assert (found["E1"].slope_x, found["E1"].slope_y) == (0, Fraction(-1, 12))


@pytest.mark.parametrize(("x", "y"), [(0, 0), (0, 1), (1, 0), (0, 0.9), (0.9, 0)])
def test_who_is_nowhere_is_imitated_by_nobody(x: float, y: float) -> None:
    assert not reaches(MARKET, x, y)


@pytest.mark.parametrize(("x", "y"), [(1, 1), (1, 0.01), (0.01, 1)])
def test_where_one_side_has_all_integrated_the_other_follows(x: float, y: float) -> None:
    assert reaches(MARKET, x, y)


def test_the_inner_point_itself_does_not_end_in_adoption() -> None:
    assert not reaches(game(-1, 1, -1, 1), 0.5, 0.5)


@given(parted(), SHARE, SHARE)
@example(MARKET, 0.2, 0.3)
@settings(max_examples=15, deadline=None)
def test_each_lever_is_the_least_that_tips(found: Game, x: float, y: float) -> None:
    known = tipping(found, x, y)
    assert set(known.levers) == set(LEVERS)
    for name, least in known.levers.items():
        assert least is not None
        assert reaches(LEVERS[name](found, least), x, y)
        assert (least == 0) is known.adopts
        assert not least or not reaches(LEVERS[name](found, least - CENT), x, y)


@given(parted(), SHARE, SHARE)
@settings(max_examples=6, deadline=None)
@example(game(Fraction(-239, 50), 1, -1, 1), 0.5, 0.01)
def test_the_critical_mass_parts_the_starts(found: Game, x: float, y: float) -> None:
    known = tipping(found, x, y)
    for needed, tips in (
        (known.needed_x, lambda share: reaches(found, share, y)),
        (known.needed_y, lambda share: reaches(found, x, share)),
    ):
        if needed is None:
            assert not tips(1 - 1e-8)
        else:
            assert tips(min(1, needed + 1e-8))
            assert needed < 1e-8 or not tips(needed - 1e-8)
    if known.needed_y is not None:
        assert edge_at(found, x) == pytest.approx(known.needed_y, abs=1e-8)


def test_a_subsidy_to_one_side_does_not_help_where_the_other_never_gains() -> None:
    known = tipping(game(-4, 5, -3, -1), 0.5, 0.5)
    assert known.levers["subsidy to platforms"] is None
    assert known.levers["boost to platforms"] is None
    assert known.levers["subsidy to technology providers"] is not None
    assert (known.needed_x, known.needed_y) == (None, None)


def test_a_start_at_which_one_side_has_nobody_is_tipped_by_nothing() -> None:
    assert set(tipping(MARKET, 0, 0.5).levers.values()) == {None}


def test_why_there_is_no_edge_is_said() -> None:
    assert settled(game(1, 2, -3, 4)) == (1.0, "integrating pays platforms from the first, and the other side follows")
    known = settled(game(-1, -1, -3, -4))
    assert known is not None
    assert known[0] == 0
    assert "platforms and technology providers" in known[1]
    assert settled(MARKET) is None
