"""EPCIS 2.0 events and the GS1 identifiers in them: pure functions, no I/O.

`models` needs pydantic and is not imported here, so that a reader of tags stays light:
`from lading.epcis.models import check_document`.
"""

from lading.epcis.epc import Epc, decode, encode
from lading.epcis.errors import CanonicalError, CheckDigitError, EpcError, EventIdError, PrefixLengthError

__all__ = [
    "CanonicalError",
    "CheckDigitError",
    "Epc",
    "EpcError",
    "EventIdError",
    "PrefixLengthError",
    "decode",
    "encode",
]
