"""The canonical JSON of an event and its hash: the part of a ledger's leaf that covers the whole event (RFC 8785)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import rfc8785

from lading.epcis.errors import CanonicalError


def canonical_json(value: object) -> bytes:
    """The RFC 8785 form: keys sorted by UTF-16, no white space, numbers as ECMAScript writes them, UTF-8.

    Raises:
        CanonicalError: `value` is not JSON, nests too deep, or holds a number or text that JSON cannot carry exactly:
            integers beyond 2^53 - 1, infinities, half surrogate pairs.
    """
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as problem:
        raise CanonicalError(
            f"The value has no canonical JSON: {problem}.",
            hint="Numbers must lie within ±(2^53 - 1) and be finite; write longer ones as text.",
        ) from problem


def content_hash(event: Mapping[str, object]) -> bytes:
    """SHA-256, 32 bytes, of the canonical JSON of the whole event.

    Unlike the event id it covers `eventID`, `recordTime` and `errorDeclaration`, and every value as it was written.

    Raises:
        CanonicalError: as `canonical_json`.
    """
    return hashlib.sha256(canonical_json(event)).digest()
