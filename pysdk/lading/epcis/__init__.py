"""EPCIS 2.0 events and the GS1 identifiers in them: pure functions, no I/O.

The models need pydantic and load at first use, so that a reader of tags stays light.
"""

from typing import TYPE_CHECKING

from lading.epcis.canonical import canonical_json, content_hash
from lading.epcis.epc import Epc, decode, encode
from lading.epcis.errors import (
    CanonicalError,
    CheckDigitError,
    DocumentError,
    EpcError,
    EventIdError,
    Fault,
    PrefixLengthError,
)
from lading.epcis.event_id import document_event_ids, event_id, prehash
from lading.epcis.gs1 import gtin14
from lading.epcis.identity import ItemId, parse

if TYPE_CHECKING:
    from lading.epcis.check import check_document, check_report, parse_document

__all__ = [
    "CanonicalError",
    "CheckDigitError",
    "DocumentError",
    "Epc",
    "EpcError",
    "EventIdError",
    "Fault",
    "ItemId",
    "PrefixLengthError",
    "canonical_json",
    "check_document",
    "check_report",
    "content_hash",
    "decode",
    "document_event_ids",
    "encode",
    "event_id",
    "gtin14",
    "parse",
    "parse_document",
    "prehash",
]


def __getattr__(name: str) -> object:
    if name in ("check_document", "check_report", "parse_document"):
        from lading.epcis import check

        return getattr(check, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
