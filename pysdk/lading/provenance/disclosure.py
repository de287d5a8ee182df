"""The disclosure `lading-disclosure/1`: private fields of one event for one recipient, signed by the event's publisher.

Each field is checked by itself against its commitment in the event; the signature says who gave it to whom. It is JSON
in its RFC 8785 form with lower-case 0x hex, and other bytes are refused. It holds values and salts: a secret of its
recipient's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, field_validator

from lading.epcis.canonical import canonical_json, content_hash
from lading.epcis.errors import CanonicalError
from lading.provenance.bundle import MAX_BYTES, Address, Bundle, Hash, Model, canonical_document, first_fault
from lading.provenance.errors import BundleError, DisclosureError
from lading.provenance.leaf import EVENT_ID, event_id_digest
from lading.provenance.private import Match, Secret, check, commitments

FORMAT: Final = "lading-disclosure/1"
MAX_FIELDS: Final = 1000


class Statement(Model):
    """What a publisher signs: these fields of this event, given to this recipient."""

    model_config = ConfigDict(hide_input_in_errors=True)

    event_id: str = Field(pattern=f"^{EVENT_ID.pattern}$", description="CBV 2.0, section 8.9.")
    content_hash: Hash = Field(description="SHA-256 of the RFC 8785 form of the whole event, as anchored.")
    publisher: Hash = Field(description="Participant id.")
    recipient: str = Field(
        pattern="^0x([0-9a-f]{40}|[0-9a-f]{64})$", description="Participant id, or the address of somebody who is none."
    )
    fields: tuple[Secret, ...] = Field(
        min_length=1, max_length=MAX_FIELDS, description="Ascending by name, each name once."
    )

    @field_validator("fields")
    @classmethod
    def _ascend(cls, fields: tuple[Secret, ...]) -> tuple[Secret, ...]:
        if any(left.name >= right.name for left, right in pairwise(fields)):
            raise ValueError("it should ascend by name, each name once")
        return fields

    @property
    def fields_hash(self) -> bytes:
        """SHA-256 of the RFC 8785 form of the fields' commitments in their order, as 0x hex. These cover name, value
        and salt, and tell nothing of them; so what is signed may be shown."""
        return hashlib.sha256(canonical_json(["0x" + one.commitment.hex() for one in self.fields])).digest()

    @property
    def words(self) -> dict[str, Any]:
        """The members of what is signed but for the signer, as `chain.typed_data.disclosure` takes them."""
        return {
            "publisher": self.publisher,
            "recipient": self.recipient,
            "event_id": event_id_digest(self.event_id),
            "content_hash": self.content_hash,
            "fields_hash": self.fields_hash,
        }


class Disclosure(Statement):
    """A statement with its signature."""

    model_config = ConfigDict(title=FORMAT)

    format: Literal["lading-disclosure/1"]
    signer: Address
    signature: str = Field(pattern="^0x[0-9a-f]{130}$", description="EIP-712, 65 bytes r, s, v, by the signer's key.")

    @classmethod
    def of(cls, statement: Statement, signer: bytes, signature: str) -> Self:
        """`signer` 20 bytes, `signature` 65 as 0x hex."""
        stated = {name: getattr(statement, name) for name in Statement.model_fields}
        return cls(format=FORMAT, signer=signer, signature=signature.lower(), **stated)


@dataclass(frozen=True, slots=True)
class Compared:
    """A disclosure against a bundle. `found`: the bundle holds this very event; else no field matches."""

    found: bool
    fields: tuple[tuple[str, Match], ...]

    @property
    def all_match(self) -> bool:
        return all(match is Match.MATCHES for _, match in self.fields)


def state(event_id: str, content: bytes, publisher: bytes, recipient: str, fields: Sequence[Secret]) -> Statement:
    """What is to be signed; the fields in any order. Raises DisclosureError: a part of it is malformed."""
    ordered = tuple(sorted(fields, key=lambda one: one.name))
    try:
        return Statement(
            event_id=event_id, content_hash=content, publisher=publisher, recipient=recipient.lower(), fields=ordered
        )
    except ValidationError as error:
        raise _refused(error) from None


def dump(disclosure: Disclosure) -> bytes:
    """The canonical bytes. Raises DisclosureError: a value is none that JSON carries exactly, or all of them are more
    than is read."""
    try:
        data = canonical_json(disclosure.model_dump(mode="json"))
    except CanonicalError:
        raise DisclosureError("$.fields", "a value has no canonical JSON") from None
    if len(data) > MAX_BYTES:
        raise DisclosureError("$.fields", f"it would have {len(data)} bytes; at most {MAX_BYTES} are read")
    return data


def parse(data: bytes) -> Disclosure:
    """Reads a disclosure; says nothing about its truth.

    Raises:
        DisclosureError: too large or deep, no JSON, not canonical, a field too many or too few, or one of the wrong
            form.
    """
    try:
        return Disclosure.model_validate(canonical_document(data))
    except BundleError as error:
        raise DisclosureError(error.path, error.problem) from None
    except ValidationError as error:
        raise _refused(error) from None


def compare(disclosure: Statement, bundle: Bundle) -> Compared:
    """Each field against the commitment in the bundle's entry of that publisher, id and content. Whether that entry is
    anchored is what `lading verify` says of the bundle.

    Raises:
        PrivateError: the event's commitments are malformed.
    """
    known: dict[str, bytes] | None = None
    for entry in bundle.entries:
        if (entry.publisher, entry.event_id) != (disclosure.publisher, disclosure.event_id):
            continue
        if content_hash(entry.event) == disclosure.content_hash:
            known = commitments(entry.event)
            break
    return Compared(known is not None, tuple((one.name, check(known or {}, one)) for one in disclosure.fields))


def _refused(error: ValidationError) -> DisclosureError:
    path, problem = first_fault(error)
    # What stands below a field's value may be the value's own words.
    return DisclosureError(path.partition(".value")[0], problem)
