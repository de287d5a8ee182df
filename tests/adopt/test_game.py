"""Equilibria and what the Jacobian says of them: the paper's result, its opposites, and what nobody may invent."""

from __future__ import annotations

from fractions import Fraction

import pytest
from adopt_kit import GAMES, MARKET, game, parted
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.adopt import symbolic
from lading.adopt.errors import ModelDisagrees
from lading.adopt.game import Equilibrium, Game, Kind, Place, Verdict
from lading.adopt.study import payoffs

STEP = Fraction(1, 10**9)


def by_name(found: Game) -> dict[str, Equilibrium]:
    return {one.name: one for one in found.equilibria()}


@given(parted())
def test_the_papers_result(found: Game) -> None:
    points = by_name(found)
    assert [name for name, one in points.items() if one.is_ess] == ["(0, 0)", "(1, 1)"]
    assert points["(0, 0)"].verdict is points["(1, 1)"].verdict is Verdict.STABLE
    for name in ("(0, 1)", "(1, 0)"):
        assert (points[name].kind, points[name].verdict) == (Kind.SOURCE, Verdict.UNSTABLE)
    inner = points["inner"]
    assert (inner.place, inner.kind, inner.verdict) == (Place.INSIDE, Kind.SADDLE, Verdict.UNSTABLE)
    assert inner.det is not None
    assert inner.det < 0
    assert inner.trace == 0


@given(parted(), st.integers(1, 10**6), st.integers(1, 10**6))
def test_the_inner_point_moves_toward_the_origin_as_the_boosts_grow(found: Game, more: int, again: int) -> None:
    before, after = found.inner(), found.boosted(Fraction(more), Fraction(again)).inner()
    assert before.x is not None and before.y is not None and after.x is not None and after.y is not None  # noqa: PT018
    assert 0 < after.x < before.x
    assert 0 < after.y < before.y


def test_the_inner_point_comes_as_near_to_the_origin_as_one_likes() -> None:
    far = MARKET.boosted(Fraction(10**9), Fraction(10**9)).inner()
    assert far.x is not None
    assert far.y is not None
    assert max(far.x, far.y) < Fraction(1, 10**8)


@pytest.mark.parametrize(
    ("gains", "stable"),
    [
        ((-1, -1, -1, -1), ["(0, 0)"]),
        ((1, 1, 1, 1), ["(1, 1)"]),
        ((1, 2, -3, -1), ["(1, 0)"]),
        ((-3, -1, 1, 2), ["(0, 1)"]),
        ((1, -1, 1, -1), ["(0, 1)", "(1, 0)"]),
        ((1, 2, -3, 4), ["(1, 1)"]),
        ((-1, 2, 3, -4), []),
    ],
)
def test_where_the_conditions_do_not_hold_the_jacobian_says_what_is_stable(
    gains: tuple[int, int, int, int], stable: list[str]
) -> None:
    assert [one.name for one in game(*gains).equilibria() if one.verdict is Verdict.STABLE] == stable


def test_a_zero_eigenvalue_is_undecided_and_no_ess() -> None:
    points = by_name(game(0, 2, -1, 3))
    assert (points["(0, 0)"].kind, points["(0, 0)"].verdict) == (Kind.DEGENERATE, Verdict.UNDECIDED)
    assert not points["(0, 0)"].is_ess
    assert points["inner"].place is Place.EDGE
    assert points["inner"].verdict is Verdict.UNDECIDED


def test_a_zero_beside_a_positive_eigenvalue_is_unstable_all_the_same() -> None:
    point = by_name(game(0, 2, -1, 3))["(1, 0)"]
    assert point.eigenvalues == (0, 3)
    assert (point.kind, point.verdict) == (Kind.DEGENERATE, Verdict.UNSTABLE)


def test_opposite_boosts_make_a_centre_which_the_jacobian_leaves_open() -> None:
    inner = game(-1, 2, 3, -4).inner()
    assert (inner.place, inner.kind, inner.verdict) == (Place.INSIDE, Kind.CENTRE, Verdict.UNDECIDED)


def test_an_inner_point_outside_the_square_is_no_state_of_the_market() -> None:
    inner = game(1, 2, -3, 4).inner()
    assert (inner.place, inner.kind, inner.verdict, inner.y) == (Place.OUTSIDE, None, None, -1)
    assert not inner.on_square


def test_without_a_boost_there_is_no_inner_point() -> None:
    inner = game(-1, -1, -3, 4).inner()
    assert (inner.place, inner.x, inner.det, inner.verdict) == (Place.ABSENT, None, None, None)


@pytest.mark.parametrize(
    ("gains", "lines"),
    [
        ((-1, 2, -3, 4), ()),
        ((0, 2, -3, 4), ("y = 0",)),
        ((-1, 0, -3, 4), ("y = 1",)),
        ((-1, 2, 0, 4), ("x = 0",)),
        ((-1, 2, -3, 0), ("x = 1",)),
        ((0, 0, -1, 3), ("y = 0", "y = 1", "x = 1/4")),
        ((-1, 3, 0, 0), ("x = 0", "x = 1", "y = 1/4")),
        ((0, 0, 0, 0), ("every x, every y",)),
    ],
)
def test_lines_of_rest_points_are_named(gains: tuple[int, int, int, int], lines: tuple[str, ...]) -> None:
    assert game(*gains).lines() == lines


@given(GAMES)
def test_the_field_is_zero_at_every_equilibrium(found: Game) -> None:
    for point in found.equilibria():
        if point.x is not None and point.y is not None:
            assert found.field(point.x, point.y) == (0, 0)


@given(GAMES, st.fractions(0, 1), st.fractions(0, 1))
def test_the_faces_of_the_square_are_invariant(found: Game, x: Fraction, y: Fraction) -> None:
    assert found.field(Fraction(0), y)[0] == found.field(Fraction(1), y)[0] == 0
    assert found.field(x, Fraction(0))[1] == found.field(x, Fraction(1))[1] == 0


@given(GAMES, st.fractions(0, 1), st.fractions(0, 1))
def test_the_field_is_the_replicator_of_the_payoff_matrix(found: Game, x: Fraction, y: Fraction) -> None:
    table = payoffs(found)
    mine = {own: y * table[own, True][0] + (1 - y) * table[own, False][0] for own in (True, False)}
    theirs = {own: x * table[True, own][1] + (1 - x) * table[False, own][1] for own in (True, False)}
    across = x * (mine[True] - (x * mine[True] + (1 - x) * mine[False]))
    up = y * (theirs[True] - (y * theirs[True] + (1 - y) * theirs[False]))
    assert found.field(x, y) == (across, up)


@given(GAMES, st.integers(-500, 500))
def test_the_normal_income_moves_no_share(found: Game, more: int) -> None:
    richer = symbolic_change(found, "N1", more)
    assert richer.equilibria() == found.equilibria()


def symbolic_change(found: Game, letter: str, more: int) -> Game:
    from lading.adopt.sensitivity import changed

    name, field = symbolic.LETTERS[letter]
    return changed(found, letter, getattr(getattr(found, name), field) + more)


@given(GAMES)
@settings(max_examples=40, deadline=None)
def test_what_sympy_derives_from_the_payoff_matrix_is_the_closed_form(found: Game) -> None:
    symbolic.check(found)


def test_sympy_finds_five_equilibria_and_the_trace_of_the_inner_one_is_zero() -> None:
    derived = symbolic.derive()
    assert [str(one.x) for one in derived.points[:4]] == ["0", "0", "1", "1"]
    inner = derived.points[-1]
    assert (str(inner.x), str(inner.y), inner.trace) == ("(C2 - E2)/B2", "(C1 - E1)/B1", 0)


def test_a_closed_form_that_is_not_sympys_stops_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    other = MARKET.boosted(platform=Fraction(1)).inner()
    monkeypatch.setattr(Game, "inner", lambda _: other)
    with pytest.raises(ModelDisagrees, match="inner"):
        symbolic.check(MARKET)


@given(GAMES, st.sampled_from(["E1", "C1", "B1", "E2", "C2", "B2", "N1", "N2"]))
@settings(max_examples=40, deadline=None)
def test_the_slopes_of_the_inner_point_are_its_differences(found: Game, letter: str) -> None:
    slopes = symbolic.inner_slopes(found)
    before = found.inner()
    if slopes is None:
        assert before.place is Place.ABSENT
        return
    from lading.adopt.sensitivity import changed

    name, field = symbolic.LETTERS[letter]
    after = changed(found, letter, getattr(getattr(found, name), field) + STEP).inner()
    for slope, old, new in zip(slopes[letter], (before.x, before.y), (after.x, after.y), strict=True):
        assert old is not None
        assert new is not None
        assert abs((new - old) / STEP - slope) <= Fraction(1, 100) * max(1, abs(slope))
