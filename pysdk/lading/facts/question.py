"""What the verdict on a bundle asks the chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lading.enums import IdentifierScheme
from lading.provenance.bundle import Bundle, Entry, MapEntry
from lading.provenance.charges import Charge, accused_in
from lading.provenance.item import Item, item_of, party_of
from lading.provenance.lots import spellings, told
from lading.provenance.parties import NOBODY, Party


@dataclass(frozen=True, slots=True)
class Question:
    """`places`: (publisher, index) of every batch that the bundle names, or a fault document about its publishers;
    `writers` who is said to have anchored them; `publishers` those of the bundle; `gtin` None for what is no SGTIN, of
    which there is neither brand nor recall; `lots` has every spelling under which a lot may be recalled."""

    places: frozenset[tuple[bytes, int]]
    publishers: frozenset[bytes]
    writers: frozenset[bytes]
    gtin: int | None
    serial: str
    lots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recalls:
    """Block times in seconds since which class, serial and lots are recalled; None, or no key, where they are not."""

    of_class: int | None = None
    of_serial: int | None = None
    of_lots: Mapping[str, int] | None = None


def asked_by(bundle: Bundle, charges: Sequence[Charge] = (), scanned: Item | None = None) -> Question:
    """`scanned`: the code on the item, which may give a lot that no event does."""
    item = item_of(bundle.item)
    lots = {lot for entry in bundle.entries for lot in told(entry.event, item.key)}
    lots |= {scanned.lot} if scanned is not None and scanned.lot else set()
    own: tuple[Entry | MapEntry, ...] = (*bundle.entries, *bundle.maps)
    placed = (*own, *(shown for charge in accused_in(bundle, charges) for shown in charge.shown))
    return Question(
        places=frozenset((one.publisher, one.index) for one in placed),
        publishers=frozenset(one.publisher for one in own),
        writers=frozenset(one.batch.writer for one in placed),
        gtin=None if item.gtin is None else int(item.gtin),
        serial=item.serial or "",
        lots=tuple(sorted({spelling for lot in lots for spelling in spellings(lot)})),
    )


def parties(scheme: IdentifierScheme, identifier: str, *, by_platform: bool) -> Party:
    """What events may call a participant that was admitted under this identifier: its GLN, as `party_of` writes it.
    Nobody's, if a platform admitted it: identifiers are unique among those that one admits, and nobody has seen that
    another's seller is not called like a carrier."""
    if by_platform or scheme is not IdentifierScheme.GLN:
        return NOBODY
    return frozenset({party_of(f"https://id.gs1.org/417/{identifier}")})
