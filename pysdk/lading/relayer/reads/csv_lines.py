"""Reader logs as CSV (RFC 4180, one record a line): the first line names the columns. Pure.

    time,epc,antenna,reader,sequence,rssi
    2026-03-02T08:15:30.278427551Z,3034257BF7194E4000003039,1,FX9600-A1,7,-41.5

`time` and `epc` are needed; columns of other names are passed over. `rssi` is in dBm. An empty field is one that the
line does not name.
"""

from __future__ import annotations

import csv
from typing import NoReturn

from lading.relayer.errors import ReaderLineError, Reason
from lading.relayer.reads.lines import Sighting, hundredths

Columns = tuple[str, ...]
"""The names of a header line."""

_NEEDED = frozenset(("time", "epc"))
_MAX_DIGITS = 19


def header_of(line: bytes) -> Columns | None:
    """The columns that a line names; None if it is no header."""
    if line[:1] in (b"{", b"[") or b"epc" not in line:
        return None
    try:
        names = tuple(name.strip() for name in _fields(line))
    except ReaderLineError:
        return None
    return names if set(names) >= _NEEDED and len(set(names)) == len(names) else None


def parse_record(line: bytes, columns: Columns) -> Sighting:
    """What a record says of a tag.

    Raises:
        ReaderLineError: it is no CSV, or has more or fewer fields than the header.
    """
    fields = _fields(line)
    if len(fields) != len(columns):
        raise ReaderLineError(Reason.NOT_CSV, f"{len(fields)} fields, and the header names {len(columns)}")
    found = {name: text.strip() or None for name, text in zip(columns, fields, strict=True)}
    reader = found.get("reader")
    return Sighting(
        names=() if reader is None else (reader,),
        antenna=_number(found.get("antenna")),
        epc=found["epc"],
        time=found["time"],
        sequence=_number(found.get("sequence")),
        rssi=_strength(found.get("rssi")),
    )


def _fields(line: bytes) -> list[str]:
    try:
        rows = list(csv.reader([line.decode("utf-8-sig")], strict=True))
    except UnicodeDecodeError as error:
        raise ReaderLineError(Reason.NOT_UTF8, f"byte {error.start} is not UTF-8") from None
    except csv.Error as error:
        _refuse(str(error))
    return rows[0] if len(rows) == 1 else _refuse("a record stands on one line")


def _refuse(problem: str) -> NoReturn:
    raise ReaderLineError(Reason.NOT_CSV, problem)


def _number(text: str | None) -> object:
    """As JSON would hold it: what is no whole number stays text, and is refused like one."""
    plain = text is not None and text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return int(text) if plain and text is not None else text


def _strength(text: str | None) -> int | None:
    try:
        return None if text is None else hundredths(float(text), 100)
    except ValueError:
        return None
