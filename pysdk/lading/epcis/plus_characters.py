"""Text as bits in the encodings of TDS 2.0 and later (TDS 2.3, sections 14.5.4 to 14.5.6 and 14.5.13)."""

from __future__ import annotations

from lading.epcis.bits import BitReader, BitWriter
from lading.epcis.errors import EpcError
from lading.epcis.gs1 import CHARSET_82, check_alphabet

_INDICATOR_BITS = 3
TEXT_LENGTH_BITS, NUMBER_LENGTH_BITS = 5, 4
"""Of every value that an EPC holds; +AIDC data have other widths as well (table F)."""
_DELIMITER, _TERMINATOR = 0b1110, 0b1111
_DIGITS = "0123456789"
_NUMERIC, _URN_CODE_40 = 0, 5

# Encoding indicator -> the characters in the order of their codes, and the bits of a code (table E). The numeric method
# and URN Code 40 pack several characters into one integer.
_ALPHABETS = {
    1: (_DIGITS + "ABCDEF", 4),
    2: (_DIGITS + "abcdef", 4),
    3: ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6),
    4: ("".join(map(chr, range(128))), 7),
}
_CODE_40 = "\0ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789"  # \0 pads
_CODE_40_GROUP, _CODE_40_BITS = 3, 16


def digits_width(count: int) -> int:
    """Bits of any integer of `count` digits (table B)."""
    return int(10**count - 1).bit_length()


def read_nibbles(reader: BitReader, count: int, field: str) -> str:
    """`count` digits of four bits each (section 14.5.4).

    Raises:
        EpcError: four bits are no digit, or the memory ends.
    """
    text = f"{reader.take(4 * count, field):0{count}X}"
    if not text.isdecimal():
        raise EpcError(f"{reader.scheme}: the {field} {text} should be digits")
    return text


def write_nibbles(writer: BitWriter, digits: str) -> None:
    """Puts digits as four bits each."""
    writer.put(int(digits or "0", 16), 4 * len(digits))


def read_integer(reader: BitReader, count: int, field: str) -> str:
    """`count` digits in an integer (section 14.5.2).

    Raises:
        EpcError: the integer has more, or the memory ends.
    """
    value = reader.take(digits_width(count), field)
    if value >= 10**count:
        raise EpcError(f"{reader.scheme}: the {field} {value} has more than the {count} digits that it says")
    return f"{value:0{count}d}" if count else ""


def write_integer(writer: BitWriter, digits: str) -> None:
    """Puts digits as an integer of so many."""
    writer.put(int(digits or "0"), digits_width(len(digits)))


def read_number(
    reader: BitReader, longest: int, field: str, *, length_bits: int = NUMBER_LENGTH_BITS, shortest: int = 1
) -> str:
    """Digits behind their number, in an integer (section 14.5.13).

    Raises:
        EpcError: there are less than `shortest` or more than `longest`, or the integer has more; or the memory ends.
    """
    length = reader.take(length_bits, field)
    _check_length(reader, length, (shortest, longest), field)
    return read_integer(reader, length, field)


def write_number(writer: BitWriter, digits: str, *, length_bits: int = NUMBER_LENGTH_BITS) -> None:
    """Puts digits and, in front, how many there are."""
    writer.put(len(digits), length_bits)
    write_integer(writer, digits)


def read_terminated(reader: BitReader, longest: int, field: str, alphabet: frozenset[str]) -> str:
    """Digits of four bits each up to a terminator, or a delimiter with text behind it (section 14.5.5).

    Raises:
        EpcError: more than `longest` characters, or one outside `alphabet`; the text begins with a digit, which belongs
            before the delimiter; four bits are neither digit nor end; or the memory ends.
    """
    digits = ""
    while (nibble := reader.take(4, field)) < len(_DIGITS) and len(digits) < longest:
        digits += str(nibble)
    if nibble == _TERMINATOR:
        return digits
    if nibble != _DELIMITER:
        raise EpcError(f"{reader.scheme}: the {field} has more than {longest} digits or four bits that are none")
    rest = read_text(reader, longest - len(digits), field, alphabet)
    if rest[0] in _DIGITS:
        raise EpcError(f"{reader.scheme}: the {field} has its digit {rest[0]} behind the delimiter")
    return digits + rest


def write_terminated(writer: BitWriter, text: str) -> None:
    """Puts a text that begins with a digit, and its terminator.

    Raises:
        EpcError: it begins with something else.
    """
    rest = text.lstrip(_DIGITS)
    if rest == text:
        raise EpcError(f"{text[:40]!r} should begin with a digit")
    write_nibbles(writer, text[: len(text) - len(rest)])
    writer.put(_DELIMITER if rest else _TERMINATOR, 4)
    if rest:
        write_text(writer, rest)


def read_text(
    reader: BitReader,
    longest: int,
    field: str,
    alphabet: frozenset[str] = CHARSET_82,
    *,
    length_bits: int = TEXT_LENGTH_BITS,
    shortest: int = 1,
) -> str:
    """Characters behind the number of their encoding and how many there are (section 14.5.6).

    Raises:
        EpcError: there are less than `shortest` or more than `longest`; one is outside `alphabet`; the encoding is
            reserved; or the memory ends.
    """
    indicator = reader.take(_INDICATOR_BITS, f"encoding of the {field}")
    length = reader.take(length_bits, f"length of the {field}")
    _check_length(reader, length, (shortest, longest), field)
    if indicator not in (_NUMERIC, _URN_CODE_40, *_ALPHABETS):
        raise EpcError(f"{reader.scheme}: the {field} has the encoding {indicator}, which is reserved")
    if indicator == _NUMERIC or not length:
        return read_integer(reader, length, field)
    if indicator == _URN_CODE_40:
        return check_alphabet(field, _read_code_40(reader, length, field), longest, alphabet)
    codes, width = _ALPHABETS[indicator]
    text = "".join([codes[reader.take(width, field)] for _ in range(length)])
    return check_alphabet(field, text, longest, alphabet)


def write_text(writer: BitWriter, text: str, *, length_bits: int = TEXT_LENGTH_BITS) -> None:
    """Puts a text of set 82 or 39 in the fewest bits, as section 14.5.6 advises."""
    indicator = _shortest(text)
    writer.put(indicator, _INDICATOR_BITS)
    writer.put(len(text), length_bits)
    if indicator == _NUMERIC:
        write_integer(writer, text)
    elif indicator == _URN_CODE_40:
        for start in range(0, len(text), _CODE_40_GROUP):
            writer.put(_code_40(text[start : start + _CODE_40_GROUP]), _CODE_40_BITS)
    else:
        codes, width = _ALPHABETS[indicator]
        for character in text:
            writer.put(codes.index(character), width)


def _shortest(text: str) -> int:
    """The encoding that takes the fewest bits; of two alike the one with the lower number."""
    used = set(text)
    widths = {indicator: width * len(text) for indicator, (known, width) in _ALPHABETS.items() if used <= set(known)}
    if used <= set(_DIGITS):
        widths[_NUMERIC] = digits_width(len(text))
    if used <= set(_CODE_40[1:]):
        widths[_URN_CODE_40] = -(-len(text) // _CODE_40_GROUP) * _CODE_40_BITS
    return min(widths, key=lambda indicator: (widths[indicator], indicator))


def _check_length(reader: BitReader, length: int, allowed: tuple[int, int], field: str) -> None:
    shortest, longest = allowed
    if not shortest <= length <= longest:
        raise EpcError(f"{reader.scheme}: the {field} has {length} characters; {shortest} to {longest} are allowed")


def _read_code_40(reader: BitReader, length: int, field: str) -> str:
    text = ""
    for start in range(0, length, _CODE_40_GROUP):
        packed = reader.take(_CODE_40_BITS, field)
        indexes = (packed - 1) // 1600, (packed - 1) // 40 % 40, (packed - 1) % 40
        group = "".join([_CODE_40[index] for index in indexes]) if 0 <= indexes[0] < len(_CODE_40) else ""
        group = group[: length - start]
        if not group or "\0" in group or _code_40(group) != packed:
            raise EpcError(f"{reader.scheme}: the {field} has the sixteen bits {packed:04X}, which are no characters")
        text += group
    return text


def _code_40(group: str) -> int:
    first, second, third = (_CODE_40.index(character) for character in group.ljust(_CODE_40_GROUP, "\0"))
    return 1600 * first + 40 * second + third + 1
