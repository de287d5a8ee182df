"""EPC URIs and Digital Links to the canonical Digital Link, fast: what an event id does more often than all else.

Identifiers of one class share all but the serial, so the link is kept per class and the serial appended. Whatever is
not of the plain forms here (escapes, ITIP, text keys, links of other domains) goes through `keys` and `digital_link`,
which these shortcuts equal.
"""

from __future__ import annotations

import re

from lading.epcis.caches import kept
from lading.epcis.digital_link import from_link
from lading.epcis.errors import EpcError
from lading.epcis.gs1 import check_digit
from lading.epcis.keys import BY_URI_TYPE, LINK_DOMAIN, KeyType, from_uri

# A longer text is no identifier of GS1: the longest, an SGTIN with 20 escaped characters, has about 100.
_LONGEST = 128
# Serials in these types are any text; where they are digits only, or may be absent in a link, the general way is taken.
_SERIALIZED = ("sgtin", "lgtin", "upui", "grai", "gdti")
_HEAD = re.compile(rf"urn:epc:(id|class):({'|'.join(_SERIALIZED)}):([0-9]{{6,12}})\.([0-9]*)")
_BARE = re.compile(r"urn:epc:id:(sscc|gsrn|gsrnp|gsin|pgln|sgln):([0-9]{6,12})\.([0-9]*)(?:\.([0-9A-Za-z]{1,20}))?")
_CANONICAL = re.compile(
    rf"{re.escape(LINK_DOMAIN)}/"
    r"(?:01/[0-9]{14}(?:/(?:10|21)/[0-9A-Za-z]{1,20})?|00/[0-9]{18}|41[47]/[0-9]{13}|414/[0-9]{13}/254/[0-9A-Za-z]{1,20})"
)


def link_of_uri(uri: str) -> str:
    """The canonical Digital Link of an EPC URI; one that names no GS1 key is its own canonical form."""
    head, _, serial = uri.rpartition(".")
    if len(head) <= _LONGEST:
        begin, longest = _instances(head)
        if len(serial) <= longest and serial.isalnum() and serial.isascii():
            return begin + serial
    match = _BARE.fullmatch(uri)
    return (_bare_link(match) if match else None) or _general_link(uri)


def link_of_link(link: str) -> str:
    """The canonical form of a Digital Link of any domain; another web address is its own."""
    return link if _CANONICAL.fullmatch(link) else _general_link(link)


@kept(65536)
def _instances(head: str) -> tuple[str, int]:
    """What the link of each instance of the class in `head` begins with, and how long a serial may be: 0 for none."""
    match = _HEAD.fullmatch(head)
    if match is None:
        return "", 0
    kind = BY_URI_TYPE[match[2]]
    value = _value(kind, match[3], match[4])
    if value is None or (match[1] == "class") != (kind.uri_type == "lgtin"):
        return "", 0
    glue = f"/{kind.qualifier}/" if kind.qualifier else ""
    return f"{LINK_DOMAIN}/{kind.ai}/{value}{glue}", kind.longest


def _value(kind: KeyType, prefix: str, reference: str) -> str | None:
    """The key in a link, with its check digit; None if prefix and reference are not as long as the type asks."""
    if kind.body is None or len(reference) != kind.body - len(prefix):
        return None
    digits = reference[:1] + prefix + reference[1:] if kind.leading else prefix + reference
    return kind.pad + digits + check_digit(digits)


def _bare_link(match: re.Match[str]) -> str | None:
    """The link of a key that is its own instance, or of a place; None if its parts do not fit its type."""
    kind = BY_URI_TYPE[match[1]]
    value, extension = _value(kind, match[2], match[3]), match[4]
    if value is None or (extension is None) != (kind.qualifier is None):
        return None
    # TDS 1.13, section 6.3.3: the extension 0 stands for the place itself.
    behind = "" if extension in (None, "0") else f"/{kind.qualifier}/{extension}"
    return f"{LINK_DOMAIN}/{kind.ai}/{value}{behind}"


def _general_link(text: str) -> str:
    try:
        return (from_uri(text) if text.startswith("urn:") else from_link(text)).digital_link
    except EpcError:
        return text
