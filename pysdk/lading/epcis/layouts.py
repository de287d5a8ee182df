"""Where the fields of each EPC binary encoding lie: headers, partition tables and field widths (TDS 1.13, section 14).

Adding an encoding of the common shape (header, filter, partition, company prefix, reference, tail) is adding one line
to `LAYOUTS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SHORTEST_PREFIX, LONGEST_PREFIX = 6, 12
COMPANY_PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)  # partitions 0 to 6 stand for prefixes of 12 to 6 digits

Tail = Literal["serial", "string", "reserved", "none"]


@dataclass(frozen=True, slots=True)
class Partition:
    """One row of a partition table; shifts count from the end of the head (the bits before the tail)."""

    value: int
    prefix_digits: int
    prefix_shift: int
    prefix_mask: int
    reference_digits: int
    reference_mask: int

    @property
    def prefix_limit(self) -> int:
        limit: int = 10**self.prefix_digits
        return limit

    @property
    def reference_limit(self) -> int:
        limit: int = 10**self.reference_digits
        return limit


@dataclass(frozen=True, slots=True)
class Layout:
    """One binary encoding. `padded` says whether the reference keeps its leading zeros in the URI."""

    name: str
    uri_type: str
    header: int
    bits: int
    partitions: tuple[Partition, ...]
    padded: bool
    tail: Tail
    tail_bits: int

    @property
    def stored_bits(self) -> int:
        """Length in tag memory, which is read and written in words of 16 bits."""
        return -(-self.bits // 16) * 16

    @property
    def partition_shift(self) -> int:
        """Width of company prefix and reference together, hence where the partition value begins in the head."""
        return self.bits - 14 - self.tail_bits

    def for_prefix(self, prefix_digits: int) -> Partition | None:
        """The row for a company prefix of that many digits, None outside 6 to 12."""
        if not SHORTEST_PREFIX <= prefix_digits <= LONGEST_PREFIX:
            return None
        return self.partitions[LONGEST_PREFIX - prefix_digits]


def _partitions(field_bits: int, all_digits: int | None) -> tuple[Partition, ...]:
    """The seven rows; `all_digits` counts prefix and reference together, None gives the GIAI's unpadded widths."""
    rows = []
    for value, prefix_bits in enumerate(COMPANY_PREFIX_BITS):
        prefix_digits = LONGEST_PREFIX - value
        reference_bits = field_bits - prefix_bits
        # TDS 1.13, section 14.6.5: asset references have up to 13 digits beside a prefix of 12, 19 beside one of 6.
        digits = 13 + value if all_digits is None else all_digits - prefix_digits
        rows.append(
            Partition(value, prefix_digits, reference_bits, (1 << prefix_bits) - 1, digits, (1 << reference_bits) - 1)
        )
    return tuple(rows)


_SGTIN = _partitions(44, 13)

LAYOUTS = (
    Layout("sgtin-96", "sgtin", 0x30, 96, _SGTIN, True, "serial", 38),
    Layout("sscc-96", "sscc", 0x31, 96, _partitions(58, 17), True, "reserved", 24),
    Layout("sgln-96", "sgln", 0x32, 96, _partitions(41, 12), True, "serial", 41),
    Layout("grai-96", "grai", 0x33, 96, _partitions(44, 12), True, "serial", 38),
    Layout("giai-96", "giai", 0x34, 96, _partitions(82, None), False, "none", 0),
    Layout("sgtin-198", "sgtin", 0x36, 198, _SGTIN, True, "string", 140),
)

BY_HEADER = {layout.header: layout for layout in LAYOUTS}
BY_NAME = {layout.name: layout for layout in LAYOUTS}
BY_URI_TYPE = {kind: tuple(x for x in LAYOUTS if x.uri_type == kind) for kind in {x.uri_type for x in LAYOUTS}}
