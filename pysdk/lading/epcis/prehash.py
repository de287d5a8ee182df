"""The pre-hash string of CBV 2.0, section 8.9: which property contributes which text, in which order.

One table per kind of object, a renderer per property. `lading.epcis.event_id` is the way in.
"""

from __future__ import annotations

from collections.abc import Mapping

from lading.epcis import vocabulary as cbv
from lading.epcis.caches import kept
from lading.epcis.namespaces import ContextProblem
from lading.epcis.rendering import (
    DEEPEST,
    Renderer,
    Strings,
    epcs,
    extensions,
    is_object,
    joined,
    listed,
    objects,
    place,
    text,
    time,
    word,
)
from lading.epcis.texts import Texts, texts_of
from lading.epcis.values import ValueProblem

__all__ = ["DEEPEST", "EVENT_TYPES", "prehash_of"]

EVENT_TYPES = frozenset(
    ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
)


def prehash_of(event: object, texts: Texts, ignored: frozenset[str]) -> str:
    """The pre-hash string of one event, without the top-level properties in `ignored`.

    Raises:
        ValueProblem: a value has no well-defined place or text in the id.
    """
    if not is_object(event):
        raise ValueProblem("an event is a JSON object")
    if "@context" in event:
        texts = _within(texts, event["@context"])
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in EVENT_TYPES:
        raise ValueProblem(f"{kind!r} is none of the EPCIS event types {', '.join(sorted(EVENT_TYPES))}", "type")
    if "eventTime" not in event:
        raise ValueProblem("an event without eventTime has no id")
    if _KNOWN.issuperset(event):
        (ordered, last), rest = _plan(tuple(event)), []
    else:
        # Plans are kept for names that we know; what others choose is without bound.
        ordered, last = _plan(tuple(key for key in event if key in _KNOWN))
        rest = [key for key in event if key not in _KNOWN and key not in ignored]
    parts, key = ["eventType=", kind], ""
    try:
        for key, render in ordered:
            parts.append(render(key, event[key], texts))
    except ValueProblem as problem:
        problem.steps.append(key)
        raise
    if last or rest:
        parts += sorted(_at_the_end(event, last, texts) + extensions(event, rest, texts))
    return "".join(parts)


@kept(512)
def _plan(keys: tuple[str, ...]) -> tuple[list[tuple[str, Renderer]], list[str]]:
    """Of an event's properties, those that have their place in the order, in it, and those that stand at its end."""
    return [(key, render) for key, render in _EVENT.items() if key in keys], [key for key in _LAST if key in keys]


def _within(texts: Texts, context: object) -> Texts:
    try:
        return texts_of(context, texts)
    except ContextProblem as problem:
        raise ValueProblem(str(problem), "@context") from None


def _at_the_end(event: Mapping[str, object], keys: list[str], texts: Texts) -> list[str]:
    found, key = [], ""
    try:
        for key in keys:
            found += _LAST[key](key, event[key], texts)
    except ValueProblem as problem:
        problem.steps.append(key)
        raise
    return found


_QUANTITIES = listed(objects({"epcClass": text, "quantity": text, "uom": text}), "quantityElement")
_DISPOSITION = word(cbv.DISPOSITION)


def _typed(vocabulary: cbv.Vocabulary, member: str) -> Strings:
    table = {"type": word(vocabulary), member: text}
    render = listed(objects(table, "", extensible=False), "")
    return lambda key, value, texts: [render(key, value, texts)]


_SENSOR_METADATA = {
    **dict.fromkeys(("time", "startTime", "endTime"), time),
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), text),
}
_SENSOR_REPORT = {
    "type": word(cbv.MEASUREMENT),
    "exception": word(cbv.EXCEPTION),
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod"), text),
    "time": time,
    **dict.fromkeys(("microorganism", "chemicalSubstance", "value"), text),
    "component": word(cbv.COMPONENT),
    **dict.fromkeys(("stringValue", "booleanValue", "hexBinaryValue", "uriValue"), text),
    **dict.fromkeys(("minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "uom"), text),
    "coordinateReferenceSystem": text,
}
_SENSOR_ELEMENT = {
    "sensorMetadata": joined(objects(_SENSOR_METADATA)),
    "sensorReport": joined(objects(_SENSOR_REPORT)),
}

# CBV 2.0, table 8-1, with parentID in front of the EPC lists as in the reference code.
_EVENT: dict[str, Renderer] = {
    "eventTime": time,
    **dict.fromkeys(("eventTimeZoneOffset", "certificationInfo", "parentID"), text),
    **dict.fromkeys(("epcList", "inputEPCList", "childEPCs"), epcs),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList"), _QUANTITIES),
    "outputEPCList": epcs,
    "outputQuantityList": _QUANTITIES,
    **dict.fromkeys(("action", "transformationID"), text),
    "bizStep": word(cbv.BIZ_STEP),
    "disposition": _DISPOSITION,
    "persistentDisposition": joined(objects({"set": _DISPOSITION, "unset": _DISPOSITION})),
    "readPoint": place,
    "bizLocation": place,
    "sensorElementList": listed(objects(_SENSOR_ELEMENT), "sensorElement"),
}
# These stand among the extensions, in the order of their names: so the vectors say for source and destination.
_LAST: dict[str, Strings] = {
    "bizTransactionList": _typed(cbv.BIZ_TRANSACTION_TYPE, "bizTransaction"),
    "sourceList": _typed(cbv.SOURCE_DEST_TYPE, "source"),
    "destinationList": _typed(cbv.SOURCE_DEST_TYPE, "destination"),
    "ilmd": objects({}),
}
_OUTSIDE = frozenset(("type", "eventID", "recordTime", "errorDeclaration", "@context"))
_KNOWN = _OUTSIDE.union(_EVENT, _LAST)
