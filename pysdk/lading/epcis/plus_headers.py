"""The EPC encodings of TDS 2.0 that hold the elements of a GS1 Digital Link as they are: SGTIN+, SSCC+ and the others.

They say nothing about the length of the company prefix and have neither tag URI nor pure identity URI; their name is
the Digital Link. What may follow the EPC in the same memory ("+AIDC data", TDS 2.3, section 15.3) is no part of the
identity: it is announced by a bit, which is checked, and stays in the raw URI.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lading.epcis.bits import BitReader, BitWriter
from lading.epcis.errors import EpcError
from lading.epcis.gs1 import CHARSET_39, CHARSET_82, check_alphabet, is_digits
from lading.epcis.keys import Gs1Key, verify_key
from lading.epcis.plus_characters import (
    read_nibbles,
    read_number,
    read_terminated,
    read_text,
    write_nibbles,
    write_number,
    write_terminated,
    write_text,
)

SerialForm = Literal["text", "number", "none"]

_AIDC_HEADER_BITS, _SSCC_BITS = 8, 72
_PREFIX_DIGITS = 4  # a GIAI or CPI begins with a company prefix, which has at least so many digits
_WITHIN_GIAI = 30
_PLACE_ITSELF = "0"
# Four bits in front of the date of a DSGTIN+ -> what date it is (TDS 2.3, section 14.5.3).
DATE_AIS = ("11", "13", "15", "16", "17", "7006", "7007")
_LAST_YEAR = 99
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class PlusScheme:
    """One encoding (TDS 2.3, section 14.6). `digits`: of the key; 0 where it is text that begins with digits.
    `longest`: of the serial; of the text where there is none."""

    name: str
    header: int
    ai: str
    digits: int
    serial: SerialForm = "none"
    longest: int = 0
    dated: bool = False


@dataclass(frozen=True, slots=True)
class PlusEpc:
    """What one tag says. `date`: AI and YYMMDD, of a DSGTIN+ alone. `has_aidc_data`: more data follows the EPC."""

    scheme: str
    filter: int
    key: Gs1Key
    date: tuple[str, str] | None
    has_aidc_data: bool


SCHEMES = (
    PlusScheme("sgtin+", 0xF7, "01", 14, "text", 20),
    PlusScheme("dsgtin+", 0xFB, "01", 14, "text", 20, dated=True),
    PlusScheme("sscc+", 0xF9, "00", 18),
    PlusScheme("sgln+", 0xF2, "414", 13, "text", 20),
    PlusScheme("grai+", 0xF1, "8003", 14, "text", 16),
    PlusScheme("giai+", 0xFA, "8004", 0, longest=_WITHIN_GIAI),
    PlusScheme("gsrn+", 0xF4, "8018", 18),
    PlusScheme("gsrnp+", 0xF5, "8017", 18),
    PlusScheme("gdti+", 0xF6, "253", 13, "text", 17),
    PlusScheme("cpi+", 0xF0, "8010", 0, "number", 12),
    PlusScheme("sgcn+", 0xF8, "255", 13, "number", 12),
    PlusScheme("itip+", 0xF3, "8006", 18, "text", 20),
)
BY_HEADER = {scheme.header: scheme for scheme in SCHEMES}
BY_NAME = {scheme.name: scheme for scheme in SCHEMES}


def read(memory: bytes) -> PlusEpc:
    """What memory says whose header is in `BY_HEADER`.

    Raises:
        EpcError: a field is malformed, padding is not zero, or the bit for +AIDC data contradicts what follows.
        CheckDigitError: the key's check digit is wrong.
    """
    scheme = BY_HEADER[memory[0]]
    reader = BitReader(memory, scheme.name)
    reader.take(8, "header")
    has_aidc_data = bool(reader.take(1, "bit for +AIDC data"))
    filter_value = reader.take(3, "filter value")
    date = _read_date(reader) if scheme.dated else None
    key = verify_key(_read_key(scheme, reader))
    if has_aidc_data:
        _check_aidc_data(reader)
    else:
        reader.end()
    return PlusEpc(scheme.name, filter_value, key, date, has_aidc_data)


def write(scheme: PlusScheme, key: Gs1Key, filter_value: int, date: tuple[str, str] | None) -> str:
    """The memory of `key`, without +AIDC data; `date` (AI, YYMMDD) for a DSGTIN+ alone.

    Raises:
        EpcError: the key is not of that scheme, has no serial where one is needed, or a lot; the date is missing, too
            much, or none.
        CheckDigitError: the key's check digit is wrong.
    """
    key = _checked(scheme, verify_key(key))
    if (date is not None) != scheme.dated:
        raise EpcError(f"{scheme.name} {'needs' if scheme.dated else 'has no room for'} a date: {', '.join(DATE_AIS)}")
    writer = BitWriter()
    writer.put(scheme.header, 8)
    writer.put(filter_value, 4)
    if date is not None:
        _write_date(writer, *date)
    if scheme.digits:
        write_nibbles(writer, key.value)
    else:
        write_terminated(writer, key.value)
    if scheme.serial == "text":
        write_text(writer, key.serial or _PLACE_ITSELF)
    elif scheme.serial == "number":
        write_number(writer, key.serial or "")
    return writer.memory()


def _read_key(scheme: PlusScheme, reader: BitReader) -> Gs1Key:
    if scheme.digits:
        value = read_nibbles(reader, scheme.digits, f"key ({scheme.ai})")
    else:
        field = f"key ({scheme.ai})"
        value = _check_text_key(scheme, read_terminated(reader, _WITHIN_GIAI, field, _alphabet(scheme)))
    serial = None
    if scheme.serial == "text":
        serial = read_text(reader, scheme.longest, "serial")
    elif scheme.serial == "number":
        serial = read_number(reader, scheme.longest, "serial")
    # TDS 2.3, section 6.3.3: the extension 0 stands for the place itself.
    return Gs1Key(scheme.ai, value, None if scheme.ai == "414" and serial == _PLACE_ITSELF else serial)


def _alphabet(scheme: PlusScheme) -> frozenset[str]:
    return CHARSET_39 if scheme.ai == "8010" else CHARSET_82


def _check_text_key(scheme: PlusScheme, value: str) -> str:
    check_alphabet(f"key ({scheme.ai})", value, _WITHIN_GIAI, _alphabet(scheme))
    if len(value) <= _PREFIX_DIGITS or not is_digits(value[:_PREFIX_DIGITS]):
        raise EpcError(f"{scheme.name}: the key {value!r} should begin with {_PREFIX_DIGITS} digits or more, and go on")
    return value


def _checked(scheme: PlusScheme, key: Gs1Key) -> Gs1Key:
    if key.ai != scheme.ai or key.lot is not None or key.third_party_serial is not None:
        raise EpcError(f"{scheme.name} holds a key ({scheme.ai}) without lot, not {key.digital_link}")
    if not scheme.digits:
        _check_text_key(scheme, key.value)
    if scheme.serial == "none" or (key.serial is None and scheme.ai == "414"):
        return key
    serial = check_alphabet("serial", key.serial or "", scheme.longest)
    if scheme.serial == "number" and not is_digits(serial):
        raise EpcError(f"{scheme.name}: the serial should be digits, not {serial!r}")
    return key


def _check_aidc_data(reader: BitReader) -> None:
    """Raises:
    EpcError: no +AIDC data follows, though the bit says so (TDS 2.3, section 15.3, last rules).
    """
    follows = reader.left >= _AIDC_HEADER_BITS and (
        reader.rest() >> reader.left - _AIDC_HEADER_BITS or reader.left >= _AIDC_HEADER_BITS + _SSCC_BITS
    )
    if not follows:
        raise EpcError(f"{reader.scheme}: the bit for +AIDC data is set, but none follows the EPC")


def _read_date(reader: BitReader) -> tuple[str, str]:
    kind = reader.take(4, "kind of date")
    if kind >= len(DATE_AIS):
        raise EpcError(f"{reader.scheme}: the kind of date {kind} is reserved")
    year, month, day = reader.take(7, "year"), reader.take(4, "month"), reader.take(5, "day")
    return DATE_AIS[kind], _check_date(year, month, day)


def _check_date(year: int, month: int, day: int) -> str:
    # Day 0 stands for the month's last (GS1 General Specifications, section 3.4).
    if year > _LAST_YEAR or not 1 <= month <= len(_DAYS) or day > _DAYS[month - 1]:
        raise EpcError(f"the date of year {year}, month {month}, day {day} does not exist")
    return f"{year:02d}{month:02d}{day:02d}"


def _write_date(writer: BitWriter, ai: str, date: str) -> None:
    if ai not in DATE_AIS or not is_digits(date) or len(date) != len("YYMMDD"):
        raise EpcError(f"a DSGTIN+ holds one date YYMMDD of {', '.join(DATE_AIS)}, not ({ai}){date[:40]}")
    year, month, day = int(date[:2]), int(date[2:4]), int(date[4:])
    _check_date(year, month, day)
    writer.put(DATE_AIS.index(ai), 4)
    writer.put(year << 9 | month << 5 | day, 16)
