"""Games, by hand and for Hypothesis."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume
from hypothesis import strategies as st

from lading.adopt.game import Game, Side

MONEY = st.integers(0, 2000).map(lambda cents: Fraction(cents, 100))
BOOST = st.integers(-2000, 2000).map(lambda cents: Fraction(cents, 100))
SHARE = st.floats(0.01, 0.99)
SIDES = st.builds(Side, MONEY, MONEY, MONEY, BOOST)
#: Any game whatever, also those in which a net gain is exactly zero.
ROUND = st.integers(0, 3).map(Fraction)
GAMES = st.builds(Game, SIDES, SIDES) | st.builds(
    Game,
    *[st.builds(Side, ROUND, ROUND, ROUND, st.integers(-3, 3).map(Fraction))] * 2,
)


def side(alone: object, joint: object, normal: object = 0) -> Side:
    """By its two net gains."""
    first, last = Fraction(str(alone)), Fraction(str(joint))
    return Side(Fraction(str(normal)), max(first, Fraction(0)), max(-first, Fraction(0)), last - first)


def game(alone1: object, joint1: object, alone2: object, joint2: object) -> Game:
    return Game(side(alone1, joint1), side(alone2, joint2))


@st.composite
def parted(draw: st.DrawFn) -> Game:
    """It pays neither side to begin and both to follow; no net gain is tiny beside another."""
    gains = draw(st.lists(st.integers(100, 2000), min_size=4, max_size=4))
    one, two, three, four = (Fraction(gain, 100) for gain in gains)
    found = game(-one, two, -three, four)
    assume(found.inner().x is not None)
    return found


#: The market of examples/adopt/market.yaml, in thousands.
MARKET = Game(
    Side(Fraction(80), Fraction(6), Fraction(10), Fraction(12)),
    Side(Fraction(50), Fraction(3), Fraction(5), Fraction(8)),
)
