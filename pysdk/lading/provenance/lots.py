"""What lot an item is of: what events and labels say, and under which spellings a recall of it may stand.

A recall stands on the chain under the lot's text, and a text is found there or not: nothing says how near it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from unicodedata import normalize

from lading.epcis.gs1 import CHARSET_82
from lading.provenance.fields import Unreadable, local_name, texts_in
from lading.provenance.item import lot_in, same_thing

_LOT_NAMES = frozenset({"lotNumber", "hasBatchLotNumber", "hasBatchLot"})
_LONGEST = 20
_MOST = 10
"""Lots of one thing in one event: a thing is of one lot. The chain is asked for each, and a bundle is a stranger's."""
_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")

Labelled = frozenset[tuple[str, str]]
"""Things, in the form of `same_thing`, each with the lot that stands in its own link."""


def spellings(lot: str) -> tuple[str, ...]:
    """Every text under which the brand may have recalled the lot: a chain takes only values of AI 10 (GS1 General
    Specifications, section 3.4.1), which have neither spaces nor full-width signs. So these are the lot as it is
    written, without what AI 10 cannot hold, and the lot of a class, if it names that, as far as AI 10 can hold them.
    Upper and lower case are two lots. Empty for what no recall can name."""
    plain = "".join(normalize("NFKC", lot).split())
    written = (lot, plain, lot_in(plain) or "")
    return tuple(dict.fromkeys(one for one in written if 0 < len(one) <= _LONGEST and CHARSET_82.issuperset(one)))


def lots_in(event: Mapping[str, object]) -> frozenset[str]:
    """The lot numbers in instance/lot master data (CBV 2.0, section 9.2; GS1 Web Vocabulary), under any prefix, since a
    document may call a name space what it likes. Raises Unreadable if one is no text, or there are too many."""
    found = frozenset(_master_data(event.get("ilmd")))
    _refuse_many(len(found))
    return found


def labelled(event: Mapping[str, object]) -> Labelled:
    """The lots in the Digital Links of an event, each with the thing whose link it is: a neighbour's is not the item's.
    Raises Unreadable if a list is none, or for more lots than one thing has."""
    texts = [text for name in _LISTS for text in texts_in(event, name)]
    parent = event.get("parentID")
    texts += [parent] if isinstance(parent, str) else []
    found = frozenset((same_thing(text), lot) for text in texts if (lot := lot_in(text)) is not None)
    _refuse_many(max(Counter(thing for thing, _ in found).values(), default=0))
    return found


def told(event: Mapping[str, object], item: str) -> frozenset[str]:
    """All lots that an event may give of an item, for asking the chain; none if it cannot be read."""
    try:
        return lots_in(event) | {lot for thing, lot in labelled(event) if thing == item}
    except Unreadable:
        return frozenset()


def lots_of(event: Mapping[str, object]) -> frozenset[str]:
    """The lot numbers of an event's master data; none if they cannot be read."""
    try:
        return lots_in(event)
    except Unreadable:
        return frozenset()


def _refuse_many(lots: int) -> None:
    if lots > _MOST:
        raise Unreadable(f"it gives one thing {lots} lots")


def _master_data(ilmd: object) -> Iterator[str]:
    if ilmd is None:
        return
    if not isinstance(ilmd, dict):
        raise Unreadable("ilmd is no object")
    for name, value in ilmd.items():
        if local_name(name) in _LOT_NAMES:
            if not isinstance(value, str):
                raise Unreadable(f"the lot number in ilmd.{name[:60]} is no text")
            yield value
