"""The pre-hash string of CBV 2.0, section 8.9: which property contributes which text, in which order.

One table per kind of object, a renderer per property. `lading.epcis.event_id` is the way in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lading.epcis import vocabulary as cbv
from lading.epcis.errors import EventIdError
from lading.epcis.namespaces import ContextProblem, Namespaces, from_context
from lading.epcis.values import ValueProblem, canonical_text, number, utc_milliseconds

EVENT_TYPES = frozenset(
    ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
)

DEEPEST = 64  # nested values; far beyond what any event needs, far below what a recursion survives
_COMMENTS = frozenset(("rdfs:comment", "comment"))


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where in a document the hashing stands."""

    namespaces: Namespaces
    path: str
    depth: int = 0

    def at(self, step: str | int) -> _Scope:
        if self.depth == DEEPEST:
            raise EventIdError(self.path, f"values are nested more than {DEEPEST} deep")
        step = f"[{step}]" if isinstance(step, int) else f".{step}"
        return _Scope(self.namespaces, self.path + step, self.depth + 1)


# A renderer turns the value of a property into the strings that it contributes, in their final order.
_Renderer = Callable[[str, object, _Scope], list[str]]


def prehash_of(event: object, namespaces: Namespaces, ignored: frozenset[str], path: str) -> str:
    """The pre-hash string of one event at `path`, without the top-level properties in `ignored`.

    Raises:
        EventIdError: a value has no well-defined place or text in the id.
    """
    if not isinstance(event, Mapping):
        raise EventIdError(path, "an event is a JSON object")
    if "@context" in event:
        try:
            namespaces = from_context(namespaces.prefixes, event["@context"])
        except ContextProblem as problem:
            raise EventIdError(f"{path}.@context", str(problem)) from None
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in EVENT_TYPES:
        raise EventIdError(
            f"{path}.type", f"{kind!r} is none of the EPCIS event types {', '.join(sorted(EVENT_TYPES))}"
        )
    if "eventTime" not in event:
        raise EventIdError(path, "an event without eventTime has no id")
    scope = _Scope(namespaces, path)
    rest = [key for key in event if not (key in _EVENT or key in _LAST or key in _OUTSIDE or key in ignored)]
    last = _fields(event, _LAST, scope) + _extensions(event, rest, scope)
    return "".join((f"eventType={kind}", *_fields(event, _EVENT, scope), *sorted(last)))


def _fields(holder: Mapping[str, object], table: Mapping[str, _Renderer], scope: _Scope) -> list[str]:
    """The strings of the properties in `table`, in its order."""
    return [text for key, render in table.items() if key in holder for text in render(key, holder[key], scope.at(key))]


def _extensions(holder: Mapping[str, object], keys: list[str], scope: _Scope) -> list[str]:
    """The strings of `keys`, which must be properties of somebody's namespace; unsorted."""
    texts = []
    for key in keys:
        if key in _COMMENTS:
            continue
        name = scope.namespaces.key(key)
        if name is None:
            raise EventIdError(
                f"{scope.path}.{key}", "the property is no EPCIS field, and @context declares no prefix for it inline"
            )
        texts += _free(name, holder[key], scope.at(key))
    return texts


def _free(name: str, value: object, scope: _Scope) -> list[str]:
    """The strings of an extension of any shape; `name` is in Clark notation, or bare where it is nested."""
    # As in the XML binding, members of a list of things are named after the thing.
    if name.endswith("List") and name != "List":
        members = [text for item in _items(value) for text in _free_one(name[: -len("List")], *item, scope)]
        return [name + "".join(sorted(members))] if members else []
    return [text for item in _items(value) for text in _free_one(name, *item, scope)]


def _items(value: object) -> list[tuple[int | None, object]]:
    return list(enumerate(value)) if isinstance(value, list) else [(None, value)]


def _free_one(name: str, index: int | None, value: object, scope: _Scope) -> list[str]:
    if index is not None:
        scope = scope.at(index)
    if isinstance(value, list):
        raise EventIdError(
            scope.path, "a list directly within a list has no counterpart in XML, hence no place in the id"
        )
    if not isinstance(value, Mapping):
        text = _text_of(value, scope)
        return [f"{name}={text}" if text else name]
    texts: list[str] = []
    for key, member in value.items():
        if key in _COMMENTS:
            continue
        if key.startswith(("@", "#")):
            raise EventIdError(f"{scope.path}.{key}", "JSON-LD keywords within an extension have no place in the id")
        member_name = scope.namespaces.key(key) if ":" in key else key
        if member_name is None:
            raise EventIdError(f"{scope.path}.{key}", "@context declares no such prefix inline")
        texts += _free(member_name, member, scope.at(key))
    return [name + "".join(sorted(texts))]


def _text_of(value: object, scope: _Scope) -> str:
    try:
        if isinstance(value, str):
            return canonical_text(scope.namespaces.value(value))
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return number(value)
    except ValueProblem as problem:
        raise EventIdError(scope.path, str(problem)) from None
    raise EventIdError(scope.path, "null has no place in the id" if value is None else f"{value!r} is no single value")


def _single(convert: Callable[[object, _Scope], str]) -> _Renderer:
    """A property with one value or a set of them, each rendered by `convert`."""

    def render(key: str, value: object, scope: _Scope) -> list[str]:
        texts = [convert(item, scope if index is None else scope.at(index)) for index, item in _items(value)]
        return sorted(f"{key}={text}" for text in texts if text)

    return render


def _word_of(vocabulary: cbv.Vocabulary) -> Callable[[object, _Scope], str]:
    def convert(value: object, scope: _Scope) -> str:
        return _text_of(vocabulary.expand(value.strip()) if isinstance(value, str) else value, scope)

    return convert


def _time_of(value: object, scope: _Scope) -> str:
    if not isinstance(value, str):
        raise EventIdError(scope.path, f"a time is text, not {value!r}")
    try:
        return utc_milliseconds(value.strip())
    except ValueProblem as problem:
        raise EventIdError(scope.path, str(problem)) from None


def _object(table: Mapping[str, _Renderer], name: str | None = None, *, extensible: bool = True) -> _Renderer:
    """Objects with the given properties in order, then the extensions; `name` as in XML, "" for no name."""

    def render(key: str, value: object, scope: _Scope) -> list[str]:
        texts = []
        for index, item in _items(value):
            here = scope if index is None else scope.at(index)
            if not isinstance(item, Mapping):
                raise EventIdError(here.path, f"an object is needed, not {item!r}")
            rest = [each for each in item if each not in table]
            extensions = sorted(_extensions(item, rest, here))
            if extensions and not extensible:
                raise EventIdError(here.path, "extensions here are dropped by other implementations")
            inner = "".join(_fields(item, table, here) + extensions)
            texts.append((key if name is None else name) + inner if inner else "")
        return sorted(text for text in texts if text)

    return render


def _list(member: _Renderer, name: str) -> _Renderer:
    """A property whose members stand under it, each named `name` in XML."""

    def render(key: str, value: object, scope: _Scope) -> list[str]:
        texts = member(name, value, scope)
        return [key + "".join(texts)] if texts else []

    return render


_TEXT = _single(_text_of)
_TIME = _single(_time_of)
_EPCS = _list(_TEXT, "epc")
_QUANTITIES = _list(_object({"epcClass": _TEXT, "quantity": _TEXT, "uom": _TEXT}), "quantityElement")
_DISPOSITION = _single(_word_of(cbv.DISPOSITION))
_PLACE = _object({"id": _TEXT})


def _typed(vocabulary: cbv.Vocabulary, member: str) -> _Renderer:
    table = {"type": _single(_word_of(vocabulary)), member: _TEXT}
    return _list(_object(table, "", extensible=False), "")


_SENSOR_METADATA = {
    **dict.fromkeys(("time", "startTime", "endTime"), _TIME),
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), _TEXT),
}
_SENSOR_REPORT = {
    "type": _single(_word_of(cbv.MEASUREMENT)),
    "exception": _single(_word_of(cbv.EXCEPTION)),
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod"), _TEXT),
    "time": _TIME,
    **dict.fromkeys(("microorganism", "chemicalSubstance", "value"), _TEXT),
    "component": _single(_word_of(cbv.COMPONENT)),
    **dict.fromkeys(("stringValue", "booleanValue", "hexBinaryValue", "uriValue"), _TEXT),
    **dict.fromkeys(("minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "uom"), _TEXT),
    "coordinateReferenceSystem": _TEXT,
}
_SENSOR_ELEMENT = {"sensorMetadata": _object(_SENSOR_METADATA), "sensorReport": _object(_SENSOR_REPORT)}

# CBV 2.0, table 8-1, with parentID in front of the EPC lists as in the reference code.
_EVENT: dict[str, _Renderer] = {
    "eventTime": _TIME,
    **dict.fromkeys(("eventTimeZoneOffset", "certificationInfo", "parentID"), _TEXT),
    **dict.fromkeys(("epcList", "inputEPCList", "childEPCs"), _EPCS),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList"), _QUANTITIES),
    "outputEPCList": _EPCS,
    "outputQuantityList": _QUANTITIES,
    **dict.fromkeys(("action", "transformationID"), _TEXT),
    "bizStep": _single(_word_of(cbv.BIZ_STEP)),
    "disposition": _DISPOSITION,
    "persistentDisposition": _object({"set": _DISPOSITION, "unset": _DISPOSITION}),
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "sensorElementList": _list(_object(_SENSOR_ELEMENT), "sensorElement"),
}
# These stand among the extensions, in the order of their names: so the vectors say for source and destination.
_LAST: dict[str, _Renderer] = {
    "bizTransactionList": _typed(cbv.BIZ_TRANSACTION_TYPE, "bizTransaction"),
    "sourceList": _typed(cbv.SOURCE_DEST_TYPE, "source"),
    "destinationList": _typed(cbv.SOURCE_DEST_TYPE, "destination"),
    "ilmd": _object({}),
}
_OUTSIDE = frozenset(("type", "eventID", "recordTime", "errorDeclaration", "@context"))
