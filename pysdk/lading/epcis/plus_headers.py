"""The EPC encodings of TDS 2.0 that hold the elements of a GS1 Digital Link as they are: SGTIN+, SSCC+ and the others.

They say nothing about the length of the company prefix and have neither tag URI nor pure identity URI; their name is
the Digital Link. What may follow the EPC in the same memory ("+AIDC data", TDS 2.3, section 15.3) is no part of the
identity: who reads the identity alone checks the bit that announces the data, and no more, so that data of a later
standard make no tag foreign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from lading.epcis import aidc_data
from lading.epcis.bits import BitReader, BitWriter
from lading.epcis.errors import EpcError
from lading.epcis.gs1 import CHARSET_39, CHARSET_82, check_alphabet, is_digits
from lading.epcis.keys import SERIAL_QUALIFIER, Gs1Key, verify_key
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
from lading.epcis.plus_dates import read_date, write_date

SerialForm = Literal["text", "number", "none"]

_PREFIX_DIGITS = 4  # a GIAI or CPI begins with a company prefix, which has at least so many digits
_WITHIN_GIAI = 30
_PLACE_ITSELF = "0"
# Four bits in front of the date of a DSGTIN+ -> what date it is (TDS 2.3, section 14.5.3).
DATE_AIS = ("11", "13", "15", "16", "17", "7006", "7007")


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

    @property
    def ais(self) -> tuple[str, ...]:
        """The identifiers that the EPC itself names, its date apart."""
        qualifier = SERIAL_QUALIFIER.get(self.ai) if self.serial != "none" else None
        return (self.ai, qualifier) if qualifier else (self.ai,)


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
    """What memory says whose header is in `BY_HEADER`; +AIDC data are announced, and not looked at.

    Raises:
        EpcError: a field is malformed, padding is not zero, or the bit for +AIDC data contradicts what follows.
        CheckDigitError: the key's check digit is wrong.
    """
    return _read(memory)[0]


def read_data(memory: bytes) -> tuple[PlusEpc, dict[str, str]]:
    """The same, and AI -> value of its +AIDC data, in their order.

    Raises:
        EpcError: as `read`; or the data are malformed, say an identifier twice or one that has no format there, or the
            memory is longer than any tag's.
        CheckDigitError: a check digit is wrong.
    """
    found, reader = _read(memory)
    if not found.has_aidc_data:
        return found, {}
    if 8 * len(memory) > aidc_data.MOST_BITS:
        raise EpcError(f"{found.scheme}: no tag announces {8 * len(memory)} bits; {aidc_data.MOST_BITS} is the most")
    said = (*BY_NAME[found.scheme].ais, *([found.date[0]] if found.date else []))
    return found, aidc_data.read_elements(reader, said)


def _read(memory: bytes) -> tuple[PlusEpc, BitReader]:
    scheme = BY_HEADER[memory[0]]
    reader = BitReader(memory, scheme.name)
    reader.take(8, "header")
    has_aidc_data = bool(reader.take(1, "bit for +AIDC data"))
    filter_value = reader.take(3, "filter value")
    date = _read_date(reader) if scheme.dated else None
    key = verify_key(_read_key(scheme, reader))
    if not has_aidc_data:
        reader.end()
    elif not aidc_data.follows(reader):
        raise EpcError(f"{reader.scheme}: the bit for +AIDC data is set, but none follows the EPC")
    return PlusEpc(scheme.name, filter_value, key, date, has_aidc_data), reader


def write(scheme: PlusScheme, key: Gs1Key, filter_value: int, elements: Mapping[str, str]) -> str:
    """The memory of `key`. Of `elements`, AI -> value, the first date is that of a DSGTIN+; what the EPC does not name
    follows as +AIDC data, in its order.

    Raises:
        EpcError: the key is not of that scheme, or has no serial where one is needed; the date is missing, or none; an
            element cannot stand there; all is too long for a tag.
        CheckDigitError: a check digit is wrong.
    """
    key = _checked(scheme, verify_key(key))
    data = {ai: value for ai, value in elements.items() if ai not in scheme.ais}
    date = next((ai for ai in data if ai in DATE_AIS), None) if scheme.dated else None
    if scheme.dated and date is None:
        raise EpcError(f"{scheme.name} needs a date: {', '.join(DATE_AIS)}")
    writer = BitWriter()
    writer.put(scheme.header, 8)
    writer.put(len(data) > (date is not None), 1)
    writer.put(filter_value, 3)
    if date is not None:
        _write_date(writer, date, data.pop(date))
    _write_key(writer, scheme, key)
    aidc_data.write_elements(writer, data)
    memory = writer.memory()
    if data and 4 * len(memory) > aidc_data.MOST_BITS:
        raise EpcError(f"{scheme.name} with its data has {4 * len(memory)} bits; a tag has {aidc_data.MOST_BITS}")
    return memory


def _write_key(writer: BitWriter, scheme: PlusScheme, key: Gs1Key) -> None:
    if scheme.digits:
        write_nibbles(writer, key.value)
    else:
        write_terminated(writer, key.value)
    if scheme.serial == "text":
        write_text(writer, key.serial or _PLACE_ITSELF)
    elif scheme.serial == "number":
        write_number(writer, key.serial or "")


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
    """`key` without lot and third party's serial, which are +AIDC data, if it is of that scheme."""
    if key.ai != scheme.ai:
        raise EpcError(f"{scheme.name} holds a key ({scheme.ai}), not {key.digital_link}")
    key = replace(key, lot=None, third_party_serial=None)
    if not scheme.digits:
        _check_text_key(scheme, key.value)
    if scheme.serial == "none" or (key.serial is None and scheme.ai == "414"):
        return key
    serial = check_alphabet("serial", key.serial or "", scheme.longest)
    if scheme.serial == "number" and not is_digits(serial):
        raise EpcError(f"{scheme.name}: the serial should be digits, not {serial!r}")
    return key


def _read_date(reader: BitReader) -> tuple[str, str]:
    kind = reader.take(4, "kind of date")
    if kind >= len(DATE_AIS):
        raise EpcError(f"{reader.scheme}: the kind of date {kind} is reserved")
    return DATE_AIS[kind], read_date(reader)


def _write_date(writer: BitWriter, ai: str, date: str) -> None:
    if not is_digits(date) or len(date) != len("YYMMDD"):
        raise EpcError(f"a DSGTIN+ holds one date YYMMDD of {', '.join(DATE_AIS)}, not ({ai}){date[:40]}")
    writer.put(DATE_AIS.index(ai), 4)
    write_date(writer, date)
