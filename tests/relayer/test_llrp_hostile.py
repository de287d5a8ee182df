"""Hostile bytes: published and made-up frames, altered. Never a crash, and never a read that the bytes do not hold.

`LADING_LLRP_HOSTILE` says how many inputs there are (20,000), `LADING_LLRP_SEED` from which seed.
"""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from llrp_kit import (
    UTC_US,
    VENDOR,
    antenna,
    epc_96,
    epc_data,
    first_utc,
    frames_in,
    last_utc,
    message,
    report,
    rssi,
    seen,
    tlv,
    tv,
)

from lading.relayer.llrp.errors import LlrpMalformed
from lading.relayer.llrp.frames import Framer, frames_of_capture
from lading.relayer.llrp.layouts import PARAMETERS
from lading.relayer.llrp.messages import Message, decode, encode
from lading.relayer.llrp.shapes import TagReport
from lading.relayer.llrp.tag_reports import Decoder

INPUTS = int(os.environ.get("LADING_LLRP_HOSTILE", "20000"))
SEED = int(os.environ.get("LADING_LLRP_SEED", "1"))
EXAMPLES = max(50, INPUTS // 40)
MADE_UP = [
    seen(),
    message([report(epc_data(bytes(16)), VENDOR, antenna(), first_utc(), last_utc(UTC_US + 9), tv(8, "H", 3))] * 3),
    message([report(epc_96(), rssi(), first_utc()), tlv(900, b"x"), report(epc_data(b"30" * 12), first_utc())]),
]


def _said(frame: bytes) -> list[tuple[str, int | None, int | None]] | None:
    """By the tables: (EPC in hex, antenna, first time) of each tag report; None if they refuse the message."""
    try:
        parsed = decode(frame)
    except LlrpMalformed:
        return None
    found = []
    for data in parsed.parameters if parsed.name == "RO_ACCESS_REPORT" else ():
        if data.name == "TagReportData":
            by_name = {one.name: one.fields for one in data.parameters}
            epc = by_name.get("EPCData", by_name.get("EPC_96", {})).get("EPC")
            text = f"{epc:024X}" if isinstance(epc, int) else epc.hex().upper() if isinstance(epc, bytes) else ""
            time = by_name.get("FirstSeenTimestampUTC", {}).get("Microseconds")
            found.append((text, by_name.get("AntennaID", {}).get("AntennaID"), time))
    return found


def check(data: bytes, decoder: Decoder) -> None:
    """No crash; the same from a decoder that knows other shapes already; nothing that the tables do not find."""
    fresh, used = Decoder("r").reports(data), decoder.reports(data)
    assert sorted(map(str, fresh[0])) == sorted(map(str, used[0]))
    assert len(fresh[1]) == len(used[1])
    decoded = decoder.decode(data, 1, 1)
    for read in decoded.reads:
        assert 0 <= read.time_ns < 2**63
        assert bytes.fromhex(read.epc)
        spelled = read.epc.encode() if read.double_hexed else bytes.fromhex(read.epc)
        assert spelled.lower() in data.lower()
    said = _said(data)
    if said is not None:
        left = sorted(map(str, said))
        for one in map(TagReport._make, fresh[0]):
            left.remove(str((one.epc, one.antenna, one.first_utc)))
        assert len(left) == sum(bad.data[:2] == b"\x00\xf0" for bad in fresh[1])
    with suppress(LlrpMalformed):
        for frame in frames_of_capture(data):
            parsed = decode(frame)
            assert isinstance(parsed, Message)
            encode(parsed)


def _flip(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 4)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def _drop(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.randint(1, 8)]


def _insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = rng.randbytes(rng.randint(1, 8))


def _length(data: bytearray, rng: random.Random) -> None:
    """Another length somewhere behind the header: of a parameter, if it hits."""
    at = rng.randrange(2, max(3, len(data) - 2))
    data[at : at + 2] = struct.pack(">H", rng.choice([0, 1, 3, 4, 5, len(data), 0xFFFF, rng.randrange(0x10000)]))


def _type(data: bytearray, rng: random.Random) -> None:
    number, _ = rng.choice(list(PARAMETERS.values()))
    at = rng.randrange(10, max(11, len(data) - 2))
    data[at : at + 2] = bytes([0x80 | number, 0]) if number < 128 else struct.pack(">H", number)


ALTERATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _cut, _drop, _insert, _length, _type)


def _frames(root: Path) -> list[bytes]:
    shared = root.parent / "shared" / "data"
    found = frames_in(shared) if shared.is_dir() else []
    return [frame for frame in found if len(frame) < 700] + MADE_UP


def test_altered_frames_are_read_rightly_or_refused(root: Path) -> None:
    rng = random.Random(SEED)  # noqa: S311 - chooses inputs
    frames = _frames(root)
    reports = [frame for frame in frames if frame[1] == 61]
    decoder = Decoder("r")
    for _ in range(INPUTS):
        data = bytearray(rng.choice(reports if rng.random() < 0.8 else frames))
        for _ in range(rng.randint(1, 3)):
            if data:
                rng.choice(ALTERATIONS)(data, rng)
        if len(data) >= 10 and rng.random() < 0.9:  # else hardly any gets past its header
            data[2:6] = struct.pack(">I", len(data))
        check(bytes(data), decoder)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_rightly_or_refused(data: bytes) -> None:
    check(data, Decoder("r"))


PIECES = st.one_of(
    st.binary(min_size=12, max_size=12).map(epc_96),
    st.binary(max_size=70).map(epc_data),
    st.integers(0, 65535).map(antenna),
    st.integers(0, 2**64 - 1).map(first_utc),
    st.integers(0, 2**64 - 1).map(last_utc),
    st.integers(-128, 127).map(rssi),
    st.builds(tlv, st.integers(128, 1023), st.binary(max_size=20)),
    st.binary(max_size=6),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=7), max_size=6), st.integers(1, 3))
def test_any_parameters_in_any_order_are_read_rightly_or_refused(reports: list[list[bytes]], times: int) -> None:
    check(message([report(*pieces) for pieces in reports] * times), Decoder("r"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.sampled_from(MADE_UP), max_size=5), st.lists(st.integers(1, 200), min_size=1), st.binary(max_size=40)
)
def test_a_stream_torn_anywhere_gives_the_same_messages(frames: list[bytes], cuts: list[int], tail: bytes) -> None:
    def cut(sizes: list[int]) -> tuple[list[bytes], bool]:
        framer, found, at = Framer(), [], 0
        stream = b"".join(frames) + tail
        try:
            while at < len(stream):
                for size in sizes:
                    for frame in framer.feed(stream[at : at + size]):
                        found.append(frame)
                    at += size
        except LlrpMalformed:
            return found, True
        return found, False

    assert cut(cuts) == cut([1])
