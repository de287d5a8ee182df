"""Customs events by customs keys: the steps of our vocabulary, who may take them, and what they stop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lading.provenance.emptied import beside
from lading.provenance.item import Item
from lading.provenance.parties import CUSTOMS, People
from lading.provenance.rules import Finding
from lading.provenance.story import Happening


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
    """A stop of what the item was said to be out of, by somebody who need not have had it in his hands. `happenings`:
    all that stand; `story`: those about the item."""
    stopped: dict[bytes, Happening] = {}
    for at in beside(item, happenings, story, people):
        one = at.event
        if one.customs is None or people.has_role(one.publisher, CUSTOMS) is False:
            continue
        if one.customs.stops and at.doubtful:
            stopped[one.publisher] = one
        elif one.customs.frees:
            stopped.pop(one.publisher, None)
    for one in stopped.values():
        yield Finding("stop-not-judged", one.position, one.parent or "")
