"""+AIDC data: application identifiers and their values behind the EPC of TDS 2.0's encodings (TDS 2.3, section 15.3).

Which identifiers have to go together, and which exclude each other (GS1 General Specifications, section 4.13), is not
looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from lading.epcis.aidc_table import AI_DIGITS, FORMATS, Component, Kind
from lading.epcis.bits import BitReader, BitWriter
from lading.epcis.element_strings import check_element
from lading.epcis.errors import EpcError
from lading.epcis.gs1 import CHARSET_39, CHARSET_82, verify_check_digit
from lading.epcis.plus_characters import (
    read_integer,
    read_nibbles,
    read_number,
    read_terminated,
    read_text,
    write_integer,
    write_nibbles,
    write_number,
    write_terminated,
    write_text,
)
from lading.epcis.plus_dates import (
    read_date,
    read_dates,
    read_minute,
    read_moment,
    write_date,
    write_dates,
    write_minute,
    write_moment,
)

MOST_BITS = 496
"""What the length field in front of an EPC can announce: 31 words (TDS 2.3, section 14.6.11, last note)."""

_HEADER_BITS, _SSCC_BITS = 8, 72
_ALPHABET = CHARSET_82 | CHARSET_39
_COUNTRY_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTER_BITS = 6
# Identifier -> how many digits its check digit is the last of (GS1 General Specifications, section 3).
_CHECKED = {
    **dict.fromkeys(("00", "8017", "8018"), 18),
    **dict.fromkeys(("01", "02", "8006", "8026"), 14),
    **dict.fromkeys(("253", "255", *(f"41{last}" for last in range(8))), 13),
    **{"402": 17, "8003": 14},
}


def follows(reader: BitReader) -> bool:
    """Whether what is left is one more element, and not the end: section 15.3, the last three rules."""
    if reader.left < _HEADER_BITS:
        return False
    return reader.rest() >> reader.left - _HEADER_BITS != 0 or reader.left >= _HEADER_BITS + _SSCC_BITS


def read_elements(reader: BitReader, said: Collection[str]) -> dict[str, str]:
    """AI -> value of what stands behind an EPC that names the identifiers `said`, in its order.

    Raises:
        EpcError: an identifier comes twice, is reserved, or has no format; its value is malformed; the memory ends
            within one, or has other bits than zero behind the last.
        CheckDigitError: a key's check digit is wrong.
    """
    found: dict[str, str] = {}
    while follows(reader):
        ai = _read_ai(reader)
        if ai in found or ai in said:
            raise EpcError(f"{reader.scheme}: the +AIDC data say ({ai}), which the tag has said before")
        value = "".join(_READERS[part.kind](reader, part, f"+AIDC value ({ai})") for part in FORMATS[ai])
        found[ai] = _checked(ai, value)
    if reader.rest():
        raise EpcError(f"{reader.scheme}: the last {reader.left} bits belong to no +AIDC data, and should be zero")
    return found


def write_elements(writer: BitWriter, elements: Mapping[str, str]) -> None:
    """Puts AI -> value, in this order, behind an EPC.

    Raises:
        EpcError: an identifier has no format there, or a value is malformed or too long.
        CheckDigitError: a key's check digit is wrong.
    """
    for ai, value in elements.items():
        if ai not in FORMATS:
            raise EpcError(f"({ai}) cannot stand in +AIDC data: table F of TDS 2.3 has no such identifier")
        writer.put(int(ai, 16), 4 * len(ai))
        rest = _checked(ai, value)
        parts = FORMATS[ai]
        for part in parts:
            # Where there are two parts, the first has a fixed number of digits.
            mine, rest = (rest[: part.size], rest[part.size :]) if part is not parts[-1] else (rest, "")
            if not part.shortest <= len(mine) <= part.size:
                raise EpcError(
                    f"({ai}){value[:80]}: {len(mine)} characters, where +AIDC data have room for {part.shortest} to "
                    f"{part.size}"
                )
            try:
                _WRITERS[part.kind](writer, part, mine)
            except EpcError as error:
                raise EpcError(f"({ai}){value[:80]}: {error.message}") from None


def _read_ai(reader: BitReader) -> str:
    header = f"{reader.take(_HEADER_BITS, '+AIDC header'):02X}"
    if not header.isdecimal():
        raise EpcError(f"{reader.scheme}: the +AIDC header {header} is reserved")
    if header not in AI_DIGITS:
        raise EpcError(f"{reader.scheme}: the +AIDC header {header} begins no application identifier")
    more = AI_DIGITS[header] - len(header)
    ai = header + (read_nibbles(reader, more, f"+AIDC identifier {header}…") if more else "")
    if ai not in FORMATS:
        raise EpcError(f"{reader.scheme}: table F of TDS 2.3 has no ({ai}), so what follows cannot be read")
    return ai


def _checked(ai: str, value: str) -> str:
    check_element(ai, value)
    if ai in _CHECKED:
        verify_check_digit(f"({ai})", value[: _CHECKED[ai]])
    return value


def _read_text(reader: BitReader, part: Component, field: str) -> str:
    return read_text(reader, part.size, field, _ALPHABET, length_bits=part.length_bits, shortest=part.shortest)


def _read_number(reader: BitReader, part: Component, field: str) -> str:
    return read_number(reader, part.size, field, length_bits=part.length_bits, shortest=part.shortest)


def _read_country(reader: BitReader, _: Component, field: str) -> str:
    letters = [reader.take(_LETTER_BITS, field) for _ in range(2)]
    if max(letters) >= len(_COUNTRY_LETTERS):
        raise EpcError(f"{reader.scheme}: the {field} should be two letters from A to Z")
    return "".join(_COUNTRY_LETTERS[letter] for letter in letters)


def _write_country(writer: BitWriter, _: Component, letters: str) -> None:
    if not set(letters) <= set(_COUNTRY_LETTERS):
        raise EpcError("a country is two letters from A to Z")
    for letter in letters:
        writer.put(_COUNTRY_LETTERS.index(letter), _LETTER_BITS)


def _read_sequence(reader: BitReader, _: Component, field: str) -> str:
    return _checked_sequence(f"{read_nibbles(reader, 1, field)}/{read_nibbles(reader, 1, field)}")


def _write_sequence(writer: BitWriter, _: Component, text: str) -> None:
    write_nibbles(writer, _checked_sequence(text).replace("/", ""))


def _checked_sequence(text: str) -> str:
    if "0" in text:
        raise EpcError(f"the sequence {text} should be two digits from 1 to 9")
    return text


_READERS: dict[Kind, Callable[[BitReader, Component, str], str]] = {
    "nibbles": lambda reader, part, field: read_nibbles(reader, part.size, field),
    "integer": lambda reader, part, field: read_integer(reader, part.size, field),
    "number": _read_number,
    "text": _read_text,
    "terminated": lambda reader, part, field: read_terminated(reader, part.size, field, _ALPHABET),
    "date": lambda reader, part, field: read_date(reader),
    "minute": lambda reader, part, field: read_minute(reader),
    "dates": lambda reader, part, field: read_dates(reader),
    "moment": lambda reader, part, field: read_moment(reader),
    "bit": lambda reader, part, field: str(reader.take(1, field)),
    "country": _read_country,
    "minus": lambda reader, part, field: "-" * reader.take(1, field),
    "sequence": _read_sequence,
}
_WRITERS: dict[Kind, Callable[[BitWriter, Component, str], None]] = {
    "nibbles": lambda writer, part, text: write_nibbles(writer, text),
    "integer": lambda writer, part, text: write_integer(writer, text),
    "number": lambda writer, part, text: write_number(writer, text, length_bits=part.length_bits),
    "text": lambda writer, part, text: write_text(writer, text, length_bits=part.length_bits),
    "terminated": lambda writer, part, text: write_terminated(writer, text),
    "date": lambda writer, part, text: write_date(writer, text),
    "minute": lambda writer, part, text: write_minute(writer, text),
    "dates": lambda writer, part, text: write_dates(writer, text),
    "moment": lambda writer, part, text: write_moment(writer, text),
    "bit": lambda writer, part, text: writer.put(int(text), 1),
    "country": _write_country,
    "minus": lambda writer, part, text: writer.put(len(text), 1),
    "sequence": _write_sequence,
}
