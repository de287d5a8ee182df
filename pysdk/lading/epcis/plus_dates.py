"""Dates and times as bits in the encodings of TDS 2.0 and later (TDS 2.3, sections 14.5.3 and 14.5.8 to 14.5.11)."""

from __future__ import annotations

import re

from lading.epcis.bits import BitReader, BitWriter
from lading.epcis.errors import EpcError

_YEAR_BITS, _MONTH_BITS, _DAY_BITS, _HOUR_BITS, _MINUTE_BITS = 7, 4, 5, 5, 6
_LAST_YEAR, _LAST_HOUR, _LAST_MINUTE = 99, 24, 59
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DATE_DIGITS = len("YYMMDD")
_PAIRS = re.compile(r"(?:[0-9]{2})+")
# The two bits in front of a date of variable precision -> how many pairs of digits follow the date (section 14.5.11).
_PRECISIONS = (1, 2, 3, 0)


def read_date(reader: BitReader) -> str:
    """YYMMDD of sixteen bits (section 14.5.8).

    Raises:
        EpcError: there is no such day, or the memory ends.
    """
    fields = (reader.take(_YEAR_BITS, "year"), reader.take(_MONTH_BITS, "month"), reader.take(_DAY_BITS, "day"))
    return _checked_date(*fields)


def write_date(writer: BitWriter, date: str) -> None:
    """Puts YYMMDD.

    Raises:
        EpcError: it is none.
    """
    if len(date) != _DATE_DIGITS:
        raise EpcError(f"the date {date[:40]!r} should be six digits, YYMMDD")
    year, month, day = _pairs(date)
    _checked_date(year, month, day)
    writer.put(year << _MONTH_BITS + _DAY_BITS | month << _DAY_BITS | day, _YEAR_BITS + _MONTH_BITS + _DAY_BITS)


def read_minute(reader: BitReader) -> str:
    """YYMMDDhhmm of 27 bits (section 14.5.9). Raises as `read_date`."""
    return read_date(reader) + _read_time(reader, 2)


def write_minute(writer: BitWriter, moment: str) -> None:
    """Puts YYMMDDhhmm. Raises as `write_date`."""
    _write_moment(writer, moment, 2)


def read_dates(reader: BitReader) -> str:
    """YYMMDD, or two of them behind a bit that says so (section 14.5.10). Raises as `read_date`."""
    is_range = reader.take(1, "bit for a range of dates")
    return read_date(reader) + (read_date(reader) if is_range else "")


def write_dates(writer: BitWriter, dates: str) -> None:
    """Puts YYMMDD or YYMMDDYYMMDD. Raises as `write_date`."""
    is_range = len(dates) > _DATE_DIGITS
    writer.put(is_range, 1)
    write_date(writer, dates[:_DATE_DIGITS])
    if is_range:
        write_date(writer, dates[_DATE_DIGITS:])


def read_moment(reader: BitReader) -> str:
    """YYMMDD, YYMMDDhh, YYMMDDhhmm or YYMMDDhhmmss (section 14.5.11). Raises as `read_date`."""
    precision = reader.take(2, "precision of the time")
    return read_date(reader) + _read_time(reader, _PRECISIONS[precision])


def write_moment(writer: BitWriter, moment: str) -> None:
    """Puts YYMMDD with 0, 2, 4 or 6 digits of time. Raises as `write_date`."""
    pairs = (len(moment) - _DATE_DIGITS) // 2
    if pairs not in _PRECISIONS:
        raise EpcError(f"{moment[:40]!r} should be a date YYMMDD with hours, minutes and seconds at most")
    writer.put(_PRECISIONS.index(pairs), 2)
    _write_moment(writer, moment, pairs)


def _read_time(reader: BitReader, pairs: int) -> str:
    widths = (_HOUR_BITS, _MINUTE_BITS, _MINUTE_BITS)[:pairs]
    return _checked_time([reader.take(width, "time") for width in widths])


def _write_moment(writer: BitWriter, moment: str, pairs: int) -> None:
    if len(moment) != _DATE_DIGITS + 2 * pairs:
        raise EpcError(f"{moment[:40]!r} should be a date YYMMDD and {2 * pairs} digits of time")
    write_date(writer, moment[:_DATE_DIGITS])
    time = _pairs(moment[_DATE_DIGITS:]) if pairs else []
    _checked_time(time)
    for place, value in enumerate(time):
        writer.put(value, _MINUTE_BITS if place else _HOUR_BITS)


def _pairs(digits: str) -> list[int]:
    if not _PAIRS.fullmatch(digits):
        raise EpcError(f"the date or time {digits[:40]!r} should be pairs of digits")
    return [int(digits[place : place + 2]) for place in range(0, len(digits), 2)]


def _checked_date(year: int, month: int, day: int) -> str:
    # Day 0 stands for the month's last (GS1 General Specifications, section 3.4).
    if year > _LAST_YEAR or not 1 <= month <= len(_DAYS) or day > _DAYS[month - 1]:
        raise EpcError(f"the date of year {year}, month {month}, day {day} does not exist")
    return f"{year:02d}{month:02d}{day:02d}"


def _checked_time(parts: list[int]) -> str:
    text = "".join(f"{part:02d}" for part in parts)
    hour, rest = (parts[0], parts[1:]) if parts else (0, [])
    if hour > _LAST_HOUR or any(part > (_LAST_MINUTE if hour < _LAST_HOUR else 0) for part in rest):
        raise EpcError(f"the time {text} does not exist; the last of a day is 24 and zeros")
    return text
