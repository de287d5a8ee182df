from __future__ import annotations

import json
from collections import Counter
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.relayer.errors import Reason
from lading.relayer.sources import MAX_LINE_BYTES, Roster, scan

EPC = "3036451FD40C0E40000003E9"
HALF_PAST = 1_772_439_330  # 2026-03-02T08:15:30Z


def reason_of(found) -> Reason:
    assert (len(found.reads), len(found.quarantined)) == (0, 1)
    return found.quarantined[0].reason


def test_the_three_forms_are_told_apart_line_by_line(read_log, zebra, impinj, ours):
    found = read_log(zebra(7), impinj(port=2), ours(sequence=3, antenna=4))
    assert [(r.reader, r.antenna, r.sequence, r.time_ns - HALF_PAST * 10**9, r.line) for r in found.reads] == [
        ("zebra", None, 7, 420_000_000, 1),
        ("impinj", 2, None, 278_427_551, 2),
        ("ours", 4, 3, 0, 3),
    ]
    assert {read.epc for read in found.reads} == {EPC}


@pytest.mark.parametrize(
    ("zone", "hours"), [("Z", 0), ("+0000", 0), ("+00:00", 0), ("+08:00", 8), ("-0530", -5.5), ("+14:00", 14)]
)
def test_a_time_is_an_instant_and_its_zone_is_kept(read_log, ours, zone: str, hours: float):
    (read,) = read_log(ours(time=f"2026-03-02T08:15:30.5{zone}")).reads
    assert read.time_ns == (HALF_PAST - int(hours * 3600)) * 10**9 + 500_000_000
    assert read.offset_minutes == 60 * hours


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"time": None}, Reason.TIME_MISSING),
        ({"time": "2026-03-02T08:15:30"}, Reason.TIME_ZONE_MISSING),
        ({"time": "2026-03-02 08:15:30Z"}, Reason.TIME_INVALID),
        ({"time": "2026-02-30T08:15:30Z"}, Reason.TIME_INVALID),
        ({"time": "2026-03-02T24:00:00Z"}, Reason.TIME_INVALID),
        ({"time": "2026-03-02T08:15:60Z"}, Reason.TIME_INVALID),
        ({"time": "2026-03-02T08:15:30.1234567890Z"}, Reason.TIME_INVALID),
        ({"time": "2026-03-02T08:15:30+15:00"}, Reason.TIME_INVALID),
        ({"time": "1969-12-31T23:59:59Z"}, Reason.TIME_INVALID),
        ({"time": "2263-01-01T00:00:00Z"}, Reason.TIME_INVALID),
        ({"time": 1772439330}, Reason.TIME_INVALID),
        ({"epc": None}, Reason.EPC_MISSING),
        ({"epc": ""}, Reason.EPC_MISSING),
        ({"epc": "30G6"}, Reason.EPC_INVALID),
        ({"epc": "303"}, Reason.EPC_INVALID),
        ({"epc": "30 36"}, Reason.EPC_INVALID),
        ({"epc": 3036}, Reason.EPC_INVALID),
        ({"epc": "30" * 63}, Reason.EPC_INVALID),
        ({"reader": "stranger"}, Reason.READER_UNKNOWN),
        ({"reader": "\ud800"}, Reason.READER_UNKNOWN),
        ({"antenna": "1"}, Reason.ANTENNA_INVALID),
        ({"antenna": True}, Reason.ANTENNA_INVALID),
        ({"antenna": -1}, Reason.ANTENNA_INVALID),
        ({"reader": "impinj", "antenna": 9}, Reason.ANTENNA_UNMAPPED),
        ({"reader": "impinj"}, Reason.ANTENNA_UNMAPPED),
        ({"sequence": 2**63}, Reason.SEQUENCE_INVALID),
        ({"sequence": 1.0}, Reason.SEQUENCE_INVALID),
    ],
)
def test_a_spoilt_field_puts_its_line_into_quarantine(read_log, ours, spoilt: dict[str, object], reason: Reason):
    assert reason_of(read_log(ours(**spoilt))) == reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", Reason.NOT_JSON),
        (b'{"reader": NaN}', Reason.NOT_JSON),
        (b'{"reader": -Infinity}', Reason.NOT_JSON),
        (b"[" * 60000, Reason.NOT_JSON),
        (b'{"a": ' + b"9" * 5000 + b"}", Reason.NOT_JSON),
        (b'{"reader": "\xff"}', Reason.NOT_UTF8),
        (b"[]", Reason.UNKNOWN_FORMAT),
        (b'"text"', Reason.UNKNOWN_FORMAT),
        (b'{"data": {}, "eventType": 3}', Reason.EPC_MISSING),
        (b'{"eventType": "tagInventory", "hostname": "impinj"}', Reason.EPC_MISSING),
        (b"{}", Reason.UNKNOWN_FORMAT),
        (b"\x00", Reason.NOT_JSON),
    ],
)
def test_a_line_that_is_no_report_is_kept_with_its_bytes(read_log, line: bytes, reason: Reason):
    found = read_log(line)
    assert reason_of(found) == reason
    assert (found.quarantined[0].head, found.quarantined[0].length) == (line, len(line))


def test_a_huge_line_is_cut_and_the_next_one_read(read_log, ours):
    found = read_log(b"x" * (10 << 20), ours())
    (huge,) = found.quarantined
    assert (huge.reason, huge.length, len(huge.head)) == (Reason.TOO_LONG, 10 << 20, MAX_LINE_BYTES)
    assert [read.line for read in found.reads] == [2]


@pytest.mark.parametrize("extra", [0, 1])
def test_the_longest_line_that_is_read(read_log, ours, extra: int):
    line = json.dumps(ours(note="")).encode()
    line = line.replace(b'"note": "', b'"note": "' + b"n" * (MAX_LINE_BYTES - len(line) + extra))
    found = read_log(line, ours(sequence=2))
    assert (len(found.reads), len(found.quarantined)) == (2 - extra, extra)


def test_impinj_reports_of_other_things_are_skipped_and_counted(read_log, impinj):
    found = read_log({"eventType": "inventoryStatus", "hostname": "elsewhere"}, impinj(), b"", b"  \r")
    assert (len(found.reads), found.skipped, found.blank, found.quarantined) == (1, 1, 2, ())


def test_impinj_may_send_base64url_instead_of_hex(read_log, impinj):
    line = impinj()
    event = line["tagInventoryEvent"]
    event["epc"] = "MDZFH9QMDkAAAAPp"
    both = read_log(line)
    del event["epcHex"]
    alone = read_log(line)
    event["epcHex"] = "3036451FD40C0E40000003EA"
    assert [read.epc for read in both.reads + alone.reads] == [EPC, EPC]
    assert reason_of(read_log(line)) == Reason.EPC_INVALID


def test_a_zebra_line_that_names_its_reader_is_not_the_unnamed_one(read_log, zebra):
    found = read_log(zebra(1, MAC="84:24:8D:EE:12:34"), zebra(2, hostName="ours"), zebra(3, hostName="new", MAC="ours"))
    assert [read.reader for read in found.reads] == ["ours", "ours"]
    assert found.quarantined[0].reason == Reason.READER_UNKNOWN


def test_an_epc_that_was_hexed_twice_is_read_once_and_flagged(read_log, zebra):
    found = read_log(zebra(1, epc=EPC.encode().hex()), zebra(2), zebra(3, epc="313233343536373839303132"))
    assert [(read.epc, read.double_hexed) for read in found.reads] == [
        (EPC, True),
        (EPC, False),
        ("313233343536373839303132", False),  # a 96-bit tag that spells twelve digits: nothing was hexed twice
    ]


def test_the_number_of_a_malformed_line_has_arrived(read_log, zebra):
    found = read_log(zebra(1), zebra(2, epc="xy"), zebra(True), zebra(4, MAC="stranger"))
    assert found.sequences() == {"zebra": {1, 2}}


NAMES = """reader antenna epc time sequence data timestamp eventNum idHex MAC
    eventType tagInventoryEvent epcHex antennaPort hostname"""
FIELDS = st.sampled_from(NAMES.split())
WORDS = st.sampled_from(
    ["zebra", "impinj", "ours", EPC, "2026-03-02T08:15:30Z", "2026-03-02T08:15:30.420+0000", "tagInventory", "zz"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
OBJECTS = st.dictionaries(FIELDS, SCALARS | st.dictionaries(FIELDS, SCALARS, max_size=5), max_size=6)
LINES = st.binary(max_size=60) | OBJECTS.map(lambda value: json.dumps(value).encode())


@settings(max_examples=400, deadline=None)
@given(lines=st.lists(LINES, max_size=8), ending=st.sampled_from([b"", b"\n", b"\r\n"]))
def test_whatever_comes_every_line_is_counted_once(config, lines: list[bytes], ending: bytes):
    log = b"\n".join(lines) + ending
    found = scan(BytesIO(log), Roster(config))
    numbers = Counter([item.line for item in (*found.reads, *found.quarantined)])
    total = log.count(b"\n") + (not log.endswith(b"\n") and bool(log))
    assert len(numbers) + found.skipped + found.blank == total
    assert all(count == 1 for count in numbers.values())
    assert all(json.dumps(one.detail, ensure_ascii=False).encode() for one in found.quarantined)


@settings(max_examples=200, deadline=None)
@given(line=OBJECTS, other=st.data())
def test_a_malformed_line_does_not_touch_its_neighbours(config, line: dict[str, object], other):
    good = {"reader": "ours", "epc": EPC, "time": "2026-03-02T08:15:30Z"}
    cut = json.dumps(line).encode()
    cut = cut[: other.draw(st.integers(0, len(cut)))]
    log = b"\n".join([json.dumps(good).encode(), cut, json.dumps(good | {"sequence": 2}).encode()])
    found = scan(BytesIO(log), Roster(config))
    assert {1, 3} <= {read.line for read in found.reads}
