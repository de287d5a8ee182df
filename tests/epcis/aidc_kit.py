"""Random values of application identifiers, drawn from the formats of biip's table and from nothing of the codec."""

from __future__ import annotations

import re
from random import Random

from biip.gs1_application_identifiers import _GS1_APPLICATION_IDENTIFIERS as _TABLE
from epc_kit import SET_39, SET_82, digits, key

_PART = re.compile(r"([NXYZ])(\.\.)?(\d+)")
_SETS = {"N": "0123456789", "X": SET_82, "Y": SET_39, "Z": "ABCXYZabcxyz0189-_"}
_NARROW = ("0123456789", "0123456789ABCDEF", "0123456789abcdef", "ABCxyz019-_", "ABCXYZ019-.:")
_DATES = ("11", "12", "13", "15", "16", "17", "4326", "7006")
_MINUTES = ("4324", "4325", "7003")
_KEYS = {**dict.fromkeys(("00", "8017", "8018"), 17), **dict.fromkeys(("01", "02"), 13), "402": 16}
_KEYS |= dict.fromkeys([f"41{last}" for last in range(8)], 12)
_LED = {"253": 12, "255": 12, "8003": 12, "8006": 13, "8026": 13}
_SPECIAL = {
    **dict.fromkeys(("423", "425"), lambda source: digits(source, 3 * source.randint(1, 5))),
    "4307": lambda source: source.choice(["CN", "DE", "ZA"]),
    "4317": lambda source: source.choice(["AZ", "US"]),
    "4321": lambda source: source.choice("01"),
    "4322": lambda source: source.choice("01"),
    "4323": lambda source: source.choice("01"),
    "8007": lambda source: _drawn("X..24", source),  # an IBAN may be longer, and then has no place on a tag
    "7250": lambda source: f"{source.choice(['19', '20'])}{_date(source)}",
    "7251": lambda source: f"{source.choice(['19', '20'])}{_date(source)}{_time(source, 2)}",
    "7258": lambda source: f"{source.randint(1, 9)}/{source.randint(1, 9)}",
    "7007": lambda source: "".join(_date(source) for _ in range(source.randint(1, 2))),
    "7011": lambda source: _date(source) + source.choice(["", _time(source, 2)]),
    "8008": lambda source: _date(source) + _time(source, source.randint(1, 3)),
}


KNOWN_AIS = tuple(_TABLE)


def longest_value(ai: str) -> int:
    """How many characters GS1 allows in a value of that identifier."""
    shape = _shape(ai)
    return sum(int(size) for _, _, size in _PART.findall(shape)) + ("[-]" in shape)


def aidc_value(ai: str, source: Random) -> str:
    """A value of that identifier, with a check digit that is right."""
    if ai in _SPECIAL:
        return _SPECIAL[ai](source)
    if ai in _DATES:
        return _date(source)
    if ai in _MINUTES:
        return _date(source) + _time(source, 2)
    if ai in _KEYS:
        return key(source, _KEYS[ai])
    shape = _shape(ai)
    if ai in _LED:
        led = ("0" if ai == "8003" else "") + key(source, _LED[ai])
        return led + _drawn(shape.split("+", 1)[1], source, optional=True)
    if ai in ("7023", "8004", "8010"):
        return digits(source, source.randint(4, 9)) + _drawn("Y..20" if ai == "8010" else "X..20", source)
    return _drawn(shape, source)


def _shape(ai: str) -> str:
    """Such as N3+X..9, without the identifier's own digits."""
    return str(_TABLE[ai].format).split("+", 1)[1]


def _drawn(shape: str, source: Random, *, optional: bool = False) -> str:
    value = ""
    for kind, varies, size in _PART.findall(shape):
        alphabet = _SETS[kind]
        if kind == "X":
            alphabet = source.choice((*_NARROW, SET_82))
        least = (0 if optional else 1) if varies else int(size)
        value += "".join(source.choices(alphabet, k=source.randint(least, int(size))))
    return value + (source.choice(["", "-"]) if "[-]" in shape else "")


def _date(source: Random) -> str:
    return f"{source.randint(0, 99):02d}{source.randint(1, 12):02d}{source.randint(0, 28):02d}"


def _time(source: Random, pairs: int) -> str:
    """Hours up to 23: biip's pattern of (8008) knows no 24, though TDS does."""
    return "".join(f"{source.randint(0, most):02d}" for most in (23, 59, 59)[:pairs])
