"""One reading of whatever a person or machine holds of an item: EPC URI, tag memory, Digital Link, element string."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.epcis.digital_link import from_link
from lading.epcis.element_strings import from_element_string, is_element_string
from lading.epcis.encoding import encode
from lading.epcis.epc import decode
from lading.epcis.errors import EpcError, PrefixLengthError
from lading.epcis.keys import Gs1Key, from_uri, key_type, to_uri, verify_key
from lading.epcis.prefixes import check_prefix_length, known_prefix_length

_URI_PREFIX = re.compile(r"urn:epc:(?:id|class|idpat):[a-z]+:([0-9]{6,12})\.")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_SPACE = " \t\r\n"  # what a person pastes around a code; `str.strip` alone would take a scanner's separators too
_GTIN_DIGITS = 14


@dataclass(frozen=True, slots=True)
class ItemId:
    """What a code identifies. Check digits are verified.

    `scheme` is the EPC URI type (`sgtin`, `sscc`, `lgtin`, …); `key` the GS1 key with its check digit. `uri` is the EPC
    URI, a class pattern where the code names a class, None where nothing says how long the company prefix is.
    `digital_link` is canonical, so that it may serve as the name of the item whatever it was read from.
    """

    scheme: str
    key: str
    serial: str | None
    lot: str | None
    uri: str | None
    digital_link: str

    @property
    def gtin14(self) -> str | None:
        """The GTIN, None for what is no trade item."""
        return self.key[:_GTIN_DIGITS] if self.scheme in ("sgtin", "lgtin", "upui", "itip") else None


def parse(code: str, prefix_length: int | None = None) -> ItemId:
    """What `code` identifies: an EPC pure identity, class or tag URI, tag memory as hex, a Digital Link, or an element
    string with brackets, or with a scanner's separators or symbology identifier.

    A link may stand on any domain. `prefix_length` says how many digits (6 to 12) the company prefix of a link or
    element string has; without it GS1's published table decides, and `uri` is None where the table does not list it.

    Raises:
        EpcError: the code is none of these, or a tag without a GS1 identity.
        CheckDigitError: a check digit is wrong.
        PrefixLengthError: `prefix_length` is out of range, or contradicts the code.
    """
    code = code.strip(_SPACE)
    check_prefix_length(prefix_length)
    name = _name(code)
    if name.startswith("urn:"):
        key = from_uri(name)
        match = _URI_PREFIX.match(name)
        length = len(match[1]) if match else None
        if prefix_length not in (None, length):
            raise PrefixLengthError(f"{code[:120]!r} shows a company prefix of {length} digits, not {prefix_length}.")
    else:
        key = verify_key(from_link(name)) if _is_link(name) else from_element_string(name)
        length = prefix_length or _fitting(key, known_prefix_length(key))
    serial = key.serial if key.third_party_serial is None else key.third_party_serial
    uri_type = key_type(key).uri_type
    return ItemId(uri_type, key.value, serial, key.lot, to_uri(key, length) if length else None, key.digital_link)


def _name(code: str) -> str:
    """The pure identity or class URI, Digital Link or element string that `code` is or stands for.

    Raises:
        EpcError: it is tag memory or a tag URI without a GS1 identity, or nothing known.
    """
    if _is_link(code) or is_element_string(code):
        return code
    if code.startswith(("urn:epc:id:", "urn:epc:class:", "urn:epc:idpat:")):
        return code
    if code.startswith(("urn:epc:tag:", "urn:epc:raw:")):
        code = encode(code)
    if not _HEX.fullmatch(code):
        raise EpcError(
            f"{code[:120]!r} is no identifier that can be read.",
            hint="Give an EPC URI (urn:epc:id:…), a GS1 Digital Link (https://…/01/…/21/…), an element string "
            "((01)…(21)…) or a tag's memory as hex.",
        )
    epc = decode(code)
    if epc.digital_link is None:
        raise EpcError(f"The tag {epc.uri or epc.raw} carries no GS1 identity; it can be followed by this URI only.")
    return epc.uri or epc.digital_link


def _is_link(code: str) -> bool:
    return code[:4].lower() == "http"


def _fitting(key: Gs1Key, length: int | None) -> int | None:
    """`length`, unless a key that is text has nothing behind so many digits."""
    return None if length is not None and len(key.value) <= length else length
