"""Which property names an EPCIS document may use where: fields of the standard, or names with a declared prefix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from lading.epcis import models, parts
from lading.epcis.errors import Fault
from lading.epcis.namespaces import BUILT_IN, ContextProblem, Namespaces, from_context
from lading.epcis.prehash import DEEPEST, EVENT_TYPES

# Which model describes the object, or each object of the list, under a property; each name has one meaning in EPCIS.
_HOLDERS: dict[str, type[BaseModel]] = {
    "readPoint": parts.Place,
    "bizLocation": parts.Place,
    "bizTransactionList": parts.BizTransaction,
    "sourceList": parts.Source,
    "destinationList": parts.Destination,
    "persistentDisposition": parts.PersistentDisposition,
    "sensorElementList": parts.SensorElement,
    "sensorMetadata": parts.SensorMetadata,
    "sensorReport": parts.SensorReport,
    "errorDeclaration": parts.ErrorDeclaration,
    "ilmd": parts.Ilmd,
    "epcisBody": models.EventList,
    "queryResults": models.QueryResults,
    "resultsBody": models.ResultsBody,
    "epcisHeader": parts.Header,
    **dict.fromkeys(
        ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), parts.QuantityElement
    ),
}
_BY_TYPE: dict[str, type[BaseModel]] = {name: getattr(models, name) for name in EVENT_TYPES}
_EVENTS = frozenset((*_BY_TYPE.values(), models.ExtendedEvent))
_DOCUMENTS: dict[str, type[BaseModel]] = {
    "EPCISDocument": models.EPCISDocument,
    "EPCISQueryDocument": models.EPCISQueryDocument,
}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def context_faults(document: Mapping[str, object]) -> Iterator[Fault]:
    """Whether the document names the EPCIS context, and each context once and in a form that there is."""
    context = document.get("@context")
    contexts = context if isinstance(context, list) else [context]
    if "@context" not in document:
        return
    if not any(_is_epcis(one) for one in contexts):
        yield Fault("$.@context", "context", "the EPCIS context is missing: https://ref.gs1.org/…/epcis-context.jsonld")
    if any(contexts.count(one) > 1 for one in contexts):
        yield Fault("$.@context", "unique", "a context stands twice in its list")
    yield from _forms(context, "$.@context")


def _forms(context: object, path: str) -> Iterator[Fault]:
    for one in context if isinstance(context, list) else [context]:
        if isinstance(one, str) and not _URL.fullmatch(one):
            yield Fault(path, "context", f"{one[:100]!r} is no URL of a context")
        elif one is None or isinstance(one, list):
            yield Fault(path, "context", "null or a list within the list is no context")


def _is_epcis(context: object) -> bool:
    return isinstance(context, str) and context.startswith("http") and context.endswith("/epcis-context.jsonld")


def _is_foreign(context: object) -> bool:
    """Whether a context points to declarations that stand elsewhere; nothing is fetched to see them."""
    contexts = context if isinstance(context, list) else [context]
    return any(isinstance(one, str) and not _is_epcis(one) for one in contexts)


def name_faults(document: Mapping[str, object]) -> Iterator[Fault]:
    """Faults of property names: each is a field of its object, or has a declared namespace (EPCIS 2.0, section 10)."""
    try:
        namespaces = from_context(document.get("@context"))
    except ContextProblem as problem:
        yield Fault("$.@context", "context", str(problem))
        return
    scope = _Scope(namespaces, _is_foreign(document.get("@context")))
    model = _DOCUMENTS.get(str(document.get("type")))
    if model is not None:
        yield from scope.holder(document, model, "$")


@dataclass(frozen=True, slots=True)
class _Scope:
    """`open`: prefixes may be declared in a context that is not at hand."""

    namespaces: Namespaces = BUILT_IN
    open: bool = False

    def holder(self, value: Mapping[str, object], model: type[BaseModel], path: str) -> Iterator[Fault]:
        """The names within one object of the standard."""
        scope = self
        if "@context" in value and model in _EVENTS:
            yield from _forms(value["@context"], f"{path}.@context")
            try:
                scope = _Scope(from_context(self.namespaces.prefixes, value["@context"]), self.open)
            except ContextProblem as problem:
                yield Fault(f"{path}.@context", "context", str(problem))
        for name, member in value.items():
            yield from scope._member(str(name), member, model, f"{path}.{name}")

    def _member(self, name: str, value: object, model: type[BaseModel], path: str) -> Iterator[Fault]:
        field = model.model_fields.get(name)
        if name == "@context":
            if not (model in _EVENTS or model in _DOCUMENTS.values()):
                yield Fault(path, "context", "an @context stands in a document or an event")
        elif field is not None and name != "context":
            if value is None and not field.is_required():
                yield Fault(path, "json-type", "null is no value; leave the property out")
            yield from self._field(name, value, path)
        elif ":" not in name:
            yield Fault(path, "namespace", f"{name!r} is no field here; a property of your own needs a prefix")
        elif model in parts.CLOSED:
            yield Fault(path, "closed", f"this object takes no extensions such as {name!r}")
        else:
            yield from self._extension(name, value, path)

    def _field(self, name: str, value: object, path: str) -> Iterator[Fault]:
        for here, item in _items(value, path):
            if isinstance(item, Mapping):
                model = _event_model(item) if name == "eventList" else _HOLDERS.get(name)
                model = models.QueryBody if name == "epcisBody" and "queryResults" in item else model
                if model is not None:
                    yield from self.holder(item, model, here)

    def _extension(self, name: str, value: object, path: str, depth: int = 0) -> Iterator[Fault]:
        """The names of and within an extension; within one, names without a prefix are its own business."""
        if depth == DEEPEST:
            yield Fault(path, "depth", f"values are nested more than {DEEPEST} deep")
            return
        if ":" in name and not (self.open or self._declared(name)):
            yield Fault(path, "prefix", f"@context declares no prefix {name.partition(':')[0]!r}")
        for here, item in _items(value, path):
            if isinstance(item, Mapping):
                for inner, member in item.items():
                    yield from self._extension(str(inner), member, f"{here}.{inner}", depth + 1)
            elif isinstance(item, list):
                yield from self._extension("", item, here, depth + 1)

    def _declared(self, name: str) -> bool:
        return self.namespaces.key(name) is not None or name.partition(":")[2].startswith("//")


def _items(value: object, path: str) -> list[tuple[str, object]]:
    return [(f"{path}[{i}]", item) for i, item in enumerate(value)] if isinstance(value, list) else [(path, value)]


def _event_model(event: Mapping[str, object]) -> type[BaseModel] | None:
    kind = str(event.get("type"))
    return _BY_TYPE.get(kind, models.ExtendedEvent if ":" in kind else None)
