"""Not ended: what was decommissioned, destroyed or used up is on no shelf any more.

EPCIS 2.0, section 7.4.2 (DELETE) and 7.4.6 (inputs of a transformation); CBV 2.0, section 7.1. Who may end an item, so
that nobody can end another's: docs/decisions/0013.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lading.provenance.custody import possessors
from lading.provenance.item import Item
from lading.provenance.parties import People
from lading.provenance.reasons import CLOCK_TOLERANCE_SECONDS
from lading.provenance.rules import Finding
from lading.provenance.sales import is_sale
from lading.provenance.story import Happening

_DESTROYED, _DECOMMISSIONED = "destroying", "decommissioning"


def not_ended(item: Item, story: Sequence[Happening], people: People) -> Iterator[Finding]:
    """`story`: the events about the item, in order of time."""
    ends = _ends(item, story)
    lawful = _lawful(item, ends, story, people)
    for one in ends:
        if one not in lawful:
            yield Finding("end-foreign", one.position, f"participant 0x{one.publisher.hex()}")
        else:
            yield Finding("item-destroyed" if one.step == _DESTROYED else "item-ended", one.position)
    latest = min((one.time for one in lawful), default=float("inf")) + CLOCK_TOLERANCE_SECONDS
    yield from (Finding("event-after-end", one.position) for one in story if one.time > latest)


def _ends(item: Item, story: Sequence[Happening]) -> list[Happening]:
    """The events that say that it ended. What its seller decommissions after the sale is the buyer's, with a tag that
    was killed at the counter."""
    found, seller = list[Happening](), None
    for one in story:
        destroyed = one.step == _DESTROYED and item.key in one.subjects
        killed = one.step == _DECOMMISSIONED and seller is not None
        if destroyed or (item.key in one.ended and not killed):
            found.append(one)
        if is_sale(one) or one.state == "returned":
            seller = one.publisher if is_sale(one) else None
    return found


def _lawful(item: Item, ends: Sequence[Happening], story: Sequence[Happening], people: People) -> list[Happening]:
    """Those by the brand, which is whoever made the item, or by whoever had it as far as hand-overs name somebody."""
    makers = {one.publisher for one in story if item.key in one.born}
    held = possessors(story, people) if ends else {}
    return [
        one
        for one in ends
        if one.publisher in makers or (held[one.position] and people.is_party(one.publisher, held[one.position]))
    ]
