"""What the tests of LLRP share: the published frames, and tag reports put together parameter by parameter."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from lading.relayer.llrp.frames import HEADER, RO_ACCESS_REPORT, frames_of_capture
from lading.relayer.llrp.messages import Message, Parameter, encode

CAPTURES = ("dx101_a.bin", "dx101_b.bin", *(f"ROAccessReport-00{number}.bytes" for number in range(1, 6)))
EPC = bytes.fromhex("3034257BF7194E4000001A85")
UTC_US = 1_700_000_000_000_000
VENDOR = b"\x03\xff\x00\x0e\x00\x00\x65\x1a\x00\x00\x00\x39\xee\x6c"  # Impinj's peak RSSI: a Custom parameter


def frames_in(folder: Path) -> list[bytes]:
    """All published frames."""
    return [frame for name in CAPTURES for frame in frames_of_capture((folder / "llrp" / name).read_bytes())]


def tv(number: int, code: str, value: int) -> bytes:
    return bytes([0x80 | number]) + struct.pack(">" + code, value)


def tlv(number: int, content: bytes) -> bytes:
    return struct.pack(">HH", number, 4 + len(content)) + content


def epc_96(epc: bytes = EPC) -> bytes:
    return b"\x8d" + epc


def epc_data(epc: bytes, bits: int | None = None) -> bytes:
    return tlv(241, struct.pack(">H", 8 * len(epc) if bits is None else bits) + epc)


def antenna(number: int = 1) -> bytes:
    return tv(1, "H", number)


def first_utc(us: int = UTC_US) -> bytes:
    return tv(2, "Q", us)


def first_uptime(us: int) -> bytes:
    return tv(3, "Q", us)


def last_utc(us: int) -> bytes:
    return tv(4, "Q", us)


def rssi(dbm: int = -48) -> bytes:
    return tv(6, "b", dbm)


def report(*parameters: bytes) -> bytes:
    return tlv(240, b"".join(parameters))


def message(reports: Iterable[bytes], number: int = 1) -> bytes:
    body = b"".join(reports)
    return HEADER.pack(1 << 10 | RO_ACCESS_REPORT, HEADER.size + len(body), number) + body


def seen(epc: bytes = EPC, us: int = UTC_US) -> bytes:
    """The message that a reader sends for one tag at antenna 1."""
    return message([report(epc_96(epc), antenna(), rssi(), first_utc(us))])


def event(*parameters: Parameter, number: int = 0) -> bytes:
    data = Parameter("ReaderEventNotificationData", {}, parameters)
    return encode(Message("READER_EVENT_NOTIFICATION", number, {}, [data]))
