from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lading.relayer.reads.gaps import Numbers, arrived

NUMBERS = st.lists(st.integers(0, 60), max_size=40)


def test_a_gap_is_recorded_and_closed_by_a_later_number():
    first = arrived(None, [1, 2, 5])
    assert first == Numbers(1, 5, ((3, 4),))
    assert arrived(first, [4]) == Numbers(1, 5, ((3, 3),))
    assert arrived(first, [4, 3]) == Numbers(1, 5)


def test_nothing_arrived_is_nothing_missing():
    assert arrived(None, []) is None


def test_a_forged_number_costs_no_memory():
    state = arrived(Numbers(1, 3), [2**63 - 1])
    assert state is not None
    assert state.open_count == 2**63 - 5


@given(st.lists(NUMBERS, max_size=5))
def test_the_gaps_are_exactly_the_numbers_between_the_ends_that_never_came(runs: list[list[int]]):
    state, seen = None, set()
    for numbers in runs:
        state = arrived(state, numbers)
        seen.update(numbers)
    if not seen:
        assert state is None
        return
    assert state is not None
    missing = [number for first, last in state.missing for number in range(first, last + 1)]
    assert missing == sorted(set(range(min(seen), max(seen))) - seen)
    assert (state.lowest, state.highest, state.open_count) == (min(seen), max(seen), len(missing))
