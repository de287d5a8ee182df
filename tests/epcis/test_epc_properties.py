"""Round trips of every encoding, and inputs of any kind: a tag, a name, or a typed refusal, and nothing else."""

from __future__ import annotations

import re
from random import Random

import pytest
from epc_kit import SCHEMES, SET_82, escape, identity_of, plus_element_string, tag_uri
from hypothesis import given, settings
from hypothesis import strategies as st
from tds_examples import PARTITIONED, PLUS, WITHOUT_GS1_KEY

from lading.epcis import EpcError, decode, parse
from lading.epcis.element_strings import elements_of, from_element_string, read_elements, write_elements
from lading.epcis.epc import decode_strict, element_string, encode, filter_of, name_of
from lading.epcis.keys import Gs1Key

_LIKE_AN_AI = re.compile(r"\([0-9]{2,4}\)")
PLUS_SCHEMES = tuple(example.scheme for example in PLUS)
MEMORIES = [example.padded for example in (*PARTITIONED, *WITHOUT_GS1_KEY, *PLUS)]
UNTIMED = settings(deadline=None)  # the first look into a table loads it
RANDOM = st.randoms(use_true_random=False)


@pytest.mark.parametrize("scheme", SCHEMES)
@UNTIMED
@given(source=RANDOM)
def test_a_tag_uri_becomes_memory_and_back(scheme: str, source: Random):
    uri = tag_uri(scheme, source)
    memory = encode(uri)
    epc = decode(memory)
    assert epc == decode_strict(memory.lower())
    assert (epc.scheme, epc.tag_uri, epc.uri) == (scheme, uri, identity_of(uri))
    assert name_of(memory) == epc.uri
    assert len(memory) % 4 == 0
    assert encode(str(epc.uri), filter_of(memory), scheme=scheme) == memory
    # The shortest encoding of the same identity names the same thing.
    assert decode(encode(str(epc.uri))).uri == epc.uri


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme not in ("gid-96", "usdod-96", "adi-var")])
@UNTIMED
@given(source=RANDOM)
def test_a_key_goes_through_link_and_element_string_and_back(scheme: str, source: Random):
    memory = encode(tag_uri(scheme, source))
    epc = decode(memory)
    length = len(str(epc.uri).split(":", 4)[4].partition(".")[0])
    separated = element_string(memory, bracketed=False)
    for text in (str(epc.digital_link), f"]C1{separated}"):
        assert encode(text, filter_of(memory), scheme=scheme, prefix_length=length) == memory
        assert parse(text, length).uri == epc.uri
    assert from_element_string(separated).digital_link == epc.digital_link
    assert parse(str(epc.uri)).digital_link == epc.digital_link


@pytest.mark.parametrize("scheme", PLUS_SCHEMES)
@UNTIMED
@given(source=RANDOM)
def test_an_element_string_becomes_plus_memory_and_back(scheme: str, source: Random):
    text = plus_element_string(scheme, source)
    filter_value = source.randint(0, 7)
    memory = encode(text, filter_value, scheme=scheme)
    assert element_string(memory) == text
    assert filter_of(memory) == filter_value
    epc = decode_strict(memory)
    assert (epc.scheme, epc.tag_uri, epc.uri) == (scheme, None, None)
    assert epc.digital_link == from_element_string(text).digital_link == name_of(memory)
    if scheme != "dsgtin+":
        assert encode(str(epc.digital_link), filter_value, scheme=scheme) == memory


@UNTIMED
@given(st.sampled_from(MEMORIES), st.integers(0, 10**6), st.integers(-2, 2))
def test_a_turned_bit_and_another_length_are_another_tag_or_none(memory: str, bit: int, more: int):
    """Whatever `decode` accepts, it accepts in one spelling only."""
    value = int(memory, 16) ^ 1 << bit % (4 * len(memory))
    other = f"{value:0{len(memory)}X}"
    other = other + "00" * more if more >= 0 else other[: 2 * more]
    epc = decode(other)
    assert encode(epc.raw) == other
    if epc.tag_uri is not None:
        again = encode(epc.tag_uri)
        assert again == other.ljust(len(again), "0")
    elif epc.scheme is None:
        with pytest.raises(EpcError):
            decode_strict(other)


HEADERS = st.sampled_from(sorted({memory[:2] for memory in MEMORIES}))


@UNTIMED
@given(
    st.builds(lambda header, rest: header + rest.hex(), HEADERS, st.binary(max_size=60))
    | st.binary(min_size=1).map(bytes.hex)
)
def test_any_memory_decodes_and_its_raw_uri_gives_it_back(memory: str):
    epc = decode(memory)
    assert encode(epc.raw) == memory.upper()
    assert name_of(memory) in epc[1:]
    try:
        assert decode_strict(memory) == epc
    except EpcError:
        assert epc[:4] == (None, None, None, None)


PIECES = st.sampled_from(
    [
        "urn:epc:id:",
        "urn:epc:tag:",
        "urn:epc:raw:",
        "https://id.gs1.org/",
        "http://x/",
        "?",
        "#",
        "%",
        "%2F",
        "%zz",
        ".",
        ":",
        "/",
    ]
    + [
        "(01)",
        "(21)",
        "(8006)",
        "(00)",
        "(17)",
        "]C1",
        "]d2",
        "\x1d",
        "01",
        "21",
        "8004",
        "8010",
        "8011",
        "235",
        "254",
        "-var",
    ]
    + [
        "09521141012345",
        "0614141",
        "812345",
        "1",
        "0",
        "9" * 5000,
        "٣",
        "é",
        "\ud800",
        "\0",
        " ",
        "_",
        "+",
        "-1",
        "1_0",
        "0x",
    ]
    + list(SCHEMES)
    + [scheme.partition("-")[0] for scheme in SCHEMES]
    + [example.element_string for example in PARTITIONED]
    + [example.uri for example in PARTITIONED]
    + [example.link for example in PLUS]
    + [example.padded for example in PLUS]
)


@UNTIMED
@given(st.lists(PIECES | st.text(max_size=5), max_size=8).map("".join))
def test_any_text_is_a_name_or_a_typed_refusal(text: str):
    for reading in (
        decode,
        decode_strict,
        name_of,
        filter_of,
        element_string,
        encode,
        parse,
        from_element_string,
        read_elements,
    ):
        try:
            reading(text)
        except EpcError:
            continue
    for scheme in ("sgtin+", "dsgtin+", "cpi+", "cpi-var", "giai-202", "sgtin-198"):
        try:
            memory = encode(text, 3, scheme=scheme, prefix_length=7)
        except EpcError:
            continue
        assert decode_strict(memory).scheme == scheme


@UNTIMED
@given(
    st.text(st.sampled_from(SET_82), min_size=1, max_size=20),
    st.none() | st.text(st.sampled_from(SET_82), min_size=1, max_size=20),
)
def test_elements_survive_brackets_and_separators(serial: str, lot: str | None):
    key = Gs1Key("01", "09521141012345", serial, lot)
    elements = elements_of(key)
    assert from_element_string(write_elements(elements, bracketed=False)) == key
    if any(_LIKE_AN_AI.search(value) for value in elements.values()):
        with pytest.raises(EpcError, match="use separators"):
            write_elements(elements)
    else:
        assert from_element_string(write_elements(elements)) == key


@UNTIMED
@given(st.text(st.sampled_from(SET_82), min_size=1, max_size=20))
def test_a_serial_is_the_same_in_every_form(serial: str):
    memory = encode(f"urn:epc:id:sgtin:0614141.812345.{escape(serial)}", scheme="sgtin-198")
    assert parse(memory).serial == parse(str(decode(memory).digital_link)).serial == serial
