"""EPC tag memory <-> tag URI, pure identity URI and GS1 Digital Link (GS1 EPC Tag Data Standard 1.13, section 14).

Most tags in the field carry no GS1 identity at all. Such a tag is not an error: `decode` gives it its raw URI and
nothing else, also where the header is a GS1 one but a partition, a range or a reserved bit says that the rest is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lading.epcis.errors import EpcError
from lading.epcis.gs1 import CHARSET_82, check_alphabet, check_digit, escape_link, escape_urn, is_digits, unescape
from lading.epcis.layouts import BY_HEADER, BY_NAME, BY_URI_TYPE, Layout, Partition

MAX_FILTER = 7

_LINK = "https://id.gs1.org"
_RAW_URI = re.compile(r"urn:epc:raw:([0-9]+)\.x([0-9A-Fa-f]+)")
_TAG_URI = re.compile(r"urn:epc:tag:([a-z]+-[0-9]+):([0-7])\.(.+)", re.DOTALL)
_ID_URI = re.compile(r"urn:epc:id:([a-z]+):(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Epc:
    """One tag's EPC in every form that it has. A tag without a GS1 identity has only `raw`."""

    scheme: str | None
    tag_uri: str | None
    uri: str | None
    digital_link: str | None
    raw: str


@dataclass(frozen=True, slots=True)
class _Head:
    """What all tags with the same bits before the tail share, ready to have the tail's text appended."""

    layout: Layout
    tag_uri: str
    uri: str
    digital_link: str


def decode(hex_text: str) -> Epc:
    """Every form of the EPC whose memory `hex_text` spells, in upper or lower case.

    Raises:
        EpcError: the text is empty, has an odd length, or is not hexadecimal throughout.
    """
    data = _bytes_of(hex_text)
    raw = f"urn:epc:raw:{8 * len(data)}.x{hex_text.upper()}"
    layout = BY_HEADER.get(data[0])
    if layout is None:
        return Epc(None, None, None, None, raw)
    spare = 8 * len(data) - layout.bits
    value = int.from_bytes(data, "big")
    # Tag memory is padded with zero bits to a whole byte or word; anything else after the EPC belongs to no scheme.
    if not 0 <= spare <= layout.stored_bits - layout.bits or value & ((1 << spare) - 1):
        return Epc(None, None, None, None, raw)
    value >>= spare
    head = _head(value >> layout.tail_bits, layout.header)
    if head is None:
        return Epc(None, None, None, None, raw)
    return _with_tail(head, value & ((1 << layout.tail_bits) - 1), raw)


def _bytes_of(hex_text: str) -> bytes:
    try:
        data = bytes.fromhex(hex_text)
    except ValueError:
        data = b""
    # `fromhex` steps over white space, which no reader writes inside an EPC.
    if not data or 2 * len(data) != len(hex_text):
        raise EpcError(f"{hex_text[:80]!r} is no EPC: pairs of hexadecimal digits are needed, such as 3034257BF719…")
    return data


@lru_cache(maxsize=65536)
def _head(head: int, header: int) -> _Head | None:
    """The forms up to the tail, None where partition, prefix or reference are out of range.

    Cached, because the tags of one product differ in nothing but their serial.
    """
    layout = BY_HEADER[header]
    partition_value = head >> layout.partition_shift & 7
    if partition_value >= len(layout.partitions):
        return None
    row = layout.partitions[partition_value]
    prefix = head >> row.prefix_shift & row.prefix_mask
    reference = head & row.reference_mask
    if prefix >= row.prefix_limit or reference >= row.reference_limit:
        return None
    prefix_text = f"{prefix:0{row.prefix_digits}d}"
    reference_text = _reference_text(layout, row, reference)
    filter_value = head >> layout.partition_shift + 3 & 7
    dot = "." if layout.tail in ("serial", "string") else ""
    return _Head(
        layout,
        f"urn:epc:tag:{layout.name}:{filter_value}.{prefix_text}.{reference_text}{dot}",
        f"urn:epc:id:{layout.uri_type}:{prefix_text}.{reference_text}{dot}",
        _link_head(layout.uri_type, prefix_text, reference_text),
    )


def _reference_text(layout: Layout, row: Partition, reference: int) -> str:
    if not layout.padded:
        return str(reference)
    return f"{reference:0{row.reference_digits}d}" if row.reference_digits else ""


def _link_head(uri_type: str, prefix: str, reference: str) -> str:
    """The Digital Link of a key up to its serial (GS1 Digital Link URI syntax; TDS 1.13, section 7)."""
    if uri_type in ("sgtin", "sscc"):
        # The first digit of the reference (indicator or extension digit) leads the key.
        key = reference[0] + prefix + reference[1:]
        key += check_digit(key)
        return f"{_LINK}/01/{key}/21/" if uri_type == "sgtin" else f"{_LINK}/00/{key}"
    if uri_type == "giai":
        return f"{_LINK}/8004/{prefix}{reference}"
    key = prefix + reference
    key += check_digit(key)
    return f"{_LINK}/414/{key}" if uri_type == "sgln" else f"{_LINK}/8003/0{key}"


def _with_tail(head: _Head, tail: int, raw: str) -> Epc:
    layout = head.layout
    if layout.tail == "serial":
        link = head.digital_link
        # An SGLN whose extension is 0 names the place itself (TDS 1.13, section 6.3.3).
        if layout.uri_type == "sgln":
            link += f"/254/{tail}" if tail else ""
        else:
            link += str(tail)
        return Epc(layout.name, f"{head.tag_uri}{tail}", f"{head.uri}{tail}", link, raw)
    if layout.tail == "string":
        serial = _characters(tail, layout.tail_bits)
        if serial is None:
            return Epc(None, None, None, None, raw)
        urn = escape_urn(serial)
        return Epc(layout.name, head.tag_uri + urn, head.uri + urn, head.digital_link + escape_link(serial), raw)
    if tail:  # reserved bits that are set
        return Epc(None, None, None, None, raw)
    return Epc(layout.name, head.tag_uri, head.uri, head.digital_link, raw)


def _characters(tail: int, bits: int) -> str | None:
    """Seven-bit characters up to the first zero (TDS 1.13, section 14.4.2), None where they are no serial."""
    text = "".join(chr(tail >> shift & 127) for shift in range(bits - 7, -1, -7)).rstrip("\0")
    return text if text and CHARSET_82.issuperset(text) else None


def encode(uri: str, filter: int | None = None) -> str:  # noqa: A002 - the standard's own word
    """The tag memory, in upper-case hexadecimal, of a tag URI, pure identity URI or raw URI.

    A pure identity takes the shortest encoding that holds it, with `filter` 0 to 7 (0, "all others", if not given); a
    tag URI names encoding and filter itself. Memory is padded with zero bits to words of 16.

    Raises:
        EpcError: the URI is none of these; a part of it is out of range for the encoding; `filter` contradicts it.
    """
    if filter is not None and not 0 <= filter <= MAX_FILTER:
        raise EpcError(f"the filter value {filter} is outside 0 to {MAX_FILTER}")
    if match := _RAW_URI.fullmatch(uri):
        return _encode_raw(uri, int(match[1]), match[2], filter)
    if match := _TAG_URI.fullmatch(uri):
        layout = BY_NAME.get(match[1])
        if layout is None:
            raise EpcError(f"{uri!r} names the encoding {match[1]}; known are {', '.join(BY_NAME)}")
        if filter not in (None, int(match[2])):
            raise EpcError(f"{uri!r} says filter {match[2]}, but {filter} was asked for: leave one of them out")
        return _encode_layout(layout, int(match[2]), match[3], uri)
    if match := _ID_URI.fullmatch(uri):
        layouts = BY_URI_TYPE.get(match[1], ())
        if not layouts:
            raise EpcError(f"{uri!r} is of the type {match[1]}; those with an encoding are {', '.join(BY_URI_TYPE)}")
        layout = layouts[0]
        if layout.tail == "serial" and len(layouts) > 1 and not _fits(match[2].split(".", 2)[-1], layout.tail_bits):
            layout = layouts[1]
        return _encode_layout(layout, filter or 0, match[2], uri)
    raise EpcError(f"{uri[:80]!r} is no EPC URI: it should begin with urn:epc:id:, urn:epc:tag: or urn:epc:raw:")


def _encode_raw(uri: str, bits: int, digits: str, filter_value: int | None) -> str:
    if filter_value is not None:
        raise EpcError("a raw URI has no filter value: leave it out")
    if bits != 4 * len(digits) or bits % 8:
        raise EpcError(f"{uri!r} says {bits} bits but spells {4 * len(digits)}; both must agree and be whole bytes")
    return digits.upper()


def _fits(serial: str, bits: int) -> bool:
    """Whether a serial can be stored as an integer without losing a leading zero (TDS 1.13, section 14.6.1)."""
    return is_digits(serial) and str(int(serial)) == serial and int(serial) < 1 << bits


def _encode_layout(layout: Layout, filter_value: int, body: str, uri: str) -> str:
    parts = body.split(".", 2)
    if len(parts) != (3 if layout.tail in ("serial", "string") else 2):
        raise EpcError(f"{uri!r} has {len(parts)} parts after the type, which is not the form of {layout.name}")
    prefix, reference = parts[:2]
    row = layout.for_prefix(len(prefix)) if is_digits(prefix) else None
    if row is None:
        raise EpcError(f"{uri!r}: the company prefix {prefix!r} should have 6 to 12 digits")
    value = layout.header << 6 | filter_value << 3 | row.value
    value = value << layout.partition_shift | int(prefix) << row.prefix_shift
    value = (value | _reference(layout, row, reference, uri)) << layout.tail_bits
    if layout.tail == "serial":
        if not _fits(parts[2], layout.tail_bits):
            raise EpcError(
                f"{uri!r}: {layout.name} holds serials that are integers below {1 << layout.tail_bits} without leading "
                f"zeros, not {parts[2]!r}"
            )
        value |= int(parts[2])
    elif layout.tail == "string":
        value |= _string_tail(parts[2], layout.tail_bits)
    value <<= layout.stored_bits - layout.bits
    return f"{value:0{layout.stored_bits // 4}X}"


def _reference(layout: Layout, row: Partition, reference: str, uri: str) -> int:
    if row.reference_digits == 0 and reference == "":
        return 0
    if is_digits(reference):
        number = int(reference)
        if layout.padded and len(reference) == row.reference_digits:
            return number
        if not layout.padded and str(number) == reference and number <= row.reference_mask:
            return number
    wanted = f"exactly {row.reference_digits} digits" if layout.padded else f"an integer up to {row.reference_mask}"
    raise EpcError(
        f"{uri!r}: {layout.name} needs, beside a company prefix of {row.prefix_digits} digits, {wanted}, "
        f"not {reference!r}"
    )


def _string_tail(escaped: str, bits: int) -> int:
    text = check_alphabet("serial", unescape(escaped), bits // 7)
    value = 0
    for character in text:
        value = value << 7 | ord(character)
    return value << bits - 7 * len(text)
