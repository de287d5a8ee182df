"""The event id of CBV 2.0, section 8.9: a hash over an event's content in a fixed order, independent of its syntax.

Tables keyed by property stand in for JSON-LD expansion. Where text, reference code and its vectors disagree, the
vectors decide; where no vector does, docs/decisions/0003-event-id-choices.md says what was chosen and why. The id does
not cover `eventID`, `recordTime` and `errorDeclaration`: `lading.epcis.content_hash` covers everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256

from lading.epcis.errors import EventIdError
from lading.epcis.namespaces import ContextProblem, Namespaces
from lading.epcis.prehash import EVENT_TYPES, prehash_of
from lading.epcis.texts import Texts, texts_of
from lading.epcis.values import ValueProblem

# Where a document may name properties that take no part in its events' ids; the reference generator's own extension.
IGNORE_NAMESPACE_KEY = "{https://repository-x.example.com/}ignoreFields"
NO_FIELDS: frozenset[str] = frozenset()


def event_id(event: Mapping[str, object], context: object = None) -> str:
    """`ni:///sha-256;…?ver=CBV2.0` of one event; `context` is its document's `@context`.

    Raises:
        EventIdError: a value has no well-defined place or text in the id; `path` says which.
    """
    try:
        return _ni(prehash_of(event, _texts(context), NO_FIELDS))
    except ValueProblem as problem:
        raise EventIdError("$" + problem.path, str(problem)) from None


def event_id_uri(digest: bytes) -> str:
    """The event id with this SHA-256, 32 bytes, inside."""
    return f"ni:///sha-256;{digest.hex()}?ver=CBV2.0"


def prehash(event: Mapping[str, object], context: object = None) -> str:
    """The text whose hash is the event's id.

    Raises:
        EventIdError: as `event_id`.
    """
    try:
        return prehash_of(event, _texts(context), NO_FIELDS)
    except ValueProblem as problem:
        raise EventIdError("$" + problem.path, str(problem)) from None


def document_event_ids(document: object) -> list[str]:
    """The ids of all events of an EPCIS document, query document, bare event or list of events, in document order.

    Raises:
        EventIdError: the document is none of these, or one of its events has no id.
    """
    if isinstance(document, list):
        return _ids(document, texts_of(None), NO_FIELDS, "$")
    if not isinstance(document, Mapping):
        raise EventIdError("$", "an EPCIS document is a JSON object")
    if "epcisBody" not in document and document.get("type") in tuple(EVENT_TYPES):
        return [event_id(document)]
    try:
        texts = _texts(document.get("@context"))
    except ValueProblem as problem:
        raise EventIdError("$" + problem.path, str(problem)) from None
    events, path, header = _events(document)
    return _ids(events, texts, frozenset(_ignored(header, texts.namespaces)), path)


def _ids(events: list[object], texts: Texts, ignored: frozenset[str], path: str) -> list[str]:
    found: list[str] = []
    try:
        for event in events:
            found.append(_ni(prehash_of(event, texts, ignored)))
    except ValueProblem as problem:
        raise EventIdError(f"{path}[{len(found)}]{problem.path}", str(problem)) from None
    return found


def _ni(text: str) -> str:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise ValueProblem("a text holds half of a surrogate pair, which is no Unicode text") from None
    return event_id_uri(sha256(data).digest())


def _texts(context: object) -> Texts:
    try:
        return texts_of(context)
    except ContextProblem as problem:
        raise ValueProblem(str(problem), "@context") from None


def _events(document: Mapping[str, object]) -> tuple[list[object], str, Mapping[str, object]]:
    """The events of a document, their path, and the object that may say which fields are ignored."""
    path, header = "$.epcisBody", document
    body = document.get("epcisBody")
    if isinstance(body, Mapping) and isinstance(body.get("queryResults"), Mapping):
        header = body["queryResults"]
        path, body = "$.epcisBody.queryResults.resultsBody", header.get("resultsBody")
    if isinstance(body, Mapping) and isinstance(body.get("eventList"), list):
        return body["eventList"], f"{path}.eventList", header
    if isinstance(body, Mapping) and "event" in body:
        return [body["event"]], f"{path}.event", header
    raise EventIdError(
        path, "there is no eventList: neither a document, a query document, an event nor a list of events"
    )


def _ignored(header: Mapping[str, object], namespaces: Namespaces) -> Iterator[str]:
    for name, value in header.items():
        if namespaces.key(name) == IGNORE_NAMESPACE_KEY:
            if not (isinstance(value, list) and all(isinstance(field, str) for field in value)):
                raise EventIdError(f"$.{name}", "the fields to ignore are a list of property names")
            yield from value
