"""The canonical JSON of an event and its hash: the part of a ledger's leaf that covers the whole event (RFC 8785)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import rfc8785

from lading.epcis.errors import CanonicalError

_LARGEST_SAFE = 2**53 - 1
_SMALLEST_WITH_EXPONENT = 10**21  # from here on ECMAScript writes numbers with an exponent, never as digits only


_DEEPEST_PLAIN = 64
_WRITER = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))


def canonical_json(value: object) -> bytes:
    """The RFC 8785 form: keys sorted by UTF-16, no white space, numbers as ECMAScript writes them, UTF-8.

    The form of what is read back from a form is that form again.

    Raises:
        CanonicalError: `value` is not JSON, nests too deep, or holds a number or text that JSON cannot carry exactly:
            infinities, integers that are no double's decimal form, half surrogate pairs.
    """
    try:
        if _is_plain(value):
            return _WRITER.encode(value).encode()
        try:
            return rfc8785.dumps(value)  # type: ignore[arg-type]
        except rfc8785.IntegerDomainError:
            return rfc8785.dumps(_widened(value))  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as problem:
        raise CanonicalError(
            f"The value has no canonical JSON: {problem}.",
            hint="Numbers must be finite and fit a double exactly; write longer ones as text.",
        ) from problem


def _is_plain(value: object, room: int = _DEEPEST_PLAIN) -> bool:
    """Whether Python's own writer gives the same bytes, many times as fast: no floats, no integer that a double would
    change, keys that sort alike as UTF-16 and by code points, and not too deep for a writer that recurses in C."""
    if type(value) is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                return False
            if type(item) is not str and not (room and _is_plain(item, room - 1)):
                return False
        return True
    if type(value) is list:
        return all(type(item) is str or (room and _is_plain(item, room - 1)) for item in value)
    if type(value) is int:
        return -_LARGEST_SAFE <= value <= _LARGEST_SAFE
    return value is None or type(value) in (str, bool)


def _widened(value: object) -> object:
    """`value` with its large integers as doubles, where that writes the same digits.

    The form of the double 1e20 is 100000000000000000000, which Python reads back as an integer; without this step a
    bundle's own JSON could not be hashed again. Integers that a double would change stay, and are refused.
    """
    if isinstance(value, Mapping):
        return {key: _widened(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_widened(item) for item in value]
    if isinstance(value, int) and abs(value) > _LARGEST_SAFE and abs(value) < _SMALLEST_WITH_EXPONENT:
        double = float(value)
        return double if rfc8785.dumps(double) == str(value).encode() else value
    return value


def content_hash(event: Mapping[str, object]) -> bytes:
    """SHA-256, 32 bytes, of the canonical JSON of the whole event.

    Unlike the event id it covers `eventID`, `recordTime` and `errorDeclaration`, and every value as it was written.

    Raises:
        CanonicalError: as `canonical_json`.
    """
    return hashlib.sha256(canonical_json(event)).digest()
