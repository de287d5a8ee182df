"""What a visitor scanned or typed: from the text of a code to one item."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from lading.epcis import ItemId, parse
from lading.epcis.errors import EpcError
from lading.errors import LadingError
from lading.provenance.errors import ItemError
from lading.provenance.item import Item, item_of

LINK_DOMAIN = "https://id.gs1.org"
LONGEST_CODE = 400

_ELEMENTS = re.compile(r"\s*\((00|01|8003|8004|8006)\)([^()]{4,34})(?:\(10\)([^()]{1,20}))?(?:\(21\)([^()]{1,20}))?\s*")


@dataclass(frozen=True, slots=True)
class Scanned:
    """A code that names one item; `path` is its canonical Digital Link path, with the lot that the visitor's had."""

    code: ItemId
    item: Item

    @property
    def path(self) -> str:
        path = self.item.key.removeprefix(LINK_DOMAIN)
        if self.code.lot is None or "/21/" not in path:
            return path
        key, _, serial = path.partition("/21/")
        return f"{key}/10/{quote(self.code.lot, safe='')}/21/{serial}"

    @property
    def file_name(self) -> str:
        return re.sub(r"[^0-9A-Za-z]+", "-", self.item.key.removeprefix(LINK_DOMAIN)).strip("-") + ".bundle.json"


def scan(link: str) -> Scanned | str:
    """The item that a code names; else the name of the note that says what is wrong with it."""
    if len(link) > LONGEST_CODE:
        return "code_wrong"
    try:
        return Scanned(parse(link), item_of(link))
    except ItemError:
        return "code_class"
    except (EpcError, LadingError):
        return "code_wrong"


def typed(code: str) -> str:
    """What people copy from a label, `(01)…(21)…`, as a Digital Link; everything else as it is."""
    found = _ELEMENTS.fullmatch(code)
    if found is None:
        return code.strip()
    parts = [found[1], found[2], *(["10", found[3]] if found[3] else []), *(["21", found[4]] if found[4] else [])]
    return f"{LINK_DOMAIN}/" + "/".join(quote(part.strip(), safe="") for part in parts)
