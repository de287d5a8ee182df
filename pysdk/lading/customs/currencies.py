"""Currencies: ISO 4217 with its minor units, and the code table of China's customs.

The two numeric tables disagree (116 is the riel for ISO and the yen for China's customs), so that a number is read by
one named table and never by both. Precious metals, testing codes and drawing rights, which have no minor unit, are left
out.
"""

from __future__ import annotations

from lading.customs.errors import FieldError

_ISO_4217 = {
    0: (
        "BIF 108, CLP 152, DJF 262, GNF 324, ISK 352, JPY 392, KMF 174, KRW 410, PYG 600, RWF 646, UGX 800, "
        "UYI 940, VND 704, VUV 548, XAF 950, XOF 952, XPF 953"
    ),
    2: (
        "AED 784, AFN 971, ALL 008, AMD 051, AOA 973, ARS 032, AUD 036, AWG 533, AZN 944, BAM 977, BBD 052, "
        "BDT 050, BMD 060, BND 096, BOB 068, BOV 984, BRL 986, BSD 044, BTN 064, BWP 072, BYN 933, BZD 084, "
        "CAD 124, CDF 976, CHE 947, CHF 756, CHW 948, CNY 156, COP 170, COU 970, CRC 188, CUP 192, CVE 132, "
        "CZK 203, DKK 208, DOP 214, DZD 012, EGP 818, ERN 232, ETB 230, EUR 978, FJD 242, FKP 238, GBP 826, "
        "GEL 981, GHS 936, GIP 292, GMD 270, GTQ 320, GYD 328, HKD 344, HNL 340, HTG 332, HUF 348, IDR 360, "
        "ILS 376, INR 356, IRR 364, JMD 388, KES 404, KGS 417, KHR 116, KPW 408, KYD 136, KZT 398, LAK 418, "
        "LBP 422, LKR 144, LRD 430, LSL 426, MAD 504, MDL 498, MGA 969, MKD 807, MMK 104, MNT 496, MOP 446, "
        "MRU 929, MUR 480, MVR 462, MWK 454, MXN 484, MXV 979, MYR 458, MZN 943, NAD 516, NGN 566, NIO 558, "
        "NOK 578, NPR 524, NZD 554, PAB 590, PEN 604, PGK 598, PHP 608, PKR 586, PLN 985, QAR 634, RON 946, "
        "RSD 941, RUB 643, SAR 682, SBD 090, SCR 690, SDG 938, SEK 752, SGD 702, SHP 654, SLE 925, SOS 706, "
        "SRD 968, SSP 728, STN 930, SVC 222, SYP 760, SZL 748, THB 764, TJS 972, TMT 934, TOP 776, TRY 949, "
        "TTD 780, TWD 901, TZS 834, UAH 980, USD 840, USN 997, UYU 858, UZS 860, VED 926, VES 928, WST 882, "
        "XAD 396, XCD 951, XCG 532, YER 886, ZAR 710, ZMW 967, ZWG 924"
    ),
    3: ("BHD 048, IQD 368, JOD 400, KWD 414, LYD 434, OMR 512, TND 788"),
    4: ("CLF 990, UYW 927"),
}
"""Minor units (ISO 4217, table A.1, column "Mnr unts") to alphabetic and numeric codes."""

MINOR_UNITS = {entry[:3]: units for units, entries in _ISO_4217.items() for entry in entries.split(", ")}
"""Alphabetic code to the number of decimals of an amount."""

_BY_ISO_NUMBER = {entry[4:]: entry[:3] for entries in _ISO_4217.values() for entry in entries.split(", ")}

CHINA_CUSTOMS = {
    "110": "HKD",
    "116": "JPY",
    "121": "MOP",
    "129": "PHP",
    "132": "SGD",
    "133": "KRW",
    "136": "THB",
    "142": "CNY",
    "300": "EUR",
    "302": "DKK",
    "303": "GBP",
    "326": "NOK",
    "330": "SEK",
    "331": "CHF",
    "501": "CAD",
    "502": "USD",
    "601": "AUD",
    "609": "NZD",
}
"""The currency codes of China's customs (货币代码表) that are still in use; the CEB messages carry them."""


def iso_currency(code: str) -> str:
    """The alphabetic code for an ISO 4217 code, alphabetic or numeric. Raises `FieldError`."""
    return _resolve(code, _BY_ISO_NUMBER, "ISO 4217")


def china_customs_currency(code: str) -> str:
    """The alphabetic code for a code of China's customs, or for an ISO 4217 alphabetic one. Raises `FieldError`."""
    return _resolve(code, CHINA_CUSTOMS, "China's customs")


def _resolve(code: str, numbers: dict[str, str], table: str) -> str:
    text = code.strip().upper()
    if text in MINOR_UNITS:
        return text
    if text in numbers:
        return numbers[text]
    raise FieldError("currency", f"{code!r} is no ISO 4217 currency with a minor unit and no number of {table}")
