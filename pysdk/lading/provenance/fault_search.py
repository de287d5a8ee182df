"""Faults that several bundles show together: what a publisher proved to one and denies to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from lading.epcis.canonical import content_hash
from lading.provenance.bundle import ChainRef, Entry, MapEntry
from lading.provenance.faults import FORMAT, Lacks, Shrank, shrinking
from lading.provenance.item_map import entry_of, things_of
from lading.provenance.leaf import EventLeaf


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one bundle shows: events with their proofs, and maps with the chains that the events fold."""

    entries: Sequence[Entry]
    maps: Sequence[MapEntry]

    def chain(self, shown: MapEntry) -> tuple[bytes, ...] | None:
        """The leaves that a map counts, if they are this bundle's."""
        leaves = tuple(map(leaf_of, naming(self.entries, shown)))
        return leaves if entry_of(leaves) == shown.entry else None


def leaf_of(entry: Entry) -> bytes:
    return EventLeaf.of(entry.event_id, content_hash(entry.event), entry.salt).hash()


def naming(entries: Sequence[Entry], shown: MapEntry) -> list[Entry]:
    """A publisher's events about a map's thing, in the order in which they stand."""
    return [one for one in entries if one.publisher == shown.publisher and shown.thing in things_of(one.event)]


def faults_in(chain: ChainRef, shown: Sequence[Evidence]) -> Iterator[Lacks | Shrank]:
    """Every fault that bundles of one chain show. What the chain has of their batches is for `faults.judge`."""
    proven = [(one, evidence) for evidence in shown for one in evidence.maps if one.holds]
    for (one, of_one), (other, of_other) in combinations(proven, 2):
        if (one.publisher, one.thing) == (other.publisher, other.thing) and one.index != other.index:
            later, evidence = max((one, of_one), (other, of_other), key=lambda pair: pair[0].index)
            found = shrinking(chain, one, other, evidence.chain(later) or ())
            if found is not None:
                yield found
    entries = [entry for evidence in shown for entry in evidence.entries]
    for one, evidence in proven:
        leaves = evidence.chain(one)
        if leaves is None:
            continue
        for entry in naming(entries, one):
            if entry.index <= one.index and leaf_of(entry) not in leaves:
                yield Lacks(format=FORMAT, kind="lacks", chain=chain, entry=entry, map=one, leaves=leaves)
