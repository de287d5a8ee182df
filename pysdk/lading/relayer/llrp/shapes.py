"""How the tag reports of a reader are laid out, learned from the first of each kind.

A reader sends its reports alike: the same parameters in the same order, report after report. So the walk over a
report's parameters is done once, and leaves a `Shape`: which bits are the same in all reports of that shape (the types
and lengths of the parameters), and a precompiled struct for what differs. A later report is of the shape if those bits
are equal, which one comparison of long integers says of many reports at once.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from lading.relayer.llrp.errors import Fault, LlrpMalformed
from lading.relayer.llrp.layouts import PARAMETERS
from lading.relayer.llrp.messages import parameter_at

TAG_REPORT_DATA = PARAMETERS["TagReportData"][0]
_HEADER = 4
_COUNT = 2  # the bytes that count an EPC's bits
_WINDOW_BYTES = 8192  # that are compared at once
WINDOW = 128
"""Reports that are taken apart at once."""
_MOST_FIELDS = 32  # for which that is done; a report can have thousands of results
_RESULT = "result at "
_EPC_96, _EPC_DATA = PARAMETERS["EPC_96"][0], PARAMETERS["EPCData"][0]


class TagReport(NamedTuple):
    """What a reader reports of a tag; None is what it did not say. Times in microseconds, UTC since 1970 and uptime
    since the reader's start; `rssi` in dBm. `epc` is upper-case hex of `epc_bits` bits, filled up to whole bytes.
    `results` are the bytes of each C1G2…OpSpecResult parameter, which `tag_reports.results_of` decodes.
    Source: LLRP 1.1, "TagReportData Parameter"."""

    epc: str
    epc_bits: int
    ro_spec_id: int | None
    spec_index: int | None
    inventory_parameter_spec_id: int | None
    antenna: int | None
    rssi: int | None
    channel: int | None
    first_utc: int | None
    first_uptime: int | None
    last_utc: int | None
    last_uptime: int | None
    seen: int | None
    pc: int | None
    crc: int | None
    xpc_w1: int | None
    xpc_w2: int | None
    client_request: int | None
    access_spec_id: int | None
    results: tuple[bytes, ...]


# By type: the report's field, its struct code and its size.
_VALUES = {
    PARAMETERS[name][0]: (field, code, struct.calcsize(">" + code))
    for name, field, code in (
        ("ROSpecID", "ro_spec_id", "I"),
        ("SpecIndex", "spec_index", "H"),
        ("InventoryParameterSpecID", "inventory_parameter_spec_id", "H"),
        ("AntennaID", "antenna", "H"),
        ("PeakRSSI", "rssi", "b"),
        ("ChannelIndex", "channel", "H"),
        ("FirstSeenTimestampUTC", "first_utc", "Q"),
        ("FirstSeenTimestampUptime", "first_uptime", "Q"),
        ("LastSeenTimestampUTC", "last_utc", "Q"),
        ("LastSeenTimestampUptime", "last_uptime", "Q"),
        ("TagSeenCount", "seen", "H"),
        ("C1G2_PC", "pc", "H"),
        ("C1G2_CRC", "crc", "H"),
        ("C1G2XPCW1", "xpc_w1", "H"),
        ("C1G2XPCW2", "xpc_w2", "H"),
        ("ClientRequestOpSpecResult", "client_request", "H"),
        ("AccessSpecID", "access_spec_id", "I"),
    )
}
_RESULTS = frozenset(number for name, (number, _) in PARAMETERS.items() if name.endswith("OpSpecResult")) - set(_VALUES)
_READ_FIELDS = frozenset({"epc", "antenna", "rssi", "first_utc", "first_uptime", "last_utc", "last_uptime"})


class _Piece(NamedTuple):
    """A stretch of the report: `fixed` bytes that all reports of the shape share, then `size` that differ. `field` is
    what they hold, "" for nothing that is wanted; `code` reads the whole stretch."""

    fixed: int
    size: int
    field: str = ""
    code: str = ""


class _Layout:
    """Takes the wanted fields out of reports, column by column."""

    def __init__(self, pieces: Sequence[_Piece], wanted: Collection[str]) -> None:
        self._fields = tuple(piece.field for piece in pieces if piece.field in wanted)
        codes = (one.code if one.field in wanted else f"{one.fixed + one.size}x" for one in pieces)
        self._code = "".join(codes)
        self._one = struct.Struct(">" + self._code)
        self._many: struct.Struct | None = None

    def columns(self, data: bytes, count: int) -> dict[str, Sequence[Any]]:
        """By field, what each of the `count` reports has there. A full window is taken apart at once, and its columns
        are slices: rows would be made only to be turned."""
        fields = self._fields
        if count == WINDOW and len(fields) <= _MOST_FIELDS:
            self._many = self._many or struct.Struct(">" + self._code * WINDOW)
            flat = self._many.unpack(data)
            return {field: flat[at :: len(fields)] for at, field in enumerate(fields)}
        return dict(zip(fields, zip(*self._one.iter_unpack(data), strict=True), strict=True))


class Shape:
    """See the module. `everything` takes out of such reports the fields of `TagReport` under their names, `epc` as
    bytes, and results under the names in `results`; `for_reads` only what a read needs."""

    def __init__(self, report: bytes, pieces: list[_Piece], epc_bits: int) -> None:
        self.size = len(report)
        self.epc_bits, self.epc_size = epc_bits, (epc_bits + 7) // 8
        self.results = tuple(piece.field for piece in pieces if piece.field.startswith(_RESULT))
        self.everything = _Layout(pieces, [piece.field for piece in pieces if piece.field])
        self.for_reads = _Layout(pieces, _READ_FIELDS)
        self._most = max(1, _WINDOW_BYTES // self.size)
        mask = b"".join(b"\xff" * piece.fixed + bytes(piece.size) for piece in pieces)
        self._mask = int.from_bytes(mask * self._most, "big")
        self._pattern = int.from_bytes(report * self._most, "big") & self._mask

    def fits(self, data: bytes) -> bool:
        """Whether `data` is reports of this shape, one behind the other, and nothing else."""
        window = self._most * self.size
        return len(data) % self.size == 0 and all(
            self._fits_window(data[at : at + window]) for at in range(0, len(data), window)
        )

    def _fits_window(self, data: bytes) -> bool:
        short = 8 * (self._most * self.size - len(data))
        return int.from_bytes(data, "big") & self._mask >> short == self._pattern >> short


def learn(report: bytes) -> Shape:
    """The shape of one TagReportData, which is walked over parameter by parameter; unknown ones, vendors' among them,
    are stepped over.

    Raises:
        LlrpMalformed: a parameter that goes beyond the report, or of a size that nobody knows; two EPCs, or two of
            what can be there once; no EPC.
    """
    pieces, offset, seen = [_Piece(_HEADER, 0)], _HEADER, set()
    epc_bits = 0
    while offset < len(report):
        number, start, after = parameter_at(report, offset, len(report))
        key = _EPC_DATA if number == _EPC_96 else number
        if key in seen and (key in _VALUES or key == _EPC_DATA):
            raise LlrpMalformed(Fault.REPEATED, f"a tag report with two parameters of type {number}")
        seen.add(key)
        if number == _EPC_96:
            epc_bits = 8 * (after - start)
        elif number == _EPC_DATA:
            start, epc_bits = _epc_data(report, start, after)
        pieces.append(_piece(number, offset, start, after))
        offset = after
    if _EPC_DATA not in seen:
        raise LlrpMalformed(Fault.EPC_MISSING, "a tag report without an EPC")
    return Shape(report, pieces, epc_bits)


def _piece(number: int, offset: int, start: int, after: int) -> _Piece:
    if number in _VALUES:
        field, code, size = _VALUES[number]
        return _Piece(start - offset, size, field, f"{start - offset}x{code}")
    if number in (_EPC_96, _EPC_DATA):
        return _Piece(start - offset, after - start, "epc", f"{start - offset}x{after - start}s")
    if number in _RESULTS:
        return _Piece(start - offset, after - start, f"{_RESULT}{offset}", f"{after - offset}s")
    return _Piece(start - offset, after - start)


def _epc_data(report: bytes, start: int, after: int) -> tuple[int, int]:
    """Where the EPC begins, and its bits: a count of them stands before it."""
    if after - start < _COUNT:
        raise LlrpMalformed(Fault.TRUNCATED, f"an EPCData parameter with {after - start} bytes")
    bits = int.from_bytes(report[start : start + _COUNT], "big")
    if start + _COUNT + (bits + 7) // 8 != after:
        raise LlrpMalformed(Fault.EPC_INVALID, f"an EPC of {bits} bits in {after - start - _COUNT} bytes")
    return start + _COUNT, bits
