"""Customs events by customs keys: the steps of our vocabulary, who may take them, and what they stop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lading.provenance.custody import possessors
from lading.provenance.item import Item
from lading.provenance.parties import CUSTOMS, Party, People
from lading.provenance.rules import Finding
from lading.provenance.story import Happening, in_order, is_packing, nested


def customs_known(story: Sequence[Happening], people: People) -> bool:
    """Whether the roles of everyone who took a customs step are known."""
    return all(one.publisher in people.roles for one in story if one.customs)


def by_customs(story: Sequence[Happening], people: People) -> Iterator[Finding]:
    for one in story:
        if one.customs and people.has_role(one.publisher, CUSTOMS) is False:
            yield Finding("customs-foreign", one.position, f"participant 0x{one.publisher.hex()}")


def let_through(story: Sequence[Happening], people: People) -> Iterator[Finding]:
    """What one office holds or rejects, the same office lets go. A stranger's word lifts nothing, and stops nothing."""
    stopped: dict[bytes, Happening] = {}
    for one in story:
        if one.customs is None or people.has_role(one.publisher, CUSTOMS) is False:
            continue
        if one.customs.stops:
            stopped[one.publisher] = one
        elif one.customs.frees:
            stopped.pop(one.publisher, None)
    for one in stopped.values():
        assert one.customs is not None  # noqa: S101 - for the type checker
        yield Finding("customs-stopped", one.position, one.customs.name)


def stopped_beside(
    item: Item, happenings: Sequence[Happening], story: Sequence[Happening], people: People
) -> Iterator[Finding]:
    """A stop of what the item was said to be out of, by somebody who need not have had it in his hands: else anybody
    could empty a container before customs hold it. `happenings`: all that stand; `story`: those about the item."""
    doubtful: set[str] = set()
    packers: dict[str, set[bytes]] = {}
    stopped: dict[bytes, Happening] = {}
    makers = {one.publisher for one in story if item.key in one.born}
    held = possessors(story, people)
    for one, before, after in nested(item.key, in_order(happenings)):
        if is_packing(one) and one.parent in after:
            packers.setdefault(one.parent, set()).add(one.publisher)
        doubtful -= set(after)
        if len(after) < len(before) and not _may_unpack(
            one, packers.get(one.parent or "", set()) | makers, held, people
        ):
            doubtful |= set(before) - set(after)
        if one.customs is None or people.has_role(one.publisher, CUSTOMS) is False:
            continue
        if one.customs.stops and not one.subjects.isdisjoint(doubtful) and one.subjects.isdisjoint(before):
            stopped[one.publisher] = one
        elif one.customs.frees:
            stopped.pop(one.publisher, None)
    for one in stopped.values():
        yield Finding("stop-not-judged", one.position, one.parent or "")


def _may_unpack(one: Happening, known: set[bytes], held: Mapping[int, Party], people: People) -> bool:
    """Who packed it, the brand, an office, or whoever has it as far as hand-overs name somebody."""
    if one.publisher in known or people.has_role(one.publisher, CUSTOMS):
        return True
    holder = held.get(one.position)
    return bool(holder and people.is_party(one.publisher, holder))
