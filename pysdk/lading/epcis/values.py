"""Canonical text of single values for the event id (CBV 2.0, section 8.9); choices in docs/decisions/0003."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from lading.epcis.digital_link import from_link
from lading.epcis.errors import EpcError
from lading.epcis.keys import from_uri
from lading.epcis.vocabulary import web_form


class ValueProblem(ValueError):
    """Why a value has no canonical text; the event id's error adds the path."""


_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:(Z)|([+-])([0-9]{2}):([0-9]{2}))"
)
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_MAX_OFFSET = timedelta(hours=14)


@lru_cache(maxsize=65536)
def utc_milliseconds(text: str) -> str:
    """An ISO 8601 time with its zone, as UTC with exactly three decimals and `Z`; the fourth decimal rounds half up.

    Raises:
        ValueProblem: no zone, no such moment (24:00, second 60, 30 February), or another notation.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueProblem(f"{text!r} is no time with its zone, such as 2026-03-02T08:15:30.278Z or …+01:00")
    fraction = (match[7] or "").ljust(4, "0")
    try:
        moment = datetime(*map(int, match.groups()[:6]), tzinfo=_zone(match))  # type: ignore[misc,arg-type]
        moment += timedelta(milliseconds=int(fraction[:3]) + (fraction[3] >= "5"))
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueProblem(f"{text!r} is not a moment of the calendar (hours 00 to 23, seconds 00 to 59)") from None
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def _zone(match: re.Match[str]) -> timezone:
    if match[8]:
        return UTC
    offset = timedelta(hours=int(match[10]), minutes=int(match[11]))
    if offset > _MAX_OFFSET or int(match[11]) > 59:  # noqa: PLR2004 - minutes of an hour
        raise ValueError("zone")
    return timezone(-offset if match[9] == "-" else offset)


def number(value: float) -> str:
    """A JSON number: integers without a point, others as the shortest decimal that reads back the same.

    Raises:
        ValueProblem: not finite, or an integer that a double cannot hold.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueProblem(f"{value} is no number that JSON can hold")
    if isinstance(value, int) and abs(value) >= 1 << 53 and Decimal(value) != Decimal(_float(value)):
        raise ValueProblem(f"the integer {value} loses digits in other implementations; write it as text with a letter")
    return str(int(value)) if value == int(value) else repr(value)


def _float(value: int | str) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


@lru_cache(maxsize=65536)
def canonical_text(text: str) -> str:
    """Text: CBV names as web URIs, GS1 keys as Digital Links, decimal numbers without superfluous zeros, else as it is.

    Raises:
        ValueProblem: the text looks like a number to the reference generator, which would change it into another text.
    """
    text = web_form(text.strip())
    if text.startswith("urn:epc:"):
        return _link_of(text)
    if text[:4].lower() == "http":
        return _link_of(text)
    return _number_text(text) if text else text


def _link_of(text: str) -> str:
    """The canonical Digital Link of a GS1 key; a URI that names none is its own canonical form."""
    try:
        return (from_uri(text) if text.startswith("urn:") else from_link(text)).digital_link
    except EpcError:
        return text


def _number_text(text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        return text
    canonical = number(value) if math.isfinite(value) else ""
    # Exactly as much as the reference may change without changing the number: "23.0" is 23, but "0012", "1_000", "1e3",
    # "Infinity" and what a double cannot hold are more likely names than numbers.
    if not _PLAIN_NUMBER.fullmatch(text) or not canonical or Decimal(text) != Decimal(canonical):
        raise ValueProblem(
            f"the text {text!r} would be read elsewhere as the number {canonical or value} and change the id; "
            "write a number as a JSON number, a name with a letter in front"
        )
    return canonical
