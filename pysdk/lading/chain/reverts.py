"""Revert data into exceptions."""

from __future__ import annotations

from functools import cache

from lading.chain import abi
from lading.errors import BadResponse, ContractError, Panicked, RevertedWithReason, UnknownRevert
from lading.reverts import BY_DECLARATION, SolidityError, canonical_signature, parameters

_REASON = abi.selector("Error(string)")
_PANIC = abi.selector("Panic(uint256)")
#: Solidity documentation, "Panic via assert and Error via require".
_PANICS = {
    0x01: "an assertion failed",
    0x11: "an arithmetic overflow",
    0x12: "a division by zero",
    0x21: "a number outside its enumeration",
    0x22: "a malformed byte array in storage",
    0x31: "a pop from an empty array",
    0x32: "an index out of bounds",
    0x41: "too much memory",
    0x51: "a call to an unset internal function",
}


@cache
def _by_selector() -> dict[bytes, type[SolidityError]]:
    return {abi.selector(canonical_signature(declaration)): kind for declaration, kind in BY_DECLARATION.items()}


def decode(data: bytes) -> ContractError:
    """The exception for this revert data; of the class of its selector, or a general one."""
    head, body = data[:4], data[4:]
    try:
        if (kind := _by_selector().get(head)) is not None:
            return _custom(kind, body, data)
        if head == _REASON:
            return _reason(abi.decode(["string"], body)[0], data)
        if head == _PANIC:
            return _panic(abi.decode(["uint256"], body)[0], data)
    except BadResponse:
        # Known selector, other arguments: a foreign contract with an error of the same hash. Say it as unknown.
        return _unknown(data)
    return _unknown(data)


def _custom(kind: type[SolidityError], body: bytes, data: bytes) -> SolidityError:
    signature = canonical_signature(kind.solidity)
    values = abi.decode(abi.split_tuple(signature[signature.index("(") :]), body)
    names = [name for _, name in parameters(kind.solidity)]
    return kind(dict(zip(names, values, strict=True)), "0x" + data.hex())


def _reason(reason: str, data: bytes) -> RevertedWithReason:
    return RevertedWithReason(
        f"The contract refused: {reason}",
        what_next="Ask whoever runs that contract what it means.",
        args_by_name={"reason": reason},
        data="0x" + data.hex(),
    )


def _panic(code: int, data: bytes) -> Panicked:
    return Panicked(
        f"The contract stopped at a bug of its own: {_PANICS.get(code, 'unknown code')} (Panic {code:#04x}).",
        what_next="Report it with the call that led to it.",
        args_by_name={"code": code},
        data="0x" + data.hex(),
    )


def _unknown(data: bytes) -> UnknownRevert:
    what = (
        f"with {len(data)} bytes that no contract of ours explains (0x{data[:4].hex()}…)"
        if data
        else "without a reason"
    )
    return UnknownRevert(
        f"The call reverted {what}.",
        what_next="Check the addresses and that the contracts are of this version; `lading deployments` lists them.",
        args_by_name={},
        data="0x" + data.hex(),
    )
