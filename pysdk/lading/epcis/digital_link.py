"""Reads GS1 Digital Link URIs of any domain (GS1 Digital Link URI syntax 1.1, uncompressed form)."""

from __future__ import annotations

import re

from lading.epcis.errors import EpcError
from lading.epcis.gs1 import CHARSET_39, CHARSET_82, check_alphabet, unescape
from lading.epcis.keys import Gs1Key

# AI -> the form of its value; a glued serial is the second group.
_VALUES = {
    "00": re.compile(r"([0-9]{18})"),
    "01": re.compile(r"([0-9]{8}|[0-9]{12,14})"),
    "8006": re.compile(r"([0-9]{18})"),
    "8010": re.compile(r"([0-9]{4}.{1,26})"),
    "414": re.compile(r"([0-9]{13})"),
    "417": re.compile(r"([0-9]{13})"),
    "8017": re.compile(r"([0-9]{18})"),
    "8018": re.compile(r"([0-9]{18})"),
    "255": re.compile(r"([0-9]{13})([0-9]{1,12})?"),
    "253": re.compile(r"([0-9]{13})(.{1,17})?"),
    "401": re.compile(r"([0-9]{4}.{1,26})"),
    "402": re.compile(r"([0-9]{17})"),
    "8003": re.compile(r"([0-9]{14})(.{1,16})?"),
    "8004": re.compile(r"([0-9]{4}.{1,26})"),
}
# AI -> its qualifiers with their longest values. 22 (consumer product variant) is read and left out.
_QUALIFIERS = {
    "01": {"22": 20, "10": 20, "21": 20, "235": 28},
    "8006": {"22": 20, "10": 20, "21": 20},
    "414": {"254": 20},
    "8010": {"8011": 12},
}
_SHORT_NAMES = {
    "gtin": "01",
    "itip": "8006",
    "cpid": "8010",
    "gln": "414",
    "party": "417",
    "gsrnp": "8017",
    "gsrn": "8018",
    "gcn": "255",
    "sscc": "00",
    "gdti": "253",
    "ginc": "401",
    "gsin": "402",
    "grai": "8003",
    "giai": "8004",
    "cpv": "22",
    "lot": "10",
    "ser": "21",
}
_LINK = re.compile(r"https?://[^/?#]+(/[^?#]*)(?:[?#].*)?", re.IGNORECASE | re.DOTALL)


def from_link(link: str) -> Gs1Key:
    """The key that a Digital Link names; query, fragment and data attributes are left out.

    Check digits are not verified here: an event id is defined for a link whose check digit is wrong.

    Raises:
        EpcError: the URI is no Digital Link, or one of its parts is malformed.
    """
    match = _LINK.fullmatch(link)
    segments = match[1].strip("/").split("/") if match else []
    names = [_SHORT_NAMES.get(segment, segment) for segment in segments]
    for position, name in enumerate(names[:-1]):
        form = _VALUES.get(name)
        value = form.fullmatch(unescape(segments[position + 1])) if form else None
        if value is not None:
            return _key(link, name, value, names[position + 2 :: 2], segments[position + 3 :: 2])
    raise EpcError(
        f"{link[:120]!r} is no GS1 Digital Link.", hint="One looks like https://id.gs1.org/01/09521141012345/21/2017."
    )


def _key(link: str, ai: str, value: re.Match[str], names: list[str], values: list[str]) -> Gs1Key:
    longest = _QUALIFIERS.get(ai, {})
    if len(names) != len(values) or len(set(names)) != len(names) or not set(names) <= longest.keys():
        raise EpcError(f"{link!r} has path segments after /{ai}/{value[1]} that are no qualifiers of that key.")
    found = {
        name: check_alphabet(f"value of ({name})", unescape(text), longest[name])
        for name, text in zip(names, values, strict=True)
    }
    glued = value[2] if len(value.groups()) > 1 else None
    check_alphabet("key", value[0], len(value[0]), CHARSET_39 if ai == "8010" else CHARSET_82)
    serial = found.get("21", found.get("254", found.get("8011", glued)))
    key = value[1].zfill(14) if ai == "01" else value[1]
    return Gs1Key(ai, key, serial, found.get("10"), found.get("235"))
