"""How the value of each application identifier lies in +AIDC data: tables F and K of TDS 2.3, section 15.3.

(7254) has 40 characters at most, as GS1 General Specifications and GS1's own machine-readable table F say; the printed
one says 30, with a length field for 63. (8007) has 24 in both, where an IBAN may have 34: longer ones do not fit a tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "nibbles", "integer", "number", "text", "terminated", "date", "minute", "dates", "moment", "bit", "country",
    "minus", "sequence",
]  # fmt: skip
"""The methods of sections 14.5.2 and 14.5.4 to 14.5.15."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a value. `size`: its digits where they are fixed (`nibbles`, `integer`), else the most characters that
    it has. `length_bits`: the width of the number in front that says how many there are, 0 where none stands there.
    `shortest`: 0 for the second part of a key that may lack it (the serial of a GRAI, GDTI or GCN)."""

    kind: Kind
    size: int
    length_bits: int = 0
    shortest: int = 1


def _nibbles(size: int) -> Component:
    return Component("nibbles", size)


def _integer(size: int) -> Component:
    return Component("integer", size)


def _number(size: int, length_bits: int = 4) -> Component:
    return Component("number", size, length_bits)


def _text(size: int, length_bits: int = 5) -> Component:
    return Component("text", size, length_bits)


_DATE, _MINUTE = Component("date", 6), Component("minute", 10)
_DATES, _MOMENT = Component("dates", 12), Component("moment", 12)
_TERMINATED = Component("terminated", 30, 5)
_BIT, _COUNTRY = Component("bit", 1), Component("country", 2)
_MINUS, _SEQUENCE = Component("minus", 1, shortest=0), Component("sequence", 3)

# "3100-3105" stands for each of these; "310-316/0-5" for 3100 to 3105, 3110 to 3115 and so on.
_ROWS: tuple[tuple[str, tuple[Component, ...]], ...] = (
    ("00 8006 8017 8018 8026", (_nibbles(18),)),
    ("01 02", (_nibbles(14),)),
    ("410-417", (_nibbles(13),)),
    ("7241", (_nibbles(2),)),
    ("11 12 13 15 16 17 4326 7006", (_DATE,)),
    ("4324 4325 7003", (_MINUTE,)),
    ("7007", (_DATES,)),
    ("7011 8008", (_MOMENT,)),
    ("4321 4322 4323", (_BIT,)),
    ("4307 4317", (_COUNTRY,)),
    ("7258", (_SEQUENCE,)),
    ("7023 8004 8010", (_TERMINATED,)),
    ("7252", (_integer(1),)),
    ("20", (_integer(2),)),
    ("422 424 426", (_integer(3),)),
    ("3940-3943 8111", (_integer(4),)),
    ("310-316/0-5 320-337/0-5 340-357/0-5 360-369/0-5 3950-3953 8005", (_integer(6),)),
    ("7250", (_integer(8),)),
    ("7251", (_integer(12),)),
    ("7001", (_integer(13),)),
    ("8001", (_integer(14),)),
    ("402", (_integer(17),)),
    ("4309", (_integer(20),)),
    ("7004", (_number(4, 3),)),
    ("242", (_number(6, 3),)),
    ("30 37", (_number(8),)),
    ("8019", (_number(10),)),
    ("8011", (_number(12),)),
    ("3900-3909 3920-3929 423 425", (_number(15),)),
    ("7010", (_text(2, 2),)),
    ("427 7008", (_text(3, 2),)),
    ("7040 7041", (_text(4, 3),)),
    ("7009 7255", (_text(10, 4),)),
    ("7005", (_text(12, 4),)),
    ("10 21 22 243 254 420 4318 7020-7022 710-716 7240 8002 8012", (_text(20),)),
    ("8007", (_text(24),)),
    ("7242 8013 8020", (_text(25),)),
    ("235", (_text(28),)),
    ("240 241 250 251 400 401 403 4308 4319 7002 7230-7239 90", (_text(30),)),
    ("4300 4301 4310 4311 4320", (_text(35, 6),)),
    ("7253 7254 7259", (_text(40, 6),)),
    ("8009", (_text(50, 6),)),
    ("4302-4306 4312-4316 7257 8110 8112 8200", (_text(70, 7),)),
    ("7256 8030 91-99", (_text(90, 7),)),
    ("253", (_nibbles(13), Component("text", 17, 5, shortest=0))),
    ("255", (_nibbles(13), Component("number", 12, 4, shortest=0))),
    ("8003", (_nibbles(14), Component("text", 16, 5, shortest=0))),
    ("3910-3919 3930-3939", (_integer(3), _number(15))),
    ("421", (_integer(3), _text(9, 4))),
    ("7030-7039", (_integer(3), _text(27))),
    ("4330-4333", (_integer(6), _MINUS)),
)


def _spread(one: str) -> list[str]:
    """The identifiers that an entry stands for."""
    heads, _, tails = one.partition("/")
    found = [""]
    for part in (heads, tails) if tails else (heads,):
        first, _, last = part.partition("-")
        numbers = range(int(first), int(last or first) + 1)
        found = [f"{head}{number:0{len(first)}d}" for head in found for number in numbers]
    return found


FORMATS = {ai: components for row, components in _ROWS for one in row.split() for ai in _spread(one)}
"""Table F: identifier -> the one or two parts of its value."""

AI_DIGITS = {ai[:2]: len(ai) for ai in FORMATS}
"""Table K: the first two digits of an identifier -> how many it has."""
