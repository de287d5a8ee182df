"""Arithmetic and alphabets that all GS1 keys share: check digits, AI character set 82, percent escapes."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from lading.epcis.errors import CheckDigitError, EpcError

# GS1 General Specifications, figure 7.11-1 (AI encodable character set 82).
CHARSET_82 = frozenset("!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
# GS1 General Specifications, figure 7.11-2 (AI encodable character set 39), for component and part identifiers.
CHARSET_39 = frozenset("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")

# TDS 1.13, table A-1: the characters of set 82 that stand for themselves in an EPC URI; the others are escaped.
_URN_SAFE = "!'()*+,-.:;=_"
_URN_ESCAPED = frozenset('"#&/<>?')
# GS1 Digital Link 1.1, table 7-1: what stays as it is in a path segment. `quote` keeps letters, digits and "-._~".
_LINK_SAFE = "';="

_ZERO = ord("0")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DIGITS = re.compile(r"[0-9]{1,40}")  # no GS1 number is longer, and `int` refuses thousands of digits


def is_digits(text: str) -> bool:
    """True for one or more ASCII digits; `str.isdigit` also takes other scripts' digits and superscripts."""
    return _DIGITS.fullmatch(text) is not None


def check_digit(digits: str) -> str:
    """The check digit that completes `digits` (GS1 General Specifications, section 7.9.1).

    Weights 3 and 1 alternate from the right, so the length of the key does not matter. `biip` has the same sum; this
    one is faster, for decoders that need it once a tag, and the tests compare the two.
    """
    codes = digits.encode()
    heavy, light = codes[-1::-2], codes[-2::-2]
    weighted = 3 * (sum(heavy) - _ZERO * len(heavy)) + sum(light) - _ZERO * len(light)
    return str(-weighted % 10)


def verify_check_digit(key_name: str, key: str) -> str:
    """`key` itself, if its last digit is right.

    Raises:
        CheckDigitError: it is not; the error carries the right one.
    """
    expected = check_digit(key[:-1])
    if key[-1] != expected:
        raise CheckDigitError(key_name, key, expected)
    return key


def gtin14(gtin: str) -> str:
    """A GTIN-8, -12, -13 or -14 as 14 digits, its check digit verified.

    Raises:
        EpcError: it is not 8, 12, 13 or 14 digits.
        CheckDigitError: the last digit is wrong.
    """
    if not is_digits(gtin) or len(gtin) not in (8, 12, 13, 14):
        raise EpcError(f"{gtin!r} is no GTIN: a GTIN has 8, 12, 13 or 14 digits")
    return verify_check_digit("GTIN", gtin.zfill(14))


def unescape(text: str) -> str:
    """Undo percent escapes of ASCII characters, in an EPC URI or a Digital Link.

    Raises:
        EpcError: a `%` that is not followed by two hexadecimal digits, or escapes that are not UTF-8.
    """
    if "%" not in text:
        return text
    if _ESCAPE.search(text):
        raise EpcError(f"{text!r} has a % that begins no escape: write the percent sign itself as %25")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise EpcError(f"{text!r} has escapes that are not UTF-8 text") from None


def unescape_urn(text: str) -> str:
    """What an EPC URI's component says.

    Raises:
        EpcError: a character stands there that TDS (2.3, annex A) wants escaped, or an escape is malformed.
    """
    for character in text:
        if character in _URN_ESCAPED:
            raise EpcError(f"{text!r} has {character!r}, which an EPC URI writes as %{ord(character):02X}")
    return unescape(text)


def escape_urn(text: str) -> str:
    """`text` as it stands in an EPC URI (TDS 1.13, table A-1)."""
    return quote(text, safe=_URN_SAFE)


def escape_link(text: str) -> str:
    """`text` as it stands in a GS1 Digital Link path segment."""
    return quote(text, safe=_LINK_SAFE)


def check_alphabet(name: str, text: str, longest: int, alphabet: frozenset[str] = CHARSET_82) -> str:
    """`text` itself, if it has 1 to `longest` characters, all of `alphabet`.

    Raises:
        EpcError: it does not; the message names the first character that is not allowed.
    """
    if not 1 <= len(text) <= longest:
        raise EpcError(f"the {name} {text!r} has {len(text)} characters; 1 to {longest} are allowed")
    for character in text:
        if character not in alphabet:
            raise EpcError(f"the {name} {text!r} has the character {character!r}, which GS1 does not allow there")
    return text
