"""Raw URIs: the name of tag memory that is no EPC, `urn:epc:raw:96.x…` (TDS 2.3, section 12.1)."""

from __future__ import annotations

import re

from lading.epcis.errors import EpcError

_RAW_URI = re.compile(r"urn:epc:raw:([1-9][0-9]{0,5})\.x([0-9A-Fa-f]+)")


def raw_uri(memory: str) -> str:
    """The raw URI of memory in hexadecimal, in whole bytes."""
    return f"urn:epc:raw:{4 * len(memory)}.x{memory.upper()}"


def encode_raw(uri: str) -> str:
    """The memory that a raw URI spells, in upper-case hexadecimal.

    Raises:
        EpcError: it is no raw URI, has an AFI or control fields, which lie outside the EPC's memory, or its two lengths
            differ, or are no whole bytes.
    """
    match = _RAW_URI.fullmatch(uri)
    if match is None:
        raise EpcError(f"{uri[:120]!r} is no raw URI that can be read: one looks like urn:epc:raw:96.x3034257BF719…")
    bits, digits = int(match[1]), match[2]
    if bits != 4 * len(digits) or bits % 8:
        raise EpcError(f"{uri[:120]!r} says {bits} bits but spells {4 * len(digits)}; both must agree, in whole bytes")
    return digits.upper()
