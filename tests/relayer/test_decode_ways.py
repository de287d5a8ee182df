"""The short way through a line says what the long one says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.relayer.config.settings import RelayConfig
from lading.relayer.reads.decode import MAX_LINE_BYTES, Batch, Decoder
from lading.relayer.reads.roster import Roster

EPC = "3036451FD40C0E40000003E9"

NAMES = """reader antenna epc time sequence data timestamp eventNum idHex MAC hostName peakRssi rssi peakRssiCdbm
    eventType tagInventoryEvent epcHex antennaPort hostname"""
FIELDS = st.sampled_from(NAMES.split())
TIMES = st.from_regex(r"\A20(26|38)-0[0-3]-[03]\dT[0-2]\d:[0-6]\d:[0-6]\d(\.\d{0,10})?(Z|[+-](0\d|14|15):?[0-6]\d|)\Z")
EPCS = st.sampled_from(
    [EPC, EPC.lower(), EPC.encode().hex(), "3036451FD40C0E40000003EA", "MDZFH9QMDkAAAAPp", "zz", "30 36", "E280"]
)
WORDS = (
    st.sampled_from(["zebra", "impinj", "ours", "tagInventory", "inventoryStatus", "\ud800", "\u0661"]) | EPCS | TIMES
)
NUMBERS = st.sampled_from(
    [0, 1, 2, -1, 65535, 65536, 2**63 - 1, 2**63, 2**64, 10**30, True, 1.0, -0.0, 1e300, -57, 41.5]
)
SCALARS = st.none() | NUMBERS | st.floats() | st.text(max_size=4) | WORDS | st.lists(NUMBERS, max_size=1)
ANYTHING = st.dictionaries(FIELDS, SCALARS | st.dictionaries(FIELDS, SCALARS, max_size=5), max_size=7)


def field(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what belongs there."""
    return st.one_of(good, good, good, good, SCALARS)


def form(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


READERS, ANTENNAS, STRENGTH = st.sampled_from(["zebra", "impinj", "ours"]), st.integers(0, 3), st.integers(-90, -20)
ZEBRA = form(
    data=form(
        eventNum=field(st.integers(0, 9)), idHex=field(EPCS), antenna=field(ANTENNAS), peakRssi=field(STRENGTH),
        MAC=field(READERS), hostName=field(READERS),
    ),
    timestamp=field(TIMES), type=SCALARS,
)  # fmt: skip
IMPINJ = form(
    eventType=field(st.just("tagInventory")), hostname=field(READERS), timestamp=field(TIMES),
    tagInventoryEvent=form(
        epcHex=field(EPCS), epc=field(EPCS), antennaPort=field(ANTENNAS), peakRssiCdbm=field(STRENGTH)
    ),
)  # fmt: skip
OURS = form(
    reader=field(READERS), epc=field(EPCS), antenna=field(ANTENNAS), time=field(TIMES),
    sequence=field(st.integers(0, 9)), rssi=field(STRENGTH),
)  # fmt: skip
WRITERS = st.sampled_from([json.dumps, lambda value: json.dumps(value, ensure_ascii=False)])


def written(value: object, write: Callable[[object], str]) -> bytes:
    return write(value).encode("utf-8", "surrogatepass")


DOCUMENTS = st.builds(written, ZEBRA | IMPINJ | OURS | ANYTHING, WRITERS)
DOUBLED = st.builds(lambda one, two: one[:-1] + b"," + two[1:], DOCUMENTS, DOCUMENTS)  # the same key twice
CUT = st.builds(lambda line, at: line[:at], DOCUMENTS, st.integers(0, 80))
HUGE = st.sampled_from(
    [
        b"9" * 5000,
        b"[" * 1100 + b"]" * 1100,
        b"[" * 500 + b"]" * 500,
        b'"' + b"x" * MAX_LINE_BYTES + b'"',
        b"NaN",
        b"1e999",
    ]
)
PADDED = st.builds(lambda line, pad: line[:-1] + b', "pad": ' + pad + b"}", DOCUMENTS, HUGE)
LINES = st.one_of(DOCUMENTS, DOCUMENTS, DOCUMENTS, DOUBLED, CUT, PADDED, st.binary(max_size=60)).map(
    lambda line: line.replace(b"\n", b" ")
)


def by_the_long_way(config: RelayConfig, lines: list[bytes]) -> Batch:
    decoder, batch = Decoder(Roster(config)), Batch()
    for number, line in enumerate(lines, 1):
        decoder._long(batch, number, line.removesuffix(b"\r"))
    return batch


@settings(max_examples=500, deadline=None)
@given(lines=st.lists(LINES, max_size=12), ending=st.sampled_from([b"\n", b"\r\n"]))
def test_the_short_way_says_what_the_long_one_says(config: RelayConfig, lines: list[bytes], ending: bytes):
    decoder = Decoder(Roster(config))
    whole = b"".join(line + ending for line in lines)
    expected = by_the_long_way(config, [line + ending[:-1] for line in lines])
    for _ in range(2):  # the second time all that repeats is known
        assert decoder.decode(whole) == expected
    total = len(expected.reads) + len(expected.bads) + expected.skipped + expected.blank
    assert total == len(lines)
    assert all(type(value) in (int, str, bool, type(None)) for read in decoder.decode(whole).reads for value in read)
    assert all(json.dumps(bad.detail, ensure_ascii=False).encode() for bad in expected.bads)


def test_what_readers_send_all_day_takes_the_short_way(config: RelayConfig, zebra, impinj, ours):
    decoder = Decoder(Roster(config))
    base64 = impinj()
    base64["tagInventoryEvent"]["epc"] = "MDZFH9QMDkAAAAPp"
    lines = zebra(1, antenna=1, peakRssi=-41), impinj(), base64, ours(time="2026-03-02T08:15:30.278+08:00", sequence=1)
    for line in lines:
        assert decoder._short(orjson.loads(json.dumps(line))) == decoder.decode(json.dumps(line).encode()).reads[0]
