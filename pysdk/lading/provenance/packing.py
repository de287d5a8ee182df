"""Packed and unpacked lawfully: in one container at a time, taken only out of that, and nowhere without it.

`story` is throughout the events about the item, in order of time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lading.provenance.item import Item
from lading.provenance.reasons import CLOCK_TOLERANCE_SECONDS
from lading.provenance.rules import Finding
from lading.provenance.story import AGGREGATION, Happening, Nest, is_packing, nested


@dataclass(frozen=True, slots=True)
class _Link:
    """What an event says of one thing in the nest: it is, or was, in `parent`; so far it was in `current`."""

    event: Happening
    child: str
    parent: str
    current: str | None
    nest: Nest


def packed_lawfully(item: Item, story: Sequence[Happening]) -> Iterator[Finding]:
    kinds: set[tuple[str, str]] = set()
    excused: set[int] = set()
    for link in _links(item, story, excused):
        if link.event.action != "DELETE":
            early = _unpacked_soon(link, story)
            if early is not None:
                excused.add(early)
            elif fault := _packing_fault(link, kinds):
                yield Finding(fault, link.event.position, f"in {link.parent}, so far in {link.current or 'itself'}")
            if link.event.action in ("ADD", "OBSERVE"):
                kinds.add((link.child, link.event.kind))
        else:
            kinds.discard((link.child, link.event.kind))
            if fault := _unpacking_fault(link):
                yield Finding(
                    fault, link.event.position, f"out of {link.parent}, so far in {link.current or 'nothing'}"
                )
    yield from _elsewhere(item, story)


def _links(item: Item, story: Sequence[Happening], excused: set[int]) -> Iterator[_Link]:
    both = zip(nested(item.key, story), nested(item.key, story, AGGREGATION), strict=True)
    for (event, nest, _), (_, packed, _) in both:
        if not is_packing(event) or event.parent is None or event.position in excused:
            continue
        for child in dict.fromkeys([*packed, *nest]):
            # An association that came later took nothing out of what it was packed in; what it holds may be unpacked.
            attached = event.action == "DELETE" and event.parent in nest
            within = packed if child in packed and event.kind in AGGREGATION and not attached else nest
            if child in event.children and child in within:
                outer = within[within.index(child) + 1 :]
                yield _Link(event, child, event.parent, outer[0] if outer else None, within)


def _packing_fault(link: _Link, kinds: set[tuple[str, str]]) -> str | None:
    parent, nest = link.parent, link.nest
    if parent in nest and nest.index(parent) <= nest.index(link.child):
        return "packed-in-itself"
    # Listed with what it is in, or as inside of an outer container, it is where it was.
    if link.current is None or parent in nest or link.current in link.event.children:
        return None
    # An association (a crate with its sensor) is no packing, and lasts beside it (EPCIS 2.0, section 7.4.7).
    return "packed-twice" if (link.child, link.event.kind) in kinds else None


def _unpacking_fault(link: _Link) -> str | None:
    if link.parent in link.nest:
        return None
    return "packing-missing" if link.current is None else "unpacked-elsewhere"


def _unpacked_soon(link: _Link, story: Sequence[Happening]) -> int | None:
    """The event that takes the thing out of where it was within what clocks explain, and so came first."""
    for one in story if link.current is not None else ():
        soon = 0 <= one.time - link.event.time <= CLOCK_TOLERANCE_SECONDS
        if soon and one.action == "DELETE" and one.parent == link.current and link.child in one.children:
            return one.position
    return None


def _elsewhere(item: Item, story: Sequence[Happening]) -> Iterator[Finding]:
    """The thing was read alone at another site than that at which its container was read before and after."""
    placed = [
        (event, before if event.action == "DELETE" else after) for event, before, after in nested(item.key, story)
    ]
    for index, (event, nest) in enumerate(placed):
        top = max((level for level, thing in enumerate(nest) if thing in event.subjects), default=-1)
        if event.site is None or not 0 <= top < len(nest) - 1:
            continue
        before = _container_site(nest, top, reversed(placed[:index]))
        after = _container_site(nest, top, iter(placed[index + 1 :]))
        if before is not None and before == after != event.site:
            yield Finding("packed-elsewhere", event.position, f"at {event.site}, its container at {before}")


def _container_site(nest: Nest, top: int, events: Iterator[tuple[Happening, Nest]]) -> str | None:
    """The site of the nearest event that names what holds the thing, for as long as it holds it."""
    for event, then in events:
        if then[: top + 2] != nest[: top + 2]:
            return None
        if event.site is not None and not event.subjects.isdisjoint(nest[top + 1 :]):
            return event.site
    return None
