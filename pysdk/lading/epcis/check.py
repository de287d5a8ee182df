"""Is this an EPCIS 2.0 document? Every fault is named by its JSON path and the rule that it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from lading.epcis import models
from lading.epcis.errors import DocumentError, Fault
from lading.epcis.fields import RULES, is_number
from lading.epcis.names import context_faults, name_faults
from lading.epcis.prehash import DEEPEST, EVENT_TYPES

Document = models.EPCISDocument | models.EPCISQueryDocument

_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Annotated[Document, Field(discriminator="type")])
_TAGS = EVENT_TYPES | {"EPCISDocument", "EPCISQueryDocument", "ExtendedEvent"}
_RULES = {
    "missing": "required",
    "union_tag_invalid": "type-name",
    "union_tag_not_found": "type-name",
    "string_too_short": "empty",
    "too_short": "empty",
}
_SAID = {
    "missing": "is missing",
    "string_type": "should be text",
    "list_type": "should be a list",
    "bool_type": "should be true or false, without quotation marks",
    "model_type": "should be an object",
    "too_short": "is empty: leave it out, or say something",
    "string_too_short": "is empty: leave it out, or say something",
}
_EVENT_TYPES = ", ".join(sorted(EVENT_TYPES))
_DEEPEST = DEEPEST + 16  # of the whole document; an event stands at most seven deep
_LONGEST_PATH = 1000


def check_document(document: object) -> list[Fault]:
    """All faults of a parsed JSON document; an empty list says that it is an EPCIS 2.0 document."""
    return _read(document)[1]


def check_report(document: object) -> dict[str, object]:
    """The answer of `lading epcis check --json`: `{"valid": bool, "faults": [{"path", "rule", "message"}]}`."""
    return report_of(check_document(document))


def report_of(faults: Iterable[Fault]) -> dict[str, object]:
    """The same, of faults that were found elsewhere, such as by the reader of XML."""
    listed = [asdict(fault) for fault in faults]
    return {"valid": not listed, "faults": listed}


def parse_document(document: object) -> Document:
    """The document as a model.

    Raises:
        DocumentError: it has faults; the error lists them.
    """
    parsed, faults = _read(document)
    if parsed is None or faults:
        raise DocumentError.of(faults)
    return parsed


def _read(document: object) -> tuple[Document | None, list[Fault]]:
    if not isinstance(document, Mapping):
        return None, [Fault("$", "json-type", "an EPCIS document is a JSON object")]
    broken = list(_json_faults(document))
    if any(fault.rule == "depth" for fault in broken):
        return None, _clean(broken)
    named = [*broken, *context_faults(document), *name_faults(document)]
    try:
        return _DOCUMENT.validate_python(document), _clean(named)
    except ValidationError as problem:
        found = [_fault(dict(error)) for error in problem.errors(include_url=False, include_input=False)]
        return None, _clean(found + named)


def _clean(faults: list[Fault]) -> list[Fault]:
    """Each rule once a place, in text that can be printed whatever the document holds."""
    firsts = {(one.path, one.rule): one for one in reversed(faults)}
    kept = [one for one in faults if firsts[one.path, one.rule] is one]
    return [Fault(_printable(one.path), one.rule, _printable(one.message)) for one in kept]


def _printable(text: str) -> str:
    text = text if len(text) <= _LONGEST_PATH else text[:_LONGEST_PATH] + "…"
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _json_faults(document: object) -> Iterator[Fault]:
    """What no JSON text can say, and what nests too deep for anyone; without recursion."""
    rest: list[tuple[str, object, int]] = [("$", document, 0)]
    while rest:
        path, value, depth = rest.pop()
        if isinstance(value, Mapping | list) and depth == _DEEPEST:
            yield Fault(path, "depth", f"values are nested more than {_DEEPEST} deep")
            return
        if isinstance(value, list):
            rest += [(f"{path}[{index}]", member, depth + 1) for index, member in enumerate(value)]
        elif isinstance(value, Mapping):
            if not all(isinstance(name, str) and _is_unicode(name) for name in value):
                yield Fault(path, "unicode", "a name is no text, or holds half of a surrogate pair")
            rest += [(f"{path}.{name}", member, depth + 1) for name, member in value.items()]
        elif isinstance(value, str):
            if not _is_unicode(value):
                yield Fault(path, "unicode", "the text holds half of a surrogate pair")
        elif not (value is None or isinstance(value, bool) or is_number(value)):
            yield Fault(path, "number", "no number that JSON and its readers can hold")


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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
        return Fault(f"{path}.type", rule, _type_message(error, is_document=path == "$"))
    subject = before if isinstance(before, str) else "this"
    return Fault(path, rule, f"{subject} {_SAID[kind]}" if kind in _SAID else str(error["msg"]))


def _type_message(error: dict[str, object], *, is_document: bool) -> str:
    context = error.get("ctx")
    tag = context.get("tag") if isinstance(context, dict) else None
    found = "there is no type, or it is no text" if tag is None else f"{str(tag)[:100]!r} is none of the types"
    known = "EPCISDocument, EPCISQueryDocument" if is_document else f"{_EVENT_TYPES}; one of your own has a prefix"
    return f"{found}: {known}"
