"""Whether a bundle holds every event that its publishers' item maps count.

A map shows completeness for one publisher and one thing: how many of its events name the thing, and the hash chain of
their leaves. What it does not show stands in `reasons.NOT_PROVEN`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from lading.provenance.bundle import Entry, MapEntry
from lading.provenance.item_map import entry_of, things_of
from lading.provenance.rules import Finding
from lading.provenance.story import Happening, holders_of
from lading.provenance.truth import ChainFacts

Chains = Mapping[tuple[bytes, str], Sequence[tuple[int, bytes]]]
"""By publisher and thing: batch index and leaf of each entry that names the thing, in the order of the bundle."""


def things(item: str, happenings: Sequence[Happening]) -> list[str]:
    """The item, and everything that it was packed in at any time, outwards."""
    return holders_of(item, happenings)


def chains(entries: Sequence[Entry], leaves: Sequence[bytes]) -> Chains:
    """`leaves` are the entries' leaf hashes, position by position."""
    found: defaultdict[tuple[bytes, str], list[tuple[int, bytes]]] = defaultdict(list)
    for entry, leaf in zip(entries, leaves, strict=True):
        for thing in things_of(entry.event):
            found[entry.publisher, thing].append((entry.index, leaf))
    return found


def proven(maps: Sequence[MapEntry]) -> Iterator[Finding]:
    """Each map's entry leads to the root of its batch."""
    for one in maps:
        if not one.holds:
            yield Finding("map-differs", detail=_named(one.publisher, one.thing))


def complete(
    wanted: Sequence[str], entries: Sequence[Entry], maps: Sequence[MapEntry], found: Chains
) -> Iterator[Finding]:
    """Each publisher of an entry has a map for each of the things, and the entries are those that it counts."""
    by_place = {(one.publisher, one.thing): one for one in maps}
    for publisher in dict.fromkeys(entry.publisher for entry in entries):
        missing = [thing for thing in wanted if (publisher, thing) not in by_place]
        if missing:
            more = f" and {len(missing) - 1} more" if missing[1:] else ""
            yield Finding("map-missing", detail=_named(publisher, missing[0]) + more)
        for thing in wanted:
            one = by_place.get((publisher, thing))
            if one is not None:
                yield from _folds(one, found.get((publisher, thing), ()))


def _folds(one: MapEntry, chain: Sequence[tuple[int, bytes]]) -> Iterator[Finding]:
    """The map speaks of the log up to its batch; what was anchored later is not its."""
    leaves = [leaf for index, leaf in chain if index <= one.index]
    if entry_of(leaves) != one.entry:
        counts = f"{len(leaves)} of {one.count} events" if len(leaves) < one.count else "others than it counts"
        yield Finding("events-withheld", detail=f"{_named(one.publisher, one.thing)}: {counts}")


def newest(maps: Sequence[MapEntry], facts: ChainFacts) -> Iterator[Finding]:
    """Each map is that of its publisher's last batch."""
    for one in maps:
        last = facts.heads.get(one.publisher, 0) - 1
        if one.index < last:
            yield Finding("map-stale", detail=f"{_named(one.publisher, one.thing)}: batch {one.index} of {last}")


def _named(publisher: bytes, thing: str) -> str:
    return f"participant 0x{publisher.hex()}, {thing[:100]}"
