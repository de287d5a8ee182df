"""How events name a tag, kept for tags that are read again and again."""

from __future__ import annotations

from functools import lru_cache

from lading.epcis.epc import decode
from lading.provenance.item import same_thing

_SSCC = "https://id.gs1.org/00/"
_FOREIGN = "urn:epc:raw:"
_KEPT = 65536


@lru_cache(_KEPT)
def named(epc: str) -> tuple[str, str]:
    """(the name by which an event lists the tag, the thing that it counts for in the item map): `name_of` and
    `same_thing` of it, by one decoding. No name of a tag holds a line feed or a backslash, so that the thing is also
    the text that is stored of it with an event (`events.things_text`)."""
    found = decode(epc)
    name = found.uri or found.digital_link or found.raw
    return name, found.digital_link if found.uri and found.digital_link else same_thing(name)


def is_sscc(epc: str) -> bool:
    """Whether the tag names a logistic unit."""
    return named(epc)[1].startswith(_SSCC)


def is_foreign(epc: str) -> bool:
    """Whether the tag carries no identity but its bits."""
    return named(epc)[0].startswith(_FOREIGN)
