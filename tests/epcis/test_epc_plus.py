"""The encodings of TDS 2.0: the bit for +AIDC data, dates, the ways to write text, and what is refused and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.epcis import EpcError, decode
from lading.epcis.bits import BitReader, BitWriter
from lading.epcis.epc import decode_strict, element_string, encode, filter_of, name_of
from lading.epcis.gs1 import CHARSET_39, CHARSET_82
from lading.epcis.plus_characters import read_terminated, read_text, write_terminated, write_text

LINK = "https://id.gs1.org/01/79521141123453/21/1"
GTIN = (0x79521141123453, 56)
ONE = ((0, 3), (1, 5), (1, 4))  # the serial 1: numeric, one character


def _memory(*fields: tuple[int, int]) -> str:
    writer = BitWriter()
    for value, width in fields:
        writer.put(value, width)
    return writer.memory()


def _sgtin(*fields: tuple[int, int], toggle: int = 0) -> str:
    return _memory((0xF7, 8), (toggle, 1), (3, 3), GTIN, *fields)


def test_the_identity_does_not_change_with_aidc_data_behind_it():
    # +AIDC data: (17)220630, as TDS 2.3, section 15.3 has it: header 17, then sixteen bits of date.
    memory = _sgtin(*ONE, (0x17, 8), (22 << 9 | 6 << 5 | 30, 16), toggle=1)
    assert decode(memory).digital_link == name_of(memory) == LINK
    assert filter_of(memory) == 3
    assert element_string(memory) == "(01)79521141123453(21)1(17)220630"
    # An SSCC's header is 00, so zeros count as data where there is room for one.
    assert decode(_sgtin(*ONE, (0, 8), (0, 72), toggle=1)).digital_link == LINK


@pytest.mark.parametrize(
    ("memory", "why"),
    [
        (_sgtin(*ONE, toggle=1), "bit for +AIDC data is set, but none follows"),
        (_sgtin(*ONE, (0, 40), toggle=1), "bit for +AIDC data is set, but none follows"),
        (_sgtin(*ONE, (0x17, 8), (0, 16)), "belong to no field"),
        (_sgtin(*ONE, (0, 16)), "belong to no field"),
        (_sgtin((0, 3), (0, 5)), "the serial has 0 characters; 1 to 20"),
        (_sgtin((0, 3), (21, 5), (1, 70)), "the serial has 21 characters; 1 to 20"),
        (_sgtin((0, 3), (1, 5), (10, 4)), "the serial 10 has more than the 1 digits that it says"),
        (_sgtin((6, 3), (1, 5), (1, 8)), "the serial has the encoding 6, which is reserved"),
        (_sgtin((7, 3), (1, 5), (1, 8)), "the serial has the encoding 7, which is reserved"),
        (_sgtin((4, 3), (1, 5), (35, 7)), "the character '#', which GS1 does not allow"),
        (_sgtin((4, 3), (1, 5), (0, 7)), "'\\x00', which GS1 does not allow"),
        (_sgtin((5, 3), (3, 5), (0, 16)), "the sixteen bits 0000, which are no characters"),
        (_sgtin((5, 3), (3, 5), (64001, 16)), "the sixteen bits FA01, which are no characters"),
        (_sgtin((5, 3), (2, 5), (1600 + 40 + 1 + 1, 16)), "which are no characters"),  # a third, where two are said
        (_sgtin((5, 3), (2, 5), (1600 + 1, 16)), "which are no characters"),  # a pad, where two are said
        (_sgtin((0, 3), (20, 5), (1, 9)), "the memory ends within the serial; 67 bits"),
        (_memory((0xF7, 8), (3, 4), (0x7952114112345A, 56), *ONE), "key (01) 7952114112345A should be digits"),
        (_memory((0xF9, 8), (3, 4), (0x09520123, 32)), "the memory ends within the key (00)"),
        (_memory((0xF1, 8), (3, 4), (0x19521141123454, 56), *ONE), "should begin with the padding digit 0"),
        (_memory((0xFA, 8), (3, 4), (0x952F, 16)), "begin with 4 digits or more"),
        (_memory((0xFA, 8), (3, 4), (0x9521F, 20)), "begin with 4 digits or more, and go on"),
        (_memory((0xFA, 8), (3, 4), (0x95211A, 24)), "four bits that are none"),
        (_memory((0xFA, 8), (3, 4), *[(1, 4)] * 31, (15, 4)), "more than 30 digits"),
        (_memory((0xFA, 8), (3, 4), (0x95211E, 24), *ONE), "has its digit 1 behind the delimiter"),
        (
            _memory((0xF0, 8), (3, 4), (0x95211E, 24), (4, 3), (1, 5), (97, 7), (1, 4), (1, 4)),
            "'a', which GS1 does not",
        ),
        (_memory((0xF0, 8), (3, 4), (0x952111F, 28), (13, 4), (1, 44)), "the serial has 13 characters; 1 to 12"),
        (_memory((0xFB, 8), (3, 4), (7, 4), (0, 16), GTIN, *ONE), "the kind of date 7 is reserved"),
        (_memory((0xFB, 8), (3, 4), (4, 4), (100 << 9 | 6 << 5 | 30, 16), GTIN, *ONE), "year 100, month 6, day 30"),
        (_memory((0xFB, 8), (3, 4), (4, 4), (22 << 9 | 13 << 5 | 1, 16), GTIN, *ONE), "month 13"),
        (_memory((0xFB, 8), (3, 4), (4, 4), (22 << 9 | 0 << 5 | 1, 16), GTIN, *ONE), "month 0"),
        (_memory((0xFB, 8), (3, 4), (4, 4), (22 << 9 | 2 << 5 | 30, 16), GTIN, *ONE), "month 2, day 30 does not exist"),
    ],
)
def test_what_no_field_allows_is_foreign_and_the_field_named(memory: str, why: str):
    assert decode(memory).scheme is None
    assert name_of(memory) == decode(memory).raw
    with pytest.raises(EpcError) as caught:
        decode_strict(memory)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("text", "scheme", "why"),
    [
        ("(01)79521141123453", "sgtin+", "0 characters"),
        ("(01)79521141123453(10)L", "sgtin+", "0 characters"),
        ("(01)79521141123453(235)L", "sgtin+", "0 characters"),
        ("(00)095201234567891235", "sgtin+", "holds a key (01)"),
        ("(01)79521141123453(21)1", "dsgtin+", "needs a date: 11, 13"),
        ("https://id.gs1.org/01/79521141123453/21/1?17=220631", "dsgtin+", "month 6, day 31 does not exist"),
        ("https://id.gs1.org/01/79521141123453/21/1?17=2206", "dsgtin+", "one date YYMMDD"),
        ("https://id.gs1.org/01/79521141123453/21/1?17=220630&17=220629", "dsgtin+", "the attribute 17 twice"),
        ("(01)79521141123453(21)1(7007)220630220701", "dsgtin+", "one date YYMMDD"),
        ("(255)9521141678909", "sgcn+", "0 characters"),
        ("(253)9521141123454", "gdti+", "0 characters"),
        ("https://id.gs1.org/8003/19521141123454A", "grai+", "padding digit 0"),
        ("https://id.gs1.org/8010/9521A/8011/A", "cpi+", "should be digits, not 'A'"),
    ],
)
def test_what_an_encoding_cannot_hold_is_refused(text: str, scheme: str, why: str):
    with pytest.raises(EpcError) as caught:
        encode(text, scheme=scheme)
    assert why in str(caught.value)


def test_a_filter_outside_its_bits_is_refused():
    for value in (-1, 8):
        with pytest.raises(EpcError, match="outside 0 to 7"):
            encode("(00)095201234567891235", value, scheme="sscc+")


def test_a_date_is_in_the_element_string_and_not_in_the_name():
    for text in ("(01)79521141123453(21)1(7006)240229", "(01)79521141123453(21)1(11)990100"):
        memory = encode(text, scheme="dsgtin+")
        assert element_string(memory) == text
        assert decode(memory).digital_link == LINK
    link = f"{LINK}?16=220630&linkType=all"
    assert element_string(encode(link, scheme="dsgtin+")) == "(01)79521141123453(21)1(16)220630"


def test_a_place_without_extension_is_itself():
    memory = encode("(414)9521141123454", scheme="sgln+")
    assert decode(memory).digital_link == "https://id.gs1.org/414/9521141123454"
    assert encode("urn:epc:id:sgln:9521141.12345.0", scheme="sgln+") == memory
    assert element_string(memory) == "(414)9521141123454"


# Table B of TDS 2.3, section 15.3: characters -> bits by integer, hexadecimal, base 64, ASCII and URN Code 40.
@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("7", 4), ("0" * 20, 67), ("12345", 17), ("9" * 17, 57),
        ("BEEF", 16), ("cafe0", 20), ("Hello_-9", 48), ("AB-C.D", 32), ("a/b", 21), ("Q" * 20, 112),
    ],
)  # fmt: skip
def test_text_takes_as_few_bits_as_the_table_says(text: str, bits: int):
    writer = BitWriter()
    write_text(writer, text)
    assert len(writer.memory()) == -(-(3 + 5 + bits) // 16) * 4


@given(st.text(st.sampled_from(sorted(CHARSET_82)), min_size=1, max_size=20))
def test_text_is_read_as_it_was_written(text: str):
    writer = BitWriter()
    write_text(writer, text)
    assert read_text(BitReader(bytes.fromhex(writer.memory()), "x"), 20, "text") == text


@given(st.integers(0, 10**12), st.text(st.sampled_from(sorted(CHARSET_39)), max_size=17))
def test_digits_and_what_follows_are_read_as_they_were_written(number: int, rest: str):
    writer = BitWriter()
    write_terminated(writer, f"{number}{rest}")
    assert read_terminated(BitReader(bytes.fromhex(writer.memory()), "x"), 30, "key", CHARSET_39) == f"{number}{rest}"
