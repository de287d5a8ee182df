"""Sold once, and again only after it came back or its buyer passed it on; reads after the sale betray a copy.

Steps and dispositions: CBV 2.0, sections 7.1 and 7.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lading.provenance.item import Item
from lading.provenance.parties import NOBODY, Party, People
from lading.provenance.reasons import CLOCK_TOLERANCE_SECONDS
from lading.provenance.rules import Finding
from lading.provenance.story import Happening

_SELLING, _SOLD, _RETURNED = "retail_selling", "retail_sold", "returned"
_SENDING = frozenset({"picking", "packing", "staging_outbound", "loading", "shipping", "departing", "consigning"})
"""What a seller does to bring sold goods to their buyer."""

_LATER = frozenset({"repairing", "decommissioning", "destroying"})
"""What may befall goods in their owner's hands."""

_FOR_SALE = frozenset({"sellable_accessible", "sellable_not_accessible"})


@dataclass(frozen=True, slots=True)
class _Sale:
    """`sent`: the goods are on their way to the buyer, as they are after every sale that has no place. `doubted`:
    somebody says that they came back to whom they need not have come."""

    event: Happening
    buyer: Party
    sent: bool
    doubted: bool = False


def is_sale(one: Happening) -> bool:
    return one.step == _SELLING or one.state == _SOLD


def is_distant(one: Happening) -> bool:
    """A sale without a place: the goods go to their buyer afterwards."""
    return one.site is None and one.point is None


def sold_once(item: Item, story: Sequence[Happening], people: People) -> Iterator[Finding]:
    """`story`: the events about the item, in order of time."""
    makers = {one.publisher for one in story if item.key in one.born}
    sale: _Sale | None = None
    seen: set[tuple[str, bytes]] = set()
    for one in story:
        if one.identity in seen:
            continue
        seen.add(one.identity)
        if one.state == _RETURNED and one.step != _SELLING:
            sale = sale and _returned(one, sale, story, makers, people)
        elif sale is None:
            sale = _sale(one) if is_sale(one) else None
        elif _passed_on(one, sale):
            signed = people.is_party(one.publisher, sale.buyer)
            if signed is not True:
                yield Finding("sold-twice" if signed is False else "resale-not-checked", one.position)
            sale = _sale(one) if is_sale(one) else None
        elif one.step == _SELLING:
            yield _found("sold-twice", one, sale)
            sale = _sale(one)
        elif _on_its_way(one, sale):
            sale = replace(sale, sent=True)
        elif not _lawful_after(one, sale):
            yield _found("read-after-sale", one, sale)


def _found(reason: str, one: Happening, sale: _Sale) -> Finding:
    since = f"{one.time - sale.event.time:.0f} s after the sale"
    return Finding("return-foreign" if sale.doubted else reason, one.position, since)


def _returned(
    one: Happening, sale: _Sale, story: Sequence[Happening], makers: set[bytes], people: People
) -> _Sale | None:
    """None if it came back to who sold it or made it, or to whom the seller names in a hand-over."""
    seller = sale.event.publisher
    if one.publisher == seller or one.publisher in makers:
        return None
    pairs = (pair for other in story if other.publisher == seller for pair in other.handovers.values())
    named = NOBODY.union(*(pair.source | pair.destination for pair in pairs))
    return None if named and people.is_party(one.publisher, named) else replace(sale, doubted=True)


def _sale(one: Happening) -> _Sale:
    named = one.handovers.get("owning_party") or one.handovers.get("possessing_party")
    return _Sale(one, named.destination if named else NOBODY, sent=is_distant(one))


def _passed_on(one: Happening, sale: _Sale) -> bool:
    """The buyer by name hands over what it owns."""
    handover = one.handovers.get("owning_party")
    return handover is not None and bool(sale.buyer & handover.source)


def _on_its_way(one: Happening, sale: _Sale) -> bool:
    return one.publisher == sale.event.publisher and one.step in _SENDING and one.state not in _FOR_SALE


def _lawful_after(one: Happening, sale: _Sale) -> bool:
    if one.time <= sale.event.time + CLOCK_TOLERANCE_SECONDS or one.step in _LATER:
        return True
    if one.state in _FOR_SALE:
        return False
    at_the_shop = one.publisher == sale.event.publisher and one.site in (None, sale.event.site)
    return sale.sent or at_the_shop
