"""Random EPCs, drawn from the grammar of TDS 2.3 (sections 5, 6.3 and 12.4) and from nothing of the codec under test.

All take a `random.Random`, so that Hypothesis (`st.randoms()`) and a plain loop use the same.
"""

from __future__ import annotations

from random import Random
from urllib.parse import quote

# Scheme -> digits of company prefix and reference together; what the serial is; its largest value or length.
NUMERIC = {
    "sgtin-96": (13, "integer", 2**38 - 1),
    "sgtin-198": (13, "text", 20),
    "sscc-96": (17, "none", 0),
    "sgln-96": (12, "integer", 2**41 - 1),
    "sgln-195": (12, "text", 20),
    "grai-96": (12, "integer", 2**38 - 1),
    "grai-170": (12, "text", 16),
    "gsrn-96": (17, "none", 0),
    "gsrnp-96": (17, "none", 0),
    "gdti-96": (12, "integer", 2**41 - 1),
    "gdti-113": (12, "digits", 17),
    "gdti-174": (12, "text", 17),
    "sgcn-96": (12, "digits", 12),
    "itip-110": (13, "integer", 2**38 - 1),
    "itip-212": (13, "text", 20),
}
GIAI_96_BITS = {12: 42, 11: 45, 10: 48, 9: 52, 8: 55, 7: 58, 6: 62}
CPI_96_BITS = {12: 11, 11: 14, 10: 17, 9: 21, 8: 24, 7: 27, 6: 31}
SCHEMES = (*NUMERIC, "giai-96", "giai-202", "cpi-96", "cpi-var", "gid-96", "usdod-96", "adi-var")
SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
SET_39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CAGE = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_URN_SAFE = "!'()*+,-.:;=_"
_NARROW = ("0123456789", "0123456789ABCDEF", "0123456789abcdef", "ABCxyz019-_", "ABCXYZ019-.:", SET_82)


def tag_uri(scheme: str, source: Random) -> str:
    """A tag URI of that scheme."""
    body = _body(scheme, source)
    if scheme == "gid-96":
        return f"urn:epc:tag:{scheme}:{body}"
    last_filter = {"usdod-96": 15, "adi-var": 63}.get(scheme, 7)
    return f"urn:epc:tag:{scheme}:{source.randint(0, last_filter)}.{body}"


def identity_of(uri: str) -> str:
    """The pure identity URI of a tag URI (TDS 2.3, section 12.3.3)."""
    scheme, body = uri.split(":", 4)[3:]
    return f"urn:epc:id:{scheme.partition('-')[0]}:{body if scheme == 'gid-96' else body.partition('.')[2]}"


def _body(scheme: str, source: Random) -> str:
    if scheme == "gid-96":
        return ".".join(str(_integer(source, 2**bits - 1)) for bits in (28, 24, 36))
    if scheme == "usdod-96":
        return f"{_pick(source, _CAGE, 5, 6)}.{_integer(source, 2**36 - 1)}"
    if scheme == "adi-var":
        hash_sign = source.choice(["", "#"])
        serial = hash_sign + _pick(source, SET_39[1:], 1, 30 - len(hash_sign))
        return ".".join([_pick(source, _CAGE, 5, 6), escape(_pick(source, SET_39[1:], 0, 32)), escape(serial)])
    length = source.randint(6, 12)
    prefix = digits(source, length)
    if scheme == "giai-96":
        return f"{prefix}.{_integer(source, 2 ** GIAI_96_BITS[length] - 1)}"
    if scheme == "giai-202":
        return f"{prefix}.{escape(text(source, 30 - length))}"
    if scheme == "cpi-96":
        return f"{prefix}.{_integer(source, 2 ** CPI_96_BITS[length] - 1)}.{_integer(source, 2**31 - 1)}"
    if scheme == "cpi-var":
        return f"{prefix}.{escape(_pick(source, SET_39, 1, 30 - length))}.{_integer(source, 10**12 - 1)}"
    together, kind, most = NUMERIC[scheme]
    parts = [prefix, digits(source, together - length)]
    if scheme.startswith("itip"):
        parts += [digits(source, 2), digits(source, 2)]
    if kind != "none":
        parts.append(_serial(kind, most, source))
    return ".".join(parts)


def _serial(kind: str, most: int, source: Random) -> str:
    if kind == "integer":
        return str(_integer(source, most))
    return digits(source, source.randint(1, most)) if kind == "digits" else escape(text(source, most))


def plus_element_string(scheme: str, source: Random) -> str:
    """A bracketed element string that an encoding of TDS 2.0 holds."""
    serial = text(source, {"grai+": 16, "gdti+": 17}.get(scheme, 20)).replace("(", "/")
    if scheme in ("sgtin+", "dsgtin+"):
        date = f"({source.choice(['11', '13', '15', '16', '17', '7006', '7007'])}){_date(source)}"
        return f"(01){key(source, 13)}(21){serial}{date if scheme == 'dsgtin+' else ''}"
    if scheme in ("giai+", "cpi+"):
        alphabet = SET_39 if scheme == "cpi+" else SET_82.replace("(", "")
        value = digits(source, source.randint(4, 12)) + _pick(source, alphabet, 1, 18)
        return f"(8004){value}" if scheme == "giai+" else f"(8010){value}(8011){digits(source, source.randint(1, 12))}"
    return {
        "sscc+": lambda: f"(00){key(source, 17)}",
        # The extension 0 is the place itself, which is written without one.
        "sgln+": lambda: f"(414){key(source, 12)}" + ("" if serial == "0" else f"(254){serial}"),
        "grai+": lambda: f"(8003)0{key(source, 12)}{serial}",
        "gsrn+": lambda: f"(8018){key(source, 17)}",
        "gsrnp+": lambda: f"(8017){key(source, 17)}",
        "gdti+": lambda: f"(253){key(source, 12)}{serial}",
        "sgcn+": lambda: f"(255){key(source, 12)}{digits(source, source.randint(1, 12))}",
        "itip+": lambda: f"(8006){key(source, 13)}{digits(source, 4)}(21){serial}",
    }[scheme]()


def key(source: Random, count: int) -> str:
    """`count` digits and their check digit (GS1 General Specifications, section 7.9.1)."""
    body = digits(source, count)
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return f"{body}{-total % 10}"


def text(source: Random, longest: int) -> str:
    """1 to `longest` characters of set 82, often of a narrow part of it."""
    return _pick(source, source.choice(_NARROW), 1, longest)


def digits(source: Random, count: int) -> str:
    return "".join(source.choices("0123456789", k=count))


def escape(plain: str) -> str:
    """As in an EPC URI (TDS 2.3, table A-1)."""
    return quote(plain, safe=_URN_SAFE)


def _integer(source: Random, most: int) -> int:
    """Of any size up to `most`, the ends more often."""
    return source.choice(
        [0, most, source.randint(0, most), source.getrandbits(source.randint(1, most.bit_length())) % most]
    )


def _pick(source: Random, alphabet: str, shortest: int, longest: int) -> str:
    return "".join(source.choices(alphabet, k=source.randint(shortest, longest)))


def _date(source: Random) -> str:
    return f"{source.randint(0, 99):02d}{source.randint(1, 12):02d}{source.randint(0, 28):02d}"
