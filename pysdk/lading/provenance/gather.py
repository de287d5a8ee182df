"""Which anchored events and item maps make the bundle of an item: its own, and those of what it was packed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from itertools import pairwise
from typing import Protocol, runtime_checkable

from lading.epcis.canonical import content_hash
from lading.provenance.bundle import MAX_ENTRIES, MAX_THING, Bundle, ChainRef, Entry, MapEntry, build_bundle
from lading.provenance.errors import TooMuchHistory
from lading.provenance.item import item_of
from lading.provenance.maps import things
from lading.provenance.story import Happening, Unreadable, read


class Source(Protocol):
    """One publisher's store, such as `lading.relayer.outbox.export.OutboxSource`."""

    @property
    def publisher(self) -> bytes:
        """Participant id."""

    def entries(self, thing: str) -> Sequence[Entry]:
        """The anchored events that name a thing, given by its canonical form, in the order of the log."""

    def map_of(self, thing: str) -> MapEntry:
        """What the map of the last anchored batch says of it."""


@runtime_checkable
class Lookup(Protocol):
    """A source that finds events by their names as well."""

    def called(self, names: frozenset[str]) -> Sequence[Entry]:
        """The anchored events with one of these CBV ids or own eventIDs, in the order of the log."""


def bundle_of(item: str, chain: ChainRef, sources: Iterable[Source]) -> Bundle:
    """Every event of the item in any of the sources, and of what it was packed in, with the maps that show that none
    of them is left out. `item` is an EPC pure identity URI.

    A container's events before and after it held the item come along: without them its chain does not fold.

    Raises:
        EpcError, ItemError: `item` names no single item.
        TooMuchHistory: it would hold more entries than any verifier reads.
        BundleError: it would be larger than that for another reason.
    """
    key, known = item_of(item).key, tuple(sources)
    chains: dict[str, list[Sequence[Entry]]] = {}
    found, wanted = list[Entry](), [key]
    while new := [thing for thing in wanted if thing not in chains]:
        chains |= {thing: [one.entries(thing) for one in known] for thing in new}
        found = _as_one(chains.values())
        wanted = things(key, _happenings(found))
    # What was taken for a container until more of the story was known is none of the item's.
    entries = _as_one(chains[thing] for thing in wanted)
    entries = _as_one([*(chains[thing] for thing in wanted), _correctives(entries, known)])
    if len(entries) > MAX_ENTRIES:
        counts = {thing: sum(map(len, chains[thing])) for thing in wanted}
        longest = max(wanted, key=lambda thing: counts[thing])
        raise TooMuchHistory(len(entries), MAX_ENTRIES, longest, counts[longest], is_container=longest != key)
    having = {entry.publisher for entry in entries}
    named = [thing for thing in wanted if len(thing) <= MAX_THING]
    maps = [one.map_of(thing) for one in known if one.publisher in having for thing in named]
    return build_bundle(item, chain, entries, maps)


def _correctives(entries: Sequence[Entry], known: Sequence[Source]) -> list[Sequence[Entry]]:
    """By source what stands for its events that it declared wrong, whatever that is about: naming the item may just
    have been what was wrong (EPCIS 2.0, section 7.4.1.3)."""
    named: dict[bytes, set[str]] = {}
    for one in _happenings(entries):
        named.setdefault(one.publisher, set()).update(one.correctives)
    return [
        one.called(frozenset(names)) if isinstance(one, Lookup) and (names := named.get(one.publisher)) else ()
        for one in known
    ]


_Place = tuple[bytes, int, bytes]


def _place(entry: Entry) -> _Place:
    """No two events of a batch share a salt."""
    return entry.publisher, entry.index, entry.salt


def _happenings(entries: Iterable[Entry]) -> list[Happening]:
    return [one for position, entry in enumerate(entries) if (one := _read(position, entry)) is not None]


def _read(position: int, entry: Entry) -> Happening | None:
    """None for an event that no verifier could judge either."""
    try:
        return read(position, entry, content_hash(entry.event))
    except Unreadable:
        return None


def _as_one(things: Iterable[Sequence[Sequence[Entry]]]) -> list[Entry]:
    """All entries, given by thing and source, by time as far as the order of each log allows."""
    found = []
    for chains in zip(*things, strict=True):
        latest = 0.0
        for entry in _log(chains):
            latest = max(latest, _time(entry))
            found.append((latest, entry))
    return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]


def _log(chains: Iterable[Sequence[Entry]]) -> Iterator[Entry]:
    """One log's entries, each once, in an order that is the log's own within each chain. Batches ascend; inside a batch
    the chains alone say what came first, and else the time does."""
    entries: dict[_Place, Entry] = {}
    earlier: dict[_Place, set[_Place]] = {}
    for chain in chains:
        places = [_place(entry) for entry in chain]
        entries |= dict(zip(places, chain, strict=True))
        for place in places:
            earlier.setdefault(place, set())
        for before, after in pairwise(places):
            earlier[after].add(before)
    order, ready = TopologicalSorter(earlier), list[tuple[int, float, _Place]]()
    order.prepare()
    while order.is_active():
        for place in order.get_ready():
            heappush(ready, (entries[place].index, _time(entries[place]), place))
        *_, place = heappop(ready)
        yield entries[place]
        order.done(place)


def _time(entry: Entry) -> float:
    happening = _read(0, entry)
    return happening.time if happening else 0.0
