"""Which anchored events belong into the bundle of an item: its own, and those of what it was packed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lading.epcis.canonical import content_hash
from lading.provenance.bundle import FORMAT, Bundle, ChainRef, Entry
from lading.provenance.item import item_of
from lading.provenance.story import Happening, Unreadable, concerning, read

Lookup = Callable[[str], Iterable[Entry]]
"""The anchored events that name a thing, given by its canonical Digital Link; such as `Outbox.entries`."""


def build_bundle(item: str, chain: ChainRef, entries: Iterable[Entry]) -> Bundle:
    """A bundle of these entries, in the order given. `item` is an EPC pure identity URI.

    Raises:
        EpcError, ItemError: `item` names no single item.
    """
    item_of(item)
    return Bundle(format=FORMAT, item=item, chain=chain, entries=tuple(entries))


def gather(item: str, lookups: Iterable[Lookup]) -> tuple[Entry, ...]:
    """Every event that is about the item in any of the stores, in order of time; for as long as it was packed in
    something, the events of that as well.

    Raises:
        EpcError, ItemError: `item` names no single item.
    """
    key = item_of(item).key
    sources = tuple(lookups)
    found: dict[tuple[bytes, int, bytes], Entry] = {}
    things = [key]
    # The list grows while it is walked: from the item outwards to the last container.
    for thing in things:
        for entry in (entry for lookup in sources for entry in lookup(thing)):
            found[entry.publisher, entry.index, entry.salt] = entry
            parent = _parent_of(thing, entry)
            if parent is not None and parent not in things:
                things.append(parent)
    return _about(key, list(found.values()))


def _parent_of(thing: str, entry: Entry) -> str | None:
    happening = _read(0, entry)
    return happening.parent if happening is not None and thing in happening.children else None


def _about(key: str, entries: list[Entry]) -> tuple[Entry, ...]:
    happenings = [one for position, entry in enumerate(entries) if (one := _read(position, entry)) is not None]
    ours = concerning(key, happenings)
    kept = sorted((one.time, one.publisher, one.position) for one in happenings if one.position in ours)
    return tuple(entries[position] for _, _, position in kept)


def _read(position: int, entry: Entry) -> Happening | None:
    """None for an event that no verifier could judge either: it would only turn the verdict to `unknown`."""
    try:
        return read(position, entry, content_hash(entry.event))
    except Unreadable:
        return None
