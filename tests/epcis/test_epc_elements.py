"""Element strings, the length of a company prefix, and check digits as biip has them."""

from __future__ import annotations

import pytest
from biip.checksums import gs1_standard_check_digit
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from hypothesis import given
from hypothesis import strategies as st
from tds_examples import PARTITIONED, PLUS, Example

from lading.epcis import EpcError, PrefixLengthError, decode, parse
from lading.epcis.digital_link import from_link
from lading.epcis.element_strings import elements_of, from_element_string, read_elements, write_elements
from lading.epcis.epc import encode
from lading.epcis.gs1 import check_digit
from lading.epcis.keys import Gs1Key

GS = "\x1d"
ITEM = {"01": "09521141012345", "21": "2017"}


@pytest.mark.parametrize(
    "text",
    [
        "(01)09521141012345(21)2017",
        "0109521141012345212017",
        "]C10109521141012345212017",
        f"]d2{GS}0109521141012345212017{GS}",
        f"0109521141012345{GS}212017{GS}",
    ],
)
def test_every_spelling_of_an_element_string_is_read(text: str):
    assert read_elements(text) == ITEM
    assert from_element_string(text) == Gs1Key("01", "09521141012345", "2017")


def test_what_does_not_name_the_thing_is_left_out():
    text = f"01095211410123451728013110LOT{GS}212017{GS}3922199"
    assert from_element_string(text) == Gs1Key("01", "09521141012345", "2017", "LOT")
    item = parse(f"]d2{text}")
    assert (item.lot, item.digital_link) == ("LOT", "https://id.gs1.org/01/09521141012345/21/2017")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no GS1 element string"),
        ("(", "begin with an application identifier"),
        ("(01", "begin with an application identifier"),
        ("(1)2", "begin with an application identifier"),
        ("(01)", "'' is no value of (01)"),
        ("(01)0952114101234", "'0952114101234' is no value of (01)"),
        ("(01)09521141012345(21)", "'' is no value of (21)"),
        ("(01)09521141012345(21)a b", "'a b' is no value of (21)"),
        ("(01)09521141012345(21)" + "x" * 21, "no value of (21)"),
        ("(01)09521141012345(21)é", "no GS1 element string"),
        ("(01)٠٩٥٢١١٤١٠١٢٣٤٥", "no GS1 element string"),
        ("(01)09521141012345(21)1(21)2", "says (21) twice, with two values"),
        ("(01)09521141012345(88)1", "no application identifier that GS1 has"),
        ("(80)039521", "no value of (80)"),
        ("(17)280131", "names nothing"),
        ("(8004)abcdef", "'abcdef' is no value of (8004)"),
        ("(401)95", "'95' is no value of (401)"),
        ("(01)09521141012345(00)095201234567891235", "names two things or more"),
        ("010952114101234521" + "x" * 21, "a separator is missing"),
        ("80069521141123454010221" + "9", "a separator is missing"),
        ("0109521141012345xx", "no application identifier"),
        ("]C1", "no GS1 element string"),
        ("9" * 2000, "no GS1 element string"),
    ],
)
def test_what_is_no_element_string_is_refused(text: str, why: str):
    with pytest.raises(EpcError) as caught:
        from_element_string(text)
    assert why in str(caught.value)


def test_lots_and_third_partys_serials_are_elements_too():
    for text in ("(01)09521141012345(10)L(21)1", "(01)09521141012345(235)TP1", "(01)09521141012345(10)L"):
        assert write_elements(elements_of(from_element_string(text))) == text


def test_a_link_has_only_the_qualifiers_of_its_key():
    for link in ("https://id.gs1.org/414/9521141123454/21/1", "https://id.gs1.org/00/095201234567891235/21/1"):
        with pytest.raises(EpcError, match="no qualifiers of that key"):
            from_link(link)


def test_a_value_that_looks_like_an_element_needs_separators():
    elements = {"01": "09521141012345", "21": "a(10)b"}
    with pytest.raises(EpcError, match="use separators"):
        write_elements(elements)
    assert read_elements(write_elements(elements, bracketed=False)) == elements


def test_separators_stand_only_where_a_length_is_not_fixed():
    assert write_elements(ITEM | {"10": "L"}, bracketed=False) == f"0109521141012345212017{GS}10L"
    itip = {"8006": "095211411234540102", "21": "9"}
    assert write_elements(itip, bracketed=False) == f"8006095211411234540102{GS}219"


def test_the_length_of_the_prefix_comes_from_the_caller_or_from_gs1s_table_or_is_missed():
    link = "https://id.gs1.org/01/09521141012345/21/1"
    assert decode(encode(link)).uri == "urn:epc:id:sgtin:9521141.001234.1"
    assert decode(encode(link, prefix_length=9)).uri == "urn:epc:id:sgtin:952114101.0234.1"
    unlisted = "0200000000000"
    text = f"(01){unlisted}{check_digit(unlisted)}(21)1"
    with pytest.raises(PrefixLengthError, match="does not say how many digits") as caught:
        encode(text)
    assert "sgtin+" in str(caught.value)
    assert decode(encode(text, prefix_length=6)).scheme == "sgtin-96"
    assert decode(encode(text, scheme="sgtin+")).scheme == "sgtin+"
    with pytest.raises(PrefixLengthError, match="6 to 12 digits, not 5"):
        encode(link, prefix_length=5)
    for key in ("(8004)9521A", "(8004)952114"):
        with pytest.raises(PrefixLengthError, match="cannot have a company prefix of 6 digits"):
            encode(key, prefix_length=6)
        assert parse(key).uri is None


@pytest.mark.parametrize(
    "text", ["(01)09521141012345", "https://id.gs1.org/01/09521141012345/10/L1", "(253)9521141123454"]
)
def test_a_class_has_no_memory(text: str):
    with pytest.raises(EpcError, match="names a class"):
        encode(text, prefix_length=7)


@given(st.text(st.sampled_from("0123456789"), min_size=1, max_size=17))
def test_check_digits_are_those_of_biip(digits: str):
    assert check_digit(digits) == str(gs1_standard_check_digit(digits))


@pytest.mark.parametrize("example", [*PARTITIONED, *PLUS], ids=lambda example: example.scheme)
def test_links_say_the_same_to_biip(example: Example):
    theirs = GS1DigitalLinkURI.parse(str(example.link)).element_strings
    assert {element.ai.ai: element.value for element in theirs} == elements_of(from_link(str(example.link)))
