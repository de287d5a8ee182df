"""One form for one value, so that equal values give equal commitments whoever wrote them.

All text is NFKC (full-width letters and digits are an input method's, not a meaning) and free of control and invisible
characters, which are refused and not dropped: nobody signs what nobody sees. Parts of a value stand on lines of their
own; since no part holds a line break, two different values never share a form.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow

from lading.customs.currencies import MINOR_UNITS, iso_currency
from lading.customs.errors import FieldError

MAX_TEXT = 256
"""Characters of one value, before normalisation. The longest of CEB's, a name or an address, has 100 to 200."""

_EXACT = Context(prec=40, traps=[Inexact, InvalidOperation, Overflow])
"""Rounds nothing: what does not fit is an error."""

_NAME_DOTS = dict.fromkeys(map(ord, "•‧∙⋅・･"), "·")
_SEPARATORS = re.compile(r"[\s\-‐‑–.()/]+")


def order_no(text: str) -> bytes:
    """An order number. Upper case: it is re-keyed by people and offices that write it either way, and the document is
    bound to the order's id besides, so that no other order is meant. White space inside is refused."""
    return _token("order_no", text).upper().encode()


def transaction_id(text: str) -> bytes:
    """A payment provider's transaction id. Case is kept: providers hand out ids that differ in nothing else."""
    return _token("transaction_id", text).encode()


def currency(code: str) -> bytes:
    """The ISO 4217 alphabetic code of an alphabetic or numeric one."""
    return iso_currency(code).encode()


def amount(value: Decimal, currency_code: str, field: str = "amount") -> bytes:
    """Minor units of the ISO 4217 currency as a decimal number: 199.00 CNY is `19900`, 199 JPY is `199`.

    Raises `FieldError` for a negative or non-finite amount and for a fraction of a minor unit, which is never rounded.
    """
    units = MINOR_UNITS[iso_currency(currency_code)]
    if not value.is_finite() or value < 0:
        raise FieldError(field, f"{value} is no amount: it has to be zero or more")
    try:
        minor = int(_EXACT.quantize(_EXACT.scaleb(value, units), Decimal(1)))
    except DecimalException as inexact:
        problem = f"{value} {currency_code} has more than the currency's {units} decimals, or more than 40 digits"
        raise FieldError(field, problem) from inexact
    return str(minor).encode()


def freight(value: Decimal, currency_code: str) -> bytes:
    """Currency and amount, since order and waybill each name their own currency."""
    return _lines(currency(currency_code), amount(value, currency_code, "freight"))


def payer(name: str, id_type: str, id_number: str) -> bytes:
    """Name, kind of identity document and its number. The number's case and separators are dropped: a resident's number
    may end in `x` or `X`, a passport's is written with and without a blank."""
    kind = _token("payer", id_type).upper()
    number = _SEPARATORS.sub("", _text("payer", id_number)).upper()
    if not number:
        raise FieldError("payer", "the identity document has no number")
    return _lines(person_name("payer", name), kind.encode(), number.encode())


def consignee(name: str, telephone: str) -> bytes:
    """Name and telephone number: a waybill carries no identity document. The address is no part of it, since two
    offices never write one alike."""
    return _lines(person_name("consignee", name), phone(telephone))


def person_name(field: str, text: str) -> bytes:
    """A name: case folded (Unicode 3.13, D146), blanks collapsed, and the many dots that people put into a name with
    parts (买买提·吐尔逊) made one."""
    words = " ".join(_text(field, text).translate(_NAME_DOTS).split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", words).casefold())
    folded = unicodedata.normalize("NFKC", folded.casefold())
    if not folded:
        raise FieldError(field, "the name is empty")
    return folded.encode()


def phone(text: str, country_code: str = "86") -> bytes:
    """A telephone number as ITU-T E.164 (`+8613800000000`).

    One without `+` or `00` in front is national, of the country of the CEB messages; its trunk prefix 0 is dropped.
    """
    compact = _SEPARATORS.sub("", _text("consignee", text))
    if compact.startswith("00"):
        compact = "+" + compact[2:]
    elif not compact.startswith("+"):
        compact = "+" + country_code + compact.removeprefix("0")
    if not re.fullmatch(r"\+[1-9][0-9]{5,14}", compact):
        raise FieldError("consignee", "the telephone number does not have 6 to 15 digits (ITU-T E.164)")
    return compact.encode()


def plain_text(field: str, text: str) -> str:
    """Text of a field that no other document shares: trimmed and NFC, otherwise as written."""
    return _visible(field, unicodedata.normalize("NFC", text.strip()))


def _text(field: str, text: str) -> str:
    return _visible(field, unicodedata.normalize("NFKC", text.strip())).strip()


def _visible(field: str, text: str) -> str:
    if len(text) > MAX_TEXT:
        raise FieldError(field, f"has {len(text)} characters, more than {MAX_TEXT}")
    for position, character in enumerate(text):
        if unicodedata.category(character)[0] == "C" or character in "\u2028\u2029":
            raise FieldError(field, f"holds the invisible character U+{ord(character):04X} at position {position}")
    return text


def _token(field: str, text: str) -> str:
    token = _text(field, text)
    if not token:
        raise FieldError(field, "is empty")
    if any(character.isspace() for character in token):
        raise FieldError(field, f"{token!r} holds a blank: write the number without it")
    return token


def _lines(*parts: bytes) -> bytes:
    return b"\n".join(parts)
