"""What is in what, as events of packing tell it (EPCIS 2.0, sections 7.4.3 and 7.4.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lading.provenance.story import Happening

AGGREGATION = frozenset({"AggregationEvent"})
PACKING = AGGREGATION | {"AssociationEvent"}
_INSIDE = frozenset({"ADD", "OBSERVE"})
"""An OBSERVE is no packing act, but its children are in the parent at that time (EPCIS 2.0, section 7.4.3)."""


Nest = list[str]
"""From the item to its outermost container."""


def nested(
    item: str, ordered: Iterable[Happening], kinds: Set[str] = PACKING
) -> Iterator[tuple[Happening, Nest, Nest]]:
    """Each event with the nest that it finds and the one that it leaves; events of other `kinds` change nothing."""
    nests = _Nests()
    holders = [item]
    for happening in ordered:
        if happening.kind in kinds:
            nests.repack(happening)
        before, holders = holders, nests.of(item)
        yield happening, before, holders


class _Nests:
    """What each thing is in, whether or not the item was in that yet: a carton may stand on its pallet unfilled.

    An event costs its children and the depth of what they are in, not one times the other: a bundle is a stranger's."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}
        self._contents: dict[str, set[str]] = {}

    def of(self, thing: str) -> Nest:
        holders = [thing]
        while (parent := self._parents.get(holders[-1])) is not None:
            holders.append(parent)
        return holders

    def repack(self, happening: Happening) -> None:
        parent, children = happening.parent, happening.children
        if parent is not None and happening.action in _INSIDE:
            self._put(parent, children)
        elif parent is not None and happening.action == "DELETE":
            # No children named: everything is taken out of the parent (EPCIS 2.0, section 7.4.3).
            self._take(parent, children or frozenset(self._contents.get(parent, ())))

    def _put(self, parent: str, children: Set[str]) -> None:
        """Listed with what it is in, or as inside of an outer container, a thing is where it was; nothing is in
        itself."""
        listed, above = {parent, *children}, set(self.of(parent))
        elsewhere = {within: listed.isdisjoint(self.of(within)) for within in self._holding(children)}
        for one in children - above:
            if elsewhere.get(self._parents.get(one, ""), True):
                self._move(one, parent)

    def _take(self, parent: str, children: Set[str]) -> None:
        """Out of `parent`, with whatever inside of it they are in."""
        for one in {*children, *(level for within in self._holding(children) for level in self.of(within))}:
            if self._parents.get(one) == parent:
                self._move(one, None)

    def _holding(self, children: Set[str]) -> set[str]:
        return {self._parents[one] for one in children if one in self._parents}

    def _move(self, child: str, parent: str | None) -> None:
        before = self._parents.pop(child, None)
        if before is not None:
            self._contents[before].discard(child)
        if parent is not None:
            self._parents[child] = parent
            self._contents.setdefault(parent, set()).add(child)
