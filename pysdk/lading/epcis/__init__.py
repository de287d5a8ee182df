"""EPCIS 2.0 events and the GS1 identifiers in them: pure functions, no I/O.

The models need pydantic and are not imported here, so that a reader of tags stays light:
`from lading.epcis.models import parse_document`, `from lading.epcis.check import check_document`.
"""

from lading.epcis.canonical import canonical_json, content_hash
from lading.epcis.epc import Epc, decode, encode
from lading.epcis.errors import CanonicalError, CheckDigitError, EpcError, EventIdError, PrefixLengthError
from lading.epcis.event_id import document_event_ids, event_id, prehash
from lading.epcis.gs1 import gtin14
from lading.epcis.identity import ItemId, parse

__all__ = [
    "CanonicalError",
    "CheckDigitError",
    "Epc",
    "EpcError",
    "EventIdError",
    "ItemId",
    "PrefixLengthError",
    "canonical_json",
    "content_hash",
    "decode",
    "document_event_ids",
    "encode",
    "event_id",
    "gtin14",
    "parse",
    "prehash",
]
