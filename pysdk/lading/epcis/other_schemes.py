"""The EPC encodings of TDS 1.x that have no fixed partition: CPI-var, and those that name no GS1 key: GID, USDoD, ADI.

Sources: TDS 2.3, sections 14.6.9 and 14.6.12 to 14.6.14; USDoD-96: United States Department of Defense Suppliers'
Passive RFID Information Guide, version 15, section 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lading.epcis.bits import BitReader, BitWriter
from lading.epcis.characters import (
    check_cage,
    read_cage,
    read_six_bits,
    write_cage,
    write_integer,
    write_six_bits,
)
from lading.epcis.errors import EpcError
from lading.epcis.gs1 import CHARSET_39, check_alphabet, escape_urn, unescape_urn
from lading.epcis.keys import BY_URI_TYPE, CPI_SERIAL_DIGITS, from_uri
from lading.epcis.layouts import CPI_VAR_PARTITIONS, partition_for

_CPI_SERIAL_BITS = 40
_GID_WIDTHS = {"general manager number": 28, "object class": 24, "serial": 36}
_DOD_SERIAL_BITS = 36
_DOD_CAGE_BITS = 48
_ADI_PART_LONGEST, _ADI_SERIAL_LONGEST = 32, 30
_ADI_CHARACTERS = CHARSET_39 - {"#"}


@dataclass(frozen=True, slots=True)
class Scheme:
    """One encoding. `filter_bits` is 0 where there is no filter value. `read` gives filter and URI body; `write` puts
    what follows the filter."""

    name: str
    uri_type: str
    header: int
    filter_bits: int
    read: Callable[[BitReader], str]
    write: Callable[[BitWriter, str], None]


def forms_of(memory: bytes) -> tuple[str, str, str, str | None]:
    """Scheme, tag URI, pure identity URI and Digital Link (of a CPI alone) of memory whose header is in `BY_HEADER`.

    Raises:
        EpcError: a field is out of range; the message names it.
    """
    scheme = BY_HEADER[memory[0]]
    reader = BitReader(memory, scheme.name)
    reader.take(8, "header")
    filter_text = f"{reader.take(scheme.filter_bits, 'filter value')}." if scheme.filter_bits else ""
    body = scheme.read(reader)
    reader.end()
    uri = f"urn:epc:id:{scheme.uri_type}:{body}"
    link = from_uri(uri).digital_link if scheme.uri_type in BY_URI_TYPE else None
    return scheme.name, f"urn:epc:tag:{scheme.name}:{filter_text}{body}", uri, link


def encode_body(scheme: Scheme, filter_value: int, body: str) -> str:
    """The memory of a URI whose part after the type (and filter) is `body`.

    Raises:
        EpcError: the body has not the parts of that scheme, or one does not fit its field.
    """
    writer = BitWriter()
    writer.put(scheme.header, 8)
    writer.put(filter_value, scheme.filter_bits)
    scheme.write(writer, body)
    return writer.memory()


def _split(name: str, body: str, count: int) -> list[str]:
    parts = body.split(".")
    if len(parts) != count:
        raise EpcError(f"{body[:120]!r} has {len(parts)} parts; {name} has {count}")
    return parts


def _read_cpi(reader: BitReader) -> str:
    partition = reader.take(3, "partition")
    if partition >= len(CPI_VAR_PARTITIONS):
        raise EpcError("cpi-var: the partition 7 does not exist")
    row = CPI_VAR_PARTITIONS[partition]
    prefix = reader.take(row.prefix_mask.bit_length(), "company prefix")
    if prefix >= row.prefix_limit:
        raise EpcError(f"cpi-var: the company prefix {prefix} has more than {row.prefix_digits} digits")
    reference = read_six_bits(reader, row.longest, "reference of cpi-var")
    if not reference:
        raise EpcError("cpi-var: the reference is empty")
    serial = reader.take(_CPI_SERIAL_BITS, "serial")
    if serial >= 10**CPI_SERIAL_DIGITS:
        raise EpcError(f"cpi-var: the serial {serial} has more than {CPI_SERIAL_DIGITS} digits")
    return f"{prefix:0{row.prefix_digits}d}.{escape_urn(reference)}.{serial}"


def _write_cpi(writer: BitWriter, body: str) -> None:
    prefix, reference, serial = _split("cpi-var", body, 3)
    row = partition_for(CPI_VAR_PARTITIONS, prefix)
    text = check_alphabet("reference of cpi-var", unescape_urn(reference), row.longest, CHARSET_39)
    number = write_integer(serial, _CPI_SERIAL_BITS, "serial of cpi-var")
    if number >= 10**CPI_SERIAL_DIGITS:
        raise EpcError(f"the serial of cpi-var should have up to {CPI_SERIAL_DIGITS} digits, not {serial}")
    writer.put(row.value, 3)
    writer.put(int(prefix), row.prefix_mask.bit_length())
    write_six_bits(writer, text)
    writer.put(number, _CPI_SERIAL_BITS)


def _read_gid(reader: BitReader) -> str:
    return ".".join([str(reader.take(width, field)) for field, width in _GID_WIDTHS.items()])


def _write_gid(writer: BitWriter, body: str) -> None:
    parts = _split("gid-96", body, len(_GID_WIDTHS))
    for text, (field, width) in zip(parts, _GID_WIDTHS.items(), strict=True):
        writer.put(write_integer(text, width, f"{field} of gid-96"), width)


def _read_dod(reader: BitReader) -> str:
    cage = reader.take(_DOD_CAGE_BITS, "CAGE or DoDAAC").to_bytes(6, "big").decode("latin-1")
    # Eight-bit characters; a space stands in front of a CAGE, which has five.
    return f"{check_cage(cage.removeprefix(' '))}.{reader.take(_DOD_SERIAL_BITS, 'serial')}"


def _write_dod(writer: BitWriter, body: str) -> None:
    cage, serial = _split("usdod-96", body, 2)
    writer.put(int.from_bytes(check_cage(cage).rjust(6).encode("ascii"), "big"), _DOD_CAGE_BITS)
    writer.put(write_integer(serial, _DOD_SERIAL_BITS, "serial of usdod-96"), _DOD_SERIAL_BITS)


def _read_adi(reader: BitReader) -> str:
    cage = read_cage(reader)
    part = read_six_bits(reader, _ADI_PART_LONGEST, "part number of adi-var")
    serial = read_six_bits(reader, _ADI_SERIAL_LONGEST, "serial of adi-var")
    _check_adi(part, serial)
    return f"{cage}.{escape_urn(part)}.{escape_urn(serial)}"


def _write_adi(writer: BitWriter, body: str) -> None:
    cage, part, serial = _split("adi-var", body, 3)
    part, serial = unescape_urn(part), unescape_urn(serial)
    _check_adi(part, serial)
    write_cage(writer, check_cage(cage))
    write_six_bits(writer, part)
    write_six_bits(writer, serial)


def _check_adi(part: str, serial: str) -> None:
    """A `#` may lead the serial, and stand nowhere else (TDS 2.3, section 14.6.14.1)."""
    if part:
        check_alphabet("part number of adi-var", part, _ADI_PART_LONGEST, _ADI_CHARACTERS)
    rest = serial.removeprefix("#")
    check_alphabet("serial of adi-var", rest, _ADI_SERIAL_LONGEST - (len(serial) - len(rest)), _ADI_CHARACTERS)


SCHEMES = (
    Scheme("cpi-var", "cpi", 0x3D, 3, _read_cpi, _write_cpi),
    Scheme("gid-96", "gid", 0x35, 0, _read_gid, _write_gid),
    Scheme("usdod-96", "usdod", 0x2F, 4, _read_dod, _write_dod),
    Scheme("adi-var", "adi", 0x3B, 6, _read_adi, _write_adi),
)
BY_HEADER = {scheme.header: scheme for scheme in SCHEMES}
BY_NAME = {scheme.name: scheme for scheme in SCHEMES}
