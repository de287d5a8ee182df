"""Faults that several bundles show together: what a publisher proved to one and denies to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from lading.epcis.canonical import content_hash
from lading.provenance.bundle import ChainRef, Entry, MapEntry
from lading.provenance.faults import FORMAT, Lacks, Shrank, shrinking
from lading.provenance.item_map import entry_of, things_of
from lading.provenance.leaf import EventLeaf

_About = tuple[bytes, str]
"""(publisher, thing)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one bundle shows: events with their proofs, and maps with the chains that the events fold."""

    entries: Sequence[Entry]
    maps: Sequence[MapEntry]


@dataclass(frozen=True, slots=True)
class _Proven:
    """A map of a bundle that its proof leads to, and the leaves that it counts, if the bundle's events give them."""

    map: MapEntry
    leaves: tuple[bytes, ...] | None


def leaf_of(entry: Entry) -> bytes:
    return EventLeaf.of(entry.event_id, content_hash(entry.event), entry.salt).hash()


def faults_in(chain: ChainRef, shown: Sequence[Evidence]) -> Iterator[Lacks | Shrank]:
    """Every fault that bundles of one chain show. What the chain has of their batches is for `faults.judge`. Only what
    speaks of one publisher's same thing is compared with each other."""
    proven: defaultdict[_About, list[_Proven]] = defaultdict(list)
    events: defaultdict[_About, list[tuple[Entry, bytes]]] = defaultdict(list)
    for evidence in shown:
        ours = _by_thing(evidence.entries)
        for about, found in ours.items():
            events[about] += found
        for one in evidence.maps:
            if one.holds:
                about = one.publisher, one.thing
                leaves = tuple(leaf for _, leaf in ours.get(about, ()))
                proven[about].append(_Proven(one, leaves if entry_of(leaves) == one.entry else None))
    for about, maps in proven.items():
        yield from _shrunk(chain, maps)
        yield from _lacking(chain, maps, events[about])


def _by_thing(entries: Sequence[Entry]) -> dict[_About, list[tuple[Entry, bytes]]]:
    """Events with their leaves, in the order in which they stand."""
    found: defaultdict[_About, list[tuple[Entry, bytes]]] = defaultdict(list)
    for entry in entries:
        leaf = leaf_of(entry)
        for thing in things_of(entry.event):
            found[entry.publisher, thing].append((entry, leaf))
    return found


def _shrunk(chain: ChainRef, maps: Sequence[_Proven]) -> Iterator[Shrank]:
    for one, other in combinations(maps, 2):
        if one.map.index != other.map.index:
            later = max(one, other, key=lambda proven: proven.map.index)
            found = shrinking(chain, one.map, other.map, later.leaves or ())
            if found is not None:
                yield found


def _lacking(chain: ChainRef, maps: Sequence[_Proven], events: Sequence[tuple[Entry, bytes]]) -> Iterator[Lacks]:
    for one in maps:
        if one.leaves is None:
            continue
        counted = set(one.leaves)
        for entry, leaf in events:
            if entry.index <= one.map.index and leaf not in counted:
                yield Lacks(format=FORMAT, kind="lacks", chain=chain, entry=entry, map=one.map, leaves=one.leaves)
