"""EPC tag memory: known tags, the edges of every partition, and round trips over everything that 96 bits can hold."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.epcis import Epc, EpcError, decode, encode
from lading.epcis.layouts import LAYOUTS, Layout, Partition

KNOWN = [
    (
        "3034257BF7194E4000003039",
        "sgtin-96",
        "urn:epc:tag:sgtin-96:1.0614141.812345.12345",
        "urn:epc:id:sgtin:0614141.812345.12345",
        "https://id.gs1.org/01/80614141123458/21/12345",
    ),
    (
        "3174257BF4499602D2000000",
        "sscc-96",
        "urn:epc:tag:sscc-96:3.0614141.1234567890",
        "urn:epc:id:sscc:0614141.1234567890",
        "https://id.gs1.org/00/106141412345678908",
    ),
    (
        "3254257BF46072000000162E",
        "sgln-96",
        "urn:epc:tag:sgln-96:2.0614141.12345.5678",
        "urn:epc:id:sgln:0614141.12345.5678",
        "https://id.gs1.org/414/0614141123452/254/5678",
    ),
    (
        "3374257BF40C0E400000162E",
        "grai-96",
        "urn:epc:tag:grai-96:3.0614141.12345.5678",
        "urn:epc:id:grai:0614141.12345.5678",
        "https://id.gs1.org/8003/006141411234525678",
    ),
    (
        "3474257BF40000000000162E",
        "giai-96",
        "urn:epc:tag:giai-96:3.0614141.5678",
        "urn:epc:id:giai:0614141.5678",
        "https://id.gs1.org/8004/06141415678",
    ),
]


@pytest.mark.parametrize(("memory", "scheme", "tag_uri", "uri", "link"), KNOWN)
def test_known_tags_decode_to_every_form(memory: str, scheme: str, tag_uri: str, uri: str, link: str):
    assert decode(memory) == Epc(scheme, tag_uri, uri, link, f"urn:epc:raw:96.x{memory}")


@pytest.mark.parametrize(("memory", "scheme", "tag_uri", "uri", "link"), KNOWN)
def test_known_tags_encode_from_each_uri(memory: str, scheme: str, tag_uri: str, uri: str, link: str):
    assert encode(tag_uri) == memory
    assert encode(uri, filter=int(tag_uri.split(":")[4][0])) == memory
    assert encode(f"urn:epc:raw:96.x{memory}") == memory


def test_the_command_lines_answer_is_the_dataclass():
    assert list(asdict(decode("3034257BF7194E4000003039"))) == ["scheme", "tag_uri", "uri", "digital_link", "raw"]


def test_lower_case_memory_is_the_same_tag():
    assert decode("3034257bf7194e4000003039") == decode("3034257BF7194E4000003039")


@pytest.mark.parametrize(
    "memory",
    [
        "E28068940000400177901234",  # a chip's own number
        "333311112222333344445555",  # a GRAI header, and a reference out of range
        "3330303833B2DDD901400000",  # an EPC hexed twice
        "303C257BF7194E4000003039",  # partition 7 does not exist
        "3174257BF4499602D2000001",  # a reserved bit is set
        "3034257BF7194E40000030390000",  # longer than its header says
        "3034257BF7194E400000",  # shorter
        "00",
    ],
)
def test_foreign_tags_have_a_raw_uri_and_nothing_else(memory: str):
    assert decode(memory) == Epc(None, None, None, None, f"urn:epc:raw:{4 * len(memory)}.x{memory}")


@pytest.mark.parametrize("text", ["", "3", "30 34", "0x3034", "3034_257B", "３０", "zz", "3034\n", "urn:epc:id:sscc:1"])
def test_text_that_is_not_hex_is_refused(text: str):
    with pytest.raises(EpcError, match="pairs of hexadecimal digits"):
        decode(text)


def test_a_serial_of_characters_takes_the_long_encoding():
    epc = decode(encode("urn:epc:id:sgtin:0614141.112345.32a%2Fb", filter=3))
    assert (epc.scheme, epc.tag_uri) == ("sgtin-198", "urn:epc:tag:sgtin-198:3.0614141.112345.32a%2Fb")
    assert epc.digital_link == "https://id.gs1.org/01/10614141123459/21/32a%2Fb"
    assert epc.raw.startswith("urn:epc:raw:208.x")


@pytest.mark.parametrize(
    ("serial", "scheme"), [("0", "sgtin-96"), ("274877906943", "sgtin-96"), ("274877906944", "sgtin-198")]
)
def test_a_serial_that_38_bits_hold_takes_the_short_encoding(serial: str, scheme: str):
    assert decode(encode(f"urn:epc:id:sgtin:0614141.112345.{serial}")).scheme == scheme


def test_a_leading_zero_is_kept_by_the_long_encoding_and_refused_by_the_short_one():
    epc = decode(encode("urn:epc:id:sgtin:0614141.112345.007"))
    assert (epc.scheme, epc.uri) == ("sgtin-198", "urn:epc:id:sgtin:0614141.112345.007")
    with pytest.raises(EpcError, match="without leading zeros, not '007'"):
        encode("urn:epc:tag:sgtin-96:0.0614141.112345.007")


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("urn:epc:id:sgtin:0614141.11234.1", "exactly 6 digits"),
        ("urn:epc:id:sgtin:06141.1123456.1", "6 to 12 digits"),
        ("urn:epc:id:sgtin:0614141.112345", "2 parts"),
        ("urn:epc:id:sgtin:0614141.112345.a b", "' '"),
        ("urn:epc:id:sgtin:0614141.112345.123456789012345678901", "21 characters"),
        ("urn:epc:id:sgtin:0614141.112345.%zz", "%25"),
        ("urn:epc:id:sscc:0614141.1234567890.1", "3 parts"),
        ("urn:epc:id:giai:0614141.007", "an integer up to"),
        ("urn:epc:id:giai:0614141.288230376151711744", "an integer up to 288230376151711743"),
        ("urn:epc:id:sgln:0614141.12345.00", "leading zeros"),
        ("urn:epc:id:gid:1.2.3", "those with an encoding"),
        ("urn:epc:tag:sgtin-97:0.0614141.112345.1", "known are sgtin-96"),
        ("urn:epc:tag:sgtin-96:8.0614141.112345.1", "no EPC URI"),
        ("urn:epc:raw:96.x3034", "16"),
        ("urn:epc:raw:4.x3", "whole bytes"),
        ("sgtin", "no EPC URI"),
        ("urn:epc:id:sgtin:0614141.112345." + "9" * 5000, "5000 characters"),
    ],
)
def test_what_has_no_encoding_is_refused_with_the_reason(uri: str, why: str):
    with pytest.raises(EpcError) as caught:
        encode(uri)
    assert why in str(caught.value)


def test_a_filter_that_contradicts_the_tag_uri_or_its_range_is_refused():
    with pytest.raises(EpcError, match="says filter 1, but 2"):
        encode("urn:epc:tag:sgtin-96:1.0614141.812345.12345", filter=2)
    with pytest.raises(EpcError, match="outside 0 to 7"):
        encode("urn:epc:id:sscc:0614141.1234567890", filter=8)
    with pytest.raises(EpcError, match="raw URI has no filter"):
        encode("urn:epc:raw:96.x3034257BF7194E4000003039", filter=1)


ROWS = [(layout, row) for layout in LAYOUTS for row in layout.partitions]


def _memory(layout: Layout, row: Partition, prefix: int, reference: int, tail: int) -> str:
    head = layout.header << 6 | row.value
    head = head << layout.partition_shift | prefix << row.prefix_shift | reference
    value = (head << layout.tail_bits | tail) << layout.stored_bits - layout.bits
    return f"{value:0{layout.stored_bits // 4}X}"


@pytest.mark.parametrize(("layout", "row"), ROWS, ids=lambda x: x.name if isinstance(x, Layout) else f"p{x.value}")
def test_each_partition_ends_where_its_digits_end(layout: Layout, row: Partition):
    tail = (ord("A") << 133) if layout.tail == "string" else 0
    prefix, reference = row.prefix_limit - 1, min(row.reference_limit - 1, row.reference_mask)
    last = _memory(layout, row, prefix, reference, tail)
    decoded = decode(last)
    assert decoded.scheme == layout.name
    assert encode(str(decoded.tag_uri)) == last
    assert decode(_memory(layout, row, prefix + 1, reference, tail)).scheme is None
    if reference < row.reference_mask:
        assert decode(_memory(layout, row, prefix, reference + 1, tail)).scheme is None


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda x: x.name)
def test_the_fields_of_each_partition_fill_the_encoding(layout: Layout):
    for row in layout.partitions:
        prefix_bits, reference_bits = row.prefix_mask.bit_length(), row.reference_mask.bit_length()
        assert 8 + 3 + 3 + prefix_bits + reference_bits + layout.tail_bits == layout.bits
        assert row.prefix_limit - 1 <= row.prefix_mask
        assert layout.uri_type == "giai" or row.reference_limit - 1 <= row.reference_mask


HEADERS = st.sampled_from([layout.header for layout in LAYOUTS if layout.bits == 96])


@given(HEADERS, st.integers(0, (1 << 88) - 1))
def test_96_bits_are_either_one_tag_and_back_or_raw(header: int, rest: int):
    rest = rest >> 24 << 24 if header == 0x31 else rest
    memory = f"{header << 88 | rest:024X}"
    epc = decode(memory)
    assert encode(epc.raw) == memory
    if epc.scheme is None:
        assert (epc.tag_uri, epc.uri, epc.digital_link) == (None, None, None)
    else:
        assert encode(str(epc.tag_uri)) == memory
        assert decode(encode(str(epc.uri), filter=rest >> 85)) == epc


@given(st.binary(min_size=1, max_size=64))
def test_any_memory_decodes_and_its_raw_uri_gives_it_back(memory: bytes):
    assert encode(decode(memory.hex()).raw) == memory.hex().upper()


@given(st.text(max_size=40))
def test_any_text_is_a_tag_or_a_typed_refusal(text: str):
    try:
        epc = decode(text)
    except EpcError:
        return
    assert epc.raw.endswith(text.upper())


@given(HEADERS, st.integers(0, (1 << 88) - 1))
def test_an_independent_decoder_agrees(header: int, rest: int):
    epcpy = pytest.importorskip("epcpy", reason="the oracle epcpy is not in this environment")
    memory = f"{header << 88 | rest:024X}"
    ours = decode(memory)
    try:
        theirs = epcpy.hex_to_tag_encodable(memory).epc_uri
    except (epcpy.ConvertException, ValueError):
        theirs = None
    # It looks neither at SSCC's reserved bits nor at the bits of a reference without digits; TDS 1.13, section 14 does.
    if ours.uri is not None or not (header == 0x31 or ".." in str(theirs)):
        assert ours.uri == theirs
