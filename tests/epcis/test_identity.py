"""Reading GS1 keys from whatever names them; check digits; where the company prefix ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.epcis import CheckDigitError, EpcError, ItemId, PrefixLengthError, decode, gtin14, parse
from lading.epcis.gs1 import CHARSET_82, check_digit

BOX = ItemId(
    scheme="sgtin",
    key="80614141123458",
    serial="12345",
    lot=None,
    uri="urn:epc:id:sgtin:0614141.812345.12345",
    digital_link="https://id.gs1.org/01/80614141123458/21/12345",
)


@pytest.mark.parametrize(
    "code",
    [
        "urn:epc:id:sgtin:0614141.812345.12345",
        "urn:epc:tag:sgtin-96:1.0614141.812345.12345",
        "urn:epc:raw:96.x3034257BF7194E4000003039",
        "3034257bf7194e4000003039",
        "https://id.gs1.org/01/80614141123458/21/12345",
        "http://shop.example/de/p/01/80614141123458/21/12345/?lang=de#top",
        "HTTPS://shop.example/gtin/80614141123458/ser/12345",
        "https://shop.example/01/80614141123458/22/V2/21/12345",
        " https://id.gs1.org/01/80614141123458/21/12345\n",
    ],
)
def test_every_name_of_an_item_gives_the_same_identity(code: str):
    assert parse(code) == BOX
    assert parse(code).gtin14 == "80614141123458"


@pytest.mark.parametrize(
    ("uri", "link"),
    [
        ("urn:epc:id:sscc:0614141.1234567890", "https://id.gs1.org/00/106141412345678908"),
        ("urn:epc:id:sgln:0614141.12345.0", "https://id.gs1.org/414/0614141123452"),
        ("urn:epc:id:sgln:0614141.12345.A%2F1", "https://id.gs1.org/414/0614141123452/254/A%2F1"),
        ("urn:epc:id:sgln:061414112345..0", "https://id.gs1.org/414/0614141123452"),
        ("urn:epc:id:pgln:0614141.12345", "https://id.gs1.org/417/0614141123452"),
        ("urn:epc:id:grai:0614141.12345.a7", "https://id.gs1.org/8003/00614141123452a7"),
        ("urn:epc:id:grai:061414112345..7", "https://id.gs1.org/8003/006141411234527"),
        ("urn:epc:id:giai:0614141.1-a.b", "https://id.gs1.org/8004/06141411-a.b"),
        ("urn:epc:id:gsrn:0614141.0000010253", "https://id.gs1.org/8018/061414100000102534"),
        ("urn:epc:id:gdti:0614141.12345.006", "https://id.gs1.org/253/0614141123452006"),
        ("urn:epc:id:cpi:0614141.AB%2FC.7", "https://id.gs1.org/8010/0614141AB%2FC/8011/7"),
        ("urn:epc:id:sgcn:0614141.12345.6", "https://id.gs1.org/255/06141411234526"),
        ("urn:epc:id:ginc:0614141.xyz", "https://id.gs1.org/401/0614141xyz"),
        ("urn:epc:id:gsin:0614141.123456789", "https://id.gs1.org/402/06141411234567890"),
        ("urn:epc:id:itip:0614141.812345.01.02.9", "https://id.gs1.org/8006/806141411234580102/21/9"),
        ("urn:epc:id:upui:0614141.812345.x", "https://id.gs1.org/01/80614141123458/235/x"),
        ("urn:epc:class:lgtin:0614141.812345.L-1", "https://id.gs1.org/01/80614141123458/10/L-1"),
        ("urn:epc:idpat:sgtin:0614141.812345.*", "https://id.gs1.org/01/80614141123458"),
    ],
)
def test_each_type_of_key_has_its_link_and_comes_back_from_it(uri: str, link: str):
    item = parse(uri)
    assert (item.uri, item.digital_link) == (uri, link)
    length = len(uri.split(":")[4].partition(".")[0])
    assert parse(link, prefix_length=length).uri == uri


def test_a_lot_beside_a_serial_is_read_and_left_out_of_the_name():
    item = parse("https://id.gs1.org/01/09521141012345/10/LOT1/21/2017")
    assert (item.serial, item.lot) == ("2017", "LOT1")
    assert item.digital_link == "https://id.gs1.org/01/09521141012345/21/2017"


def test_a_link_to_a_class_has_neither_serial_nor_lot():
    item = parse("https://id.gs1.org/01/09521141012345")
    assert (item.scheme, item.gtin14, item.serial, item.lot) == ("sgtin", "09521141012345", None, None)


def test_shorter_gtins_are_padded():
    assert parse("https://id.gs1.org/01/614141000036/21/1").gtin14 == "00614141000036"
    assert gtin14("614141000036") == gtin14("0614141000036") == "00614141000036"


def test_a_wrong_check_digit_is_refused_and_the_right_one_named():
    with pytest.raises(CheckDigitError, match="GTIN 09521141012346 ends in the check digit 6, but 5") as caught:
        parse("https://id.gs1.org/01/09521141012346/21/1")
    assert (caught.value.key, caught.value.expected) == ("09521141012346", "5")
    with pytest.raises(CheckDigitError, match="SSCC"):
        parse("https://id.gs1.org/00/106141412345678901")
    with pytest.raises(CheckDigitError):
        gtin14("09521141012346")


@pytest.mark.parametrize("text", ["", "123", "0952114101234x", "٠٩٥٢١١٤١٠١٢٣٤٥", "095211410123450"])
def test_what_is_no_gtin_is_refused(text: str):
    with pytest.raises(EpcError, match="no GTIN"):
        gtin14(text)


def test_the_company_prefix_comes_from_the_caller_then_from_gs1s_table_then_from_nowhere():
    link = "https://id.gs1.org/01/09521141012345/21/1"
    assert parse(link).uri == "urn:epc:id:sgtin:9521141.001234.1"
    assert parse(link, prefix_length=9).uri == "urn:epc:id:sgtin:952114101.0234.1"
    unlisted = "0200000000000"
    assert parse(f"https://id.gs1.org/01/{unlisted}{check_digit(unlisted)}/21/1").uri is None


def test_a_prefix_length_that_cannot_be_is_refused():
    for length in (5, 13):
        with pytest.raises(PrefixLengthError, match="6 to 12"):
            parse("https://id.gs1.org/01/09521141012345/21/1", prefix_length=length)
    with pytest.raises(PrefixLengthError, match="shows a company prefix of 7 digits, not 8"):
        parse("urn:epc:id:sgtin:0614141.812345.12345", prefix_length=8)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("E28068940000400177901234", "no GS1 identity"),
        ("hello", "no identifier"),
        ("", "no identifier"),
        ("https://example.com/01/123", "no GS1 Digital Link"),
        ("https://example.com/", "no GS1 Digital Link"),
        ("https://id.gs1.org/01/09521141012345/21", "no qualifiers"),
        ("https://id.gs1.org/01/09521141012345/21/a/21/b", "no qualifiers"),
        ("https://id.gs1.org/01/09521141012345/21/" + "x" * 21, "21 characters"),
        ("https://id.gs1.org/01/09521141012345/21/%E4%B8%AD", "does not allow"),
        ("https://id.gs1.org/01/09521141012345/21/%FF", "UTF-8"),
        ("urn:epc:id:sgtin:0614141.81234.12345", "13 digits together"),
        ("urn:epc:id:sgtin:0614141.812345", "no serial"),
        ("urn:epc:id:sscc:0614141.1234567890.1", "a part too many"),
        ("urn:epc:id:lgtin:0614141.812345.1", "no EPC URI"),
        ("urn:epc:idpat:sgtin:0614141.812345.1", "no pattern"),
        ("urn:epc:id:sgcn:0614141.12345.x", "should be digits"),
        ("urn:epc:id:cpi:0614141.ABC.x", "digits"),
        ("urn:epc:id:itip:0614141.812345.1.2.9", "two digits each"),
    ],
)
def test_what_names_no_item_is_refused_with_the_reason(code: str, why: str):
    with pytest.raises(EpcError) as caught:
        parse(code)
    assert why in str(caught.value)


@given(
    st.integers(6, 12),
    st.integers(0, 10**13 - 1),
    st.text(st.sampled_from(sorted(CHARSET_82)), min_size=1, max_size=20),
)
def test_an_sgtin_survives_uri_link_and_back(length: int, digits: int, serial: str):
    body = f"{digits:013d}"
    link = f"https://id.gs1.org/01/{body + check_digit(body)}/21/" + "".join(f"%{ord(c):02x}" for c in serial)
    item = parse(link, prefix_length=length)
    assert item.serial == serial
    assert parse(str(item.uri)) == item
    assert parse(item.digital_link, prefix_length=length) == item


@given(st.text(max_size=60) | st.text(max_size=40).map("https://id.gs1.org/01/".__add__))
def test_any_text_is_an_identity_or_a_typed_refusal(code: str):
    try:
        item = parse(code)
    except EpcError:
        return
    assert item.digital_link.startswith("https://id.gs1.org/")


@given(st.integers(0, (1 << 88) - 1))
def test_a_tag_and_its_link_name_the_same_item(rest: int):
    epc = decode(f"{0x30 << 88 | rest:024X}")
    if epc.uri is not None:
        assert parse(epc.uri).digital_link == epc.digital_link
