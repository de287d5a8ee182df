from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lading.relayer.config.settings import RelayConfig
from lading.relayer.errors import Reason
from lading.relayer.reads.decode import MAX_LINE_BYTES, Batch, Decoder
from lading.relayer.reads.reads import NONE
from lading.relayer.reads.roster import Roster

EPC = "3036451FD40C0E40000003E9"
HALF_PAST = 1_772_439_330  # 2026-03-02T08:15:30Z


@pytest.fixture(scope="module")
def decode(config: RelayConfig) -> Callable[..., Batch]:
    def run(*lines: bytes | dict[str, Any]) -> Batch:
        raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        return Decoder(Roster(config)).decode(b"\n".join(raw))

    return run


def reason_of(found: Batch) -> Reason:
    assert (len(found.reads), len(found.bads)) == (0, 1)
    return found.bads[0].reason


def test_the_three_forms_are_told_apart_line_by_line(decode, zebra, impinj, ours):
    found = decode(zebra(7), impinj(port=2), ours(sequence=3, antenna=4))
    assert [(r.reader, r.antenna, r.sequence, r.time_ns - HALF_PAST * 10**9) for r in found.reads] == [
        ("zebra", NONE, 7, 420_000_000),
        ("impinj", 2, NONE, 278_427_551),
        ("ours", 4, 3, 0),
    ]
    assert {read.epc for read in found.reads} == {EPC}


def test_strength_is_in_hundredths_of_a_dbm_and_a_read_is_no_worse_without(decode, zebra, impinj, ours):
    lines = zebra(peakRssi=-41), impinj(), ours(rssi=-41.55), ours(rssi="strong"), ours(rssi=10**400), ours(rssi=True)
    assert [read.rssi for read in decode(*lines).reads] == [-4100, -4150, -4155, None, None, None]


def test_a_tag_was_read_whatever_became_of_an_access_to_its_memory(decode, zebra):
    lines = [zebra(1, accessResults=[said]) for said in ("e2801130200038ed", "Error: Tag did not respond")]
    lines.append(zebra(1) | {"type": "CUSTOM"})
    assert decode(*lines).reads == decode(zebra(1), zebra(1), zebra(1)).reads


@pytest.mark.parametrize(
    ("zone", "hours"), [("Z", 0), ("+0000", 0), ("+00:00", 0), ("+08:00", 8), ("-0530", -5.5), ("+14:00", 14)]
)
def test_a_time_is_an_instant_and_its_zone_is_kept(decode, ours, zone: str, hours: float):
    for fraction, ns in ((".5", 500_000_000), ("", 0), (".123456789", 123_456_789)):
        (read,) = decode(ours(time=f"2026-03-02T08:15:30{fraction}{zone}")).reads
        assert read.time_ns == (HALF_PAST - int(hours * 3600)) * 10**9 + ns
        assert read.offset_minutes == 60 * hours


SPOILT = [
    ({"time": None}, Reason.TIME_MISSING),
    ({"time": "2026-03-02T08:15:30"}, Reason.TIME_ZONE_MISSING),
    ({"time": "2026-03-02T08:15:30.25"}, Reason.TIME_ZONE_MISSING),
    ({"time": "2026-03-02 08:15:30Z"}, Reason.TIME_INVALID),
    ({"time": "2026-02-30T08:15:30.1Z"}, Reason.TIME_INVALID),
    ({"time": "2026-03-02T24:00:00.1Z"}, Reason.TIME_INVALID),
    ({"time": "2026-03-02T08:15:60.1Z"}, Reason.TIME_INVALID),
    ({"time": "2026-03-02T08:15:30.1234567890Z"}, Reason.TIME_INVALID),
    ({"time": "2026-03-02T08:15:30.Z"}, Reason.TIME_INVALID),
    ({"time": "2026-03-02T08:15:30.\u0661Z"}, Reason.TIME_INVALID),
    ({"time": "2026-03-02T08:15:30.1+15:00"}, Reason.TIME_INVALID),
    ({"time": "1969-12-31T23:59:59.9Z"}, Reason.TIME_INVALID),
    ({"time": "2263-01-01T00:00:00.0Z"}, Reason.TIME_INVALID),
    ({"time": 1772439330}, Reason.TIME_INVALID),
    ({"time": ["Z"]}, Reason.TIME_INVALID),
    ({"epc": None}, Reason.EPC_MISSING),
    ({"epc": ""}, Reason.EPC_MISSING),
    ({"epc": "30G6"}, Reason.EPC_INVALID),
    ({"epc": "303"}, Reason.EPC_INVALID),
    ({"epc": "30 36"}, Reason.EPC_INVALID),
    ({"epc": "3036451FD40C0E4000000 3E"}, Reason.EPC_INVALID),
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
    ({"sequence": -1}, Reason.SEQUENCE_INVALID),
    ({"sequence": 1.0}, Reason.SEQUENCE_INVALID),
]


@pytest.mark.parametrize(("spoilt", "reason"), SPOILT)
def test_a_spoilt_field_puts_its_line_into_quarantine(decode, ours, spoilt: dict[str, object], reason: Reason):
    assert reason_of(decode(ours(**spoilt))) == reason


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
def test_a_line_that_is_no_report_is_kept_with_its_bytes(decode, line: bytes, reason: Reason):
    found = decode(line)
    assert reason_of(found) == reason
    assert (found.bads[0].head, found.bads[0].length) == (line, len(line))


@pytest.mark.parametrize("extra", [0, 1])
def test_the_longest_line_that_is_read(decode, ours, extra: int):
    line = json.dumps(ours(note="")).encode()
    line = line.replace(b'"note": "', b'"note": "' + b"n" * (MAX_LINE_BYTES - len(line) + extra))
    found = decode(line, ours(sequence=2))
    assert (len(found.reads), len(found.bads)) == (2 - extra, extra)
    assert [(bad.reason, bad.length, len(bad.head)) for bad in found.bads] == [
        (Reason.TOO_LONG, MAX_LINE_BYTES + 1, MAX_LINE_BYTES)
    ] * extra


def test_a_line_of_10_megabytes_is_cut_and_the_next_one_read(decode, ours):
    found = decode(b"x" * (10 << 20), ours())
    assert [(bad.line, bad.reason, bad.length, len(bad.head)) for bad in found.bads] == [
        (1, Reason.TOO_LONG, 10 << 20, MAX_LINE_BYTES)
    ]
    assert len(found.reads) == 1


def test_impinj_reports_of_other_things_are_skipped_and_counted(decode, impinj):
    found = decode({"eventType": "inventoryStatus", "hostname": "elsewhere"}, impinj(), b"", b"  \r")
    assert (len(found.reads), found.skipped, found.blank, found.bads) == (1, 1, 2, [])


def test_impinj_may_send_base64url_instead_of_hex(decode, impinj):
    line = impinj()
    event = line["tagInventoryEvent"]
    event["epc"] = "MDZFH9QMDkAAAAPp"
    both = decode(line, line)
    del event["epcHex"]
    alone = decode(line, line)
    event["epcHex"] = "3036451FD40C0E40000003EA"
    assert [read.epc for read in both.reads + alone.reads] == [EPC] * 4
    assert reason_of(decode(line)) == Reason.EPC_INVALID


def test_a_zebra_line_that_names_its_reader_is_not_the_unnamed_one(decode, zebra):
    found = decode(zebra(1, MAC="84:24:8D:EE:12:34"), zebra(2, hostName="ours"), zebra(3, hostName="new", MAC="ours"))
    assert [read.reader for read in found.reads] == ["ours", "ours"]
    assert found.bads[0].reason == Reason.READER_UNKNOWN


def test_an_epc_that_was_hexed_twice_is_read_once_and_flagged(decode, zebra):
    found = decode(zebra(1, epc=EPC.encode().hex()), zebra(2), zebra(3, epc="313233343536373839303132"))
    assert [(read.epc, read.double_hexed) for read in found.reads] == [
        (EPC, True),
        (EPC, False),
        ("313233343536373839303132", False),  # a 96-bit tag that spells twelve digits: nothing was hexed twice
    ]


def test_the_number_of_a_malformed_line_has_arrived(decode, zebra):
    found = decode(zebra(1), zebra(2, epc="xy"), zebra(True), zebra(4, MAC="stranger"))
    assert found.numbered == [("zebra", 2)]


def test_csv_says_the_same_as_json(decode, ours):
    header = b"\xef\xbb\xbftime, epc,antenna,reader,sequence,rssi,note"
    moment = "2026-03-02T08:15:30.278427551+08:00"
    lines = f"{moment},{EPC.lower()},1,ours,7,-41.5,", f'"{moment}",{EPC},,ours,,,"a, ""quoted"" note"'
    found = decode(header, *(line.encode() for line in lines), ours(sequence=1))
    assert (
        found.reads
        == decode(ours(time=moment, antenna=1, sequence=7, rssi=-41.5), ours(time=moment), ours(sequence=1)).reads
    )
    assert (found.skipped, found.bads, found.columns) == (
        1, [], ("time", "epc", "antenna", "reader", "sequence", "rssi", "note"),
    )  # fmt: skip


def test_a_csv_log_may_come_in_parts(config, ours):
    decoder = Decoder(Roster(config))
    first = decoder.decode(b"epc,time,reader\n")
    second = decoder.decode(f"{EPC},2026-03-02T08:15:30Z,ours\n".encode(), 2, first.columns)
    assert [read.epc for read in second.reads] == [EPC]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (f"{EPC},2026-03-02T08:15:30Z", Reason.NOT_CSV),
        (f"{EPC},2026-03-02T08:15:30Z,ours,1,2", Reason.NOT_CSV),
        (f'"{EPC},2026-03-02T08:15:30Z,ours,1', Reason.NOT_CSV),
        (f"{EPC},2026-03-02T08:15:30Z,ours,one", Reason.ANTENNA_INVALID),
        (f"{EPC},2026-03-02T08:15:30Z,ours,-1", Reason.ANTENNA_INVALID),
        (f"{EPC},,ours,1", Reason.TIME_MISSING),
        (",2026-03-02T08:15:30Z,ours,1", Reason.EPC_MISSING),
        (f"{EPC},2026-03-02T08:15:30Z,stranger,1", Reason.READER_UNKNOWN),
        ("\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), Reason.NOT_CSV),
    ],
)
def test_a_record_that_is_no_read_is_kept_with_its_reason(decode, record: str, reason: Reason):
    assert reason_of(decode(b"epc,time,reader,antenna", record.encode())) == reason
