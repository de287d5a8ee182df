"""ABI encoding in the types that the SDK uses: fixed and dynamic bytes are 0x hex both ways, addresses checksummed,
structs tuples in their declared order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from eth_abi.codec import ABICodec
from eth_abi.decoding import StringDecoder, UnsignedIntegerDecoder
from eth_abi.encoding import TextStringEncoder, UnsignedIntegerEncoder
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.registry import BaseEquals
from eth_abi.registry import registry as shared_registry
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from lading.errors import BadResponse, InputError
from lading.values import AbiValue

Json = Mapping[str, Any]


@cache
def _codec() -> ABICodec:
    """A codec of our own: where ape is imported it registers a decoder of its own with eth-abi, for the whole process,
    that reads too short an answer as zero."""
    registry = shared_registry.copy()  # type: ignore[no-untyped-call]
    registry.unregister("uint")
    plain = BaseEquals("uint")  # type: ignore[no-untyped-call]
    registry.register(plain, UnsignedIntegerEncoder, UnsignedIntegerDecoder, label="uint")
    # Contracts take any bytes for a text: whoever writes what is no UTF-8 must not keep others from reading the rest.
    registry.unregister("string")
    text = StringDecoder("backslashreplace")  # type: ignore[no-untyped-call]
    registry.register(BaseEquals("string"), TextStringEncoder, text, label="string")  # type: ignore[no-untyped-call]
    return ABICodec(registry)


def type_of(component: Json) -> str:
    """The canonical type of an ABI component: `(address,uint256)[]` for a tuple[] (Solidity ABI, "JSON")."""
    kind: str = component["type"]
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(type_of(part) for part in component["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def signature_of(item: Json) -> str:
    return f"{item['name']}({','.join(type_of(part) for part in item['inputs'])})"


@lru_cache(maxsize=512)
def selector(signature: str) -> bytes:
    """The first four bytes of the signature's hash."""
    return bytes(keccak(text=signature)[:4])


@lru_cache(maxsize=512)
def topic(signature: str) -> str:
    return "0x" + keccak(text=signature).hex()


def encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """`abi.encode(values)`.

    Raises:
        InputError: a value does not fit its type; the message names the type.
    """
    if len(types) != len(values):
        raise InputError(f"{len(types)} values are needed, not {len(values)}.")
    try:
        return _codec().encode(list(types), [_outward(kind, value) for kind, value in zip(types, values, strict=True)])
    except (EncodingError, OverflowError, TypeError) as error:
        raise InputError(f"A value does not fit its Solidity type: {error}.") from error


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """The values in `data`.

    Raises:
        BadResponse: it is too short or malformed for these types.
    """
    try:
        values = _codec().decode(list(types), data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise BadResponse(
            f"An answer of {len(data)} bytes does not decode as ({','.join(types)}).",
            hint="The contract at this address is another one, or the node is not on the chain that you mean.",
        ) from error
    return tuple(_inward(kind, value) for kind, value in zip(types, values, strict=True))


def keccak_encoded(types: Sequence[str], values: Sequence[Any]) -> str:
    """`keccak256(abi.encode(values))` as 0x hex."""
    return "0x" + keccak(encode(types, values)).hex()


def split_tuple(kind: str) -> list[str]:
    """`(a,(b,c),d[])` -> its members."""
    members, depth, start = [], 0, 1
    for at, sign in enumerate(kind):
        if sign in ",)" and depth == 1:
            members.append(kind[start:at])
            start = at + 1
        depth += {"(": 1, ")": -1}.get(sign, 0)
    return [member for member in members if member]


def _outward(kind: str, value: AbiValue) -> AbiValue:
    if kind.endswith("[]"):
        return [_outward(kind[:-2], part) for part in value]
    if kind.startswith("("):
        return tuple(_outward(part, one) for part, one in zip(split_tuple(kind), value, strict=True))
    if kind.startswith("bytes") and isinstance(value, str):
        return _from_hex(kind, value)
    return value


def _from_hex(kind: str, value: str) -> bytes:
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except ValueError as error:
        raise InputError(f"{value!r} is no {kind}: it has to be hex.") from error


def _inward(kind: str, value: AbiValue) -> AbiValue:
    if kind.endswith("[]"):
        return tuple(_inward(kind[:-2], part) for part in value)
    if kind.startswith("("):
        return tuple(_inward(part, one) for part, one in zip(split_tuple(kind), value, strict=True))
    if kind.startswith("bytes"):
        return "0x" + value.hex()
    return to_checksum_address(value) if kind == "address" else value


def by_name(items: Iterable[Json], kind: str) -> dict[str, Json]:
    """The functions, events or errors of an ABI. Our contracts overload none that the SDK uses."""
    return {item["name"]: item for item in items if item["type"] == kind}
