"""The fields that one document alone holds: each under its own random salt, all below one root.

A leaf is `keccak256(keccak256(abi.encode(FIELD_LEAF, keccak256(name), keccak256(value), salt)))` and the tree that of
`lading.provenance.merkle`. One field is shown without the others by a `Disclosure`.

A tree does not prove that a name stands in it once: who signs a document could put two values under one name. Whoever
relies on a single value asks for the disclosure of all fields and compares the root.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lading.customs.errors import DocumentError, DocumentFault, FieldError
from lading.provenance.keccak import keccak256
from lading.provenance.merkle import HASH_BYTES, MerkleTree, verify

FIELD_LEAF = keccak256(b"lading.customs.field.v1")
"""The tag that keeps a field's leaf apart from every other kind of leaf."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field's plain name, its value as text, and the 32 random bytes that keep it from being guessed."""

    name: str
    value: str
    salt: bytes

    def __post_init__(self) -> None:
        if len(self.salt) != HASH_BYTES:
            raise FieldError(self.name, f"its salt has {len(self.salt)} bytes, not {HASH_BYTES}")

    def leaf(self) -> bytes:
        name, value = keccak256(self.name.encode()), keccak256(self.value.encode())
        return keccak256(keccak256(FIELD_LEAF + name + value + self.salt))


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One field and its way to the root. `to_json` is what is handed to an office, in hex without loss."""

    field: Field
    proof: tuple[bytes, ...]

    def verify(self, fields_root: bytes) -> bool:
        """Whether the signer of the document with this root put this value under this name."""
        return verify(self.field.leaf(), self.proof, fields_root)

    def to_json(self) -> dict[str, str | list[str]]:
        return {
            "name": self.field.name,
            "value": self.field.value,
            "salt": "0x" + self.field.salt.hex(),
            "proof": ["0x" + node.hex() for node in self.proof],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Disclosure:
        """Raises `DocumentError` with the path of each fault."""
        faults: list[DocumentFault] = []
        name, value = (_text(data, key, faults) for key in ("name", "value"))
        salt = _word(data.get("salt"), "$.salt", faults)
        nodes = data.get("proof")
        if not isinstance(nodes, list):
            faults.append(DocumentFault("$.proof", "is not a list"))
            nodes = []
        proof = tuple(_word(node, f"$.proof[{position}]", faults) for position, node in enumerate(nodes))
        if faults:
            raise DocumentError("disclosure of a field", faults)
        return cls(Field(name, value, salt), proof)


class FieldTree:
    """The fields of one document. Keep `fields` with their salts: without them nothing can be shown any more, which is
    also how a value is erased. Raises `FieldError` if a name stands twice, `MerkleError` if there is no field."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = tuple(fields)
        self._position = {field.name: position for position, field in enumerate(self.fields)}
        for name in self._position:
            if sum(field.name == name for field in self.fields) > 1:
                raise FieldError(name, "stands twice in one document")
        self._tree = MerkleTree([field.leaf() for field in self.fields])

    @classmethod
    def of(cls, values: Mapping[str, str]) -> FieldTree:
        """A tree with fresh salts."""
        return cls([Field(name, value, secrets.token_bytes(HASH_BYTES)) for name, value in values.items()])

    @property
    def root(self) -> bytes:
        return self._tree.root

    def disclose(self, name: str) -> Disclosure:
        """Raises `FieldError` if the document has no such field."""
        if name not in self._position:
            raise FieldError(name, "the document has no such field; it has " + ", ".join(sorted(self._position)))
        position = self._position[name]
        return Disclosure(self.fields[position], self._tree.proof(position))


def _text(data: Mapping[str, object], key: str, faults: list[DocumentFault]) -> str:
    value = data.get(key)
    if isinstance(value, str):
        return value
    faults.append(DocumentFault(f"$.{key}", "is not text"))
    return ""


def _word(value: object, path: str, faults: list[DocumentFault]) -> bytes:
    try:
        if isinstance(value, str) and value.startswith("0x") and len(value) == 2 + 2 * HASH_BYTES:
            return bytes.fromhex(value[2:])
    except ValueError:
        pass  # Falls through to the one fault that is reported for every malformed word
    faults.append(DocumentFault(path, f"is not 0x and {2 * HASH_BYTES} hex digits"))
    return bytes(HASH_BYTES)
