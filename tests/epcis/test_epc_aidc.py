"""+AIDC data behind an EPC of TDS 2.0: bits as section 15.3 of TDS 2.3 has them, every identifier there and back, and
what is refused by its name."""

from __future__ import annotations

from random import Random

import pytest
from aidc_kit import KNOWN_AIS, aidc_value, longest_value
from epc_kit import plus_element_string
from hypothesis import given
from hypothesis import strategies as st

from lading.epcis import CheckDigitError, EpcError, data_link, decode, parse
from lading.epcis.aidc_table import AI_DIGITS, FORMATS
from lading.epcis.bits import BitWriter
from lading.epcis.element_strings import read_elements
from lading.epcis.epc import decode_strict, element_string, encode, name_of
from lading.epcis.plus_headers import BY_NAME

TAG = "(01)79521141123453(21)1"
LINK = "https://id.gs1.org/01/79521141123453/21/1"
NUMERIC = ((0, 3), (1, 5), (1, 4))  # the serial 1: an integer, one character
DAY = (22 << 9 | 6 << 5 | 30, 16)
_AIS = st.sampled_from(sorted(FORMATS))


def _sgtin(*fields: tuple[int, int], toggle: int = 1) -> str:
    writer = BitWriter()
    for value, width in ((0xF7, 8), (toggle, 1), (0, 3), (0x79521141123453, 56), *NUMERIC, *fields):
        writer.put(value, width)
    return writer.memory()


# Each method of sections 14.5.2 to 14.5.15 that table F names, spelt bit by bit.
@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ("(17)220630", ((0x17, 8), DAY)),
        ("(10)12345", ((0x10, 8), (0, 3), (5, 5), (12345, 17))),
        ("(10)Lot-1", ((0x10, 8), (3, 3), (5, 5), (11 << 24 | 40 << 18 | 45 << 12 | 62 << 6 | 53, 30))),
        ("(3103)001250", ((0x3103, 16), (1250, 20))),
        ("(37)007", ((0x37, 8), (3, 4), (7, 10))),
        ("(242)42", ((0x242, 12), (2, 3), (42, 7))),
        ("(414)9521141123454", ((0x414, 12), (0x9521141123454, 52))),
        ("(7003)2206301159", ((0x7003, 16), DAY, (11, 5), (59, 6))),
        ("(7007)220630", ((0x7007, 16), (0, 1), DAY)),
        ("(7007)220630220630", ((0x7007, 16), (1, 1), DAY, DAY)),
        ("(8008)22063023", ((0x8008, 16), (0, 2), DAY, (23, 5))),
        ("(8008)2206302359", ((0x8008, 16), (1, 2), DAY, (23, 5), (59, 6))),
        ("(8008)220630235958", ((0x8008, 16), (2, 2), DAY, (23, 5), (59, 6), (58, 6))),
        ("(7011)220630", ((0x7011, 16), (3, 2), DAY)),
        ("(4307)CN", ((0x4307, 16), (2 << 6 | 13, 12))),
        ("(4321)1", ((0x4321, 16), (1, 1))),
        ("(4330)002500-", ((0x4330, 16), (2500, 20), (1, 1))),
        ("(4330)002500", ((0x4330, 16), (2500, 20), (0, 1))),
        ("(7258)1/3", ((0x7258, 16), (0x13, 8))),
        ("(3932)9780123", ((0x3932, 16), (978, 10), (4, 4), (123, 14))),
        ("(421)15612345", ((0x421, 12), (156, 10), (0, 3), (5, 4), (12345, 17))),
        ("(253)9521141123454", ((0x253, 12), (0x9521141123454, 52), (0, 3), (0, 5))),
        ("(255)9521141678909", ((0x255, 12), (0x9521141678909, 52), (0, 4))),
        ("(8004)952114A", ((0x8004, 16), (0x952114E, 28), (1, 3), (1, 5), (10, 4))),
        ("(7241)07", ((0x7241, 16), (0x07, 8))),
        ("(17)220630(10)7(3103)000001", ((0x17, 8), DAY, (0x10, 8), (0, 3), (1, 5), (7, 4), (0x3103, 16), (1, 20))),
        ("(00)000000000000000000", ((0, 80),)),
    ],
)
def test_data_lie_as_the_standard_says(data: str, fields: tuple[tuple[int, int], ...]):
    memory = _sgtin(*fields)
    assert element_string(memory) == TAG + data
    assert encode(TAG + data, scheme="sgtin+") == memory
    assert decode(memory).digital_link == name_of(memory) == parse(memory).digital_link == LINK


def test_no_identifier_is_left_out():
    source = Random("all of table F")  # noqa: S311 - the same at each run
    for ai in FORMATS.keys() - {"01", "21"}:
        drawn = [aidc_value(ai, source) for _ in range(12)]
        short = [value for value in drawn if len(value) <= 50]  # so that all of them have room on a tag
        assert short
        for value in short:
            text = f"01795211411234532112\x1d{ai}{value}"
            assert element_string(encode(text, scheme="sgtin+"), bracketed=False) == text, ai


@given(st.sampled_from(sorted(BY_NAME)), st.lists(_AIS, min_size=1, max_size=3, unique=True), st.randoms())
def test_every_identifier_goes_there_and_back(scheme: str, ais: list[str], source: Random):
    tag = plus_element_string(scheme, source)
    said = read_elements(tag)
    data = {ai: aidc_value(ai, source) for ai in ais if ai not in (*said, *BY_NAME[scheme].ais)}
    text = {**said, **data}
    spelt = "\x1d" + "\x1d".join(ai + value for ai, value in text.items())
    try:
        memory = encode(spelt, scheme=scheme)
    except EpcError as error:
        assert "bits; a tag has 496" in error.message  # noqa: PT017 - the only refusal there is
        return
    assert read_elements(element_string(memory, bracketed=False)) == text
    link = data_link(memory)
    assert (link is None) == (not data)
    if link is not None:
        assert read_elements(element_string(encode(link, scheme=scheme), bracketed=False)) == text
        assert parse(link.partition("?")[0]).key == parse(memory).key


def test_the_table_gives_each_identifier_of_gs1_its_length():
    # Those that are no data of a tag (TDS 2.3, section 15.3, note 11), or younger than the standard.
    absent = {"03", "717", "3954", "3955", "8014", "8040", "8041", "8042", "8043"}
    known = {ai: longest_value(ai) for ai in KNOWN_AIS if ai not in absent}
    # A test-by date has no seconds, and an IBAN more characters than its field.
    known |= {"7011": 12, "8007": 24}
    assert {ai: sum(part.size for part in parts) for ai, parts in FORMATS.items()} == known
    assert all(AI_DIGITS[ai[:2]] == len(ai) for ai in known)


def test_a_digital_link_has_qualifiers_in_its_path_and_the_rest_in_its_query():
    memory = encode(f"{TAG}(17)220630(10)a/b(22)v(240)a&b;c=d+e%f", scheme="sgtin+")
    link = "https://id.gs1.org/01/79521141123453/22/v/10/a%2Fb/21/1?17=220630&240=a%26b%3Bc%3Dd%2Be%25f"
    assert data_link(memory) == link
    assert data_link(encode(link, scheme="sgtin+")) == link
    assert data_link(encode(TAG, scheme="sgtin+")) is None
    assert data_link("3034257BF7194E4000003039") is None
    # The date within a DSGTIN+ alone is no +AIDC data; with some behind it, it stands in the query as they do.
    assert data_link(encode(f"{TAG}(17)220630", scheme="dsgtin+")) is None
    assert data_link(encode(f"{TAG}(17)220630(37)2", scheme="dsgtin+")) == f"{LINK}?17=220630&37=2"


def test_the_first_date_is_that_of_the_epc_and_others_follow():
    text = "(01)79521141123453(21)1(11)220630(17)230630"
    memory = encode(text, scheme="dsgtin+")
    assert memory.startswith("FB802CDE")  # production date, then the key
    assert element_string(memory) == text
    turned = "(01)79521141123453(21)1(17)230630(11)220630"
    assert element_string(encode(turned, scheme="dsgtin+")) == turned


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (((0x1A, 8), (0, 16)), "the +AIDC header 1A is reserved"),
        (((0xF1, 8), (0, 16)), "the +AIDC header F1 is reserved"),
        (((0x05, 8), (0, 16)), "header 05 begins no application identifier"),
        (((0x717, 12), (0, 16)), "has no (717)"),
        (((0x3106, 16), (0, 20)), "has no (3106)"),
        (((0x17, 8), DAY, (0x17, 8), DAY), "say (17), which the tag has said before"),
        (((0x21, 8), (0, 3), (1, 5), (2, 4)), "say (21), which the tag has said before"),
        (((0x17, 8), (22 << 9 | 2 << 5 | 30, 16)), "month 2, day 30 does not exist"),
        (((0x17, 8), (3, 2)), "the memory ends within the"),
        (((0x3103, 16), (1_000_000, 20)), "value (3103) 1000000 has more than the 6 digits"),
        (((0x7003, 16), DAY, (25, 5), (0, 6)), "the time 2500 does not exist"),
        (((0x7003, 16), DAY, (24, 5), (1, 6)), "the time 2401 does not exist"),
        (((0x7003, 16), DAY, (23, 5), (60, 6)), "the time 2360 does not exist"),
        (((0x8008, 16), (3, 2), DAY), "'220630' is no value of (8008)"),
        (((0x7011, 16), (0, 2), DAY, (23, 5)), "'22063023' is no value of (7011)"),
        (((0x4307, 16), (26, 6), (0, 6)), "should be two letters from A to Z"),
        (((0x7258, 16), (0x03, 8)), "the sequence 0/3 should be two digits from 1 to 9"),
        (((0x10, 8), (4, 3), (1, 5), (35, 7)), "'#' is no value of (10)"),
        (((0x10, 8), (0, 3), (0, 5)), "0 characters; 1 to 20"),
        (((0x37, 8), (9, 4), (0, 30)), "9 characters; 1 to 8"),
        (((0x20, 8), (7, 7), (1, 1)), "the last 1 bits belong to no +AIDC data"),
    ],
)
def test_data_that_no_rule_allows_are_refused_by_name_and_the_item_still_read(
    fields: tuple[tuple[int, int], ...], why: str
):
    memory = _sgtin(*fields)
    assert decode_strict(memory).digital_link == name_of(memory) == LINK
    for reading in (element_string, data_link):
        with pytest.raises(EpcError) as caught:
            reading(memory)
        assert why in str(caught.value)


def test_a_wrong_check_digit_within_the_data_is_refused():
    with pytest.raises(CheckDigitError, match="9521141123455"):
        encode(f"{TAG}(414)9521141123455", scheme="sgtin+")
    with pytest.raises(CheckDigitError):
        data_link(_sgtin((0x414, 12), (0x9521141123455, 52)))


def test_memory_longer_than_a_tag_announces_is_neither_written_nor_read():
    long = f"{TAG}(91){'z/' * 28}"
    assert len(encode(long, scheme="sgtin+")) == 496 // 4
    with pytest.raises(EpcError, match="has 512 bits; a tag has 496"):
        encode(f"{TAG}(91){'z/' * 28}z", scheme="sgtin+")
    with pytest.raises(EpcError, match="no tag announces 80096 bits"):
        data_link(_sgtin((0x17, 8), DAY) + "00" * 9998)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{TAG}(717)A", "(717) cannot stand in +AIDC data"),
        (f"{LINK}?66=1", "(66) cannot stand in +AIDC data"),
        (f"{LINK}?17=220631", "(17)220631: the date of year 22, month 6, day 31 does not exist"),
        (f"{LINK}?17=2206", "'2206' is no value of (17)"),
        (f"{LINK}?30=", "(30): 0 characters, where +AIDC data have room for 1 to 8"),
        (f"{LINK}?8007={'A' * 25}", "25 characters, where +AIDC data have room for 1 to 24"),
        (f"{LINK}?4307=C1", "a country is two letters"),
        (f"{LINK}?7023=A1", "should begin with a digit"),
        (f"{LINK}?21=2", "has (21) in its path and in its query"),
        (f"{LINK}?10=a&10=b", "the attribute 10 twice"),
        (f"{LINK}?4324=2206309999", "the time 9999 does not exist"),
    ],
)
def test_data_that_cannot_stand_on_a_tag_are_refused_by_name(text: str, why: str):
    with pytest.raises(EpcError) as caught:
        encode(text, scheme="sgtin+")
    assert why in str(caught.value)
