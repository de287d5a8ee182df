"""Names and memories that were spoilt a little, `LADING_DEEP_INPUTS` of each, from `LADING_DEEP_SEED`: no crash,
no wrong acceptance."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from urllib.parse import quote

from aidc_kit import aidc_value
from epc_kit import SCHEMES, plus_element_string, tag_uri
from tds_examples import PARTITIONED, PLUS, WITHOUT_GS1_KEY

from lading.epcis import Epc, EpcError, data_link, decode, parse
from lading.epcis.aidc_table import FORMATS
from lading.epcis.element_strings import from_element_string
from lading.epcis.epc import decode_strict, element_string, encode, filter_of, name_of

INPUTS = int(os.environ.get("LADING_DEEP_INPUTS", "8000"))
SEED = os.environ.get("LADING_DEEP_SEED", "lading")
_AIS = sorted(FORMATS.keys() - {"01", "21"})
_PIECES = (
    *"()%.:/?#=&;_+-*!\"'\x1d\x00 \n\t~^`{}|\\@$[],<>0123456789abcdefXYZ",
    *("%2F", "%25", "%zz", "%C3%A9", "%FF", "é", "٣", "０", "\ud800", "(01)", "(21)", "]C1", "urn:epc:", "0x", "1_0"),
    *("0" * 30, "9" * 6000, ".." * 40),
)


def _spoilt(text: str, source: Random) -> str:
    for _ in range(source.randint(0, 3)):
        place = source.randrange(len(text) + 1)
        piece = source.choice(_PIECES)
        text = source.choice(
            [
                lambda t, at, new: t[:at] + new + t[at:],
                lambda t, at, new: t[:at] + new + t[at + 1 :],
                lambda t, at, new: t[:at] + t[at + source.randint(1, 4) :],
                lambda t, at, new: t[:at] + t[at : at + 5] * source.randint(2, 4) + t[at + 5 :],
                lambda t, at, new: t[:at] + t[at:].swapcase(),
            ]
        )(text, place, piece)
    return text


def _name(source: Random) -> str:
    uri = tag_uri(source.choice(SCHEMES), source)
    known = source.choice((*PARTITIONED, *WITHOUT_GS1_KEY, *PLUS))
    made = source.choice(
        [
            lambda: uri,
            lambda: encode(uri),
            lambda: decode(encode(uri)).uri,
            lambda: plus_element_string(source.choice(PLUS).scheme, source),
            lambda: known.link,
            lambda: known.padded,
            lambda: _with_data(source),
            lambda: data_link(_with_data(source)),
        ]
    )
    return made() or uri


def _with_data(source: Random) -> str:
    """The memory of an SGTIN+ with one or two elements behind it."""
    ais = source.sample(_AIS, source.randint(1, 2))
    data = "&".join(f"{ai}={quote(aidc_value(ai, source)[:20], safe='')}" for ai in ais)
    try:
        return encode(f"https://id.gs1.org/01/79521141123453/21/{source.randint(0, 999)}?{data}", scheme="sgtin+")
    except EpcError:  # a value that was too short when cut
        return PLUS[0].padded


def _refused(reading: Callable[[str], object], text: str) -> bool:
    try:
        reading(text)
    except EpcError:
        return True
    return False


def test_what_was_spoilt_is_read_as_what_it_says_or_refused():
    source = Random(f"{SEED} 0")  # noqa: S311 - the same at each run
    read = 0
    for _ in range(INPUTS):
        text = _spoilt(_name(source), source)
        for reading in (parse, from_element_string, filter_of, element_string, data_link, decode_strict, name_of):
            read += not _refused(reading, text)
        try:
            memory = encode(text, scheme=source.choice([None, None, "sgtin+", "giai+", "gdti-174"]), prefix_length=7)
        except EpcError:
            continue
        _means_the_same(text, memory)
    assert read > INPUTS // 2  # or nothing that was accepted has been looked at


def _means_the_same(text: str, memory: str) -> None:
    """What was encoded is read again as the thing that the text named."""
    epc = decode(memory)
    if text.startswith("urn:epc:raw:"):
        assert epc.raw == f"urn:epc:raw:{4 * len(memory)}.x{memory}"
    elif epc.digital_link is None:
        assert epc.uri is not None
    else:
        assert parse(memory).digital_link == epc.digital_link
        named = parse(text)
        assert epc.digital_link in (named.digital_link, named.digital_link.removesuffix("/254/0"))


def test_memory_that_was_spoilt_is_a_tag_of_one_spelling_or_foreign():
    source = Random(f"{SEED} 1")  # noqa: S311
    tags = data = 0
    for _ in range(INPUTS):
        memory = _name(source)
        if _refused(decode, memory):
            continue
        bits = int(memory, 16)
        for _ in range(source.randint(1, 3)):
            bits ^= 1 << source.randrange(4 * len(memory))
        spoilt = f"{bits:0{len(memory)}X}"
        epc = decode(spoilt)
        assert encode(epc.raw) == spoilt
        if epc.tag_uri is not None:
            tags += 1
            assert encode(epc.tag_uri) == spoilt
        data += _says_the_same(spoilt, epc)
    assert tags > INPUTS // 100
    assert data > INPUTS // 200


def _says_the_same(memory: str, epc: Epc) -> bool:
    """Whether a tag has +AIDC data that can be read; then their link gives them again, and the same item."""
    try:
        link = data_link(memory)
    except EpcError:
        return False
    if link is None or epc.scheme is None:
        return False
    again = encode(link, scheme=epc.scheme)
    assert (data_link(again), decode(again).digital_link) == (link, epc.digital_link)
    return True
