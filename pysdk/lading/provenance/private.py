"""Private fields of an event: the event holds a salted commitment to each, and so do its id and its content hash.

In place of the fields stands `lading:private`, of our published vocabulary: from each field's name to SHA-256 of the
RFC 8785 form of `["lading.private.v1", name, value, salt]`. The salt is 32 random bytes, as 0x hex: nobody finds a
value by trying, and whoever forgets salt and value leaves nothing of it, while every proof of the event still holds.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from pydantic import ConfigDict, Field, JsonValue

from lading.epcis.canonical import canonical_json
from lading.epcis.errors import CanonicalError
from lading.epcis.namespaces import ContextProblem, Namespaces, from_context
from lading.provenance.bundle import Hash, Model
from lading.provenance.errors import PrivateError
from lading.provenance.vocabulary import VOC

DOMAIN: Final = "lading.private.v1"
PREFIX: Final = "lading"
PROPERTY: Final = f"{PREFIX}:private"
SALT_BYTES: Final = 32
MAX_NAME: Final = 500
"""Characters of a field's name: a prefix, a colon and a word."""

MAX_VALUE_BYTES: Final = 1 << 20
MAX_VALUE_DEPTH: Final = 24
"""Of a value, so that a disclosure of it stays within what is read of a document (bundle.MAX_BYTES, MAX_DEPTH)."""

_OURS: Final = f"{{{VOC}}}"
_PRIVATE: Final = f"{_OURS}private"
_COMMITMENT: Final = re.compile(r"0x[0-9a-f]{64}")
_COMMENTS: Final = frozenset(("rdfs:comment",))


class Match(StrEnum):
    """What a disclosed field is against its event."""

    MATCHES = "matches"
    DIFFERS = "differs"
    MISSING = "no-such-commitment"


class Secret(Model):
    """What opens one commitment. Whoever has it can show the value to anybody; no repr holds value or salt."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=MAX_NAME, description="As it stands under lading:private in the event.")
    value: JsonValue = Field(repr=False)
    salt: Hash = Field(repr=False)

    @classmethod
    def of(cls, name: str, value: object) -> Self:
        """With a new salt. Raises PrivateError: the value is none that JSON carries exactly, or too large or deep to be
        disclosed."""
        salt = secrets.token_bytes(SALT_BYTES)
        commitment(name, value, salt)
        if _is_deep(value) or len(canonical_json(value)) > MAX_VALUE_BYTES:
            raise PrivateError(
                f"The value of {name[:MAX_NAME]!r} is too large: more than {MAX_VALUE_BYTES} bytes, or nested deeper "
                f"than {MAX_VALUE_DEPTH}.",
                hint="Keep it in a file of its own, and make the file's SHA-256 the value.",
            )
        return cls.model_validate({"name": name, "value": value, "salt": salt})

    @property
    def commitment(self) -> bytes:
        return commitment(self.name, self.value, self.salt)


@dataclass(frozen=True, slots=True)
class SealedEvent:
    """An event with commitments in place of its private fields, and what opens them, ascending by name."""

    event: dict[str, Any]
    secrets: tuple[Secret, ...]


def commitment(name: str, value: object, salt: bytes) -> bytes:
    """32 bytes. Raises PrivateError, which repeats no value: it is none that JSON carries exactly."""
    try:
        text = canonical_json([DOMAIN, name, value, "0x" + salt.hex()])
    except CanonicalError:
        raise PrivateError(
            f"The value of {name[:MAX_NAME]!r} has no canonical JSON (RFC 8785).",
            hint="Numbers must be finite and fit a double exactly; write longer ones as text.",
        ) from None
    return hashlib.sha256(text).digest()


def seal(event: Mapping[str, Any], names: Iterable[str], context: object = None) -> SealedEvent:
    """Replaces those of the fields that the event has; one that has none of them stays as it is.

    `names` are the event's own extensions, with their prefix or as full URIs; `context` is the `@context` of the
    event's document, which has to declare the prefix `lading` (`declaring` adds it). Parts of standard fields, and what
    our own vocabulary says to verifiers, cannot be private.

    Raises:
        PrivateError: a field cannot be private, its value is none that JSON carries exactly or too large, the event is
            sealed already, or a context cannot be used.
    """
    namespaces = _namespaces(context, event.get("@context"))
    found = sorted({name for wanted in names for name in named(event, wanted, context)})
    if not found:
        return SealedEvent(dict(event), ())
    if any(namespaces.key(name) == _PRIVATE for name in event):
        raise PrivateError("The event is sealed already.", hint="Seal it once, with all of its private fields.")
    if namespaces.prefixes.get(PREFIX) != VOC:
        raise PrivateError(f"The event's @context does not declare the prefix {PREFIX!r} as {VOC}.")
    made = tuple(Secret.of(name, event[name]) for name in found)
    rest = {name: value for name, value in event.items() if name not in found}
    return SealedEvent({**rest, PROPERTY: {one.name: "0x" + one.commitment.hex() for one in made}}, made)


def declaring(context: object) -> object:
    """A document's `@context` that declares the prefix `lading`, as it is if it did so before.

    Raises:
        PrivateError: it cannot be used, or gives the prefix another meaning.
    """
    meaning = _namespaces(context).prefixes.get(PREFIX)
    if meaning == VOC:
        return context
    if meaning is not None:
        raise PrivateError(
            f"The document's @context gives the prefix {PREFIX!r} another meaning than {VOC}.",
            hint="Choose another prefix for your own namespace.",
        )
    before = context if isinstance(context, list) else [] if context is None else [context]
    return [*before, {PREFIX: VOC}]


def commitments(event: Mapping[str, Any]) -> dict[str, bytes]:
    """The commitments of an event that has its whole `@context` inside, by the names of the fields; none where nothing
    is sealed. Raises PrivateError: they are malformed, or stand there twice."""
    namespaces = _namespaces(event.get("@context"))
    given = [value for name, value in event.items() if namespaces.key(name) == _PRIVATE]
    if not given:
        return {}
    if len(given) > 1 or not isinstance(given[0], dict) or not all(map(_is_commitment, given[0].values())):
        raise PrivateError(f"The event's {PROPERTY} is no map from names to commitments (0x and 64 hex digits).")
    return {name: bytes.fromhex(text[2:]) for name, text in given[0].items()}


def check(known: Mapping[str, bytes], secret: Secret) -> Match:
    """One field against an event's commitments, independently of all others."""
    there = known.get(secret.name)
    if there is None:
        return Match.MISSING
    return Match.MATCHES if there == secret.commitment else Match.DIFFERS


def opened(event: Mapping[str, Any], held: Sequence[Secret]) -> dict[str, Any]:
    """The event with these fields in the clear again; the commitments of others stay.

    Raises:
        PrivateError: one of them does not open its commitment.
    """
    known = commitments(event)
    for one in held:
        if check(known, one) is not Match.MATCHES:
            raise PrivateError(f"What is held of {one.name[:MAX_NAME]!r} does not open its commitment in the event.")
    names = {one.name for one in held}
    left = {name: "0x" + word.hex() for name, word in known.items() if name not in names}
    namespaces = _namespaces(event.get("@context"))
    rest = {name: value for name, value in event.items() if namespaces.key(name) != _PRIVATE}
    return rest | ({PROPERTY: left} if left else {}) | {one.name: one.value for one in held}


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_VALUE_DEPTH):
        nested = [one for one in level if isinstance(one, dict | list)]
        level = [inner for one in nested for inner in (one.values() if isinstance(one, dict) else one)]
    return any(isinstance(one, dict | list) for one in level)


def _is_commitment(value: object) -> bool:
    return isinstance(value, str) and _COMMITMENT.fullmatch(value) is not None


def _namespaces(*contexts: object) -> Namespaces:
    try:
        return from_context(*contexts)
    except ContextProblem as error:
        raise PrivateError(f"The @context cannot be used: {error}.") from error


def named(event: Mapping[str, Any], wanted: str, context: object = None) -> list[str]:
    """The properties of an event that `wanted` names, as `seal` takes it. Raises PrivateError for what cannot be
    private."""
    namespaces = _namespaces(context, event.get("@context"))
    if ":" not in wanted:
        raise PrivateError(
            f"{wanted[:MAX_NAME]!r} is no extension field: only a property with a prefix can be private.",
            hint="Standard fields are what verifiers judge by; put private facts into fields of your own namespace.",
        )
    found = [name for name in event if name == wanted or (":" in name and namespaces.value(name) == wanted)]
    for name in found:
        clark = namespaces.key(name)
        if clark is None or name in _COMMENTS or clark.startswith(_OURS) or len(name) > MAX_NAME:
            raise PrivateError(
                f"{name[:MAX_NAME]!r} cannot be private.",
                hint="Its prefix has to be declared inline; comments and the words of our own vocabulary stay open.",
            )
    return found
