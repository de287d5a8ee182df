"""Where the fields of each partitioned EPC encoding lie: headers, tables, field widths (TDS 2.3, section 14.6).

All have the shape header, filter, partition, company prefix, reference, piece and total (ITIP only), tail; adding one
is adding a line to `LAYOUTS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lading.epcis.errors import EpcError

SHORTEST_PREFIX, LONGEST_PREFIX = 6, 12
COMPANY_PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)  # partitions 0 to 6 stand for prefixes of 12 to 6 digits

Reference = Literal["padded", "unpadded", "string"]
"""Digits with leading zeros; an integer without; seven-bit characters (TDS 2.3, sections 14.3.3 to 14.3.5)."""

Tail = Literal["integer", "string", "digits", "reserved", "none"]
"""An integer; seven-bit characters; digits behind a 1 that keeps their leading zeros; zero bits; nothing (TDS 2.3,
sections 14.3.1, 14.3.2 and 14.3.6)."""

PIECE_BITS = 7  # piece and total of an ITIP, each; two digits (TDS 2.3, section 14.3.10)


@dataclass(frozen=True, slots=True)
class Partition:
    """One row of a partition table; `prefix_shift` counts from the end of the reference. `longest` is the number of
    digits of a padded reference, of characters of a string."""

    value: int
    prefix_digits: int
    prefix_mask: int
    prefix_limit: int
    prefix_shift: int
    reference_mask: int
    longest: int


@dataclass(frozen=True, slots=True)
class Layout:
    """One binary encoding; `tail_bits` is 0 where `tail` is `none`. `outdated`: read, and written on demand only."""

    name: str
    uri_type: str
    header: int
    bits: int
    partitions: tuple[Partition, ...]
    reference: Reference
    tail: Tail
    tail_bits: int
    pieces: bool = False
    outdated: bool = False

    @property
    def piece_bits(self) -> int:
        return 2 * PIECE_BITS if self.pieces else 0

    @property
    def partition_shift(self) -> int:
        """Width of company prefix and reference together."""
        return self.bits - 14 - self.piece_bits - self.tail_bits

    @property
    def has_serial(self) -> bool:
        """Whether tags of one product differ in the tail alone."""
        return self.tail not in ("reserved", "none")


def partition_for(partitions: tuple[Partition, ...], prefix: str) -> Partition:
    """The row for that company prefix.

    Raises:
        EpcError: it has not 6 to 12 digits.
    """
    if not (prefix.isascii() and prefix.isdigit() and SHORTEST_PREFIX <= len(prefix) <= LONGEST_PREFIX):
        raise EpcError(f"the company prefix {prefix[:40]!r} should have 6 to 12 digits")
    return partitions[LONGEST_PREFIX - len(prefix)]


def _partitions(field_bits: int, longest: tuple[int, ...]) -> tuple[Partition, ...]:
    """The seven rows; `field_bits` is the width of prefix and reference together, 0 where the latter's width varies."""
    rows = []
    for value, (prefix_bits, most) in enumerate(zip(COMPANY_PREFIX_BITS, longest, strict=True)):
        digits = LONGEST_PREFIX - value
        reference_bits = field_bits - prefix_bits if field_bits else 0
        mask = (1 << reference_bits) - 1
        rows.append(Partition(value, digits, (1 << prefix_bits) - 1, 10**digits, reference_bits, mask, most))
    return tuple(rows)


def _together(digits: int) -> tuple[int, ...]:
    """Digits of the reference where prefix and reference have `digits` together."""
    return tuple(digits - LONGEST_PREFIX + value for value in range(len(COMPANY_PREFIX_BITS)))


_18_TO_24 = _together(30)
_ITEM = _partitions(44, _together(13))
_PLACE = _partitions(41, _together(12))
_ASSET = _partitions(44, _together(12))
_RELATION = _partitions(58, _together(17))

LAYOUTS = (
    Layout("sgtin-96", "sgtin", 0x30, 96, _ITEM, "padded", "integer", 38),
    Layout("sgtin-198", "sgtin", 0x36, 198, _ITEM, "padded", "string", 140),
    Layout("sscc-96", "sscc", 0x31, 96, _RELATION, "padded", "reserved", 24),
    Layout("sgln-96", "sgln", 0x32, 96, _PLACE, "padded", "integer", 41),
    Layout("sgln-195", "sgln", 0x39, 195, _PLACE, "padded", "string", 140),
    Layout("grai-96", "grai", 0x33, 96, _ASSET, "padded", "integer", 38),
    Layout("grai-170", "grai", 0x37, 170, _ASSET, "padded", "string", 112),
    Layout("giai-96", "giai", 0x34, 96, _partitions(82, _18_TO_24), "unpadded", "none", 0),
    Layout("giai-202", "giai", 0x38, 202, _partitions(188, _18_TO_24), "string", "none", 0),
    Layout("gsrn-96", "gsrn", 0x2D, 96, _RELATION, "padded", "reserved", 24),
    Layout("gsrnp-96", "gsrnp", 0x2E, 96, _RELATION, "padded", "reserved", 24),
    Layout("gdti-96", "gdti", 0x2C, 96, _PLACE, "padded", "integer", 41),
    Layout("gdti-174", "gdti", 0x3E, 174, _PLACE, "padded", "string", 119),
    Layout("gdti-113", "gdti", 0x3A, 113, _PLACE, "padded", "digits", 58, outdated=True),
    Layout("cpi-96", "cpi", 0x3C, 96, _partitions(51, _18_TO_24), "unpadded", "integer", 31),
    Layout("sgcn-96", "sgcn", 0x3F, 96, _PLACE, "padded", "digits", 41),
    Layout("itip-110", "itip", 0x40, 110, _ITEM, "padded", "integer", 38, pieces=True),
    Layout("itip-212", "itip", 0x41, 212, _ITEM, "padded", "string", 140, pieces=True),
)
CPI_VAR_PARTITIONS = _partitions(0, _18_TO_24)
"""CPI-var: the reference is as long as its characters (TDS 2.3, table 14-35)."""

BY_HEADER = {layout.header: layout for layout in LAYOUTS}
BY_NAME = {layout.name: layout for layout in LAYOUTS}
