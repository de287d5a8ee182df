"""Which single thing a code names, so that two spellings of one identity compare equal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from lading.epcis.digital_link import attributes_of, from_link
from lading.epcis.errors import EpcError
from lading.epcis.identity import parse
from lading.epcis.keys import Gs1Key, from_uri
from lading.provenance.errors import ItemError

_PLACE_AI, _PARTY_AI, _LOT_AI = "414", "417", "10"
_PLACES = frozenset({"sgln", "pgln"})
_CLASS_ONLY = frozenset({"lgtin", "sgtin", "itip", "grai", "gdti", "sgcn", "cpi"})
"""Types whose key without a serial names a class of things and no single one."""


_SCHEME = re.compile(r"urn:epc:[a-z]+:[a-z0-9-]+:", re.IGNORECASE)
_LINK = re.compile(r"\s*https?://", re.IGNORECASE)
_GTIN, _SSCC = re.compile(r"[0-9]{8,14}"), re.compile(r"[0-9]{18}")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing. `key` is its canonical Digital Link; `gtin` (14 digits) and `serial` are None for what is no SGTIN.
    `lot` is what the code gives beside them; it is no part of the identity."""

    key: str
    gtin: str | None
    serial: str | None
    lot: str | None = None


def item_of(code: str) -> Item:
    """The thing that an EPC (hexadecimal, tag URI, pure identity URI) or a GS1 Digital Link names.

    Raises:
        EpcError: it names nothing, or a check digit is wrong.
        ItemError: it names a class of things, or a place.
    """
    found = parse(code)
    if found.scheme in _PLACES or (found.scheme in _CLASS_ONLY and found.serial is None):
        raise ItemError(
            f"{code[:120]!r} names no single item.", hint="Give the code with its serial number, as on the item itself."
        )
    if found.scheme != "sgtin":
        return Item(found.digital_link, None, None)
    return Item(found.digital_link, found.key, found.serial, found.lot or lot_in(code.strip()))


def same_thing(text: str) -> str:
    """The form under which an identifier in an event is compared: its canonical Digital Link if it is a GS1 key, else
    the text itself. No check digit is verified: whatever the text, it is an identifier of its own."""
    key = _key_of(text)
    return text if key is None else key.digital_link


def misspelt(text: str) -> bool:
    """Whether it names a GS1 key under a spelling that `same_thing` leaves as it is, so that item maps would count it
    apart: a tag URI or memory, an element string, capitals or spaces around, or a link with the place in front."""
    if _key_of(text) is not None:
        return False
    if _LINK.match(text) and _has_thing(text.lower().split("/")[3:]):
        return True
    plain = _SCHEME.sub(lambda found: found[0].lower(), text.strip())
    try:
        parse(plain)
    except EpcError:
        return False
    return True


def _has_thing(parts: list[str]) -> bool:
    """Whether a link that is no canonical one has a key in its path that names one thing: a GTIN with a serial number
    anywhere behind it, or an SSCC. Each part is looked at once: a text of megabytes is a stranger's."""
    serials = [place for place, part in enumerate(parts[:-1]) if part in ("21", "ser")]
    last = serials[-1] if serials else -1
    for place, (name, value) in enumerate(pairwise(parts)):
        if name in ("01", "gtin") and place + 2 <= last and _GTIN.fullmatch(value):
            return True
        if name in ("00", "sscc") and _SSCC.match(value):
            return True
    return False


def lot_in(text: str) -> str | None:
    """The lot that a Digital Link, or the URI of a class of one lot, gives beside or as its key: in its path, or as a
    data attribute."""
    key = _key_of(text)
    if key is None or key.lot is not None or text.startswith("urn:"):
        return None if key is None else key.lot
    try:
        return attributes_of(text).get(_LOT_AI)
    except EpcError:
        return None


def site_of(place: str) -> str:
    """The site that a place belongs to: its GLN, so that docks and shelves of one site (SGLN extensions; GS1 General
    Specifications, section 3.4.4, AI 254) are one place. A place without a GLN is its own site."""
    key = _key_of(place)
    if key is None:
        return place
    return Gs1Key(key.ai, key.value).digital_link if key.ai == _PLACE_AI else key.digital_link


def party_of(text: str) -> str:
    """The party that an identifier names, with or without GS1's type for parties: the GLN of a company is one, whether
    written as a party (AI 417) or as its place without extension (AI 414). Any other text is a party of its own."""
    key = _key_of(text)
    if key is None:
        return text
    return Gs1Key(_PARTY_AI, key.value).digital_link if key.ai == _PLACE_AI and not key.serial else key.digital_link


def _key_of(text: str) -> Gs1Key | None:
    try:
        return from_uri(text) if text.startswith("urn:epc:") else from_link(text)
    except EpcError:
        return None
