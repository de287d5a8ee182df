"""GS1 element strings, as on labels, `(01)09521141012345(21)2017`, and as scanners send them, with separators.

Source: GS1 General Specifications, section 7.8. Which application identifiers there are, and of what form, is biip's
table; its own parsers skip what they do not understand, so the splitting is done here.
"""

from __future__ import annotations

import re

from lading.epcis.digital_link import KEY_FORMS, QUALIFIERS, key_of
from lading.epcis.errors import EpcError
from lading.epcis.keys import SERIAL_QUALIFIER, Gs1Key, verify_key

SEPARATOR = "\x1d"
"""The group separator, which stands for FNC1 in what a scanner sends."""

_SYMBOLOGY = re.compile(r"\](?:C1|e0|d2|Q3|J1)")
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)")
# AIs that begin so have a length fixed for ever, and need no separator (figure 7.8.5-2).
_PREDEFINED = frozenset(f"{first:02d}" for first in (*range(5), *range(11, 21), *range(31, 37), 41))
_LONGEST = 1000  # no symbol holds more


def is_element_string(text: str) -> bool:
    """Whether `text` can be nothing else; a scanner's text without identifier and separator could be tag memory."""
    return text.startswith("(") or SEPARATOR in text or _SYMBOLOGY.match(text) is not None


def read_elements(text: str) -> dict[str, str]:
    """AI -> value, in their order, of an element string with brackets or separators.

    Raises:
        EpcError: an AI is unknown or comes twice with two values, a value has not the form of its AI, or a separator
            is missing.
    """
    text = _SYMBOLOGY.sub("", text, count=1) if text.startswith("]") else text
    text = text.strip(SEPARATOR)
    if not text or len(text) > _LONGEST or not text.isascii():
        raise EpcError(f"{text[:120]!r} is no GS1 element string: one looks like (01)09521141012345(21)2017.")
    pairs = _bracketed(text) if text.startswith("(") else _separated(text)
    found: dict[str, str] = {}
    for ai, value in pairs:
        if found.setdefault(ai, value) != value:
            raise EpcError(f"{text[:120]!r} says ({ai}) twice, with two values.")
    return found


def _bracketed(text: str) -> list[tuple[str, str]]:
    pieces = _BRACKETED.split(text)
    if pieces[0]:
        raise EpcError(f"{text[:120]!r} should begin with an application identifier, such as (01).")
    pairs = list(zip(pieces[1::2], pieces[2::2], strict=True))
    for ai, value in pairs:
        check_element(ai, value)
    return pairs


def check_element(ai: str, value: str) -> None:
    """Whether `value` has the form that GS1 gives to values of `ai`; check digits are not verified.

    Raises:
        EpcError: it has not, or there is no such AI.
    """
    found, pattern, _ = _form(ai + value)
    if found != ai or not re.fullmatch(pattern, ai + value, re.ASCII):
        raise EpcError(f"{value[:80]!r} is no value of ({ai}).")


def _separated(text: str) -> list[tuple[str, str]]:
    pairs = []
    while text:
        ai, pattern, needs_separator = _form(text)
        part = text.partition(SEPARATOR)[0]
        match = re.match(pattern.removesuffix("$"), part, re.ASCII)
        if match is None or (needs_separator and match.end() != len(part)):
            raise EpcError(f"{part[len(ai) :][:80]!r} is no value of ({ai}), or a separator is missing in it.")
        pairs.append((ai, part[len(ai) : match.end()]))
        text = text[match.end() :].lstrip(SEPARATOR)
    return pairs


def _form(text: str) -> tuple[str, str, bool]:
    """The AI that `text` begins with, the pattern of AI and value, and whether a separator must follow."""
    # Imported here: the table takes longer to load than the rest of this package, and a reader of tags needs none.
    from biip import ParseError
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

    try:
        found = GS1ApplicationIdentifier.extract(text)
    except ParseError:
        raise EpcError(f"{text[:80]!r} begins with no application identifier that GS1 has.") from None
    return found.ai, found.pattern, found.separator_required


def key_of_elements(elements: dict[str, str], ai: str | None = None) -> Gs1Key:
    """The one key that the elements name, or the one with that `ai`; what neither names nor qualifies it, such as a
    date, is left out.

    Raises:
        EpcError: they name no key, or, without `ai`, more than one.
        CheckDigitError: its check digit is wrong.
    """
    shown = "".join(f"({name}){value}" for name, value in elements.items())
    keys = [name for name in elements if name in KEY_FORMS] if ai is None else [ai]
    if len(keys) != 1:
        raise EpcError(f"{shown[:200]!r} names {'two things or more' if keys else 'nothing'}; one key is needed.")
    (ai,) = keys
    qualifiers = {name: value for name, value in elements.items() if name in QUALIFIERS.get(ai, {})}
    return verify_key(key_of(ai, elements[ai], qualifiers, shown))


def from_element_string(text: str) -> Gs1Key:
    """The key that an element string names.

    Raises:
        EpcError: it is no element string, or names no key, or more than one.
        CheckDigitError: the key's check digit is wrong.
    """
    return key_of_elements(read_elements(text))


def elements_of(key: Gs1Key) -> dict[str, str]:
    """AI -> value of a key and its qualifiers, the reverse of `key_of_elements`."""
    qualifier = SERIAL_QUALIFIER.get(key.ai)
    found = {key.ai: key.value + ((key.serial or "") if qualifier == "" else "")}
    if key.lot is not None:
        found["10"] = key.lot
    if key.serial is not None and qualifier:
        found[qualifier] = key.serial
    if key.third_party_serial is not None:
        found["235"] = key.third_party_serial
    return found


def write_elements(elements: dict[str, str], *, bracketed: bool = True) -> str:
    """An element string, with brackets or with separators.

    Raises:
        EpcError: with brackets, where a value has something in it that would be read as one.
    """
    if bracketed:
        for value in elements.values():
            if _BRACKETED.search(value):
                raise EpcError(f"the value {value!r} could not be told from another element: use separators.")
        return "".join(f"({ai}){value}" for ai, value in elements.items())
    text = ""
    for ai, value in elements.items():
        text += ai + value + ("" if ai[:2] in _PREDEFINED else SEPARATOR)
    return text.removesuffix(SEPARATOR)
