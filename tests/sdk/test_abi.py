"""Our ABI seam against eth-abi and eth-utils, on every function, event and error that ships."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode as reference_encode
from eth_utils.abi import event_abi_to_log_topic, function_abi_to_4byte_selector
from hypothesis import given
from hypothesis import strategies as st

from lading import artifacts
from lading.chain import abi
from lading.contracts import storage
from lading.errors import BadResponse, InputError

ITEMS = [
    pytest.param(item, id=f"{name}.{item['name']}")
    for name in artifacts.names()
    for item in artifacts.load(name).abi
    if item["type"] in ("function", "event", "error")
]


def test_no_contract_overloads_what_the_sdk_reads_by_name():
    for name in artifacts.names():
        functions = [item["name"] for item in artifacts.load(name).abi if item["type"] == "function"]
        assert len(functions) == len(set(functions)), name


@pytest.mark.parametrize("item", ITEMS)
def test_selectors_and_topics_are_those_of_eth_utils(item):
    signature = abi.signature_of(item)
    if item["type"] == "event":
        assert abi.topic(signature) == "0x" + event_abi_to_log_topic(item).hex()
    else:
        assert abi.selector(signature) == function_abi_to_4byte_selector({**item, "type": "function"})


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("()", []),
        ("(uint8)", ["uint8"]),
        ("(uint8,(address,bytes32[])[],string)", ["uint8", "(address,bytes32[])[]", "string"]),
        ("(((a),b),c)", ["((a),b)", "c"]),
    ],
)
def test_a_tuple_type_splits_into_its_members(kind, members):
    assert abi.split_tuple(kind) == members


@given(st.integers(0, 2**128 - 1), st.binary(min_size=32, max_size=32), st.text(), st.lists(st.booleans()))
def test_what_is_encoded_is_decoded_again(number, word, text, flags):
    types = ["uint128", "(bytes32,string)", "bool[]"]
    data = abi.encode(types, [number, ("0x" + word.hex(), text), flags])
    assert data == reference_encode(types, [number, (word, text), flags])
    assert abi.decode(types, data) == (number, ("0x" + word.hex(), text), tuple(flags))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", 256),
        ("uint8", -1),
        ("uint8", "1"),
        ("address", "0x12"),
        ("bytes32", "0xzz"),
        ("bytes32", "0x" + "11" * 33),
    ],
)
def test_a_value_that_does_not_fit_is_refused(kind, value):
    with pytest.raises(InputError):
        abi.encode([kind], [value])


def test_too_few_values_are_refused():
    with pytest.raises(InputError, match="2 values"):
        abi.encode(["uint8", "uint8"], [1])


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(32)])
def test_an_answer_that_is_too_short_is_refused(data):
    with pytest.raises(BadResponse, match="does not decode"):
        abi.decode(["uint256", "uint256"], data)


def test_a_text_that_is_no_utf_8_is_read_nonetheless():
    """A platform may admit a seller under any bytes; both ways of reading them say the same."""
    written, word = b"\xff\xfe1", (b"\xff\xfe1").ljust(31, b"\0") + bytes([2 * 3])

    assert abi.decode(["(uint8,string)"], reference_encode(["(uint8,bytes)"], [(2, written)])) == ((2, r"\xff\xfe1"),)
    assert storage.short_text(int.from_bytes(word, "big")) == r"\xff\xfe1"
