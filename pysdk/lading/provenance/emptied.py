"""Containers out of which somebody took the item who need not have had it in his hands.

Else anybody could empty a container, in a record, before customs hold it or its owner reports it stolen
(docs/decisions/0013).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lading.provenance.custody import possessors
from lading.provenance.item import Item
from lading.provenance.parties import CUSTOMS, Party, People
from lading.provenance.story import Happening, in_order, is_packing, nested


@dataclass(frozen=True, slots=True)
class Beside:
    """An event and the containers that it names, of which it is not known whether the item was still in them; none
    where it names the item, or what the item is known to be in."""

    event: Happening
    doubtful: frozenset[str]


def beside(item: Item, happenings: Sequence[Happening], story: Sequence[Happening], people: People) -> Iterator[Beside]:
    """Of each event, in order of time. `happenings`: all that stand; `story`: those about the item."""
    doubtful: set[str] = set()
    packers: dict[str, set[bytes]] = {}
    makers = {one.publisher for one in story if item.key in one.born}
    held = possessors(story, people)
    for one, before, after in nested(item.key, in_order(happenings)):
        if is_packing(one) and one.parent in after:
            packers.setdefault(one.parent, set()).add(one.publisher)
        doubtful -= set(after)
        left = set(before) - set(after)
        # Whoever says of a full container that it is full has not packed it: who did, alone, may empty it.
        alone = all(packers.get(container) == {one.publisher} for container in left)
        if left and not (alone or one.publisher in makers or _may_unpack(one, held, people)):
            doubtful |= left
        named = one.subjects & doubtful if one.subjects.isdisjoint(before) else frozenset[str]()
        yield Beside(one, named)


def _may_unpack(one: Happening, held: Mapping[int, Party], people: People) -> bool:
    """An office, or whoever has it as far as hand-overs name somebody."""
    holder = held.get(one.position)
    return bool(people.has_role(one.publisher, CUSTOMS) or (holder and people.is_party(one.publisher, holder)))
