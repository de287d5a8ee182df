"""Readers' binary reports, beside the open library for LLRP. Seconds are those of the processor: each side is one
thread that waits for nothing."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from itertools import islice
from time import process_time
from typing import Any

from kit import REPEATS, Interpreter, Measured, Side, benchmark, digest, rates

REPORTS = 12_800
IN_A_MESSAGE = 64
CHUNK_BYTES = 1 << 16  # what a client takes from its socket at once
HEADER = struct.Struct(">HII")
# Each field that a reader can be asked for, in the order of the published capture: its type byte, then its value.
REPORT = struct.Struct(">HH B4sII BI BH BH BH Bb BH BQ BQ BH BH BH BI".replace(" ", ""))
FIELDS = (
    "ROSpecID",
    "SpecIndex",
    "InventoryParameterSpecID",
    "AntennaID",
    "PeakRSSI",
    "ChannelIndex",
    "FirstSeenTimestampUTC",
    "LastSeenTimestampUTC",
    "TagSeenCount",
    "C1G2PC",
    "C1G2CRC",
    "AccessSpecID",
)
OUR_FIELDS = (
    "epc",
    "ro_spec_id",
    "spec_index",
    "inventory_parameter_spec_id",
    "antenna",
    "rssi",
    "channel",
    "first_utc",
    "last_utc",
    "seen",
    "pc",
    "crc",
    "access_spec_id",
)
START_US = 1_700_000_000_000_000


@benchmark("llrp.decode", "reports/s", peer=Interpreter.PEERS)
def llrp_decode() -> tuple[Side, Side]:
    """RO_ACCESS_REPORTs to all that they say of tags: half of the tags in messages of their own, as readers send them
    that report at once, half in messages of 64. Ours also cuts the stream into messages; the peer is given them cut."""
    parts = [list(_messages(part)) for part in range(1 + REPEATS)]

    def ours() -> Measured:
        from lading import __version__
        from lading.relayer.llrp.frames import Framer
        from lading.relayer.llrp.shapes import TagReport
        from lading.relayer.llrp.tag_reports import Decoder

        decoder = Decoder("reader")

        def work(chunks: list[bytes]) -> list[Any]:
            framer = Framer()
            return [one for chunk in chunks for one in decoder.reports(b"".join(framer.feed(chunk)))[0]]

        streams = [b"".join(part) for part in parts]
        inputs = [[one[at : at + CHUNK_BYTES] for at in range(0, len(one), CHUNK_BYTES)] for one in streams]
        columns = [TagReport._fields.index(name) for name in OUR_FIELDS]
        said = [tuple(one[column] for column in columns) for one in work(inputs[0])]
        return Measured(f"lading {__version__}", rates(work, inputs, REPORTS, process_time), _answer(said))

    def theirs() -> Measured:
        message = import_module("sllurp.llrp").LLRPMessage

        def work(frames: list[bytes]) -> list[dict[str, Any]]:
            return [
                one for frame in frames for one in message(msgbytes=frame).msgdict["RO_ACCESS_REPORT"]["TagReportData"]
            ]

        said = [(one["EPC-96"].decode().upper(), *(one[name] for name in FIELDS)) for one in work(parts[0])]
        return Measured(f"sllurp {version('sllurp')}", rates(work, parts, REPORTS, process_time), _answer(said))

    return ours, theirs


def _answer(said: list[tuple[Any, ...]]) -> str:
    """Whatever the order."""
    return digest(sorted(said))


def _messages(part: int) -> Iterator[bytes]:
    reports = (_report(part * REPORTS + number) for number in range(REPORTS))
    sizes = (*[1] * (REPORTS // 2), *[IN_A_MESSAGE] * (REPORTS // 2 // IN_A_MESSAGE))
    for number, size in enumerate(sizes, 1):
        body = b"".join(islice(reports, size))
        yield HEADER.pack(1 << 10 | 61, HEADER.size + len(body), number) + body


def _report(number: int) -> bytes:
    """As of one of five hundred tags that pass four antennas."""
    first = START_US + 731 * number
    tag = number * 7919 % 500
    head = (240, REPORT.size, 0x8D, b"\x30\x34\x25\x7b", 0xF7194E40, tag)
    specs = (0x89, 1, 0x8E, 1, 0x8A, 1, 0x81, 1 + number % 4, 0x86, -35 - number % 40, 0x87, 1 + number % 50)
    times = (0x82, first, 0x84, first + number % 3 * 1000, 0x88, 1 + number % 3)
    return REPORT.pack(*head, *specs, *times, 0x8C, 0x3000, 0x8B, tag * 131 % 65536, 0x90, 0)
