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
    told = _ends(item, story)
    lawful = _lawful(item, [one for one, _ in told], story, people)
    ends = list[Happening]()
    for one, seller in told:
        if one not in lawful:
            # A stranger's tale of a box, or of a tag that is its buyer's, says nothing of the item.
            if seller is None and (item.key in one.subjects or item.key in one.ended):
                yield Finding("end-foreign", one.position, f"participant 0x{one.publisher.hex()}")
        elif seller is None:
            ends.append(one)
            yield Finding("item-destroyed" if one.step == _DESTROYED else "item-ended", one.position)
        elif seller != one.publisher:
            yield Finding("end-foreign", one.position, f"after a sale by participant 0x{seller.hex()}")
    latest = min((one.time for one in ends), default=float("inf")) + CLOCK_TOLERANCE_SECONDS
    yield from (Finding("event-after-end", one.position) for one in story if one.time > latest)


def _ends(item: Item, story: Sequence[Happening]) -> list[tuple[Happening, bytes | None]]:
    """The events that say that it ended, or that what it was in was destroyed; and who had sold it, if it is its
    buyer's: what its seller decommissions after the sale, with a tag that was killed at the counter."""
    found, seller = list[tuple[Happening, bytes | None]](), None
    for one in story:
        if item.key in one.ended or (one.step == _DESTROYED and item.key in one.subjects):
            found.append((one, seller if one.step == _DECOMMISSIONED else None))
        elif one.step == _DESTROYED and seller is None:
            found.append((one, None))
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
