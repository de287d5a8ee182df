"""Reads GS1 Digital Link URIs of any domain (GS1 Digital Link URI syntax 1.1, uncompressed form)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from lading.epcis.errors import EpcError
from lading.epcis.gs1 import CHARSET_39, CHARSET_82, check_alphabet, escape_link, unescape
from lading.epcis.keys import LINK_DOMAIN, Gs1Key

# AI -> the form of its value; a glued serial is the second group.
KEY_FORMS = {
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
QUALIFIERS = {
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
_AI = re.compile(r"[0-9]{2,4}")
_LINK = re.compile(r"https?://[^/?#]+(/[^?#]*)(?:[?#].*)?", re.IGNORECASE | re.DOTALL)


def from_link(link: str) -> Gs1Key:
    """The key that a Digital Link names; query, fragment and data attributes are left out.

    Check digits are not verified here: an event id is defined for a link whose check digit is wrong.

    Raises:
        EpcError: the URI is no Digital Link, or one of its parts is malformed.
    """
    ai, text, qualifiers = _parts_of(link)
    return key_of(ai, text, qualifiers, link)


def _parts_of(link: str) -> tuple[str, str, dict[str, str]]:
    """AI and value of the key in the path, and its qualifiers, all unescaped."""
    match = _LINK.fullmatch(link)
    segments = match[1].strip("/").split("/") if match else []
    names = [_SHORT_NAMES.get(segment, segment) for segment in segments]
    for position, name in enumerate(names[:-1]):
        form = KEY_FORMS.get(name)
        value = form.fullmatch(unescape(segments[position + 1])) if form else None
        if value is not None:
            qualifiers = _qualifiers(link, names[position + 2 :: 2], segments[position + 3 :: 2])
            return name, value[0], qualifiers
    raise EpcError(
        f"{link[:120]!r} is no GS1 Digital Link.", hint="One looks like https://id.gs1.org/01/09521141012345/21/2017."
    )


def _qualifiers(link: str, names: list[str], values: list[str]) -> dict[str, str]:
    if len(names) != len(values) or len(set(names)) != len(names):
        raise EpcError(f"{link[:200]!r} has path segments after its key that are no qualifiers of that key.")
    return {name: unescape(text) for name, text in zip(names, values, strict=True)}


def key_of(ai: str, text: str, qualifiers: Mapping[str, str], source: str) -> Gs1Key:
    """The key with that AI whose value, with a glued serial, is `text`; all unescaped. `source` is for the message.

    Check digits are not verified here.

    Raises:
        EpcError: the value or a qualifier is malformed, or the key has no such qualifier.
    """
    value, longest = KEY_FORMS[ai].fullmatch(text), QUALIFIERS.get(ai, {})
    if value is None:
        raise EpcError(f"{source[:200]!r}: {text[:80]!r} is no value of ({ai}).")
    if not qualifiers.keys() <= longest.keys():
        raise EpcError(f"{source[:200]!r} has path segments after /{ai}/{value[1]} that are no qualifiers of that key.")
    for name, found in qualifiers.items():
        check_alphabet(f"value of ({name})", found, longest[name])
    glued = value[2] if len(value.groups()) > 1 else None
    check_alphabet("key", text, len(text), CHARSET_39 if ai == "8010" else CHARSET_82)
    serial = qualifiers.get("21", qualifiers.get("254", qualifiers.get("8011", glued)))
    key = value[1].zfill(14) if ai == "01" else value[1]
    return Gs1Key(ai, key, serial, qualifiers.get("10"), qualifiers.get("235"))


def elements_of_link(link: str) -> dict[str, str]:
    """AI -> value of everything that a Digital Link says: the key, its qualifiers, the data attributes in the query.

    Raises:
        EpcError: the URI is no Digital Link, an escape is malformed, or an AI stands there twice.
    """
    ai, text, qualifiers = _parts_of(link)
    found = {ai: text, **qualifiers}
    attributes = attributes_of(link)
    for name in found.keys() & attributes.keys():
        raise EpcError(f"{link[:120]!r} has ({name}) in its path and in its query.")
    return found | attributes


def link_of_elements(ai: str, elements: Mapping[str, str]) -> str:
    """The Digital Link of all `elements`, AI -> value, whose key is `ai`: its qualifiers in the path, the rest as data
    attributes (GS1 Digital Link URI syntax 1.1, sections 5.4 and 5.7)."""
    path = [ai, *(name for name in QUALIFIERS.get(ai, {}) if name in elements)]
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in elements.items() if name not in path)
    segments = "/".join(f"{name}/{escape_link(elements[name])}" for name in path)
    return f"{LINK_DOMAIN}/{segments}{'?' if query else ''}{query}"


def attributes_of(link: str) -> dict[str, str]:
    """The data attributes in the query of a Digital Link, AI -> value; other parameters are left out.

    Raises:
        EpcError: an escape is malformed, or an AI stands there twice.
    """
    query = link.partition("#")[0].partition("?")[2]
    found: dict[str, str] = {}
    for pair in query.replace(";", "&").split("&"):
        name, _, value = pair.partition("=")
        if _AI.fullmatch(name):
            if name in found:
                raise EpcError(f"{link[:120]!r} has the attribute {name} twice.")
            found[name] = unescape(value)
    return found
