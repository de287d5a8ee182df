"""What an event costs does not follow how many there were before: the statements that are run, and the pages of the
file that change, are the same on a small and on a large history.

`LADING_HISTORY` sets the large one (default 20,000 events; the bench's `relay.history` compares 10^5 with 10^7).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from history_kit import Cost, cost_of, grown

SMALL, LARGE = 2_000, int(os.environ.get("LADING_HISTORY", "20000"))


@dataclass(frozen=True)
class Both:
    small: Cost
    large: Cost


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The cost of the same work after either history."""
    folder = tmp_path_factory.mktemp("history")
    costs = []
    for events in (SMALL, LARGE):
        with grown(folder / f"{events}.sqlite3", events) as history:
            costs.append(cost_of(history))
    return Both(*costs)


def test_the_same_statements_are_run(both: Both):
    assert both.small.statements == both.large.statements


def test_taking_events_in_touches_the_same_pages(both: Both):
    """Appends: what the rows fill, and one path down each tree, which may be a level deeper."""
    assert both.large.pages_of_put <= both.small.pages_of_put + 2


def test_closing_a_batch_touches_the_pages_of_its_items_and_no_event(both: Both):
    """The map has as many items after either history."""
    assert both.large.pages_of_close <= both.small.pages_of_close + 2
