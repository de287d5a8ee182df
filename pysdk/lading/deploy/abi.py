"""Constructor arguments, checked against an ABI, and the address that a contract is going to have. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import is_encodable
from eth_utils.address import is_checksum_address, is_hex_address, to_checksum_address
from eth_utils.crypto import keccak

Abi = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Argument:
    """A constructor's argument, or a member of a struct: its name in the source, its canonical type, and its members if
    it is a struct."""

    name: str
    kind: str
    members: tuple[Argument, ...] = ()

    @property
    def key(self) -> str:
        """Its name in a parameter file: a source writes `registry_` where `registry` is taken."""
        return self.name.strip("_")


def constructor_inputs(abi: Abi) -> tuple[Argument, ...]:
    """The constructor's arguments in order; none without a constructor."""
    for entry in abi:
        if entry["type"] == "constructor":
            return tuple(_argument(item) for item in entry["inputs"])
    return ()


def _argument(item: Mapping[str, Any]) -> Argument:
    members = tuple(_argument(part) for part in item.get("components", ()))
    kind = f"({','.join(member.kind for member in members)})" if members else item["type"]
    return Argument(item["name"], kind, members)


def parse_value(kind: str, text: str) -> object:
    """Turns the text of a parameter into a value of the ABI type `kind`. ValueError, in a sentence, if it is none."""
    if kind == "address":
        return parse_address(text)
    value: object = text
    try:
        if kind.startswith(("uint", "int")):
            value = int(text, 0)
        elif kind.startswith("bytes"):
            value = bytes.fromhex(text.removeprefix("0x"))
        elif kind == "bool":
            value = {"true": True, "false": False}[text]
    except (ValueError, KeyError):
        raise ValueError(f"{text!r} is not of type {kind}") from None
    # eth-abi would fill up bytes that are too few.
    if not is_encodable(kind, value) or (isinstance(value, bytes) and kind != "bytes" and f"bytes{len(value)}" != kind):
        raise ValueError(f"{text!r} is not of type {kind}")
    return value


def parse_address(text: str) -> str:
    """A checksummed address (EIP-55). ValueError for anything else, a mixed-case one with a wrong checksum included."""
    digits = text.removeprefix("0x")
    if not text.startswith("0x") or not is_hex_address(text):
        raise ValueError(f"{text!r} is not an address (0x and 40 hex digits)")
    if digits not in (digits.lower(), digits.upper()) and not is_checksum_address(text):
        raise ValueError(f"{text!r} has a wrong EIP-55 checksum; a digit may be mistyped")
    if int(digits, 16) == 0:
        raise ValueError("the zero address is nobody's")
    return to_checksum_address(text)


def create_address(sender: str, nonce: int) -> str:
    """Where a contract created by `sender` with `nonce` comes to stand: the last 20 bytes of
    keccak256(rlp([sender, nonce])) (Yellow Paper, section 7)."""
    body = b"\x94" + bytes.fromhex(sender.removeprefix("0x")) + _rlp_integer(nonce)
    return to_checksum_address(keccak(bytes([0xC0 + len(body)]) + body)[-20:])


def _rlp_integer(value: int) -> bytes:
    """RLP of an integer below 2**64, the most that a nonce can be (EIP-2681)."""
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return raw if len(raw) == 1 and raw[0] < 0x80 else bytes([0x80 + len(raw)]) + raw  # noqa: PLR2004 - RLP's own bound
