"""Is this an EPCIS 2.0 document? Every fault is named by its JSON path and the rule that it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from lading.epcis import models
from lading.epcis.errors import DocumentError
from lading.epcis.fields import RULES
from lading.epcis.namespaces import BUILT_IN, ContextProblem, Namespaces, from_context
from lading.epcis.prehash import DEEPEST, EVENT_TYPES

Document = models.EPCISDocument | models.EPCISQueryDocument

_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Annotated[Document, Field(discriminator="type")])
_TAGS = EVENT_TYPES | {"EPCISDocument", "EPCISQueryDocument"}
_RULES = {
    "missing": "required",
    "union_tag_invalid": "type-name",
    "union_tag_not_found": "type-name",
    "string_too_short": "empty",
    "too_short": "empty",
}
# Which model describes the object, or each object of the list, under a property; each name has one meaning in EPCIS.
_HOLDERS: dict[str, type[BaseModel]] = {
    "readPoint": models.Place,
    "bizLocation": models.Place,
    "bizTransactionList": models.BizTransaction,
    "sourceList": models.Source,
    "destinationList": models.Destination,
    "persistentDisposition": models.PersistentDisposition,
    "sensorElementList": models.SensorElement,
    "sensorMetadata": models.SensorMetadata,
    "sensorReport": models.SensorReport,
    "errorDeclaration": models.ErrorDeclaration,
    "ilmd": models.Ilmd,
    "epcisBody": models.EventList,
    "queryResults": models.QueryResults,
    "resultsBody": models.EventList,
    **dict.fromkeys(
        ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), models.QuantityElement
    ),
}
_BY_TYPE: dict[object, type[BaseModel]] = {
    name: getattr(models, name) for name in (*EVENT_TYPES, "EPCISDocument", "EPCISQueryDocument")
}
_EVERYWHERE = frozenset(("@context", "rdfs:comment", "comment"))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: its `path`, such as `$.epcisBody.eventList[0].action`, the rule's id, a sentence."""

    path: str
    rule: str
    message: str


def check_document(document: object) -> list[Fault]:
    """All faults of a parsed JSON document; an empty list says that it is an EPCIS 2.0 document."""
    return _read(document)[1]


def check_report(document: object) -> dict[str, object]:
    """The answer of `lading epcis check --json`: `{"valid": bool, "faults": [{"path", "rule", "message"}]}`."""
    faults = check_document(document)
    return {"valid": not faults, "faults": [asdict(fault) for fault in faults]}


def parse_document(document: object) -> Document:
    """The document as a model.

    Raises:
        DocumentError: it has faults; the error lists them.
    """
    parsed, faults = _read(document)
    if parsed is None or faults:
        raise DocumentError([f"{fault.path}: {fault.message} ({fault.rule})" for fault in faults])
    return parsed


def _read(document: object) -> tuple[Document | None, list[Fault]]:
    if not isinstance(document, Mapping):
        return None, [Fault("$", "json-type", "an EPCIS document is a JSON object")]
    try:
        named = [*_context_faults(document), *_names(document)]
        return _DOCUMENT.validate_python(document), named
    except ValidationError as problem:
        return None, [_fault(dict(error)) for error in problem.errors(include_url=False)] + named


def _fault(error: dict[str, object]) -> Fault:
    """A pydantic error in our words. Its location holds the tags of unions, which stand nowhere in the document."""
    location = error["loc"]
    assert isinstance(location, tuple)  # noqa: S101 - pydantic's own type
    path, before = "$", None
    for step in location:
        if not (step in _TAGS and (before is None or isinstance(before, int))):
            path += f"[{step}]" if isinstance(step, int) else f".{step}"
        before = step
    kind = str(error["type"])
    rule = kind if kind in RULES else _RULES.get(kind, "json-type")
    if rule == "type-name":
        path += ".type"
    return Fault(path, rule, str(error["msg"]))


def _context_faults(document: Mapping[str, object]) -> Iterator[Fault]:
    context = document.get("@context")
    parts = context if isinstance(context, list) else [context]
    if "@context" in document and not any(_is_epcis(part) for part in parts):
        yield Fault("$.@context", "context", "the EPCIS context is missing: https://ref.gs1.org/…/epcis-context.jsonld")


def _is_epcis(part: object) -> bool:
    return isinstance(part, str) and part.startswith("http") and part.endswith("/epcis-context.jsonld")


def _is_foreign(context: object) -> bool:
    """Whether a context points to declarations that stand elsewhere; nothing is fetched to see them."""
    parts = context if isinstance(context, list) else [context]
    return any(isinstance(part, str) and not _is_epcis(part) for part in parts)


def _names(document: Mapping[str, object]) -> Iterator[Fault]:
    """Faults of property names: each is a field of its object, or has a declared namespace (EPCIS 2.0, section 10)."""
    try:
        namespaces = from_context(document.get("@context"))
    except ContextProblem as problem:
        yield Fault("$.@context", "context", str(problem))
        return
    scope = _Scope(namespaces, _is_foreign(document.get("@context")))
    model = _BY_TYPE.get(document.get("type") if isinstance(document.get("type"), str) else None)
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
        if "@context" in value and path != "$":
            try:
                scope = _Scope(from_context(self.namespaces.prefixes, value["@context"]), self.open)
            except ContextProblem as problem:
                yield Fault(f"{path}.@context", "context", str(problem))
        for name, member in value.items():
            here = f"{path}.{name}"
            field = model.model_fields.get(name)
            if field is not None and name != "context":
                if member is None and not field.is_required():
                    yield Fault(here, "json-type", "null is no value; leave the property out")
                yield from scope.field(name, member, here)
            elif name in _EVERYWHERE:
                continue
            elif ":" not in name:
                yield Fault(here, "namespace", f"{name!r} is no field here; a property of your own needs a prefix")
            else:
                yield from scope.extension(name, member, here)

    def field(self, name: str, value: object, path: str) -> Iterator[Fault]:
        items = [(f"{path}[{i}]", x) for i, x in enumerate(value)] if isinstance(value, list) else [(path, value)]
        for here, item in items:
            if isinstance(item, Mapping):
                model = _BY_TYPE.get(str(item.get("type"))) if name == "eventList" else _HOLDERS.get(name)
                model = models.QueryBody if name == "epcisBody" and "queryResults" in item else model
                if model is not None:
                    yield from self.holder(item, model, here)

    def extension(self, name: str, value: object, path: str, depth: int = 0) -> Iterator[Fault]:
        """The names of and within an extension; within one, names without a prefix are its own business."""
        if depth == DEEPEST:
            yield Fault(path, "depth", f"values are nested more than {DEEPEST} deep")
            return
        if ":" in name and not (self.open or self._declared(name)):
            yield Fault(path, "prefix", f"@context declares no prefix {name.partition(':')[0]!r}")
        items = [(f"{path}[{i}]", x) for i, x in enumerate(value)] if isinstance(value, list) else [(path, value)]
        for here, item in items:
            if isinstance(item, Mapping):
                for inner, member in item.items():
                    yield from self.extension(inner, member, f"{here}.{inner}", depth + 1)

    def _declared(self, name: str) -> bool:
        return self.namespaces.key(name) is not None or name.partition(":")[2].startswith("//")
