"""The published frames say what their twins say, message by message and field by field."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from llrp_kit import EPC, UTC_US, VENDOR, antenna, epc_96, first_utc, frames_in, message, report, seen, tlv

from lading.relayer.llrp.errors import Fault, LlrpMalformed
from lading.relayer.llrp.frames import HEADER, MAX_FRAME_BYTES, Framer, frames_of_capture
from lading.relayer.llrp.layouts import STATUS_CODES
from lading.relayer.llrp.messages import UNKNOWN, Message, Parameter, decode, encode
from lading.relayer.llrp.shapes import TagReport
from lading.relayer.llrp.tag_reports import Decoder

_BITS = {"true": 1, "false": 0}
# What the twins call the values of fields, by field; the others are numbers there too.
_WORDS: dict[str, dict[str, int]] = {
    "StatusCode": {name: code for code, name in STATUS_CODES.items()},
    "ErrorCode": {name: code for code, name in STATUS_CODES.items()},
    "RequestedData": {"All": 0},
    "CurrentState": {"Disabled": 0},
    "ROSpecStartTriggerType": {"Null": 0, "GPI": 3},
    "ROSpecStopTriggerType": {"Null": 0},
    "AISpecStopTriggerType": {"Null": 0, "Duration": 1},
    "ProtocolID": {"EPCGlobalClass1Gen2": 1},
    "ROReportTrigger": {"None": 0, "Upon_N_Tags_Or_End_Of_AISpec": 1, "Upon_N_Tags_Or_End_Of_ROSpec": 2},
    "CommunicationsStandard": {"US_FCC_Part_15": 1},
    "DRValue": {"DRV_8": 0, "DRV_64_3": 1},
    "MValue": {"MV_FM0": 0, "MV_2": 1, "MV_4": 2, "MV_8": 3},
    "ForwardLinkModulation": {"PR_ASK": 0},
    "SpectralMaskIndicator": {"Unknown": 0, "SI": 1, "MI": 2, "DI": 3},
    "IDType": {"MAC_Address": 0},
    "State": {"Low": 0, "High": 1, "Unknown": 2},
    "Status": {"Success": 0},
}
_EVENT_WORDS = {  # `EventType` means another thing in each parameter
    "EventNotificationState": {
        "Upon_Hopping_To_Next_Channel": 0,
        "GPI_Event": 1,
        "ROSpec_Event": 2,
        "AISpec_Event": 6,
    },
    "ROSpecEvent": {"Start_Of_ROSpec": 0, "End_Of_ROSpec": 1},
    "AISpecEvent": {"End_Of_AISpec": 0},
}
_ARRAYS = {"AntennaIDs", "Frequency"}
_HEX = {"EPC", "ReaderID"}


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _number(field: str, owner: str, text: str) -> int:
    if field == "Microseconds" and "T" in text:
        moment = datetime.fromisoformat(text)
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    words = _EVENT_WORDS.get(owner, {}) if field == "EventType" else _WORDS.get(field, {})
    return words[text] if text in words else _BITS[text] if text in _BITS else int(text)


def _assert_same(element: ElementTree.Element, ours: Message | Parameter) -> int:
    """The fields compared, each of which ours must have; in order, and no parameter more than the twin."""
    owner, compared = _tag(element), 0
    assert ours.name == owner
    fields = [one for one in element if _tag(one) in ours.fields and not len(one)]
    parameters = [one for one in element if one not in fields]
    assert len(parameters) == len(ours.parameters), owner
    named = set()
    for field in fields:
        name, text = _tag(field), field.text or ""
        value = ours.fields[name]
        if name in _HEX:
            bits = field.get("Count")
            found = f"{value:024X}" if isinstance(value, int) else bytes(value).hex().upper()
            assert found == text.strip()
            assert bits is None or ours.fields[name + "Bits"] == int(bits)
        elif name in _ARRAYS:
            assert value == tuple(map(int, text.split()))
        elif isinstance(value, str):
            assert value == text
        elif isinstance(value, bytes):
            assert list(value) == [_number(name, owner, text)]
        else:
            assert value == _number(name, owner, text), (owner, name)
        named |= {name, name + "Bits"}
        compared += 1
    assert named >= set(ours.fields), owner
    return compared + sum(_assert_same(one, two) for one, two in zip(parameters, ours.parameters, strict=True))


@pytest.mark.parametrize(
    ("capture", "twin", "messages"), [("dx101_a.bin", "dx101_a.xml.gz", 934), ("dx101_b.bin", "dx101_b.xml", 24)]
)
def test_every_field_of_a_capture_is_what_its_xml_twin_says(
    shared_data: Path, capture: str, twin: str, messages: int
) -> None:
    packed = (shared_data / "llrp" / twin).read_bytes()
    root = ElementTree.fromstring(gzip.decompress(packed) if twin.endswith(".gz") else packed)  # noqa: S314 - ours
    frames = list(frames_of_capture((shared_data / "llrp" / capture).read_bytes()))
    assert len(frames) == len(root) == messages
    compared = 0
    for element, frame in zip(root, frames, strict=True):
        ours = decode(frame)
        assert ours.id == int(element.attrib["MessageID"])
        compared += _assert_same(element, ours)
    assert compared == sum(not len(one) for message in root for one in message.iter() if one is not message)


_JSON_NAMES = {
    "ROSpecID": "ro_spec_id",
    "SpecIndex": "spec_index",
    "InventoryParameterSpecID": "inventory_parameter_spec_id",
    "AntennaID": "antenna",
    "PeakRSSI": "rssi",
    "ChannelIndex": "channel",
    "FirstSeenUTC": "first_utc",
    "FirstSeenUptime": "first_uptime",
    "LastSeenUTC": "last_utc",
    "LastSeenUptime": "last_uptime",
    "TagSeenCount": "seen",
    "C1G2PC": "pc",
    "C1G2XPCW1": "xpc_w1",
    "C1G2XPCW2": "xpc_w2",
    "C1G2CRC": "crc",
    "AccessSpecID": "access_spec_id",
}


@pytest.mark.parametrize("number", range(1, 6))
def test_every_field_of_a_report_is_what_its_json_twin_says(shared_data: Path, number: int) -> None:
    stem = shared_data / "llrp" / f"ROAccessReport-00{number}"
    (frame,) = frames_of_capture(stem.with_suffix(".bytes").read_bytes())
    twin = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
    rows, bad = Decoder("r").reports(frame)
    reports = [TagReport._make(row) for row in rows]
    assert not bad
    assert len(reports) == len(twin["TagReportData"])
    for ours, theirs in zip(reports, twin["TagReportData"], strict=True):
        assert ours.epc == base64.b64decode(theirs["EPC96"]["EPC"]).hex().upper()
        assert ours.epc_bits == 96
        assert {ours_name: theirs[name] for name, ours_name in _JSON_NAMES.items()} == {
            ours_name: getattr(ours, ours_name) for ours_name in _JSON_NAMES.values()
        }
        assert all(value is None for name, value in theirs.items() if "OpSpecResult" in name or name == "Custom")
        assert ours.results == ()


def test_what_is_decoded_is_encoded_again_to_the_same_bytes(shared_data: Path) -> None:
    for frame in frames_in(shared_data):
        assert encode(decode(frame)) == frame


def _by_the_tables(frame: bytes) -> Iterator[TagReport]:
    """The tag reports by the general decoder."""
    names = {
        "FirstSeenTimestampUTC": "first_utc",
        "FirstSeenTimestampUptime": "first_uptime",
        "LastSeenTimestampUTC": "last_utc",
        "LastSeenTimestampUptime": "last_uptime",
        "C1G2_PC": "pc",
        "C1G2_CRC": "crc",
    } | _JSON_NAMES
    for data in decode(frame).parameters:
        if data.name == "TagReportData":
            found: dict[str, object] = dict.fromkeys(TagReport._fields) | {"results": ()}
            for one in data.parameters:
                if one.name == "EPC_96":
                    found |= {"epc": f"{one.fields['EPC']:024X}", "epc_bits": 96}
                elif one.name == "EPCData":
                    epc = one.fields["EPC"]
                    assert isinstance(epc, bytes)
                    found |= {"epc": epc.hex().upper(), "epc_bits": one.fields["EPCBits"]}
                else:
                    found[names[one.name]] = next(iter(one.fields.values()))
            yield TagReport(**found)  # type: ignore[arg-type]


def test_the_fast_path_says_of_tags_what_the_tables_say(shared_data: Path) -> None:
    frames = frames_in(shared_data)
    decoder = Decoder("r")
    total = 0
    for frame in frames:
        expected = sorted(map(str, _by_the_tables(frame)))
        reports, bad = decoder.reports(frame)
        assert not bad
        assert sorted(str(TagReport._make(row)) for row in reports) == expected
        total += len(reports)
    assert total == 130 + 132 + 5
    at_once, _ = Decoder("r").reports(b"".join(frames))
    assert len(at_once) == total


def test_a_stream_is_cut_alike_wherever_it_was_torn() -> None:
    frames = [seen(us=UTC_US + at) for at in range(3)]
    stream = b"".join(frames)
    for size in range(1, len(frames[0]) + 2):
        framer = Framer()
        found = [one for at in range(0, len(stream), size) for one in framer.feed(stream[at : at + size])]
        assert found == frames
        assert framer.waiting == 0


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"\x00\x3d\x00\x00\x00\x0a\x00\x00\x00\x01", Fault.FRAME_VERSION),
        (b"\x0c\x3d\x00\x00\x00\x0a\x00\x00\x00\x01", Fault.FRAME_VERSION),
        (b"\x24\x3d\x00\x00\x00\x0a\x00\x00\x00\x01", Fault.FRAME_VERSION),
        (b"HTTP/1.1 400 Bad Request", Fault.FRAME_VERSION),
        (b"\x04\x3d\x00\x00\x00\x09\x00\x00\x00\x01", Fault.FRAME_LENGTH),
        (HEADER.pack(0x43D, MAX_FRAME_BYTES + 1, 1), Fault.FRAME_LENGTH),
        (HEADER.pack(0x43D, 2**32 - 1, 1), Fault.FRAME_LENGTH),
    ],
)
def test_a_header_that_cannot_be_one_is_refused_after_what_came_before_it(header: bytes, reason: Fault) -> None:
    framer = Framer()
    assert list(framer.feed(seen())) == [seen()]
    frames = framer.feed(seen() + header)
    assert next(frames) == seen()
    with pytest.raises(LlrpMalformed) as refused:
        next(frames)
    assert refused.value.reason is reason


def test_a_capture_that_ends_inside_a_message_gives_those_before_it() -> None:
    frames = frames_of_capture(seen() + seen()[:-1])
    assert next(frames) == seen()
    with pytest.raises(LlrpMalformed) as refused:
        next(frames)
    assert refused.value.reason is Fault.TRUNCATED


def test_the_body_of_a_report_alone_is_given_a_header() -> None:
    body = report(epc_96(), antenna(), first_utc())
    (frame,) = frames_of_capture(body)
    assert decode(frame) == decode(message([body], 0))


def test_unknown_messages_and_parameters_are_kept_and_written_back() -> None:
    unknown = HEADER.pack(1 << 10 | 999, 13, 7) + b"abc"
    assert decode(unknown) == Message(UNKNOWN, 7, {"Type": 999, "Data": b"abc"})
    frame = message([report(epc_96(), VENDOR, tlv(900, b"xyz"))])
    (data,) = decode(frame).parameters
    assert data.parameters[1:] == [
        Parameter("Custom", {"VendorIdentifier": 25882, "ParameterSubtype": 57, "Data": b"\xee\x6c"}, []),
        Parameter(UNKNOWN, {"Type": 900, "Data": b"xyz"}),
    ]
    assert encode(decode(unknown)) == unknown
    assert encode(decode(frame)) == frame


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"\x04", Fault.TRUNCATED),
        (seen() + b"\x00", Fault.FRAME_LENGTH),
        (message([b"\x00\xf0\x00"]), Fault.TRUNCATED),
        (message([b"\x00\xf0\x00\x03"]), Fault.UNEXPECTED),
        (message([b"\x00\xf0\x00\x09abcd"]), Fault.TRUNCATED),
        (message([report(b"\xfe\x01")]), Fault.UNKNOWN_SIZE),
        (message([report(b"\x8d" + EPC[:-1])]), Fault.TRUNCATED),
        (message([report(tlv(241, b"\x00"))]), Fault.TRUNCATED),
        (message([report(tlv(252, b"\x00\x02\xff\xff"))]), Fault.NOT_UTF8),
        (message([b"\x00\x01\x00\x04"]), Fault.UNEXPECTED),
    ],
)
def test_a_message_that_breaks_the_rules_is_refused_with_its_reason(frame: bytes, reason: Fault) -> None:
    with pytest.raises(LlrpMalformed) as refused:
        decode(frame)
    assert refused.value.reason is reason


def test_parameters_that_are_nested_without_end_are_refused() -> None:
    nested = b""
    for _ in range(200):
        nested = tlv(240, nested)
    with pytest.raises(LlrpMalformed) as refused:
        decode(message([nested]))
    assert refused.value.reason is Fault.TOO_DEEP
