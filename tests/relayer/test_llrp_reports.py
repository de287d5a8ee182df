"""Tag reports become reads: with their times, or with the reason why not."""

from __future__ import annotations

import pytest
from llrp_kit import (
    EPC,
    UTC_US,
    VENDOR,
    antenna,
    epc_96,
    epc_data,
    event,
    first_uptime,
    first_utc,
    last_utc,
    message,
    report,
    rssi,
    seen,
    tlv,
    tv,
)

from lading.relayer.llrp.clock import uptime_zero
from lading.relayer.llrp.errors import Fault
from lading.relayer.llrp.frames import frames_of_capture
from lading.relayer.llrp.messages import Parameter, decode
from lading.relayer.llrp.shapes import TagReport
from lading.relayer.llrp.tag_reports import Decoder, results_of
from lading.relayer.reads.reads import Read

UTC_NS, HEX = 1000 * UTC_US, EPC.hex().upper()
ARRIVAL_NS = UTC_NS + 5_000_000_000


def reads_of(*reports: bytes, arrival_ns: int | None = None, uptime_zero_ns: int | None = None) -> list[Read]:
    found = Decoder("dock").decode(message(reports), arrival_ns, uptime_zero_ns)
    assert not found.bad
    return found.reads


def faults_of(*reports: bytes) -> list[Fault]:
    found = Decoder("dock").decode(message(reports))
    assert not found.reads
    return [bad.reason for bad in found.bad]


def test_a_report_becomes_a_read_of_the_configured_reader() -> None:
    (read,) = reads_of(report(epc_96(), antenna(3), rssi(-48), first_utc()))
    assert read == Read(UTC_NS, HEX, 3, "dock", -1, 0, False, -4800)
    assert isinstance(read, Read)


def test_what_a_report_does_not_say_is_none() -> None:
    assert reads_of(report(epc_96(), first_utc())) == [Read(UTC_NS, HEX, -1, "dock", -1, 0, False, None)]


def test_vendors_and_unknown_parameters_are_stepped_over_wherever_they_stand() -> None:
    unknown = tlv(900, b"\x8d" + bytes(12))  # what looks like an EPC inside it is none
    plain = (epc_96(), antenna(), rssi(), first_utc())
    for at in range(len(plain) + 1):
        assert reads_of(report(*plain[:at], VENDOR, unknown, *plain[at:])) == reads_of(report(*plain))
    survey = tlv(242, tlv(243, bytes(10) + tlv(128, bytes(8))))
    assert Decoder("dock").decode(message([survey, report(*plain), VENDOR])).reads == reads_of(report(*plain))


def test_reports_of_several_shapes_in_one_message_keep_their_own_values() -> None:
    longer = bytes(range(16))
    reports = [
        report(epc_96(), antenna(1), first_utc()),
        report(epc_data(longer), antenna(2), first_utc(UTC_US + 1)),
        report(antenna(3), epc_96(), first_utc(UTC_US + 2)),
        report(epc_96(), antenna(4), first_utc(UTC_US + 3)),
    ]
    decoder = Decoder("dock")
    for _ in range(2):  # learned, and known
        found = {read.antenna: read for read in decoder.decode(message(reports)).reads}
        assert {number: read.epc for number, read in found.items()} == {1: HEX, 2: longer.hex().upper(), 3: HEX, 4: HEX}
        assert [found[number].time_ns - UTC_NS for number in range(1, 5)] == [0, 1000, 2000, 3000]


@pytest.mark.parametrize("count", [1, 2, 3, 200, 1000])
def test_many_reports_of_one_shape_keep_their_own_values(count: int) -> None:
    def one(number: int) -> bytes:
        epc = (number * 7919).to_bytes(12, "big")
        return report(epc_96(epc), antenna(number % 4), rssi(-number % 128 - 128), first_utc(UTC_US + number))

    reads = reads_of(*map(one, range(count)))
    assert reads == [
        Read(
            UTC_NS + 1000 * number,
            f"{number * 7919:024X}",
            number % 4,
            "dock",
            -1,
            0,
            False,
            100 * (-number % 128 - 128),
        )
        for number in range(count)
    ]


def test_a_report_that_sums_up_gives_a_read_at_each_end() -> None:
    reads = reads_of(
        report(epc_96(), antenna(), first_utc(), last_utc(UTC_US + 60_000_000), tv(8, "H", 740)),
        report(epc_96(), antenna(), first_utc(UTC_US + 7), last_utc(UTC_US + 7), tv(8, "H", 1)),
    )
    assert sorted(read.time_ns - UTC_NS for read in reads) == [0, 7000, 60_000_000_000]


def test_the_last_time_stands_in_for_a_first_one_that_is_not_reported() -> None:
    assert reads_of(report(epc_96(), last_utc(UTC_US + 5)))[0].time_ns == UTC_NS + 5000


def test_an_uptime_is_placed_by_the_readers_event_at_the_connection() -> None:
    greeting = event(
        Parameter("Uptime", {"Microseconds": 9_000_000}), Parameter("ConnectionAttemptEvent", {"Status": 0})
    )
    zero = uptime_zero(decode(greeting), UTC_NS)
    assert zero == UTC_NS - 9_000_000_000
    found = Decoder("dock").decode(message([report(epc_96(), first_uptime(9_500_000))]), ARRIVAL_NS, zero)
    assert [read.time_ns for read in found.reads] == [UTC_NS + 500_000_000]
    assert (found.by_uptime, found.by_arrival) == (1, 0)


def test_an_event_with_both_times_places_uptime_without_any_arrival() -> None:
    both = event(Parameter("UTCTimestamp", {"Microseconds": UTC_US}), Parameter("Uptime", {"Microseconds": 11}))
    assert uptime_zero(decode(both), None) == UTC_NS - 11_000
    utc = event(Parameter("UTCTimestamp", {"Microseconds": UTC_US}))
    assert uptime_zero(decode(utc), ARRIVAL_NS) is None


def test_utc_goes_before_uptime_and_uptime_before_the_arrival() -> None:
    both = report(epc_96(), first_utc(), first_uptime(1))
    assert reads_of(both, arrival_ns=ARRIVAL_NS, uptime_zero_ns=0)[0].time_ns == UTC_NS
    bare = report(epc_96(), antenna())
    found = Decoder("dock").decode(message([bare, report(epc_96(), first_uptime(1))]), ARRIVAL_NS, None)
    assert [read.time_ns for read in found.reads] == [ARRIVAL_NS, ARRIVAL_NS]
    assert (found.by_uptime, found.by_arrival) == (0, 2)


def test_without_any_time_a_report_is_bad_and_a_good_one_beside_it_is_not() -> None:
    assert faults_of(report(epc_96(), first_uptime(1)), report(epc_96())) == [Fault.TIME_MISSING] * 2
    found = Decoder("dock").decode(message([report(epc_96()), report(epc_96(), first_utc())]))
    assert (len(found.reads), [bad.reason for bad in found.bad]) == (1, [Fault.TIME_MISSING])


def test_only_the_reports_with_an_impossible_time_are_refused() -> None:
    last = 2**63 // 1000
    reports = [report(epc_96(), first_utc(us)) for us in (0, last, last + 1, 2**64 - 1)]
    found = Decoder("dock").decode(message(reports))
    assert [read.time_ns for read in found.reads] == [0, 1000 * last]
    assert found.bad[0].data == reports[2]
    assert [bad.reason for bad in found.bad] == [Fault.TIME_INVALID] * 2


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ((antenna(), first_utc()), Fault.EPC_MISSING),
        ((epc_data(b""), first_utc()), Fault.EPC_MISSING),
        ((epc_data(b"\x54", 1), first_utc()), Fault.EPC_INVALID),
        ((epc_data(bytes(64)), first_utc()), Fault.EPC_INVALID),
        ((epc_data(EPC, 8 * len(EPC) + 8), first_utc()), Fault.EPC_INVALID),
        ((epc_data(EPC, 8), first_utc()), Fault.EPC_INVALID),
        ((epc_96(), epc_96(), first_utc()), Fault.REPEATED),
        ((epc_96(), epc_data(EPC), first_utc()), Fault.REPEATED),
        ((epc_96(), antenna(1), antenna(2), first_utc()), Fault.REPEATED),
        ((epc_96(), first_utc(), b"\x82\x00"), Fault.TRUNCATED),
        ((epc_96(), first_utc(), b"\x95\x00\x00"), Fault.UNKNOWN_SIZE),
        ((epc_96(), first_utc(), b"\x01\x53\x00\x00"), Fault.UNEXPECTED),
        ((epc_96(), first_utc(), b"\x03\xff\x00\x05"), Fault.TRUNCATED),
    ],
)
def test_a_bad_report_is_named_and_the_next_one_goes_on(parameters: tuple[bytes, ...], reason: Fault) -> None:
    bad = report(*parameters)
    found = Decoder("dock").decode(message([bad, report(epc_96(), first_utc())]))
    assert [(one.reason, one.data) for one in found.bad] == [(reason, bad)]
    assert [read.time_ns for read in found.reads] == [UTC_NS]


def test_where_a_length_cannot_be_believed_the_rest_of_the_message_is_kept_and_the_next_message_read() -> None:
    good = report(epc_96(), first_utc())
    torn = b"\x00\xf0\x00\xff" + good[4:]
    found = Decoder("dock").decode(message([good, torn, good], 9) + seen(us=UTC_US + 1))
    assert sorted(read.time_ns - UTC_NS for read in found.reads) == [0, 1000]
    (bad,) = found.bad
    assert (bad.reason, bad.data) == (Fault.TRUNCATED, message([torn, good], 9))


def test_what_is_in_quarantine_can_be_given_again() -> None:
    for frames in (message([report(epc_96())]), message([report(epc_96(), first_utc()), b"\x00\xf0\x00\xff"])):
        (bad,) = Decoder("dock").decode(frames).bad
        (again,) = frames_of_capture(bad.data)
        (same,) = Decoder("dock").decode(again).bad
        assert same.reason is bad.reason


def test_a_report_of_an_empty_epc_is_still_a_report() -> None:
    reports, bad = Decoder("dock").reports(message([report(antenna(2), epc_data(b""))] * 3))
    assert not bad
    assert [(one.epc, one.epc_bits, one.antenna) for one in map(TagReport._make, reports)] == [("", 0, 2)] * 3


def test_a_flood_of_bad_reports_is_bundled_and_none_is_lost() -> None:
    reports = [report(epc_96(), antenna(number)) for number in range(5000)]
    found = Decoder("dock").decode(message([*reports, report(antenna()), report(epc_96(), first_utc())]))
    assert len(found.reads) == 1
    assert len(found.bad) == 102
    bundle = next(one for one in found.bad if one.detail.startswith("4900 more; the first: no UTC"))
    (frame,) = frames_of_capture(bundle.data)
    again = Decoder("dock").decode(frame, ARRIVAL_NS).reads
    told = Decoder("dock").decode(message([one.data for one in found.bad if len(one.data) == len(reports[0])]), 1).reads
    assert {read.antenna for read in [*again, *told]} == set(range(5000))


def test_an_epc_that_was_hexed_twice_is_read_and_flagged() -> None:
    twice = HEX.lower().encode()
    (read,) = reads_of(report(epc_data(twice), first_utc()))
    assert (read.epc, read.double_hexed) == (HEX, True)
    raw = bytes(range(24))
    (read,) = reads_of(report(epc_data(raw), first_utc()))
    assert (read.epc, read.double_hexed) == (raw.hex().upper(), False)


def test_access_results_are_kept_with_their_report() -> None:
    read_data = tlv(349, b"\x00\x00\x07\x00\x02\xe2\x80\x11\x60")
    lock = tlv(352, b"\x02\x00\x08")
    ((row,), bad) = Decoder("dock").reports(message([report(epc_96(), read_data, first_utc(), lock)]))
    assert not bad
    found = TagReport._make(row)
    assert results_of(found) == [
        Parameter("C1G2ReadOpSpecResult", {"Result": 0, "OpSpecID": 7, "ReadData": (0xE280, 0x1160)}, []),
        Parameter("C1G2LockOpSpecResult", {"Result": 2, "OpSpecID": 8}, []),
    ]


def test_the_memory_of_shapes_is_bounded() -> None:
    decoder = Decoder("dock")
    for size in range(1000):
        found = decoder.decode(message([report(epc_96(), tlv(900, bytes(size)), first_utc())]))
        assert [read.epc for read in found.reads] == [HEX]
    assert sum(map(len, decoder._shapes.values())) <= 64


def test_other_messages_have_no_reads() -> None:
    assert Decoder("dock").decode(event(Parameter("UTCTimestamp", {"Microseconds": UTC_US}))).reads == []
