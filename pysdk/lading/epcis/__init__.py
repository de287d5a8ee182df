"""EPCIS 2.0 events and the GS1 identifiers in them: pure functions, no I/O.

The models need pydantic and are not imported here, so that a reader of tags stays light:
`from lading.epcis.models import check_document`.
"""

from lading.epcis.epc import Epc, decode, encode
from lading.epcis.errors import CanonicalError, CheckDigitError, EpcError, EventIdError, PrefixLengthError
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
    "decode",
    "encode",
    "gtin14",
    "parse",
]
