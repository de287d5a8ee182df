"""GS1 keys as EPC URIs and as GS1 Digital Links, by one table.

Sources: TDS 1.13, sections 6 and 7; GS1 Digital Link URI syntax 1.1.

A link says nothing about where the company prefix ends; an EPC URI does. So a URI always has its link, and a link has
its URI only together with the length of the prefix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.epcis.errors import EpcError, PrefixLengthError
from lading.epcis.gs1 import (
    CHARSET_39,
    CHARSET_82,
    check_alphabet,
    check_digit,
    escape_link,
    escape_urn,
    is_digits,
    unescape,
    verify_check_digit,
)

LINK_DOMAIN = "https://id.gs1.org"


@dataclass(frozen=True, slots=True)
class KeyType:
    """How one kind of GS1 key is written.

    `body` counts company prefix and reference together, without check digit; None stands for a reference that is text.
    `leading`: the reference's first digit leads the key (indicator, extension digit). `pad`: what a link puts in front.
    `qualifier`: the AI under which the serial stands in the link; "" glues it to the key; None: there is no serial.
    """

    uri_type: str
    ai: str
    body: int | None
    leading: bool = False
    pad: str = ""
    qualifier: str | None = None
    longest: int = 0
    numeric: bool = False
    alphabet: frozenset[str] = CHARSET_82

    @property
    def key_digits(self) -> int | None:
        """Length of the numeric key in a link, with padding and check digit."""
        return None if self.body is None else len(self.pad) + self.body + 1


# `itip` carries piece and total, two digits each, between key and serial.
KEY_TYPES = (
    KeyType("sgtin", "01", 13, leading=True, qualifier="21", longest=20),
    KeyType("lgtin", "01", 13, leading=True, qualifier="10", longest=20),
    KeyType("upui", "01", 13, leading=True, qualifier="235", longest=28),
    KeyType("itip", "8006", 13, leading=True, qualifier="21", longest=20),
    KeyType("sscc", "00", 17, leading=True),
    KeyType("sgln", "414", 12, qualifier="254", longest=20),
    KeyType("pgln", "417", 12),
    KeyType("grai", "8003", 12, pad="0", qualifier="", longest=16),
    KeyType("giai", "8004", None, longest=30),
    KeyType("gsrn", "8018", 17),
    KeyType("gsrnp", "8017", 17),
    KeyType("gdti", "253", 12, qualifier="", longest=17),
    KeyType("cpi", "8010", None, qualifier="8011", longest=30, alphabet=CHARSET_39),
    KeyType("sgcn", "255", 12, qualifier="", longest=12, numeric=True),
    KeyType("ginc", "401", None, longest=30),
    KeyType("gsin", "402", 16),
)
BY_URI_TYPE = {key.uri_type: key for key in KEY_TYPES}
CPI_SERIAL_DIGITS = 12

_NAMES = {"01": "GTIN", "8006": "GTIN", "00": "SSCC", "414": "GLN", "417": "GLN", "8003": "GRAI", "253": "GDTI"}
_URI = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):([0-9]{6,12})\.(.*)", re.DOTALL)
_ITIP_REST = re.compile(r"([0-9]{2})\.([0-9]{2})\.(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Gs1Key:
    """One key in parts, all unescaped: `value` is what follows the AI in a link, without a glued serial.

    `serial` is also an SGLN's extension (None for the place itself) and a CPI's serial; a key with neither serial nor
    lot where its type could have one names a class.
    """

    ai: str
    value: str
    serial: str | None = None
    lot: str | None = None
    third_party_serial: str | None = None

    @property
    def digital_link(self) -> str:
        """The canonical link, at the finest level: a lot beside a serial is left out (CBV 2.0, section 8.9)."""
        link = f"{LINK_DOMAIN}/{self.ai}/{escape_link(self.value)}"
        if self.serial is not None:
            qualifier = SERIAL_QUALIFIER[self.ai]
            return f"{link}/{qualifier}/{escape_link(self.serial)}" if qualifier else link + escape_link(self.serial)
        if self.third_party_serial is not None:
            return f"{link}/235/{escape_link(self.third_party_serial)}"
        return link if self.lot is None else f"{link}/10/{escape_link(self.lot)}"


SERIAL_QUALIFIER = {"01": "21", "8006": "21", "414": "254", "8010": "8011", "8003": "", "253": "", "255": ""}


def key_value(kind: KeyType, prefix: str, reference: str, pieces: str = "") -> str:
    """What follows the AI, without a glued serial; `pieces` is an ITIP's piece and total, four digits."""
    if kind.body is None:
        return prefix + reference
    digits = reference[0] + prefix + reference[1:] if kind.leading else prefix + reference
    return f"{kind.pad}{digits}{check_digit(digits)}{pieces}"


def link_to_serial(kind: KeyType, prefix: str, reference: str, pieces: str = "") -> str:
    """The Digital Link of a key up to where its serial begins, or whole where it has none."""
    value = key_value(kind, prefix, reference, pieces)
    link = f"{LINK_DOMAIN}/{kind.ai}/{value if kind.body else escape_link(value)}"
    return f"{link}/{kind.qualifier}/" if kind.qualifier else link


def from_uri(uri: str) -> Gs1Key:
    """The key of an EPC pure identity URI, class URI or class pattern (`urn:epc:idpat:` … `.*`).

    Raises:
        EpcError: it is none, or its parts do not fit its type.
    """
    match = _URI.fullmatch(uri)
    kind = BY_URI_TYPE.get(match[2]) if match else None
    if match is None or kind is None or (match[1] == "class") != (kind.uri_type == "lgtin"):
        raise EpcError(f"{uri[:120]!r} is no EPC URI of a GS1 key.")
    prefix, rest = match[3], match[4]
    is_pattern = match[1] == "idpat"
    if is_pattern:
        if kind.qualifier is None or kind.uri_type == "sgln" or not rest.endswith(".*"):
            raise EpcError(f"{uri!r} is no pattern for a class: that ends in .* after the class.")
        # The serial that the pattern leaves open is dropped again below.
        rest = rest[:-1] + "0"
    key = _text_key(kind, prefix, rest, uri) if kind.body is None else _numeric_key(kind, prefix, rest, uri)
    return Gs1Key(key.ai, key.value) if is_pattern else key


def _text_key(kind: KeyType, prefix: str, rest: str, uri: str) -> Gs1Key:
    reference, serial = rest, None
    if kind.qualifier is not None:
        reference, _, serial = rest.rpartition(".")
        if not is_digits(serial) or len(serial) > CPI_SERIAL_DIGITS:
            raise EpcError(f"{uri!r}: the serial should be 1 to {CPI_SERIAL_DIGITS} digits, not {serial!r}.")
    room = kind.longest - len(prefix)
    return Gs1Key(kind.ai, prefix + check_alphabet("reference", unescape(reference), room, kind.alphabet), serial)


def _numeric_key(kind: KeyType, prefix: str, rest: str, uri: str) -> Gs1Key:
    assert kind.body is not None  # noqa: S101 - narrows the type; the caller chose by it
    reference, dot, serial = rest.partition(".")
    if len(reference) != kind.body - len(prefix) or not (is_digits(reference) or reference == ""):
        raise EpcError(f"{uri!r}: company prefix and reference should have {kind.body} digits together.")
    if bool(dot) != (kind.qualifier is not None):
        raise EpcError(f"{uri!r} has {'no serial' if not dot else 'a part too many'} for its type.")
    value = key_value(kind, prefix, reference)
    if not dot:
        return Gs1Key(kind.ai, value)
    if kind.uri_type == "itip":
        match = _ITIP_REST.fullmatch(serial)
        if match is None:
            raise EpcError(f"{uri!r}: piece and total should be two digits each, before the serial.")
        value, serial = value + match[1] + match[2], match[3]
    serial = check_alphabet("serial", unescape(serial), kind.longest)
    if kind.numeric and not is_digits(serial):
        raise EpcError(f"{uri!r}: the serial should be digits, not {serial!r}.")
    if kind.uri_type == "lgtin":
        return Gs1Key(kind.ai, value, lot=serial)
    if kind.uri_type == "upui":
        return Gs1Key(kind.ai, value, third_party_serial=serial)
    # TDS 1.13, section 6.3.3: the extension 0 stands for the place itself.
    return Gs1Key(kind.ai, value, None if kind.uri_type == "sgln" and serial == "0" else serial)


def key_type(key: Gs1Key) -> KeyType:
    """The type whose URI names `key`; a class of GTINs is of the type of its instances."""
    uri_type = "lgtin" if key.lot is not None and key.serial is None else None
    uri_type = "upui" if key.third_party_serial is not None else uri_type
    return BY_URI_TYPE[uri_type] if uri_type else next(kind for kind in KEY_TYPES if kind.ai == key.ai)


def verify_key(key: Gs1Key) -> Gs1Key:
    """`key` itself, if its check digit is right and its padding is what it should be.

    Raises:
        CheckDigitError: the check digit is wrong.
        EpcError: the padding is not.
    """
    kind = key_type(key)
    if kind.body is not None:
        if not key.value.startswith(kind.pad):
            raise EpcError(f"The GRAI {key.value} should begin with the padding digit {kind.pad}.")
        digits = key.value[: kind.key_digits]
        verify_check_digit(_NAMES.get(key.ai, f"({key.ai})"), digits)
    return key


def prefix_start(key: Gs1Key) -> int:
    """Where in `key.value` the company prefix begins."""
    kind = key_type(key)
    return len(kind.pad) + kind.leading


def to_uri(key: Gs1Key, prefix_length: int) -> str:
    """The EPC URI of `key`, whose company prefix has `prefix_length` digits (6 to 12).

    Raises:
        PrefixLengthError: the key is a text that has not so many digits in front, and something behind them.
    """
    kind = key_type(key)
    start = prefix_start(key)
    prefix = key.value[start : start + prefix_length]
    if kind.body is None:
        if not is_digits(prefix) or len(key.value) <= prefix_length:
            raise PrefixLengthError(f"({key.ai}){key.value} cannot have a company prefix of {prefix_length} digits.")
        reference = escape_urn(key.value[prefix_length:])
    else:
        reference = key.value[start + prefix_length : start + kind.body - kind.leading]
        reference = (key.value[0] if kind.leading else "") + reference
    if kind.uri_type == "itip":
        reference += f".{key.value[14:16]}.{key.value[16:18]}"
    if kind.qualifier is None:
        return f"urn:epc:id:{kind.uri_type}:{prefix}.{reference}"
    if kind.uri_type == "lgtin":
        return f"urn:epc:class:lgtin:{prefix}.{reference}.{escape_urn(key.lot or '')}"
    serial = key.serial if key.third_party_serial is None else key.third_party_serial
    if serial is None and kind.uri_type != "sgln":
        return f"urn:epc:idpat:{kind.uri_type}:{prefix}.{reference}.*"
    return f"urn:epc:id:{kind.uri_type}:{prefix}.{reference}.{'0' if serial is None else escape_urn(serial)}"
