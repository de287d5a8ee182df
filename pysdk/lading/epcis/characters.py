"""Text as bits: the seven- and six-bit characters and the digit strings of EPC encodings older than TDS 2.0.

A reader gives what the bits say or refuses them; a writer refuses what the reader would not give back. Sources:
TDS 2.3, sections 14.3 and 14.4, tables A-1 and G-1.
"""

from __future__ import annotations

from lading.epcis.bits import BitReader, BitWriter
from lading.epcis.errors import EpcError
from lading.epcis.gs1 import CHARSET_39, check_alphabet, is_digits

_SEVEN = 7
_SIX = 6
_SIX_BIT_CHARACTERS = {ord(character) & 63: character for character in CHARSET_39}
_CAGE = frozenset("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")
_CAGE_LENGTH = 5  # a DoDAAC has one more
_CAGE_PAD = 0b100000  # in front of a CAGE of five characters


def read_seven_bits(bits: int, width: int, longest: int, field: str) -> str:
    """Up to `longest` characters from the left, then zero bits alone ("String", section 14.4.2).

    Raises:
        EpcError: there are none or too many, or a character outside set 82, a zero among them.
    """
    count = width // _SEVEN
    spare = width - count * _SEVEN
    text = "".join([chr(bits >> shift & 127) for shift in range(width - _SEVEN, spare - 1, -_SEVEN)]).rstrip("\0")
    if bits & ((1 << spare) - 1):
        raise EpcError(f"the {field} ends in {spare} bits that are no character and not zero")
    return check_alphabet(field, text, longest)


def write_seven_bits(text: str, width: int, longest: int, field: str) -> int:
    """The bits of `text`, padded to `width` ("String", section 14.3.2).

    Raises:
        EpcError: it is empty, longer than `longest`, or has a character outside set 82.
    """
    value = 0
    for character in check_alphabet(field, text, longest):
        value = value << _SEVEN | ord(character)
    return value << width - _SEVEN * len(text)


def read_digits(bits: int, field: str) -> str:
    """Digits whose leading zeros a 1 in front of them keeps ("Numeric String", section 14.4.6).

    Raises:
        EpcError: there is no 1 in front, or nothing behind it.
    """
    digits = str(bits)
    if digits[0] != "1" or len(digits) == 1:
        raise EpcError(f"the {field} holds {digits}, which is no 1 followed by digits")
    return digits[1:]


def write_digits(digits: str, width: int, field: str) -> int:
    """The reverse of `read_digits`.

    Raises:
        EpcError: it is not one or more digits, or there are more than `width` bits can always hold.
    """
    if not is_digits(digits) or 2 * 10 ** len(digits) >= 1 << width:
        raise EpcError(f"the {field} should be digits, few enough for {width} bits, not {digits[:80]!r}")
    return int("1" + digits)


def fits_integer(digits: str, width: int) -> bool:
    """Whether `digits` can be an integer of `width` bits without losing a leading zero ("Integer", section 14.3.1)."""
    return is_digits(digits) and (digits[0] != "0" or digits == "0") and int(digits) < 1 << width


def write_integer(digits: str, width: int, field: str) -> int:
    """Raises:
    EpcError: it is no integer below 2 to the power of `width`, or has leading zeros.
    """
    if not fits_integer(digits, width):
        raise EpcError(f"the {field} needs an integer below {1 << width} without leading zeros, not {digits[:40]!r}")
    return int(digits)


def read_six_bits(reader: BitReader, longest: int, field: str) -> str:
    """Six-bit characters up to six zero bits ("6-Bit Variable String", section 14.4.8); it may be empty.

    Raises:
        EpcError: more than `longest`, a value that is no character, or the memory ends first.
    """
    text = ""
    while value := reader.take(_SIX, field):
        if len(text) == longest:
            raise EpcError(f"the {field} has more than {longest} characters")
        text += _six_bit_character(value, field)
    return text


def write_six_bits(writer: BitWriter, text: str) -> None:
    """Puts `text`, whose characters the caller has checked, and six zero bits (section 14.3.8)."""
    for character in text:
        writer.put(ord(character) & 63, _SIX)
    writer.put(0, _SIX)


def read_cage(reader: BitReader) -> str:
    """A CAGE (5 characters) or DoDAAC (6) of 36 bits (section 14.4.7).

    Raises:
        EpcError: a character is none of those, or the memory ends first.
    """
    first = reader.take(_SIX, "CAGE or DoDAAC")
    text = "" if first == _CAGE_PAD else _six_bit_character(first, "CAGE or DoDAAC")
    for _ in range(_CAGE_LENGTH):
        text += _six_bit_character(reader.take(_SIX, "CAGE or DoDAAC"), "CAGE or DoDAAC")
    return check_cage(text)


def write_cage(writer: BitWriter, cage: str) -> None:
    """Puts a CAGE or DoDAAC that `check_cage` let through (section 14.3.7)."""
    if len(cage) == _CAGE_LENGTH:
        writer.put(_CAGE_PAD, _SIX)
    for character in cage:
        writer.put(ord(character) & 63, _SIX)


def check_cage(text: str) -> str:
    """`text` itself, if it is a CAGE or DoDAAC (section 6.3.17).

    Raises:
        EpcError: it has not 5 or 6 characters, or one that is neither digit nor upper-case letter other than I and O.
    """
    if len(text) not in (_CAGE_LENGTH, _CAGE_LENGTH + 1) or not _CAGE.issuperset(text):
        raise EpcError(f"the CAGE or DoDAAC {text[:40]!r} should be 5 or 6 digits and capitals without I and O")
    return text


def _six_bit_character(value: int, field: str) -> str:
    character = _SIX_BIT_CHARACTERS.get(value)
    if character is None:
        raise EpcError(f"the {field} has the six bits {value:06b}, which are no character")
    return character
