"""Bytes of any number of lines -> reads, and what is none. Pure.

    {"timestamp": "….912+0000", "type": "INVENTORY", "data": {"eventNum": 2, "idHex": "3034…", "antenna": 1}}
    {"timestamp": "….278427551Z", "hostname": "…", "eventType": "tagInventory",
     "tagInventoryEvent": {"epcHex": "3034…", "antennaPort": 1}}
    {"reader": "…", "antenna": 1, "epc": "3034…", "time": "….278427551Z", "sequence": 2}

Zebra's IoT Connector, Impinj's R700, a form of our own, and CSV behind a header (see `csv_lines`). The form is
recognised line by line, so that feeds may stand mixed. A malformed line becomes a `Bad` with its reason, number and
bytes; the others flow on.

Of a Zebra report the `type` is the reader's mode of operation and says nothing of the tag, and `accessResults` may hold
an error in place of data: the tag was read all the same. What an Impinj reader reports of other things is skipped.

What readers send all day takes a short way here. Whatever it does not know takes the long one (`lines`), which alone
says why a line is refused; a property holds that both say the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from lading.relayer.errors import ReaderLineError, Reason
from lading.relayer.reads.csv_lines import Columns, header_of, parse_record
from lading.relayer.reads.lines import Sighting, hundredths, impinj_epc, parse_line
from lading.relayer.reads.reads import NONE, Numbered, Read
from lading.relayer.reads.roster import Roster

MAX_LINE_BYTES = 65536
# Longer lines, which no reader sends all day, may nest deeper or hold longer numbers than both parsers take alike.
_SHORT_BYTES = 1024
_MOST_KEPT = 65536
_MAX_INT = 2**63 - 1
_NS_PER_MINUTE = 60_000_000_000
_SCALE = [10 ** (9 - digits) for digits in range(10)]
_EPC_96_DIGITS, _EPC_96_BYTES = 24, 12
_FIRST_DIGIT = 20  # of the fraction in 2026-03-02T08:15:30.278427551Z
_DBM = {dbm: 100 * dbm for dbm in range(-200, 201)}
_REFUSED = (ReaderLineError, TypeError, ValueError, LookupError)  # orjson's own is a ValueError


class Bad(NamedTuple):
    """A malformed line. `head` is its bytes, up to the longest that a line may have; `length` and `sha256` are of the
    whole line. `reader` and `sequence` are given where they could be read, since such a number is not missing."""

    line: int
    reason: Reason
    detail: str
    head: bytes
    length: int
    sha256: bytes
    reader: str | None = None
    sequence: int | None = None


@dataclass(slots=True)
class Batch:
    """What some lines held. Every line is in exactly one of `reads`, `bads`, `skipped` (well-formed reports of other
    things than tags, and headers) and `blank`. `columns` are those of the last header."""

    reads: list[Read] = field(default_factory=list)
    bads: list[Bad] = field(default_factory=list)
    skipped: int = 0
    blank: int = 0
    columns: Columns | None = None

    @property
    def numbered(self) -> list[Numbered]:
        """The sequence numbers of lines that are no reads."""
        return [(bad.reader, bad.sequence) for bad in self.bads if bad.reader is not None and bad.sequence is not None]


def too_long(line: int, head: bytes, length: int, sha256: bytes) -> Bad:
    """Of a line that is longer than any that is read."""
    problem = f"{length} bytes; a line has at most {MAX_LINE_BYTES}"
    return Bad(line, Reason.TOO_LONG, problem, head[:MAX_LINE_BYTES], length, sha256)


class Decoder:
    """Of one configuration. It keeps what repeats from line to line, tags, seconds and readers, and nothing on which
    what it says depends."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._tags: dict[object, tuple[str, bool]] = {}
        self._seconds: dict[str, int] = {}
        self._zones: dict[str, int] = {}
        self._readers: dict[object, str] = {}
        self._antennas: set[tuple[str, int]] = set()

    def decode(self, data: bytes, first_line: int = 1, columns: Columns | None = None) -> Batch:
        """What the lines in `data` say; the first of them has the number `first_line`. Of a CSV log that comes in
        parts, `columns` are those that the part before ended with."""
        batch = Batch(columns=columns)
        add, loads, short = batch.reads.append, orjson.loads, self._short
        lines = data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        for number, line in enumerate(lines, first_line):
            try:
                read = short(loads(line)) if len(line) <= _SHORT_BYTES else None
            except _REFUSED:
                read = None
            if read is not None:
                add(read)
            else:
                self._long(batch, number, line.removesuffix(b"\r"))
        return batch

    # -- the short way

    def _short(self, document: Any) -> Read | None:  # noqa: ANN401 - whatever JSON holds
        """None for what takes the long way."""
        if type(document) is not dict:
            return None
        get = document.get
        data, kind = get("data"), get("eventType")
        if type(data) is dict:
            if kind is not None:
                return None
            said = data.get
            host, mac = said("hostName"), said("MAC")
            reader = self._readers.get((host, mac)) or self._reader((host, mac), host, mac)
            strength = said("peakRssi")
            if strength is not None:
                strength = _DBM.get(strength) if type(strength) is int else hundredths(strength, 100)
            return self._read(reader, said("antenna"), said("idHex"), get("timestamp"), said("eventNum"), strength)
        if kind == "tagInventory":
            event = get("tagInventoryEvent")
            if type(event) is not dict:
                return None
            said, host = event.get, get("hostname")
            reader = self._readers.get(host) or self._reader(host, host)
            encoded = said("epc")
            epc = said("epcHex") if encoded is None else self._impinj(encoded, event)
            strength = hundredths(said("peakRssiCdbm"), 1)
            return self._read(reader, said("antennaPort"), epc, get("timestamp"), None, strength)
        if kind is not None or data is not None:
            return None
        host = get("reader")
        reader = self._readers.get(host) or self._reader(host, host)
        return self._read(
            reader, get("antenna"), get("epc"), get("time"), get("sequence"), hundredths(get("rssi"), 100)
        )

    def _read(
        self,
        reader: str,
        antenna: object,
        epc: object,
        time: object,
        sequence: object,
        rssi: int | None,
    ) -> Read | None:
        if type(time) is not str:
            return None
        tag = self._tags.get(epc) or self._tag(epc)
        # The time: a second that was seen before, up to nine digits, a zone.
        zone = -1 if time[-1] == "Z" else -5 if time[-5] in "+-" else -6
        digits = time[_FIRST_DIGIT:zone]
        second = self._seconds.get(time[:_FIRST_DIGIT])
        offset = 0 if zone == -1 else self._zones.get(time[zone:])
        if second is None or offset is None:
            second, offset = self._second(time[:_FIRST_DIGIT], time[zone:])
        if not (digits.isdigit() and digits.isascii()):
            return None
        time_ns = second + int(digits) * _SCALE[len(digits)] - offset * _NS_PER_MINUTE
        if antenna is None:
            antenna = NONE
        elif type(antenna) is not int:
            return None
        if (reader, antenna) not in self._antennas:
            self._antenna(reader, antenna)
        if sequence is None:
            sequence = NONE
        elif type(sequence) is not int or not 0 <= sequence <= _MAX_INT:
            return None
        if not 0 <= time_ns <= _MAX_INT:
            return None
        return tuple.__new__(Read, (time_ns, tag[0], antenna, reader, sequence, offset, tag[1], rssi))

    # -- what repeats, worked out by the functions of the long way

    def _tag(self, epc: object) -> tuple[str, bool]:
        if type(epc) is str and len(epc) == _EPC_96_DIGITS and len(bytes.fromhex(epc)) == _EPC_96_BYTES:
            found = (epc.upper(), False)
        else:
            tag = Sighting((), None, epc, None, None).tag()
            found = (tag.epc, tag.double_hexed)
        if len(self._tags) >= _MOST_KEPT:
            self._tags.clear()
        self._tags[epc] = found
        return found

    def _impinj(self, encoded: object, event: Mapping[str, Any]) -> object:
        """The EPC in hex of an event that spells it as base64url, or in both ways."""
        both = (encoded, event.get("epcHex"))
        known = self._tags.get(both)
        if known is None:
            if len(self._tags) >= _MOST_KEPT:
                self._tags.clear()
            spelled = impinj_epc(event)
            if type(spelled) is str:
                self._tags[both] = (spelled, False)
            return spelled
        return known[0]

    def _second(self, second: str, zone: str) -> tuple[int, int]:
        """(nanoseconds, zone in minutes) of the start of a second as that zone writes it, before the zone is taken
        off."""
        start = Sighting((), None, None, f"{second}0Z", None).instant().ns
        # The zone is judged at a time that is in bounds wherever on the globe.
        offset = Sighting((), None, None, f"2000-01-01T00:00:00{zone}", None).instant().offset_minutes
        if len(self._seconds) >= _MOST_KEPT:
            self._seconds.clear()
        self._seconds[second] = start
        self._zones[zone] = offset
        return start, offset

    def _reader(self, key: object, *names: object) -> str:
        reader = self._roster.reader_of(tuple(name for name in names if isinstance(name, str) and name))
        if len(self._readers) >= _MOST_KEPT:
            self._readers.clear()
        self._readers[key] = reader
        return reader

    def _antenna(self, reader: str, antenna: int) -> None:
        number = None if antenna == NONE else Sighting((), antenna, None, None, None).antenna_number()
        self._roster.point_of(reader, number)
        self._antennas.add((reader, antenna))

    # -- the long way

    def _long(self, batch: Batch, number: int, line: bytes) -> None:
        if len(line) > MAX_LINE_BYTES:
            batch.bads.append(too_long(number, line, len(line), hashlib.sha256(line).digest()))
        elif not line.strip():
            batch.blank += 1
        elif columns := header_of(line):
            batch.columns = columns
            batch.skipped += 1
        else:
            self._one(batch, number, line)

    def _one(self, batch: Batch, number: int, line: bytes) -> None:
        reader: str | None = None
        sighting: Sighting | None = None
        try:
            if batch.columns is not None and not line.lstrip().startswith(b"{"):
                sighting = parse_record(line, batch.columns)
            else:
                sighting = parse_line(line)
            if sighting is None:
                batch.skipped += 1
                return
            reader = self._roster.reader_of(sighting.names)
            batch.reads.append(self._general(sighting, reader))
        except ReaderLineError as error:
            sequence = sighting.sequence_or_none() if sighting and reader else None
            digest = hashlib.sha256(line).digest()
            batch.bads.append(Bad(number, error.reason, error.detail, line, len(line), digest, reader, sequence))

    def _general(self, sighting: Sighting, reader: str) -> Read:
        tag, time = sighting.tag(), sighting.instant()
        antenna, sequence = sighting.antenna_number(), sighting.sequence_number()
        self._roster.point_of(reader, antenna)
        return Read(
            time_ns=time.ns,
            epc=tag.epc,
            antenna=NONE if antenna is None else antenna,
            reader=reader,
            sequence=NONE if sequence is None else sequence,
            offset_minutes=time.offset_minutes,
            double_hexed=tag.double_hexed,
            rssi=sighting.rssi,
        )
