"""The code under an item's seal: 128 random bits, as a person reads them off, and what the brand anchors of them."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from typing import Final

from lading.provenance.errors import SealError
from lading.provenance.keccak import keccak256
from lading.provenance.leaf import SealLeaf

CODE_BYTES: Final = 16
_GROUPED: Final = re.compile(r"[A-Z2-7]{26}")
_GROUP: Final = 4
_WORD: Final = 32


def new_code() -> bytes:
    """16 random bytes: nobody finds the code of a hash by trying."""
    return secrets.token_bytes(CODE_BYTES)


def write_code(code: bytes) -> str:
    """The code as it is printed: 26 characters of base32 (RFC 4648, section 6) in groups of four, as in
    `K5SW-Y3DP-…`; the alphabet has no 0, 1, 8 and 9, which are taken for letters."""
    text = base64.b32encode(code).decode().rstrip("=")
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def read_code(text: str) -> bytes:
    """The code that a person typed, in either case, with whatever spaces and hyphens.

    Raises:
        SealError: it is no code. The message does not repeat it.
    """
    packed = re.sub(r"[\s-]", "", text).upper()
    if _GROUPED.fullmatch(packed) is None:
        raise SealError(
            f"A code has 26 letters and digits (A to Z, 2 to 7); this has {len(packed)}, or others.",
            hint="Read it off the item again. There is no 0, 1, 8 or 9 in it.",
        )
    try:
        code = base64.b32decode(packed + "=" * (-len(packed) % 8))
    except binascii.Error as error:
        raise SealError("This is no code.", hint="Read it off the item again.") from error
    # The last character carries three bits of the code; another spelling of its two idle bits is a typing error.
    if write_code(code).replace("-", "") != packed:
        raise SealError("This is no code: its last character is wrong.", hint="Read it off the item again.")
    return code


def seal_of(gtin: int, serial: str, code: bytes) -> SealLeaf:
    """What the brand anchors for the item (IProvenanceRegistry.SealLeaf); its seal hash is that of
    IItemClaims.sealHash: `keccak256(abi.encode(gtin, keccak256(serial), code))`."""
    if len(code) != CODE_BYTES:
        raise SealError(f"A code has {CODE_BYTES} bytes, not {len(code)}.")
    serial_hash = keccak256(serial.encode())
    sealed = keccak256(gtin.to_bytes(_WORD, "big") + serial_hash + code.ljust(_WORD, b"\0"))
    return SealLeaf(gtin, serial_hash, sealed)
