"""EPCIS 2.0 events and the GS1 identifiers in them: pure functions, no I/O.

The models need pydantic and load at first use, so that a reader of tags stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from lading.epcis.canonical import canonical_json, content_hash
from lading.epcis.element_strings import from_element_string
from lading.epcis.epc import Epc, data_link, decode, decode_strict, element_string, encode, filter_of, name_of
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
    from lading.epcis.read import check_bytes, convert, read_document

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
    "check_bytes",
    "check_document",
    "check_report",
    "content_hash",
    "convert",
    "data_link",
    "decode",
    "decode_strict",
    "document_event_ids",
    "element_string",
    "encode",
    "event_id",
    "filter_of",
    "from_element_string",
    "gtin14",
    "name_of",
    "parse",
    "parse_document",
    "prehash",
    "read_document",
]


_LATER = {
    **dict.fromkeys(("check_document", "check_report", "parse_document"), "lading.epcis.check"),
    **dict.fromkeys(("check_bytes", "convert", "read_document"), "lading.epcis.read"),
}


def __getattr__(name: str) -> object:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
