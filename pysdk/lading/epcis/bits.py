"""Reading and writing fields of any width, from the most significant bit on, in integers."""

from __future__ import annotations

from lading.epcis.errors import EpcError

WORD_BITS = 16
"""Tag memory is read and written in words of this width (TDS 2.3, section 15.1.1)."""


class BitReader:
    """Takes fields off the front of tag memory."""

    __slots__ = ("_bits", "_value", "left", "scheme")

    def __init__(self, memory: bytes, scheme: str) -> None:
        self._value = int.from_bytes(memory, "big")
        self._bits = self.left = 8 * len(memory)
        self.scheme = scheme

    def take(self, width: int, field: str) -> int:
        """The next `width` bits as an unsigned integer.

        Raises:
            EpcError: so many are not left; the message names `field`.
        """
        if width > self.left:
            raise EpcError(f"{self.scheme}: the memory ends within the {field}; {width} bits are needed there.")
        self.left -= width
        return self._value >> self.left & ((1 << width) - 1)

    def rest(self) -> int:
        """The bits that were not taken, as an integer."""
        return self._value & ((1 << self.left) - 1)

    def end(self) -> None:
        """To be called after the last field.

        Raises:
            EpcError: more is left than the padding to a whole word, or it is not zero.
        """
        if self.left > (self.left - self._bits) % WORD_BITS or self.rest():
            raise EpcError(f"{self.scheme}: {self.left} bits belong to no field; padding is zero, within a word.")


class BitWriter:
    """Puts fields one after the other."""

    __slots__ = ("_value", "_width")

    def __init__(self) -> None:
        self._value = self._width = 0

    def put(self, value: int, width: int) -> None:
        """`value`, which fits `width` bits: the caller has checked it."""
        self._value = self._value << width | value
        self._width += width

    def memory(self) -> str:
        """Upper-case hexadecimal, padded with zero bits to whole words."""
        return to_memory(self._value, self._width)


def to_memory(value: int, width: int) -> str:
    """The lower `width` bits of `value` as upper-case hexadecimal, padded with zero bits to whole words of memory."""
    padding = -width % WORD_BITS
    return f"{value << padding:0{(width + padding) // 4}X}"
