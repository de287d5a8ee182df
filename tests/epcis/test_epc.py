"""EPC tag memory: foreign tags, the choice of an encoding, the edges of every partition, what is refused and why."""

from __future__ import annotations

import pytest

from lading.epcis import Epc, EpcError, decode
from lading.epcis.epc import decode_strict, encode, filter_of, name_of
from lading.epcis.layouts import LAYOUTS, Layout, Partition


def test_the_command_lines_answer_has_five_forms():
    assert list(decode("3034257BF7194E4000003039")._asdict()) == ["scheme", "tag_uri", "uri", "digital_link", "raw"]


def test_lower_case_memory_is_the_same_tag():
    assert decode("3034257bf7194e4000003039") == decode("3034257BF7194E4000003039")


def _fields(*fields: tuple[int, int]) -> str:
    """Memory of (value, width) after (value, width), padded with zero bits to words."""
    bits = "".join(f"{value:0{width}b}" for value, width in fields)
    bits = bits.ljust(-(-len(bits) // 16) * 16, "0")
    return f"{int(bits, 2):0{len(bits) // 4}X}"


ITEM = ((0, 3), (5, 3), (614141, 24), (812345, 20))  # filter, partition, company prefix, reference
CPI = ((0x3D, 8), (0, 3), (5, 3), (614141, 24))
ADI = ((0x3B, 8), (3, 6), (32, 6), *((digit, 6) for digit in b"35962"))
FOREIGN = {
    "E28068940000400177901234": "the header E2 is that of no EPC encoding",  # a chip's own number
    "00": "the header 00 is that of no EPC encoding",
    "333311112222333344445555": "grai-96: the company prefix 102900292 has more than 8 digits",
    "3330303833B2DDD901400000": "grai-96: the reference 52087 has more than 4 digits",  # an EPC hexed twice
    "303C257BF7194E4000003039": "sgtin-96: the partition 7 does not exist",
    "3174257BF4499602D2000001": "sscc-96: the 24 reserved bits should be zero",
    "3034257BF7194E40000030390000": "sgtin-96 has 96 bits and zero bits up to a word of 16; the memory has 112",
    "3034257BF7194E400000": "the memory has 80 bits",
    _fields((0x40, 8), *ITEM, (100, 7), (2, 7), (1, 38)): "ITIP: piece 100 of 2 has more than two digits",
    _fields((0x40, 8), *ITEM, (1, 7), (127, 7), (1, 38)): "ITIP: piece 1 of 127 has more than two digits",
    _fields((0x40, 8), *ITEM, (1, 7), (2, 7), (1, 38), (1, 2)): "its padding is not zero",
    _fields((0x36, 8), *ITEM, (0, 140)): "serial of sgtin-198 '' has 0 characters",
    _fields((0x36, 8), *ITEM, (0, 7), (65, 7), (0, 126)): "has the character '\\x00', which GS1 does not allow",
    _fields((0x36, 8), *ITEM, (35, 7), (0, 133)): "has the character '#', which GS1 does not allow",
    "3F76451FD612640000000000": "the serial of sgcn-96 holds 0, which is no 1 followed by digits",
    "3F76451FD612640000000001": "the serial of sgcn-96 holds 1, which",
    "3F76451FD612640000000002": "the serial of sgcn-96 holds 2, which",
    "3876451FD40000000000000000000000000000000000000000": "giai-202 has 202 bits",
    _fields((0x38, 8), (0, 3), (5, 3), (614141, 24), (0, 164)): "reference of giai-202 '' has 0 characters",
    _fields((0x38, 8), (0, 3), (5, 3), (614141, 24), (65, 7), (1, 157)): "ends in 3 bits that are no character",
    _fields(
        (0x3D, 8), (0, 3), (7, 3), (614141, 24), (1, 6), (0, 6), (1, 40)
    ): "cpi-var: the partition 7 does not exist",
    _fields((0x3D, 8), (0, 3), (6, 3), (1000000, 20), (1, 6), (0, 6), (1, 40)): "1000000 has more than 6 digits",
    _fields(*CPI, (0, 6), (1, 40)): "cpi-var: the reference is empty",
    _fields(*CPI, *[(1, 6)] * 24, (0, 6), (1, 40)): "reference of cpi-var has more than 23 characters",
    _fields(*CPI, (28, 6), (0, 6), (1, 40)): "the six bits 011100, which are no character",
    _fields(*CPI, (1, 6), (0, 6), (10**12, 40)): "cpi-var: the serial 1000000000000 has more than 12 digits",
    _fields(*CPI, (1, 6), (0, 6), (1, 40), (1, 3)): "cpi-var: 6 bits belong to no field",
    _fields(*CPI, (1, 6), (0, 6), (1, 40), (0, 16)): "cpi-var: 22 bits belong to no field",
    _fields(*CPI, (1, 6), (0, 6), (1, 9)): "cpi-var: the memory ends within the serial; 40 bits are needed there",
    _fields(*CPI, *[(1, 6)] * 7): "cpi-var: the memory ends within the reference of cpi-var",
    "2F3204341474559000": "usdod-96: the memory ends within the serial",
    "2F320434149455900000162E": "the CAGE or DoDAAC 'CAIEY' should be 5 or 6 digits and capitals",
    "2F343204147455900000162E": "the CAGE or DoDAAC 'C AGEY' should be 5 or 6",
    _fields(*ADI, (1, 6), (0, 6), (0, 6)): "serial of adi-var '' has 0 characters",
    _fields(*ADI, (35, 6), (0, 6), (1, 6), (0, 6)): "part number of adi-var '#' has the character '#'",
    _fields(*ADI, (0, 6), (1, 6), (35, 6), (0, 6)): "serial of adi-var 'A#' has the character '#'",
    _fields((0x3B, 8), (3, 6), *[(9, 6)] * 6, (0, 6), (1, 6), (0, 6)): "the CAGE or DoDAAC 'IIIIII'",
    "2": "pairs of hexadecimal digits",
}


@pytest.mark.parametrize(("memory", "why"), FOREIGN.items())
def test_foreign_tags_have_a_raw_uri_and_a_reason(memory: str, why: str):
    if len(memory) % 2 == 0:
        raw = f"urn:epc:raw:{4 * len(memory)}.x{memory}"
        assert decode(memory) == Epc(None, None, None, None, raw)
        assert name_of(memory) == raw
        assert encode(raw) == memory
    with pytest.raises(EpcError) as caught:
        decode_strict(memory)
    assert why in str(caught.value)


@pytest.mark.parametrize("text", ["", "3", "30 34", "0x3034", "3034_257B", "３０", "zz", "3034\n", "urn:epc:id:sscc:1"])
def test_text_that_is_not_hex_is_refused(text: str):
    for reading in (decode, decode_strict, name_of, filter_of):
        with pytest.raises(EpcError, match="pairs of hexadecimal digits"):
            reading(text)


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
        ("urn:epc:id:sgtin:0614141.112345.a/b", "'/', which an EPC URI writes as %2F"),
        ("urn:epc:id:sgtin:0614141.112345.%7E", "'~', which GS1 does not allow"),
        ("urn:epc:id:sgtin:0614141.112345.%C3%A9", "which GS1 does not allow"),
        ("urn:epc:id:sgtin:0614141.112345.%FF", "not UTF-8"),
        ("urn:epc:id:sgtin:0614141.112345.", "0 characters"),
        ("urn:epc:id:sgtin:0614141.112345.123456789012345678901", "21 characters"),
        ("urn:epc:id:sgtin:0614141.112345.%zz", "%25"),
        ("urn:epc:id:sscc:0614141.1234567890.1", "exactly 10 digits of reference, not '1234567890.1'"),
        ("urn:epc:tag:giai-96:0.0614141.007", "reference of giai-96 needs an integer below 288230376151711744 without"),
        ("urn:epc:tag:giai-96:0.0614141.288230376151711744", "below 288230376151711744"),
        ("urn:epc:tag:sgln-96:0.0614141.12345.00", "serial of sgln-96 needs an integer below 2199023255552 without"),
        ("urn:epc:id:gid:1.2", "2 parts; gid-96 has 3"),
        ("urn:epc:id:gid:268435456.2.3", "general manager number of gid-96"),
        ("urn:epc:id:gid:1.02.3", "object class of gid-96"),
        ("urn:epc:id:usdod:CAGE.5678", "the CAGE or DoDAAC 'CAGE'"),
        ("urn:epc:id:usdod:CAGEO.5678", "without I and O"),
        ("urn:epc:id:usdod:CAGEY.68719476736", "serial of usdod-96"),
        ("urn:epc:id:adi:35962.PQ7VZ4.M37#", "'#', which an EPC URI writes as %23"),
        ("urn:epc:id:adi:35962.PQ%237VZ4.M37", "part number of adi-var 'PQ#7VZ4' has the character '#'"),
        ("urn:epc:id:adi:35962.PQ7VZ4.", "serial of adi-var '' has 0 characters"),
        ("urn:epc:id:adi:35962.PQ7VZ4.%23" + "A" * 30, "has 30 characters; 1 to 29"),
        ("urn:epc:id:cpi:0614141.abc.1", "'a', which GS1 does not allow"),
        ("urn:epc:id:cpi:0614141.ABC.007", "serial of cpi-var"),
        ("urn:epc:id:cpi:0614141.ABC.1000000000000", "up to 12 digits"),
        ("urn:epc:id:sgcn:0614141.12345.1234567890123", "few enough for 41 bits"),
        ("urn:epc:id:gdti:0614141.12345.ABCDEFGH0123456789", "18 characters"),
        ("urn:epc:id:itip:0614141.812345.1.02.9", "two digits each, not '1'"),
        ("urn:epc:id:itip:0614141.812345.01.02", "4 parts"),
        ("urn:epc:id:pgln:0614141.12345", "those with an encoding are sgtin, sscc"),
        ("urn:epc:tag:sgtin-96:0614141.112345.1", "begins with a filter value"),
        ("urn:epc:tag:usdod-96:16.CAGEY.5678", "outside 0 to 15"),
        ("urn:epc:tag:adi-var:64.35962.PQ7VZ4.M37", "outside 0 to 63"),
        ("urn:epc:tag:[att=x01]:sgtin-96:0.0614141.112345.1", "no EPC URI"),
        ("urn:epc:raw:96.x40.x3034", "no raw URI"),
        ("urn:epc:raw:[umi=1]:16.x3034", "no raw URI"),
        ("urn:epc:tag:sgtin-97:0.0614141.112345.1", "known are sgtin-96"),
        ("urn:epc:tag:sgtin-96:8.0614141.112345.1", "the filter value 8 is outside 0 to 7"),
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
    with pytest.raises(EpcError, match="gid-96 has none"):
        encode("urn:epc:id:gid:1.2.3", filter=0)


def test_an_encoding_that_contradicts_the_text_is_refused():
    with pytest.raises(EpcError, match="there is no encoding 'sgtin-97'; known are sgtin-96"):
        encode("urn:epc:id:sgtin:0614141.812345.12345", scheme="sgtin-97")
    with pytest.raises(EpcError, match="names the encoding sgtin-96, but sgtin-198"):
        encode("urn:epc:tag:sgtin-96:1.0614141.812345.12345", scheme="sgtin-198")
    with pytest.raises(EpcError, match="is of the type sgtin; sscc-96 holds sscc"):
        encode("urn:epc:id:sgtin:0614141.812345.12345", scheme="sscc-96")


def test_the_encoding_can_be_chosen():
    uri = "urn:epc:id:gdti:0614141.12345.006"
    found = [decode(encode(uri, 2, scheme=scheme)) for scheme in ("gdti-113", "gdti-174")]
    assert [(epc.scheme, epc.uri) for epc in found] == [("gdti-113", uri), ("gdti-174", uri)]
    assert decode(encode(uri)).scheme == "gdti-174"


ROWS = [(layout, row) for layout in LAYOUTS for row in layout.partitions]


def _memory(layout: Layout, row: Partition, prefix: int, reference: int) -> str:
    """Piece and total are 0; so is the serial where it is an integer, else it is the least that there can be."""
    tail = {"string": ord("A") << max(layout.tail_bits - 7, 0), "digits": 10}.get(layout.tail, 0)
    head = layout.header << 6 | row.value
    head = head << layout.partition_shift | prefix << row.prefix_shift | reference
    bits = -(-layout.bits // 16) * 16
    return f"{(head << layout.piece_bits + layout.tail_bits | tail) << bits - layout.bits:0{bits // 4}X}"


@pytest.mark.parametrize(("layout", "row"), ROWS, ids=lambda x: x.name if isinstance(x, Layout) else f"p{x.value}")
def test_each_partition_ends_where_its_digits_end(layout: Layout, row: Partition):
    most = 10**row.longest - 1 if layout.reference == "padded" else row.reference_mask
    if layout.reference == "string":
        most = int("1111010" * row.longest, 2) << row.prefix_shift - 7 * row.longest
    last = _memory(layout, row, row.prefix_limit - 1, most)
    decoded = decode(last)
    assert decoded.scheme == layout.name
    assert encode(str(decoded.tag_uri)) == last
    assert decode(_memory(layout, row, row.prefix_limit, most)).scheme is None
    if layout.reference == "padded":
        assert decode(_memory(layout, row, row.prefix_limit - 1, most + 1)).scheme is None


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda x: x.name)
def test_the_fields_of_each_partition_fill_the_encoding(layout: Layout):
    for row in layout.partitions:
        prefix_bits, reference_bits = row.prefix_mask.bit_length(), row.reference_mask.bit_length()
        assert 8 + 3 + 3 + prefix_bits + reference_bits + layout.piece_bits + layout.tail_bits == layout.bits
        assert row.prefix_limit - 1 <= row.prefix_mask
        assert layout.reference != "padded" or 10**row.longest - 1 <= row.reference_mask
        assert layout.reference != "string" or 7 * row.longest <= reference_bits
