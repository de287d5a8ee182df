"""The EPC encodings that tell company prefix and reference apart by a partition (TDS 2.3, sections 14.3 to 14.6).

These are all of TDS 1.x for GS1 keys except CPI-var. Tags of one product differ in nothing but their serial, so what
stands before it is kept ready; that, and integer arithmetic, is what makes decoding fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from lading.epcis.bits import WORD_BITS, to_memory
from lading.epcis.characters import (
    fits_integer,
    read_digits,
    read_seven_bits,
    write_digits,
    write_integer,
    write_seven_bits,
)
from lading.epcis.errors import EpcError
from lading.epcis.gs1 import escape_link, escape_urn, is_digits, unescape_urn
from lading.epcis.keys import BY_URI_TYPE, link_to_serial
from lading.epcis.layouts import BY_HEADER, LAYOUTS, PIECE_BITS, Layout, Partition, partition_for

_PIECE_DIGITS, _MAX_PIECE = 2, 99


@dataclass(frozen=True, slots=True)
class Head:
    """What all tags with the same bits before the tail share. The URIs wait for the tail's text to be appended."""

    tag_uri: str
    uri: str
    digital_link: str


def identity_of(memory: bytes) -> str:
    """The pure identity URI of memory whose header is in `BY_HEADER`.

    Raises:
        EpcError: a field is out of range; the message names it.
    """
    layout, head, tail = _split(memory)
    uri = (identity_head_of if layout.has_serial else _identity)(head, layout.header)
    return uri + (str(tail) if layout.tail == "integer" else escape_urn(_tail_text(layout, tail)))


def forms_of(memory: bytes) -> tuple[str, str, str, str]:
    """Scheme, tag URI, pure identity URI and Digital Link of memory whose header is in `BY_HEADER`.

    Raises:
        EpcError: a field is out of range; the message names it.
    """
    layout, bits, tail = _split(memory)
    # Without a serial each tag has a head of its own, and would only push products out of what is kept.
    head = head_of(bits, layout.header) if layout.has_serial else _head(bits, layout.header)
    if layout.tail == "integer" and layout.uri_type != "sgln":
        return layout.name, f"{head.tag_uri}{tail}", f"{head.uri}{tail}", f"{head.digital_link}{tail}"
    text = _tail_text(layout, tail)
    urn = escape_urn(text)
    link = head.digital_link
    # An SGLN whose extension is 0 names the place itself (TDS 2.3, section 6.3.3).
    link = link.removesuffix("/254/") if layout.uri_type == "sgln" and text == "0" else link + escape_link(text)
    return layout.name, head.tag_uri + urn, head.uri + urn, link


def _split(memory: bytes) -> tuple[Layout, int, int]:
    """The layout, the bits before the tail, the tail.

    Raises:
        EpcError: the memory is shorter or longer than the layout, padding apart, or the padding is not zero.
    """
    layout = BY_HEADER[memory[0]]
    spare = 8 * len(memory) - layout.bits
    value = int.from_bytes(memory, "big")
    if spare:
        # Whatever is read has whole words; what follows the EPC beyond that, or is not zero, belongs to no field.
        if not 0 <= spare <= -layout.bits % WORD_BITS or value & ((1 << spare) - 1):
            raise EpcError(
                f"{layout.name} has {layout.bits} bits and zero bits up to a word of {WORD_BITS}; the memory has "
                f"{8 * len(memory)} bits{', and its padding is not zero' if 0 <= spare < WORD_BITS else ''}"
            )
        value >>= spare
    return layout, value >> layout.tail_bits, value & ((1 << layout.tail_bits) - 1)


def _fields(bits: int, layout: Layout) -> tuple[int, str, str, str, str]:
    """Filter value, company prefix, reference (unescaped), piece and total with dots, and the URI's body made of these.

    Raises:
        EpcError: partition, company prefix, reference, piece or total is out of range.
    """
    pieces = ""
    if layout.pieces:
        pieces = _pieces(bits >> PIECE_BITS & 127, bits & 127)
        bits >>= layout.piece_bits
    shift = layout.partition_shift
    partition = bits >> shift & 7
    if partition >= len(layout.partitions):
        raise EpcError(f"{layout.name}: the partition 7 does not exist")
    row = layout.partitions[partition]
    prefix = bits >> row.prefix_shift & row.prefix_mask
    if prefix >= row.prefix_limit:
        raise EpcError(f"{layout.name}: the company prefix {prefix} has more than {row.prefix_digits} digits")
    prefix_text = f"{prefix:0{row.prefix_digits}d}"
    reference = _read_reference(layout, row, bits & row.reference_mask)
    urn = escape_urn(reference) if layout.reference == "string" else reference
    body = f"{prefix_text}.{urn}{pieces}{'.' if layout.has_serial else ''}"
    return bits >> shift + 3 & 7, prefix_text, reference, pieces, body


def _head(bits: int, header: int) -> Head:
    """The forms up to the tail of the encoding with that header. Raises as `_fields`."""
    layout = BY_HEADER[header]
    filter_value, prefix, reference, pieces, body = _fields(bits, layout)
    return Head(
        f"urn:epc:tag:{layout.name}:{filter_value}.{body}",
        f"urn:epc:id:{layout.uri_type}:{body}",
        link_to_serial(BY_URI_TYPE[layout.uri_type], prefix, reference, pieces.replace(".", "")),
    )


def _identity(bits: int, header: int) -> str:
    """The pure identity URI alone, up to the tail. Raises as `_fields`."""
    layout = BY_HEADER[header]
    return f"urn:epc:id:{layout.uri_type}:{_fields(bits, layout)[-1]}"


head_of = lru_cache(maxsize=65536)(_head)
identity_head_of = lru_cache(maxsize=65536)(_identity)


def _pieces(piece: int, total: int) -> str:
    if piece > _MAX_PIECE or total > _MAX_PIECE:
        raise EpcError(f"ITIP: piece {piece} of {total} has more than two digits")
    return f".{piece:02d}.{total:02d}"


def _read_reference(layout: Layout, row: Partition, bits: int) -> str:
    if layout.reference == "unpadded":
        return str(bits)
    if layout.reference == "string":
        return read_seven_bits(bits, row.prefix_shift, row.longest, f"reference of {layout.name}")
    if bits >= 10**row.longest:
        raise EpcError(f"{layout.name}: the reference {bits} has more than {row.longest} digits")
    return f"{bits:0{row.longest}d}" if row.longest else ""


def _tail_text(layout: Layout, tail: int) -> str:
    if layout.tail == "string":
        return read_seven_bits(tail, layout.tail_bits, layout.tail_bits // 7, f"serial of {layout.name}")
    if layout.tail == "digits":
        return read_digits(tail, f"serial of {layout.name}")
    if layout.tail == "integer":
        return str(tail)
    if tail:
        raise EpcError(f"{layout.name}: the {layout.tail_bits} reserved bits should be zero")
    return ""


def encode_body(layout: Layout, filter_value: int, body: str) -> str:
    """The memory of a URI whose part after the type (and filter) is `body`.

    Raises:
        EpcError: the body has not the parts of that layout, or one does not fit its field.
    """
    prefix, reference, pieces, serial = _parts(layout, body)
    row = partition_for(layout.partitions, prefix)
    value = layout.header << 6 | filter_value << 3 | row.value
    value = value << layout.partition_shift | int(prefix) << row.prefix_shift
    value |= _write_reference(layout, row, reference)
    for piece in pieces:
        value = value << PIECE_BITS | _write_piece(piece)
    return to_memory(value << layout.tail_bits | _write_tail(layout, serial), layout.bits)


def _parts(layout: Layout, body: str) -> tuple[str, str, list[str], str]:
    """Company prefix, reference, piece and total, serial ("" without one)."""
    count = 2 + (2 if layout.pieces else 0) + layout.has_serial
    # A serial may have dots in it, and so may the reference of a GIAI; those stand last.
    parts = body.split(".", count - 1)
    if len(parts) != count:
        raise EpcError(f"{body[:120]!r} has {len(parts)} parts; {layout.name} has {count}")
    return parts[0], parts[1], parts[2:4] if layout.pieces else [], parts[-1] if layout.has_serial else ""


def _write_reference(layout: Layout, row: Partition, reference: str) -> int:
    field = f"reference of {layout.name}"
    if layout.reference == "string":
        return write_seven_bits(unescape_urn(reference), row.prefix_shift, row.longest, field)
    if layout.reference == "unpadded":
        return write_integer(reference, row.prefix_shift, field)
    if len(reference) != row.longest or not (is_digits(reference) or reference == ""):
        raise EpcError(
            f"{layout.name} needs, beside a company prefix of {row.prefix_digits} digits, exactly {row.longest} digits "
            f"of reference, not {reference[:40]!r}"
        )
    return int(reference or "0")


def _write_piece(piece: str) -> int:
    # TDS 2.3, section 14.3.10, would refuse 99 here, though 14.4.10 reads it; the table of the TDT allows it.
    if len(piece) != _PIECE_DIGITS or not is_digits(piece):
        raise EpcError(f"ITIP: piece and total should be two digits each, not {piece[:40]!r}")
    return int(piece)


def _write_tail(layout: Layout, serial: str) -> int:
    field = f"serial of {layout.name}"
    if layout.tail == "string":
        return write_seven_bits(unescape_urn(serial), layout.tail_bits, layout.tail_bits // 7, field)
    if layout.tail == "digits":
        return write_digits(serial, layout.tail_bits, field)
    return write_integer(serial, layout.tail_bits, field) if layout.tail == "integer" else 0


def shortest_layout(uri_type: str, body: str) -> Layout | None:
    """The first layout of that type that can hold `body`; where none can, the last, whose refusal then says why.

    None for a type that has no layout at all.
    """
    layouts = [layout for layout in LAYOUTS if layout.uri_type == uri_type and not layout.outdated]
    for layout in layouts:
        if holds(layout, body):
            return layout
    return layouts[-1] if layouts else None


def holds(layout: Layout, body: str) -> bool:
    try:
        prefix, reference, _, serial = _parts(layout, body)
        row = partition_for(layout.partitions, prefix)
    except EpcError:
        return False
    if layout.reference == "unpadded" and not fits_integer(reference, row.prefix_shift):
        return False
    return layout.tail != "integer" or fits_integer(serial, layout.tail_bits)
