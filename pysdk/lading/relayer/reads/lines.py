"""One line of a reader log: JSON text -> what it says of one tag. Pure; every refusal is a `ReaderLineError`."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from lading.relayer.config.points import NS_PER_SECOND
from lading.relayer.errors import ReaderLineError, Reason
from lading.relayer.reads.reads import NONE, Read

MAX_EPC_BYTES = 62  # Gen2v2 (ISO/IEC 18000-63), 6.3.2.1.2.2: the length field of the PC word counts up to 31 words
MIN_DOUBLE_HEXED_BYTES = 24  # an EPC of 96 bits, spelled in ASCII
_HOUR, _WIDEST_OFFSET = 60, 14 * 60  # minutes; EPCIS 2.0, section 7.3.2
_MAX_INT = 2**63 - 1  # as wide as SQLite's integer; until the year 2262 for nanoseconds
_MAX_SHOWN = 80
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a reader's own clock, whose zone is written beside it
_WEAKEST = -200 * 100  # in hundredths of a dBm, far beyond what any radio knows

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)  # RFC 3339, and Zebra's zone without a colon


@dataclass(frozen=True, slots=True)
class Tag:
    """`epc` in upper-case hex. See `Sighting.tag` for `double_hexed`."""

    epc: str
    double_hexed: bool


@dataclass(frozen=True, slots=True)
class Instant:
    """Nanoseconds since 1970-01-01T00:00:00Z, and the zone that the reader wrote them in."""

    ns: int
    offset_minutes: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """The fields of a line as they stand there, unchecked. `names` are all the names that it gives to its reader."""

    names: tuple[str, ...]
    antenna: object
    epc: object
    time: object
    sequence: object
    rssi: int | None = None
    """In hundredths of a dBm."""

    def tag(self) -> Tag:
        """The EPC. Raises `ReaderLineError`.

        Some logs carry the EPC hexed twice (`3330…` for `30…`). Where at least 24 bytes are all ASCII hex digits this
        is what happened: by chance it does in one of 10^25 tags. Such an EPC is read, and flagged, rather than put
        into quarantine: what the tag said is known exactly, and under two spellings one tag would have two stories.
        """
        if self.epc is None or self.epc == "":
            raise ReaderLineError(Reason.EPC_MISSING, "the line carries no EPC")
        if not isinstance(self.epc, str) or not _HEX.fullmatch(self.epc):
            raise ReaderLineError(Reason.EPC_INVALID, f"{_shown(self.epc)} is not pairs of hexadecimal digits")
        data = bytes.fromhex(self.epc)
        if len(data) > MAX_EPC_BYTES:
            raise ReaderLineError(Reason.EPC_INVALID, f"{len(data)} bytes; tag memory holds at most {MAX_EPC_BYTES}")
        if len(data) >= MIN_DOUBLE_HEXED_BYTES and data.isascii() and _HEX.fullmatch(data.decode("ascii")):
            return Tag(data.decode("ascii").upper(), True)
        return Tag(self.epc.upper(), False)

    def instant(self) -> Instant:
        """The reader's time, with all of its (at most nine) fractional digits. Raises `ReaderLineError`."""
        if self.time is None or self.time == "":
            raise ReaderLineError(Reason.TIME_MISSING, "the line carries no time")
        match = _TIME.fullmatch(self.time) if isinstance(self.time, str) else None
        if match is None:
            raise ReaderLineError(Reason.TIME_INVALID, f"{_shown(self.time)} is not of the form 2026-03-02T08:15:30.4Z")
        if match[3] is None:
            raise ReaderLineError(Reason.TIME_ZONE_MISSING, f"{match[0]} names no time zone, so it is no instant")
        offset = _offset_minutes(match[3])
        try:
            seconds = int(datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp()) - 60 * offset
        except ValueError as error:
            raise ReaderLineError(Reason.TIME_INVALID, f"{match[0]}: {error}") from None
        ns = seconds * 1_000_000_000 + int((match[2] or "0").ljust(9, "0"))
        if not 0 <= ns <= _MAX_INT:
            raise ReaderLineError(Reason.TIME_INVALID, f"{match[0]} lies outside 1970 to 2262")
        return Instant(ns, offset)

    def antenna_number(self) -> int | None:
        """Raises `ReaderLineError` for anything but a small whole number or nothing."""
        return _whole(self.antenna, 65535, Reason.ANTENNA_INVALID, "antenna")

    def sequence_number(self) -> int | None:
        """Raises `ReaderLineError` for anything but a whole number or nothing."""
        return _whole(self.sequence, _MAX_INT, Reason.SEQUENCE_INVALID, "sequence number")

    def sequence_or_none(self) -> int | None:
        """The sequence number of a line that is refused anyway."""
        try:
            return self.sequence_number()
        except ReaderLineError:
            return None


def line_of(read: Read) -> bytes:
    """A read as a line of our own form, from which the same one is read again."""
    local = _EPOCH + timedelta(seconds=read.time_ns // NS_PER_SECOND, minutes=read.offset_minutes)
    zone, ahead = abs(read.offset_minutes), "-" if read.offset_minutes < 0 else "+"
    time = f"{local:%Y-%m-%dT%H:%M:%S}.{read.time_ns % NS_PER_SECOND:09d}{ahead}{zone // _HOUR:02d}:{zone % _HOUR:02d}"
    epc = read.epc.encode().hex() if read.double_hexed else read.epc
    told = {"reader": read.reader, "epc": epc, "time": time}
    numbers = {"antenna": read.antenna, "sequence": read.sequence}
    more: dict[str, object] = {name: number for name, number in numbers.items() if number != NONE}
    if read.rssi is not None:
        more["rssi"] = read.rssi / 100
    return json.dumps(told | more).encode()


def parse_line(line: bytes) -> Sighting | None:
    """What a line says of a tag, in whichever of the three forms; None if it is an Impinj report of something else.

    Raises:
        ReaderLineError: not UTF-8, not JSON (NaN and Infinity are none), or an object of no known form.
    """
    document = _json(line)
    if isinstance(document, dict):
        if isinstance(document.get("eventType"), str):
            return _impinj(document)
        if isinstance(document.get("data"), dict):
            return _zebra(document, document["data"])
        if "epc" in document or "reader" in document:
            return _own(document)
    raise ReaderLineError(
        Reason.UNKNOWN_FORMAT, "neither a Zebra IoT Connector or Impinj report nor an object with `reader` and `epc`"
    )


def _json(line: bytes) -> object:
    try:
        return json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise ReaderLineError(Reason.NOT_UTF8, f"byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise ReaderLineError(Reason.NOT_JSON, "nested too deeply") from None
    except ValueError as error:  # JSONDecodeError, and integers of thousands of digits
        raise ReaderLineError(Reason.NOT_JSON, str(error)) from None


def _no_constant(name: str) -> NoReturn:
    raise ReaderLineError(Reason.NOT_JSON, f"{name} is no JSON number (RFC 8259, section 6)")


def _zebra(document: dict[str, Any], data: dict[str, Any]) -> Sighting:
    """Only `eventNum`, `format` and `idHex` are sure to be there; a feed names its reader only if it was asked to."""
    names = _names(data.get("hostName"), data.get("MAC"))
    strength = hundredths(data.get("peakRssi"), 100)
    return Sighting(
        names, data.get("antenna"), data.get("idHex"), document.get("timestamp"), data.get("eventNum"), strength
    )


def _impinj(document: dict[str, Any]) -> Sighting | None:
    """The R700 sends the EPC as hex, as base64url, or both, as its profile says; it counts nothing."""
    if document["eventType"] != "tagInventory":
        return None
    event = document.get("tagInventoryEvent")
    if not isinstance(event, dict):
        raise ReaderLineError(Reason.EPC_MISSING, "a tagInventory report without its tagInventoryEvent")
    names = _names(document.get("hostname"))
    strength = hundredths(event.get("peakRssiCdbm"), 1)
    return Sighting(names, event.get("antennaPort"), impinj_epc(event), document.get("timestamp"), None, strength)


def impinj_epc(event: Mapping[str, Any]) -> object:
    """The EPC of a tagInventoryEvent, in hex. Raises `ReaderLineError` where its two spellings differ."""
    plain, encoded = event.get("epcHex"), event.get("epc")
    if encoded is None:
        return plain
    if not isinstance(encoded, str):
        raise ReaderLineError(Reason.EPC_INVALID, f"{_shown(encoded)} is not base64url")
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True).hex().upper()
    except (binascii.Error, ValueError) as error:
        raise ReaderLineError(Reason.EPC_INVALID, f"{_shown(encoded)} is not base64url: {error}") from None
    if isinstance(plain, str) and plain.upper() != decoded:
        raise ReaderLineError(Reason.EPC_INVALID, f"epcHex says {_shown(plain)}, epc says {decoded[:124]}")
    return decoded if plain is None else plain


def _own(document: dict[str, Any]) -> Sighting:
    get = document.get
    strength = hundredths(get("rssi"), 100)
    return Sighting(_names(get("reader")), get("antenna"), get("epc"), get("time"), get("sequence"), strength)


def hundredths(value: object, scale: int) -> int | None:
    """A signal's strength, given in `1 / scale` dBm, in hundredths of a dBm. None for what is none within 200 dBm of
    zero: a read is no worse for a strength that is not told."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not _WEAKEST <= value * scale <= -_WEAKEST:
        return None
    return round(value * scale)


def _names(*values: object) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str) and value)


def _whole(value: object, most: int, reason: Reason, name: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ReaderLineError(reason, f"the {name} {_shown(value)} is no whole number from 0 to {most}")
    return value


def _offset_minutes(zone: str) -> int:
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if minutes >= _HOUR or _HOUR * hours + minutes > _WIDEST_OFFSET:
        raise ReaderLineError(Reason.TIME_INVALID, f"{zone} is no time zone: they lie within 14 hours of UTC")
    return -(_HOUR * hours + minutes) if zone[0] == "-" else _HOUR * hours + minutes


def _shown(value: object) -> str:
    """A foreign value for a message: short, and in ASCII, so that no surrogate or control character gets further."""
    try:
        text = ascii(value)
    except ValueError:  # an integer of thousands of digits
        text = "a huge number"
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."
