"""What is measured on: the same at every run, and no two repeats alike. Only the standard library is used."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random

PREFIX = 9524321
PRODUCTS = 1000
READER = "84:24:8D:EE:12:34"
GAP_SECONDS = 30
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
DOCKS = tuple(f"urn:epc:id:sgln:9524321.{place:05d}.0" for place in range(20))


def tags(part: int, count: int) -> list[str]:
    """`count` SGTIN-96 memories as upper-case hex, of a thousand products in no order; other serials in each `part`."""
    source = Random(part)  # noqa: S311 - the same at each run
    return [sgtin_96(source.randrange(PRODUCTS), part * count + number) for number in range(count)]


def new_products(part: int, count: int) -> list[str]:
    """`count` SGTIN-96 memories of any company prefix, reference and serial."""
    source = Random(part)  # noqa: S311 - the same at each run
    draws = ((source.randrange(10**6), source.randrange(1 << 38), source.randrange(10**7)) for _ in range(count))
    return [sgtin_96(*draw) for draw in draws]


def sscc_96(serial: int) -> str:
    """Header 0x31, filter 2, a company prefix of 7 digits (TDS 1.13, section 14.6.2)."""
    head = ((0x31 << 3 | 2) << 3 | 5) << 24 | PREFIX
    return f"{(head << 34 | serial) << 24:024X}"


def sgtin_96(product: int, serial: int, prefix: int = PREFIX) -> str:
    """Header 0x30, filter 1, a company prefix of 7 digits (TDS 1.13, section 14.6.1)."""
    head = ((0x30 << 3 | 1) << 3 | 5) << 24 | prefix
    return f"{(head << 20 | product) << 38 | serial:024X}"


def reader_log(part: int, tag_count: int, reads_each: int) -> bytes:
    """Lines of a Zebra IoT Connector: each tag is read `reads_each` times within the smoothing gap, among the others.
    The reader's numbers and times go on from part to part."""
    seen = tags(part, tag_count)
    # A tag's reads are a quarter of the gap apart.
    reads = ((burst * GAP_SECONDS * 250 + tag, epc) for burst in range(reads_each) for tag, epc in enumerate(seen))
    return _zebra(part, part * tag_count * reads_each, reads)


def packing_log(part: int, passes: int, gap_seconds: int) -> bytes:
    """Lines as above, of cases that pass a tunnel one after the other: an SSCC and the two items in it."""
    seen = iter(tags(part, 2 * passes))
    apart = 1000 * gap_seconds + 500
    reads = (
        (number * apart + place, epc)
        for number in range(passes)
        for place, epc in enumerate((sscc_96(part * passes + number), next(seen), next(seen)))
    )
    return _zebra(part, part * 3 * passes, reads)


def _zebra(part: int, numbered: int, reads: Iterable[tuple[int, str]]) -> bytes:
    """`reads`: milliseconds since the part began, and the tag."""
    begun = NOON + timedelta(days=part)
    lines = []
    for number, (after, epc) in enumerate(reads, numbered + 1):
        moment = begun + timedelta(milliseconds=after)
        data = {
            "MAC": READER,
            "antenna": 1,
            "eventNum": number,
            "format": "epc",
            "idHex": epc.lower(),
            "peakRssi": -57,
            "reads": 3,
        }
        lines.append(json.dumps({"data": data, "timestamp": f"{stamp(moment)}+0000", "type": "INVENTORY"}))
    return "\n".join(lines).encode()


def document(part: int, count: int) -> str:
    """An EPCIS 2.0 document of `count` events as JSON text: commissioning, packing, shipping and a sale in turn."""
    makers = (_commissioned, _packed, _shipped, _sold)
    return _text([makers[number % len(makers)](part * count + number) for number in range(count)])


def _text(events: list[dict[str, object]]) -> str:
    whole = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": f"{stamp(NOON)}Z",
        "epcisBody": {"eventList": events},
    }
    return json.dumps(whole)


def stamp(moment: datetime) -> str:
    """To milliseconds, without a zone."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"


def _event(kind: str, number: int, action: str, step: str, disposition: str) -> dict[str, object]:
    return {
        "type": kind,
        "eventTime": f"{stamp(NOON + timedelta(milliseconds=4321 * number))}Z",
        "eventTimeZoneOffset": "+08:00",
        "action": action,
        "bizStep": step,
        "disposition": disposition,
        "readPoint": {"id": DOCKS[number % len(DOCKS)]},
        "bizLocation": {"id": DOCKS[number * 7 % len(DOCKS)]},
    }


def _items(number: int, count: int) -> list[str]:
    return [f"urn:epc:id:sgtin:9524321.{number % PRODUCTS:06d}.{number * 10 + one + 1}" for one in range(count)]


def _case(number: int) -> str:
    return f"urn:epc:id:sscc:9524321.{number:010d}"


def _commissioned(number: int) -> dict[str, object]:
    return _event("ObjectEvent", number, "ADD", "commissioning", "active") | {"epcList": _items(number, 4)}


def _packed(number: int) -> dict[str, object]:
    packed = _event("AggregationEvent", number, "ADD", "packing", "in_progress")
    return packed | {"parentID": _case(number), "childEPCs": _items(number, 4)}


def _shipped(number: int) -> dict[str, object]:
    order = {"type": "po", "bizTransaction": f"urn:epc:id:gdti:9524321.00001.{number + 1}"}
    shipped = _event("ObjectEvent", number, "OBSERVE", "shipping", "in_transit")
    return shipped | {"epcList": [_case(number)], "bizTransactionList": [order]}


def _sold(number: int) -> dict[str, object]:
    return _event("ObjectEvent", number, "DELETE", "retail_selling", "retail_sold") | {"epcList": _items(number, 1)}


def leaves(part: int, count: int) -> list[tuple[bytes, bytes, bytes]]:
    """(event id digest, content hash, salt) of `count` leaves."""
    source = Random(part)  # noqa: S311 - the same at each run
    return [(source.randbytes(32), source.randbytes(32), source.randbytes(32)) for _ in range(count)]


def things(count: int) -> list[tuple[str, bytes]]:
    """(thing, leaf of the one event that names it) of `count` things."""
    return [(_thing(number), sha256(b"%d" % number).digest()) for number in range(count)]


def counted(part: int, count: int, known: int) -> list[tuple[str, bytes]]:
    """(thing, leaf) of `count` more events, half of them of things among the first `known`, half of new ones."""
    source = Random(part)  # noqa: S311 - the same at each run
    new = known + part * count
    return [
        (_thing(source.randrange(known) if number % 2 else new + number), source.randbytes(32))
        for number in range(count)
    ]


def _thing(number: int) -> str:
    return f"https://id.gs1.org/01/80614141123458/21/{number}"
