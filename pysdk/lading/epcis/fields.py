"""The kinds of single values in an EPCIS document, each with the rule that a wrong one breaks (EPCIS 2.0, CBV 2.0).

A value that passes is kept exactly as it was written, so that a document read and written again is the same document.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from lading.epcis import vocabulary as cbv
from lading.epcis.errors import EpcError
from lading.epcis.keys import BY_URI_TYPE, from_uri
from lading.epcis.values import ValueProblem, utc_milliseconds

# RFC 3986, section 3, with the underscore that prefixes of compact URIs may have; what stands behind the colon is the
# scheme's business.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+._-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_EPC = re.compile(r"urn:epc:(?:id|class):([a-z]+):.*")
_OFFSET = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)")
_VERSION = re.compile(r"2(?:\.[0-9]+)*")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_UOM = re.compile(r"[A-Z0-9]{2,3}")


# Every rule that a fault may name, with its source.
RULES = {
    "action": "EPCIS 2.0, section 7.3.2: ADD, OBSERVE or DELETE",
    "biz-step": "CBV 2.0, section 7.1",
    "biz-transaction-type": "CBV 2.0, section 7.3",
    "closed": "EPCIS 2.0, section 7.3: this object takes no extensions",
    "component": "CBV 2.0, section 7.8",
    "context": "EPCIS 2.0, section 10: the document names the EPCIS context and leaves its prefixes alone",
    "depth": "ours: values nest as deep as the event id allows, 64 within an event",
    "disposition": "CBV 2.0, section 7.2",
    "duplicate": "RFC 8259, section 4, and EPCIS 2.0, section 9: a name stands once in its object",
    "empty": "EPCIS 2.0, section 7: the text or list is there, but empty",
    "epc": "TDS 1.13, section 6: an EPC URI of a GS1 key has the parts of its scheme",
    "error-reason": "CBV 2.0, section 7.5",
    "exception": "CBV 2.0, section 7.7",
    "hex-binary": "EPCIS 2.0, sensor elements: xsd:hexBinary",
    "ilmd": "EPCIS 2.0, section 7.4.2: master data of an object only where it comes to be, action ADD",
    "json": "RFC 8259: the file is JSON in UTF-8",
    "json-type": "EPCIS 2.0, section 10: the JSON type of the value",
    "measurement-type": "CBV 2.0, section 7.6: a word or a URI; the list of words is open",
    "namespace": "EPCIS 2.0, section 10: what is no field of the standard has a namespace, ILMD always",
    "number": "EPCIS 2.0, section 10: numbers are JSON numbers, here within the range of a double",
    "prefix": "JSON-LD 1.1, section 4.1: a prefix is declared in @context",
    "report": "EPCIS 2.0, section 7.3.7: a sensor report says what it measured, or which exception it reports",
    "required": "EPCIS 2.0, section 7.4: a field that each such object has",
    "schema-version": "EPCIS 2.0, section 10: the version of the schema that the document follows",
    "source-destination-type": "CBV 2.0, section 7.4",
    "time-format": "EPCIS 2.0, section 7.3.1: xsd:dateTimeStamp, a time with its zone",
    "time-zone-offset": "EPCIS 2.0, section 7.4.1",
    "type-name": "EPCIS 2.0, section 10: a document's or event's type",
    "unicode": "RFC 8259, section 8.2: text is Unicode, without halves of surrogate pairs",
    "unique": "EPCIS 2.0, section 10: a thing stands once in its list",
    "uom": "EPCIS 2.0, section 7.3.3: a UN/CEFACT code (Recommendation 20), two or three capitals and digits",
    "uri": "RFC 3986, section 3",
    "what": "EPCIS 2.0, section 7.4: which identifiers an event of that type needs",
    "xml": "EPCIS 1.2 and 2.0, section 9: the elements of the XML binding, each in its place",
    "xml-limit": "ours: XML without document types that declare or fetch, at most 64 MiB and 100 deep",
}

_LONGEST_SHOWN = 100


def broken(rule: str, message: str) -> PydanticCustomError:
    """The error of a broken rule."""
    return PydanticCustomError(rule, "{text}", {"text": message})


def _shown(value: object) -> str:
    """A value in a message; of what nests only the kind, since it may nest deeper than `repr` goes."""
    if not isinstance(value, str | bool | float | None):
        return f"a {type(value).__name__}" if not isinstance(value, int) else f"an integer of {value.bit_length()} bits"
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


@lru_cache(maxsize=65536)
def _uri(text: str) -> str:
    if not _URI.fullmatch(text):
        raise broken("uri", f"{_shown(text)} is no URI")
    epc = _EPC.fullmatch(text)
    if epc and epc[1] in BY_URI_TYPE:
        try:
            from_uri(text)
        except EpcError as problem:
            raise broken("epc", problem.message) from None
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


def _uom(text: str) -> str:
    if not _UOM.fullmatch(text):
        raise broken("uom", f"{_shown(text)} is no UN/CEFACT code such as KGM")
    return text


def is_number(value: object) -> bool:
    """Whether a value is a number that a double can hold, at least about."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _number(value: object) -> int | float:
    if not is_number(value):
        raise broken("number", f"{_shown(value)} is no number, or none that others can read; no quotation marks")
    return value  # type: ignore[return-value]  # as checked


def _attribute(value: object) -> object:
    if not (isinstance(value, str | Mapping) or is_number(value)):
        raise broken("json-type", f"{_shown(value)} is no number, text or object")
    return value


def _unique(values: list[str]) -> list[str]:
    if len(set(values)) != len(values):
        twice = next(value for value in values if values.count(value) > 1)
        raise broken("unique", f"{_shown(twice)} stands twice")
    return values


def _uris(value: object) -> str | list[str]:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, str):
            raise broken("uri", f"{_shown(item)} is no URI")
        _uri(item)
    return value  # type: ignore[return-value]  # every item is text, as checked above


def _measurement_type(text: str) -> str:
    # Published documents use words that the list of CBV 2.0 lacks, such as EffectiveDoseRate; it grows in each release.
    if not (_WORD.fullmatch(text) or _URI.fullmatch(text)) or text.startswith(cbv.URN):
        raise broken("measurement-type", f"{_shown(text)} is neither a word, such as Temperature, nor a URI")
    return text


def _word(vocabulary: cbv.Vocabulary, rule: str) -> AfterValidator:
    """A word of a CBV list, bare or as web URI; or a URI of somebody's own vocabulary (CBV-compatible)."""
    rivals = [known for known in cbv.CHECKED if known.web != cbv.VOC or vocabulary is known]

    def check(text: str) -> str:
        if text in vocabulary.words:
            return text
        if text.startswith(cbv.URN):
            word = text.removeprefix(vocabulary.urn) if vocabulary.urn else text
            known = (
                f"is written {word!r} in JSON" if word in vocabulary.words else f"is no {vocabulary.name} of CBV 2.0"
            )
            raise broken(rule, f"{_shown(text)} {known}")
        full = cbv.expanded(text)
        home = next((known for known in rivals if full.startswith(known.web)), None)
        if home is not None and not (home is vocabulary and full[len(home.web) :] in vocabulary.words):
            raise broken(rule, f"{_shown(text)} is no {vocabulary.name} of CBV 2.0")
        if home is None and not _URI.fullmatch(text):
            raise broken(rule, f"{_shown(text)} is no {vocabulary.name} of CBV 2.0; a word of your own is a full URI")
        return text

    return AfterValidator(check)


Time = Annotated[str, AfterValidator(_time)]
Offset = Annotated[str, AfterValidator(_offset)]
Uri = Annotated[str, AfterValidator(_uri)]
UniqueUris = Annotated[list[Uri], AfterValidator(_unique)]
Uom = Annotated[str, AfterValidator(_uom)]
Uris = Annotated[str | list[str], PlainValidator(_uris)]
Version = Annotated[str, AfterValidator(_version)]
AttributeValue = Annotated[object, PlainValidator(_attribute)]
HexBinary = Annotated[str, AfterValidator(_hex)]
Number = Annotated[int | float, PlainValidator(_number)]
Action = Annotated[str, AfterValidator(_action)]
BizStep = Annotated[str, _word(cbv.BIZ_STEP, "biz-step")]
Disposition = Annotated[str, _word(cbv.DISPOSITION, "disposition")]
Dispositions = Annotated[list[Disposition], Field(min_length=1), AfterValidator(_unique)]
BizTransactionType = Annotated[str, _word(cbv.BIZ_TRANSACTION_TYPE, "biz-transaction-type")]
SourceDestType = Annotated[str, _word(cbv.SOURCE_DEST_TYPE, "source-destination-type")]
ErrorReason = Annotated[str, _word(cbv.ERROR_REASON, "error-reason")]
MeasurementType = Annotated[str, AfterValidator(_measurement_type)]
SensorException = Annotated[str, _word(cbv.EXCEPTION, "exception")]
Component = Annotated[str, _word(cbv.COMPONENT, "component")]
