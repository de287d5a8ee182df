"""One reading of whatever a person or machine holds of an item: EPC URI, tag URI, tag memory or GS1 Digital Link."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.epcis.digital_link import from_link
from lading.epcis.epc import decode, encode
from lading.epcis.errors import EpcError, PrefixLengthError
from lading.epcis.gs1 import is_digits, verify_check_digit
from lading.epcis.keys import Gs1Key, from_uri, key_type, prefix_start, to_uri
from lading.epcis.layouts import LONGEST_PREFIX, SHORTEST_PREFIX

_URI_PREFIX = re.compile(r"urn:epc:(?:id|class|idpat):[a-z]+:([0-9]{6,12})\.")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_NAMES = {"01": "GTIN", "8006": "GTIN", "00": "SSCC", "414": "GLN", "417": "GLN", "8003": "GRAI", "253": "GDTI"}
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
    """What `code` identifies: an EPC pure identity, class or tag URI, tag memory as hex, or a Digital Link.

    A link may stand on any domain. `prefix_length` says how many digits (6 to 12) its company prefix has; without it
    GS1's published table of prefixes decides, and `uri` is None where that table does not know the prefix.

    Raises:
        EpcError: the code is none of these, or a tag without a GS1 identity.
        CheckDigitError: a check digit is wrong.
        PrefixLengthError: `prefix_length` is out of range, or contradicts the prefix that the code itself shows.
    """
    code = code.strip()
    if prefix_length is not None and not SHORTEST_PREFIX <= prefix_length <= LONGEST_PREFIX:
        raise PrefixLengthError(
            f"A company prefix has {SHORTEST_PREFIX} to {LONGEST_PREFIX} digits, not {prefix_length}."
        )
    uri = _pure_identity(code)
    if uri is None:
        key = from_link(code)
        _verify(key)
        length = prefix_length or _known_prefix_length(key)
    else:
        key = from_uri(uri)
        match = _URI_PREFIX.match(uri)
        length = len(match[1]) if match else None
        if prefix_length not in (None, length):
            raise PrefixLengthError(f"{code!r} shows a company prefix of {length} digits, not {prefix_length}.")
    serial = key.serial if key.third_party_serial is None else key.third_party_serial
    uri_type = key_type(key).uri_type
    return ItemId(uri_type, key.value, serial, key.lot, to_uri(key, length) if length else None, key.digital_link)


def _pure_identity(code: str) -> str | None:
    """The pure identity or class URI that `code` is or stands for, None where it is a link.

    Raises:
        EpcError: it is tag memory or a tag URI without a GS1 identity, or nothing known.
    """
    if re.match(r"https?://", code, re.IGNORECASE):
        return None
    if code.startswith(("urn:epc:id:", "urn:epc:class:", "urn:epc:idpat:")):
        return code
    if code.startswith(("urn:epc:tag:", "urn:epc:raw:")):
        code = encode(code)
    if not _HEX.fullmatch(code):
        raise EpcError(
            f"{code[:120]!r} is no identifier that can be read.",
            hint="Give an EPC URI (urn:epc:id:…), a GS1 Digital Link (https://…/01/…/21/…) or a tag's memory as hex.",
        )
    epc = decode(code)
    if epc.uri is None:
        raise EpcError(f"The tag {epc.raw} carries no GS1 identity; it can be followed by this raw URI only.")
    return epc.uri


def _verify(key: Gs1Key) -> None:
    """Check digits inside a link; what came from an EPC URI has computed ones.

    Raises:
        CheckDigitError: one is wrong.
    """
    digits = key.value[:_GTIN_DIGITS] if key.ai == "8006" else key.value
    if key_type(key).body is not None:
        verify_check_digit(_NAMES.get(key.ai, f"({key.ai})"), digits)


def _known_prefix_length(key: Gs1Key) -> int | None:
    """Length of the company prefix by GS1's published table, which biip carries; None where it is not listed."""
    # Imported here: its tables take longer to load than the rest of this package, and a reader of tags needs none.
    from biip.gs1_prefixes import GS1CompanyPrefix

    digits = re.match(r"[0-9]*", key.value[prefix_start(key) :])
    if digits is None or not is_digits(digits[0]):
        return None
    prefix = GS1CompanyPrefix.extract(digits[0])
    if prefix is None or not SHORTEST_PREFIX <= len(prefix.value) <= LONGEST_PREFIX:
        return None
    return len(prefix.value)
