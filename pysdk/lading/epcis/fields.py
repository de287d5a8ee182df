"""The kinds of single values in an EPCIS document, each with the rule that a wrong one breaks (EPCIS 2.0, CBV 2.0).

A value that passes is kept exactly as it was written, so that a document read and written again is the same document.
"""

from __future__ import annotations

import math
import re
from typing import Annotated

from pydantic import AfterValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from lading.epcis import vocabulary as cbv
from lading.epcis.values import ValueProblem, utc_milliseconds

# A scheme or prefix, a colon, and something behind it; what stands behind is the scheme's business.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+._-]*:[^\s]+")
_OFFSET = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)")
_VERSION = re.compile(r"2(?:\.[0-9]+)+")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")


# Every rule that a fault may name, with its source.
RULES = {
    "action": "EPCIS 2.0, section 7.3.2: ADD, OBSERVE or DELETE",
    "biz-step": "CBV 2.0, section 7.1",
    "biz-transaction-type": "CBV 2.0, section 7.3",
    "context": "EPCIS 2.0, section 10: the document names the EPCIS context and leaves its prefixes alone",
    "depth": "ours: an extension nests at most 64 deep, as for the event id",
    "disposition": "CBV 2.0, section 7.2",
    "empty": "EPCIS 2.0, section 7: the text or list is there, but empty",
    "error-reason": "CBV 2.0, section 7.5",
    "hex-binary": "EPCIS 2.0, sensor elements: xsd:hexBinary",
    "json-type": "EPCIS 2.0, section 10: the JSON type of the value",
    "namespace": "EPCIS 2.0, section 10: what is no field of the standard has a namespace, ILMD always",
    "number": "EPCIS 2.0, section 10: numbers are JSON numbers",
    "prefix": "JSON-LD 1.1, section 4.1: a prefix is declared in @context",
    "required": "EPCIS 2.0, section 7.4: a field that each such object has",
    "schema-version": "EPCIS 2.0, section 10: the version of the schema that the document follows",
    "source-destination-type": "CBV 2.0, section 7.4",
    "time-format": "EPCIS 2.0, section 7.3.1: xsd:dateTimeStamp, a time with its zone",
    "time-zone-offset": "EPCIS 2.0, section 7.4.1",
    "type-name": "EPCIS 2.0, section 10: a document's or event's type",
    "uri": "RFC 3986, section 3",
    "what": "EPCIS 2.0, section 7.4: which identifiers an event of that type needs",
}

_LONGEST_SHOWN = 100


def broken(rule: str, message: str) -> PydanticCustomError:
    """The error of a broken rule."""
    return PydanticCustomError(rule, "{text}", {"text": message})


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _time(text: str) -> str:
    try:
        utc_milliseconds(text)
    except ValueProblem as problem:
        raise broken("time-format", str(problem)) from None
    return text


def _offset(text: str) -> str:
    if not _OFFSET.fullmatch(text):
        raise broken("time-zone-offset", f"{_shown(text)} is no offset from UTC such as +02:00, within 14 hours")
    return text


def _uri(text: str) -> str:
    if not _URI.fullmatch(text):
        raise broken("uri", f"{_shown(text)} is no URI")
    return text


def _version(text: str) -> str:
    if not _VERSION.fullmatch(text):
        raise broken("schema-version", f"{_shown(text)} is no version that is read here; 2.0 is")
    return text


def _hex(text: str) -> str:
    if not _HEX.fullmatch(text):
        raise broken("hex-binary", f"{_shown(text)} is not pairs of hexadecimal digits")
    return text


def _action(text: str) -> str:
    if text not in ("ADD", "OBSERVE", "DELETE"):
        raise broken("action", f"{_shown(text)} is none of ADD, OBSERVE, DELETE")
    return text


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise broken("number", f"{_shown(value)} is no number; numbers stand without quotation marks")
    return value


def _uris(value: object) -> str | list[str]:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, str):
            raise broken("uri", f"{_shown(item)} is no URI")
        _uri(item)
    return value  # type: ignore[return-value]  # every item is text, as checked above


def _word(vocabulary: cbv.Vocabulary, rule: str) -> AfterValidator:
    """A word of a CBV list, bare or as URI; or a URI of somebody's own vocabulary (CBV-compatible)."""

    def check(text: str) -> str:
        full = cbv.CBV + text[len("cbv:") :] if text.startswith("cbv:") else text
        for known in cbv.CHECKED:
            for start in (known.web, known.urn):
                if full.startswith(start):
                    word = full[len(start) :]
                    if known is not vocabulary or word not in known.words:
                        raise broken(rule, f"{_shown(text)} is no {vocabulary.name} of CBV 2.0")
                    return text
        if text not in vocabulary.words and not _URI.fullmatch(text):
            raise broken(rule, f"{_shown(text)} is no {vocabulary.name} of CBV 2.0; a word of your own is a full URI")
        return text

    return AfterValidator(check)


Text = Annotated[str, Field(min_length=1)]
Time = Annotated[str, AfterValidator(_time)]
Offset = Annotated[str, AfterValidator(_offset)]
Uri = Annotated[str, AfterValidator(_uri)]
Uris = Annotated[str | list[str], PlainValidator(_uris)]
Version = Annotated[str, AfterValidator(_version)]
HexBinary = Annotated[str, AfterValidator(_hex)]
Number = Annotated[int | float, PlainValidator(_number)]
Action = Annotated[str, AfterValidator(_action)]
BizStep = Annotated[str, _word(cbv.BIZ_STEP, "biz-step")]
Disposition = Annotated[str, _word(cbv.DISPOSITION, "disposition")]
BizTransactionType = Annotated[str, _word(cbv.BIZ_TRANSACTION_TYPE, "biz-transaction-type")]
SourceDestType = Annotated[str, _word(cbv.SOURCE_DEST_TYPE, "source-destination-type")]
ErrorReason = Annotated[str, _word(cbv.ERROR_REASON, "error-reason")]
