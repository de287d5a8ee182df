"""Every encoding against the standard's own examples, in all directions."""

from __future__ import annotations

import pytest
from tds_examples import PARTITIONED, PLUS, WITH_HOST_NAME, WITHOUT_GS1_KEY, Example

from lading.epcis import CheckDigitError, Epc, EpcError, decode, parse
from lading.epcis.element_strings import elements_of, from_element_string
from lading.epcis.epc import decode_strict, element_string, encode, filter_of, name_of

ALL = (*PARTITIONED, *WITHOUT_GS1_KEY, *PLUS)
KEYS = (*PARTITIONED, *PLUS)


def _name(example: object) -> str:
    return example.scheme if isinstance(example, Example) else str(example)


@pytest.mark.parametrize("example", ALL, ids=_name)
def test_memory_gives_every_form(example: Example):
    raw = f"urn:epc:raw:{4 * len(example.padded)}.x{example.padded}"
    expected = Epc(example.scheme, example.tag_uri, example.uri, example.link, raw)
    assert decode(example.padded) == decode_strict(example.padded.lower()) == expected
    assert filter_of(example.padded) == example.filter
    assert name_of(example.padded) == (example.uri or example.link)


@pytest.mark.parametrize("example", [one for one in ALL if one.uri], ids=_name)
def test_both_uris_give_the_memory(example: Example):
    assert encode(str(example.tag_uri)) == example.padded
    assert encode(str(example.uri), example.filter) == example.padded
    assert encode(str(example.uri), example.filter, scheme=example.scheme) == example.padded


@pytest.mark.parametrize("example", PARTITIONED, ids=_name)
def test_link_and_element_string_give_the_memory_with_the_length_of_the_prefix(example: Example):
    for text in (str(example.link), str(example.element_string)):
        assert encode(text, example.filter, prefix_length=example.prefix_length) == example.padded


@pytest.mark.parametrize("example", PLUS, ids=_name)
def test_the_plus_encodings_need_no_length_of_a_prefix(example: Example):
    date = "?17=220630" if example.scheme == "dsgtin+" else ""
    for text in (f"{example.link}{date}", str(example.element_string)):
        assert encode(text, example.filter, scheme=example.scheme) == example.padded


@pytest.mark.parametrize("example", KEYS, ids=_name)
def test_memory_gives_the_element_string_and_that_the_link(example: Example):
    assert element_string(example.padded) == example.element_string
    separated = element_string(example.padded, bracketed=False)
    assert "(" not in separated
    for text in (str(example.element_string), separated, f"]C1{separated}", f"\x1d{separated}"):
        assert from_element_string(text).digital_link == example.link
    assert elements_of(from_element_string(separated)) == elements_of(from_element_string(str(example.element_string)))


@pytest.mark.parametrize("example", KEYS, ids=_name)
def test_all_names_of_one_thing_are_one_identity(example: Example):
    names = [str(example.element_string), str(example.link), example.padded, example.padded.lower()]
    assert {parse(name).digital_link for name in names} == {example.link}
    if example.uri is not None:
        assert {parse(name, example.prefix_length).uri for name in names} == {example.uri}


@pytest.mark.parametrize("example", WITHOUT_GS1_KEY, ids=_name)
def test_what_names_no_gs1_key_has_no_element_string_and_is_no_item(example: Example):
    with pytest.raises(EpcError, match="no GS1 key"):
        element_string(example.padded)
    with pytest.raises(EpcError, match=rf"{example.uri} carries no GS1 identity"):
        parse(example.padded)


@pytest.mark.parametrize("memory", WITH_HOST_NAME.values(), ids=WITH_HOST_NAME.keys())
def test_encodings_with_a_host_name_are_named_and_not_read(memory: str):
    padded = memory.ljust(-(-len(memory) // 4) * 4, "0")
    assert decode(padded) == Epc(None, None, None, None, f"urn:epc:raw:{4 * len(padded)}.x{padded}")
    with pytest.raises(EpcError, match=f"the header {memory[:2]} is of an encoding with a host name"):
        decode_strict(padded)


def test_a_wrong_check_digit_is_refused_wherever_it_is_written():
    wrong = ["(01)79521141123454(21)1", "https://id.gs1.org/01/79521141123454/21/1", "]d2017952114112345421a"]
    for text in wrong:
        with pytest.raises(CheckDigitError, match="79521141123454"):
            encode(text, scheme="sgtin+")
        with pytest.raises(CheckDigitError):
            parse(text)
    memory = encode("(01)79521141123453(21)1", scheme="sgtin+").replace("79521141123453", "79521141123454")
    assert decode(memory).scheme is None
    with pytest.raises(CheckDigitError):
        decode_strict(memory)
