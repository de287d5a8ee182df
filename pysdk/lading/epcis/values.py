"""Canonical text of single values for the event id (CBV 2.0, section 8.9); choices in docs/decisions/0003."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from lading.epcis.caches import kept
from lading.epcis.links import link_of_link, link_of_uri
from lading.epcis.vocabulary import web_form


class ValueProblem(ValueError):
    """Why a value has no canonical text. `steps` says where it stands, innermost first; the event id's error makes a
    path of them."""

    def __init__(self, problem: str, *steps: str | int) -> None:
        super().__init__(problem)
        self.steps = list(steps)

    @property
    def path(self) -> str:
        """As in `.sensorElementList[0]`, from the object in which the search began."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in reversed(self.steps))


_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2})(?:\.([0-9]+))?"
    r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
)
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_LONGEST_PLAIN_TIME = len("2026-03-02T08:15:30.278+01:00")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = frozenset(f"{second:02d}" for second in range(60))


def utc_milliseconds(text: str) -> str:
    """An ISO 8601 time with its zone, as UTC with exactly three decimals and `Z`; the fourth decimal rounds half up.

    Raises:
        ValueProblem: no zone, no such moment (24:00, second 60, 30 February), or another notation.
    """
    # Seconds and milliseconds are the same in every zone, so that the calendar is asked once a minute.
    second, zone_at = text[17:19], 23 if text[19:20] == "." else 19
    fraction = text[20:23] if zone_at == 23 else "000"  # noqa: PLR2004 - behind three decimals
    if second in _SECONDS and fraction.isdigit() and fraction.isascii() and len(text) <= _LONGEST_PLAIN_TIME:
        minute = _utc_minute(text[:17], text[zone_at:])
        if minute:
            return f"{minute}{second}.{fraction}Z"
    return _utc_rounded(text)


@kept(4096)
def _utc_minute(minute: str, zone: str) -> str:
    """`2026-03-02T09:15:` in a zone as the same in UTC; "" if there is none."""
    try:
        return _utc_rounded(f"{minute}00{zone}")[:17] if zone[:1] in ("Z", "+", "-") else ""
    except ValueProblem:
        return ""


def utc_text(time_ms: int) -> str:
    """A Unix time in milliseconds as `utc_milliseconds` writes it.

    Raises:
        ValueProblem: it lies outside of the years 1 to 9999.
    """
    minute, rest = divmod(time_ms, 60_000)
    return f"{_minute_text(minute)}{rest // 1000:02d}.{rest % 1000:03d}Z"


@kept(4096)
def _minute_text(minute: int) -> str:
    try:
        return (_EPOCH + timedelta(minutes=minute)).isoformat()[:17]
    except OverflowError:
        raise ValueProblem(f"the time {minute} minutes from 1970 is outside of the years 1 to 9999") from None


def _utc_rounded(text: str) -> str:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueProblem(
            f"{text!r} is no time of the calendar with its zone (hours 00 to 23, seconds 00 to 59, offsets within 14 "
            "hours), such as 2026-03-02T08:15:30.278Z or …+01:00"
        )
    fraction = (match[2] or "").ljust(4, "0")
    try:
        moment = datetime.fromisoformat(match[1] + match[3]).astimezone(UTC)
        moment += timedelta(milliseconds=int(fraction[:3]) + (fraction[3] >= "5"))
    except (ValueError, OverflowError):
        raise ValueProblem(f"{text!r} is not a moment of the calendar, in UTC, of the years 1 to 9999") from None
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


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


def canonical_text(text: str) -> str:
    """Text: CBV names as web URIs, GS1 keys as Digital Links, decimal numbers without superfluous zeros, else as it is.

    Raises:
        ValueProblem: the text looks like a number to the reference generator, which would change it into another text.
    """
    text = text.strip()
    if text.startswith("urn:"):
        if text.startswith("urn:epc:"):
            return link_of_uri(text)
        text = web_form(text)
    if text[:4].lower() == "http":
        return link_of_link(text)
    # Python reads no text with a colon as a number, and of those that begin with a letter only infinities and NaN.
    if not text or ":" in text or (text[0].isalpha() and text[0] not in "iInN"):
        return text
    return _number_text(text)


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
