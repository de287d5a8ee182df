"""Parameters as they ship, and outcomes to count, at hand and from Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from lading.credit import Ending, Outcome, Parameters
from lading.credit.parameters import MICRO, RATE_SCALE
from lading.enums import Fault, Ground, State

DAY = 86_400
RULES = Parameters(
    half_life=90 * DAY,
    period=30 * DAY,
    knee=100 * MICRO,
    top=900 * MICRO,
    unwitnessed=250,
    buyer_cap=3_000,
    platform_cap=60_000,
    total_cap=100_000,
    bad_cap=3_000,
)
#: Caps so low that random outcomes meet them.
TIGHT = Parameters(
    half_life=90 * DAY,
    period=30 * DAY,
    knee=100 * MICRO,
    top=900 * MICRO,
    unwitnessed=250,
    buyer_cap=3_000,
    platform_cap=5_000,
    total_cap=8_000,
    bad_cap=2_000,
)
START = 1_800_000_000 // (30 * DAY) * (30 * DAY)
"""The beginning of a period."""

ON_TIME = Ending(State.RELEASED, Ground.ON_TIME, Fault.NOBODY, True, 0, 1)
LATE = Ending(State.RELEASED, Ground.LATE, Fault.NOBODY, True, 0, 1)
NOT_SHIPPED = Ending(State.REFUNDED, Ground.NOT_SHIPPED, Fault.SELLER, False, 1, 1)
ENDINGS = [
    ON_TIME,
    LATE,
    NOT_SHIPPED,
    Ending(State.SETTLED, Ground.AGREED, Fault.NOBODY, True, 3, 7),
    Ending(State.SETTLED, Ground.AGREED, Fault.NOBODY, False, 3, 7),
    Ending(State.SETTLED, Ground.RULED, Fault.BUYER, True, 0, 7),
    Ending(State.SETTLED, Ground.RETURNED, Fault.NOBODY, True, 7, 7),
]


def outcome(
    ending: Ending = ON_TIME,
    *,
    value: int = RULES.knee,
    at: int = START,
    seller: str = "s",
    buyer: str = "b",
    platform: int = 1,
    witnessed: bool = True,
) -> Outcome:
    """An order of a value in micro-RU: one smallest unit of its token is one micro-RU."""
    return Outcome("o", seller, buyer, platform, 1_000 + platform, value, RATE_SCALE, witnessed, ending, at)


@st.composite
def stories(draw: st.DrawFn, most: int = 25) -> list[Outcome]:
    """Outcomes in the order of time, of a few sellers, buyers and platforms, so that they meet the same caps."""
    at, told = START, []
    for _ in range(draw(st.integers(1, most))):
        at += draw(st.sampled_from([0, 0, 1, 3_600, DAY, 10 * DAY, 30 * DAY, 400 * DAY]) | st.integers(0, 50 * DAY))
        told.append(
            outcome(
                draw(st.sampled_from(ENDINGS)),
                value=draw(st.integers(0, 2 * RULES.top) | st.sampled_from([RULES.knee, RULES.top, RULES.knee // 3])),
                at=at,
                seller=draw(st.sampled_from("st")),
                buyer=draw(st.sampled_from("abcdefgh")),
                platform=draw(st.integers(0, 3)),
                witnessed=draw(st.booleans()),
            )
        )
    return told
