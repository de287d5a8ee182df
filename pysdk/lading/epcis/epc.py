"""EPC tag memory <-> tag URI, pure identity URI, GS1 Digital Link and element string (GS1 EPC Tag Data Standard 2.3).

Most tags in the field carry no GS1 identity at all. Such a tag is not an error: `decode` gives it its raw URI and
nothing else, also where the header is a GS1 one but a partition, a range or a reserved bit says that the rest is not;
`decode_strict` says which.
"""

from __future__ import annotations

from binascii import unhexlify
from typing import NamedTuple

from lading.epcis import other_schemes, partitioned, plus_headers
from lading.epcis.digital_link import from_link, link_of_elements
from lading.epcis.element_strings import elements_of, write_elements
from lading.epcis.encoding import encode
from lading.epcis.errors import EpcError
from lading.epcis.layouts import BY_HEADER
from lading.epcis.raw import raw_uri

__all__ = ["Epc", "data_link", "decode", "decode_strict", "element_string", "encode", "filter_of", "name_of"]

_SGTIN_96 = 0x30
_SGTIN_96_BYTES, _SGTIN_96_SERIAL_BITS = 12, 38
_SGTIN_96_SERIAL = (1 << _SGTIN_96_SERIAL_BITS) - 1
# TDS 2.3 gives each key an encoding with a host name, such as SGTIN++; those are named, and not read.
_HOST_NAMED = frozenset((*range(0xE6, 0xF0), 0xFC, 0xFD))


class Epc(NamedTuple):
    """One tag's EPC in every form that it has. A tag without an EPC has only `raw`; one that names no GS1 key (GID,
    USDoD, ADI) has no `digital_link`; one of TDS 2.0's "+" encodings has neither `tag_uri` nor `uri`.

    A named tuple, and no dataclass as elsewhere: readers make these by the hundred thousand a second, and a frozen
    dataclass would be half of the work.
    """

    scheme: str | None
    tag_uri: str | None
    uri: str | None
    digital_link: str | None
    raw: str


def decode(hex_text: str) -> Epc:
    """Every form of the EPC whose memory `hex_text` spells, in upper or lower case; of a foreign tag the raw one.

    Raises:
        EpcError: the text is empty, has an odd length, or is not hexadecimal throughout.
    """
    memory = _bytes_of(hex_text)
    raw = f"urn:epc:raw:{8 * len(memory)}.x{hex_text.upper()}"
    try:
        # The most frequent tag takes a shorter way to what `forms_of` gives as well.
        if memory[0] == _SGTIN_96 and len(memory) == _SGTIN_96_BYTES:
            value = int.from_bytes(memory, "big")
            head = partitioned.head_of(value >> _SGTIN_96_SERIAL_BITS, _SGTIN_96)
            serial = str(value & _SGTIN_96_SERIAL)
            return Epc("sgtin-96", head.tag_uri + serial, head.uri + serial, head.digital_link + serial, raw)
        return Epc(*_forms_of(memory), raw)
    except EpcError:
        return Epc(None, None, None, None, raw)


def decode_strict(hex_text: str) -> Epc:
    """The same, for a tag that must carry an EPC.

    Raises:
        EpcError: the text is no memory, or the memory no EPC; the message names the header or field that is not.
        CheckDigitError: a "+" encoding holds a key whose check digit is wrong.
    """
    memory = _bytes_of(hex_text)
    return Epc(*_forms_of(memory), raw_uri(hex_text))


def name_of(hex_text: str) -> str:
    """The name by which an event lists the tag: its pure identity URI, else its Digital Link, else its raw URI.

    What a relayer needs of a tag, several times as fast as `decode`.

    Raises:
        EpcError: the text is empty, has an odd length, or is not hexadecimal throughout.
    """
    memory = _bytes_of(hex_text)
    try:
        if memory[0] == _SGTIN_96 and len(memory) == _SGTIN_96_BYTES:
            value = int.from_bytes(memory, "big")
            head = partitioned.identity_head_of(value >> _SGTIN_96_SERIAL_BITS, _SGTIN_96)
            return f"{head}{value & _SGTIN_96_SERIAL}"
        if memory[0] in BY_HEADER:
            return partitioned.identity_of(memory)
        _, _, uri, link = _forms_of(memory)
        return uri or link or raw_uri(hex_text)
    except EpcError:
        return raw_uri(hex_text)


def filter_of(hex_text: str) -> int | None:
    """The filter value of a tag, None for a GID, which has none.

    Raises:
        EpcError: as `decode_strict`.
    """
    memory = _bytes_of(hex_text)
    if memory[0] in plus_headers.BY_HEADER:
        return plus_headers.read(memory).filter
    tag_uri = decode_strict(hex_text).tag_uri or ""
    scheme, body = tag_uri.split(":", 4)[3:]
    return None if scheme == "gid-96" else int(body.partition(".")[0])


def element_string(hex_text: str, *, bracketed: bool = True) -> str:
    """The element string of a tag that names a GS1 key, with brackets, or with separators as from a scanner.

    The date of a DSGTIN+ and +AIDC data stand in it, so that the string gives the memory again, but for the filter
    value.

    Raises:
        EpcError: as `decode_strict`; or the tag names no GS1 key, or its +AIDC data cannot be read; or a serial looks
            like another element in brackets.
    """
    memory = _bytes_of(hex_text)
    if memory[0] in plus_headers.BY_HEADER:
        return write_elements(_all_elements(memory)[1], bracketed=bracketed)
    link = decode_strict(hex_text).digital_link
    if link is None:
        raise EpcError(f"the tag {hex_text} names no GS1 key, and has no element string")
    return write_elements(elements_of(from_link(link)), bracketed=bracketed)


def data_link(hex_text: str) -> str | None:
    """The Digital Link of all that a tag with +AIDC data says: qualifiers such as the lot in the path; dates, weights
    and all else in the query. None for a tag that announces no such data.

    It describes the item and is no name of it: the data may differ from tag to tag of one item.

    Raises:
        EpcError: the text is no memory; or it is of TDS 2.0, but no EPC, or its +AIDC data cannot be read, and the
            message says which.
        CheckDigitError: a check digit is wrong.
    """
    memory = _bytes_of(hex_text)
    if memory[0] not in plus_headers.BY_HEADER:
        return None
    found, elements = _all_elements(memory)
    return link_of_elements(found.key.ai, elements) if found.has_aidc_data else None


def _all_elements(memory: bytes) -> tuple[plus_headers.PlusEpc, dict[str, str]]:
    found, data = plus_headers.read_data(memory)
    return found, elements_of(found.key) | (dict([found.date]) if found.date else {}) | data


def _forms_of(memory: bytes) -> tuple[str, str | None, str | None, str | None]:
    if memory[0] in BY_HEADER:
        return partitioned.forms_of(memory)
    if memory[0] in plus_headers.BY_HEADER:
        found = plus_headers.read(memory)
        return found.scheme, None, None, found.key.digital_link
    if memory[0] in other_schemes.BY_HEADER:
        return other_schemes.forms_of(memory)
    if memory[0] in _HOST_NAMED:
        raise EpcError(f"the header {memory[0]:02X} is of an encoding with a host name (TDS 2.3), which is not read")
    raise EpcError(f"the header {memory[0]:02X} is that of no EPC encoding")


def _bytes_of(hex_text: str) -> bytes:
    try:
        memory = unhexlify(hex_text)
    except ValueError:
        memory = b""
    if not memory:
        raise EpcError(f"{hex_text[:80]!r} is no EPC: pairs of hexadecimal digits are needed, such as 3034257BF719…")
    return memory
