"""Signatures over captures of a gateway (`lading.relayer.captures`): the digest of `typed_data.capture`, and signing
and recovering over it, without the general encoder. A gateway signs at every transaction, so this is its price.

The digest is that of EIP-712 for the very document that `typed_data.capture` gives; tests hold both together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from eth_keys.datatypes import PrivateKey, Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from lading.chain import typed_data
from lading.chain.signer import Signer

SIGNATURE_BYTES: Final = 65
CAPTURE_TYPE: Final = b"Capture(" + ",".join(f"{kind} {name}" for name, kind in typed_data.CAPTURE).encode() + b")"
_DOMAIN_TYPE: Final = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
_V: Final = 27


@dataclass(frozen=True, slots=True)
class CaptureWords:
    """What is signed of one capture, but for publisher and signer, which stay the same. `previous` and `reads` 32
    bytes; `received_ns` since 1970-01-01T00:00:00Z."""

    reader: str
    sequence: int
    previous: bytes
    reads: bytes
    count: int
    received_ns: int


class CaptureHasher:
    """Of one log: `contract` is its ProvenanceRegistry, `publisher` a participant id, both as 0x hex."""

    def __init__(self, chain_id: int, contract: str, publisher: str) -> None:
        name, version = keccak(text=typed_data.PROVENANCE), keccak(text=typed_data.VERSION)
        domain = keccak(_DOMAIN_TYPE) + name + version + _number(chain_id) + _padded(bytes.fromhex(contract[2:]))
        self._begin = b"\x19\x01" + keccak(domain)
        self._kind = keccak(CAPTURE_TYPE) + bytes.fromhex(publisher[2:])

    def digest(self, words: CaptureWords, signer: bytes) -> bytes:
        """The 32 bytes to sign (EIP-712, "Definition of hashStruct"). `signer` 20 bytes."""
        message = (
            self._kind,
            keccak(words.reader.encode()),
            _number(words.sequence),
            words.previous,
            words.reads,
            _number(words.count),
            _number(words.received_ns),
            _padded(signer),
        )
        return keccak(self._begin + keccak(b"".join(message)))


class CaptureKey:
    """A private key that signs digests. `address` has 20 bytes."""

    def __init__(self, signer: Signer) -> None:
        self._key = PrivateKey(signer.unsafe_key())
        self.address = bytes.fromhex(signer.address[2:])

    def __repr__(self) -> str:
        return f"CaptureKey(0x{self.address.hex()})"

    def sign(self, digest: bytes) -> bytes:
        """65 bytes r || s || v, v 27 or 28. The same for the same digest (RFC 6979)."""
        signature = self._key.sign_msg_hash(digest).to_bytes()
        return bytes(signature[:-1]) + bytes([signature[-1] + _V])


def made_by(digest: bytes, signature: bytes) -> bytes | None:
    """The address, 20 bytes, whose key made a signature; None if no key did, or it is the other one of the two that
    every signature can be turned into (EIP-2): each digest has one good form."""
    if len(signature) != SIGNATURE_BYTES or signature[-1] not in (_V, _V + 1):
        return None
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        return None
    try:
        found = Signature(signature[:-1] + bytes([signature[-1] - _V]))
        return bytes(found.recover_public_key_from_msg_hash(digest).to_canonical_address())
    except (BadSignature, ValidationError, ValueError):
        return None


def link_of(signature: bytes) -> bytes:
    """What the capture after the one with this signature names as `previous`."""
    return bytes(keccak(signature))


def _number(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _padded(address: bytes) -> bytes:
    return address.rjust(32, b"\x00")
