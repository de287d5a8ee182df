"""Tag memory of whatever names a thing: an EPC URI, a GS1 Digital Link, an element string (TDS 2.3, section 14)."""

from __future__ import annotations

import re

from lading.epcis import other_schemes, partitioned, plus_headers
from lading.epcis.digital_link import elements_of_link, from_link
from lading.epcis.element_strings import is_element_string, key_of_elements, read_elements
from lading.epcis.errors import EpcError, PrefixLengthError
from lading.epcis.keys import Gs1Key, from_uri, to_uri, verify_key
from lading.epcis.layouts import BY_NAME, LAYOUTS, Layout
from lading.epcis.prefixes import check_prefix_length, known_prefix_length
from lading.epcis.raw import encode_raw

MAX_FILTER = 7

_TAG_URI = re.compile(r"urn:epc:tag:([a-z]+-(?:[0-9]+|var)):(.+)", re.DOTALL)
_ID_URI = re.compile(r"urn:epc:id:([a-z]+):(.+)", re.DOTALL)
_FILTER = re.compile(r"(0|[1-9][0-9]?)\.(.+)", re.DOTALL)
_TYPES = tuple(dict.fromkeys([layout.uri_type for layout in LAYOUTS] + [x.uri_type for x in other_schemes.SCHEMES]))
_NAMES = (*BY_NAME, *other_schemes.BY_NAME, *plus_headers.BY_NAME)


def encode(
    text: str,
    filter: int | None = None,  # noqa: A002 - the standard's own word
    *,
    scheme: str | None = None,
    prefix_length: int | None = None,
) -> str:
    """The tag memory, as upper-case hex, of a tag URI, pure identity URI, raw URI, Digital Link or element string.

    A tag URI names encoding and filter itself. All else takes the encoding `scheme` (`sgtin-198`, `sgtin+`, …), or the
    shortest of TDS 1.x that holds it, with `filter` (0, "all others", if not given; 0 to 7, for USDoD to 15, for ADI to
    63). A link or element string does not say how many digits its company prefix has: `prefix_length` does, or else
    GS1's published table; a "+" encoding needs neither, and takes in what else a link or element string says (lot,
    dates, weights, …) as +AIDC data; the first date is that of a DSGTIN+. All other encodings leave that out. Memory is
    padded with zero bits to words of 16.

    Raises:
        EpcError: the text is none of these; a part does not fit the encoding; `filter` or `scheme` contradict it.
        CheckDigitError: the check digit of a link or an element string is wrong.
        PrefixLengthError: the length of the company prefix is needed and unknown, or contradicts the text.
    """
    if scheme is not None and scheme not in _NAMES:
        raise EpcError(f"there is no encoding {scheme[:40]!r}; known are {', '.join(_NAMES)}")
    if text.startswith("urn:epc:raw:"):
        if filter is not None or scheme is not None:
            raise EpcError("a raw URI has no filter value and no encoding: leave them out")
        return encode_raw(text)
    if match := _TAG_URI.fullmatch(text):
        return _encode_tag(match[1], match[2], filter, scheme, text)
    if match := _ID_URI.fullmatch(text):
        if scheme in plus_headers.BY_NAME:
            return _encode_plus(scheme, from_uri(text), {}, filter)
        return _encode_identity(match[1], match[2], filter, scheme, text)
    if scheme in plus_headers.BY_NAME:
        return _encode_plus(scheme, *_key_and_elements(text, plus_headers.BY_NAME[scheme].ai), filter)
    uri = _uri_of(_key_of(text), prefix_length, text)
    uri_type, body = uri.split(":", 4)[3:]
    return _encode_identity(uri_type, body, filter, scheme, text)


def _encode_tag(name: str, body: str, filter_value: int | None, scheme: str | None, text: str) -> str:
    found = BY_NAME.get(name) or other_schemes.BY_NAME.get(name)
    if found is None:
        raise EpcError(f"{text[:120]!r} names the encoding {name}; known are {', '.join(_NAMES)}")
    if scheme not in (None, name):
        raise EpcError(f"{text[:120]!r} names the encoding {name}, but {scheme} was asked for: leave one of them out")
    if _filter_bits(found):
        match = _FILTER.fullmatch(body)
        if match is None:
            raise EpcError(f"{text[:120]!r}: {name} begins with a filter value and a dot")
        if filter_value not in (None, int(match[1])):
            raise EpcError(f"{text[:120]!r} says filter {match[1]}, but {filter_value} was asked for: leave one out")
        filter_value, body = int(match[1]), match[2]
    return _encode(found, filter_value, body, text)


def _encode_identity(uri_type: str, body: str, filter_value: int | None, scheme: str | None, text: str) -> str:
    found: Layout | other_schemes.Scheme | None
    if scheme is not None:
        found = BY_NAME.get(scheme) or other_schemes.BY_NAME[scheme]
        if found.uri_type != uri_type:
            raise EpcError(f"{text[:120]!r} is of the type {uri_type}; {scheme} holds {found.uri_type}")
    elif uri_type == "cpi" and not partitioned.holds(BY_NAME["cpi-96"], body):
        found = other_schemes.BY_NAME["cpi-var"]
    else:
        found = partitioned.shortest_layout(uri_type, body)
        found = found or next((one for one in other_schemes.SCHEMES if one.uri_type == uri_type), None)
    if found is None:
        raise EpcError(f"{text[:120]!r} is of the type {uri_type}; those with an encoding are {', '.join(_TYPES)}")
    return _encode(found, filter_value, body, text)


def _encode(found: Layout | other_schemes.Scheme, filter_value: int | None, body: str, text: str) -> str:
    bits = _filter_bits(found)
    if filter_value is not None and not (bits and 0 <= filter_value < 1 << bits):
        has = f"outside 0 to {(1 << bits) - 1}" if bits else f"too much: {found.name} has none"
        raise EpcError(f"{text[:120]!r}: the filter value {filter_value} is {has}")
    try:
        if isinstance(found, Layout):
            return partitioned.encode_body(found, filter_value or 0, body)
        return other_schemes.encode_body(found, filter_value or 0, body)
    except EpcError as error:
        raise EpcError(f"{text[:120]!r}: {error.message}", hint=error.hint) from None


def _filter_bits(found: Layout | other_schemes.Scheme) -> int:
    return 3 if isinstance(found, Layout) else found.filter_bits


def _encode_plus(name: str, key: Gs1Key, elements: dict[str, str], filter_value: int | None) -> str:
    if filter_value is not None and not 0 <= filter_value <= MAX_FILTER:
        raise EpcError(f"the filter value {filter_value} is outside 0 to {MAX_FILTER}")
    return plus_headers.write(plus_headers.BY_NAME[name], key, filter_value or 0, elements)


def _key_and_elements(text: str, ai: str) -> tuple[Gs1Key, dict[str, str]]:
    """The key of a link, or the one with that AI of an element string; and all that the text says."""
    if _is_link(text):
        return verify_key(from_link(text)), elements_of_link(text)
    elements = _elements_of(text)
    return key_of_elements(elements, ai if ai in elements else None), elements


def _key_of(text: str) -> Gs1Key:
    return verify_key(from_link(text)) if _is_link(text) else key_of_elements(_elements_of(text))


def _is_link(text: str) -> bool:
    return text[:4].lower() == "http"


def _elements_of(text: str) -> dict[str, str]:
    if is_element_string(text):
        return read_elements(text)
    raise EpcError(
        f"{text[:80]!r} is no EPC URI, Digital Link or element string.",
        hint="They begin with urn:epc:id:, urn:epc:tag:, urn:epc:raw:, http(s):// or such as (01) or ]C1.",
    )


def _uri_of(key: Gs1Key, prefix_length: int | None, text: str) -> str:
    check_prefix_length(prefix_length)
    length = prefix_length or known_prefix_length(key)
    if length is None:
        raise PrefixLengthError(
            f"{text[:120]!r} does not say how many digits its company prefix has, and GS1's table does not list it.",
            hint='Give the number of digits, 6 to 12, or an encoding that needs none, such as "sgtin+".',
        )
    uri = to_uri(key, length)
    if not uri.startswith("urn:epc:id:"):
        raise EpcError(f"{text[:120]!r} names a class, and no single thing: a serial is missing.")
    return uri
