"""EPCIS documents with private fields: sealed whole before they are published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lading.epcis import content_hash, event_id
from lading.epcis.check import parse_document
from lading.epcis.errors import EventIdError
from lading.provenance.errors import PrivateError
from lading.provenance.leaf import EVENT_ID, self_contained
from lading.provenance.private import MAX_NAME, Secret, declaring, named, seal


@dataclass(frozen=True, slots=True)
class Sealed:
    """One event of a document as it will be published: its id, its content hash (32 bytes), and what opens its private
    fields, ascending by name."""

    event_id: str
    content_hash: bytes
    secrets: tuple[Secret, ...]


def seal_document(document: object, names: Sequence[str]) -> tuple[dict[str, Any], list[Sealed]]:
    """The document with these fields sealed wherever they stand at an event's top, and its events that have any.

    A CBV event id that an event states, and `correctiveEventIDs` that name an event of the same document, follow: a
    sealed event has another id. The document must have no fault once it is sealed; before, nothing looks into values
    that are to be private, so that no message can tell of them.

    Raises:
        PrivateError: as `private.seal`, and for a field that no event has, which is a mistyped one.
        DocumentError, EventIdError, CanonicalError: the rest of the document is refused.
    """
    body = document.get("epcisBody") if isinstance(document, Mapping) else None
    events = body.get("eventList") if isinstance(body, Mapping) else None
    if not (isinstance(document, Mapping) and isinstance(body, Mapping) and isinstance(events, list)):
        raise PrivateError("This is no EPCIS document with events.", hint="'lading epcis check' says what is wrong.")
    if not all(isinstance(one, Mapping) for one in events):
        raise PrivateError("An event of the document is no JSON object.")
    before, context = document.get("@context"), declaring(document.get("@context"))
    made = [seal(event, names, context) for event in events]
    _all_found(names, events, context)
    ids = [event_id(one.event, context) if one.secrets else None for one in made]
    renamed = _renamed(events, ids, before)
    final = [_with_ids(one.event, new, renamed) for one, new in zip(made, ids, strict=True)]
    whole = {**document, "@context": context, "epcisBody": {**body, "eventList": final}}
    parse_document(whole)
    return whole, [
        Sealed(new, content_hash(self_contained(event, context)), one.secrets)
        for one, event, new in zip(made, final, ids, strict=True)
        if new is not None
    ]


def _all_found(names: Iterable[str], events: Sequence[Mapping[str, Any]], context: object) -> None:
    for name in names:
        if not any(named(event, name, context) for event in events):
            raise PrivateError(
                f"No event has a field {name[:MAX_NAME]!r}.",
                hint="Name the fields as the document does, with their prefix, or as full URIs.",
            )


def _renamed(events: Sequence[Mapping[str, Any]], ids: Sequence[str | None], context: object) -> dict[str, str]:
    """From what a sealed event was called before, by its own word or by its content, to its id now."""
    found: dict[str, str] = {}
    for event, new in zip(events, ids, strict=True):
        if new is None:
            continue
        found[str(event.get("eventID"))] = new
        try:
            found[event_id(event, context)] = new
        except EventIdError:
            continue  # With values that have no place in an id nobody can have called it by one
    return {old: new for old, new in found.items() if EVENT_ID.fullmatch(old)}


def _with_ids(event: Mapping[str, Any], new: str | None, renamed: Mapping[str, str]) -> dict[str, Any]:
    made = dict(event)
    if new is not None and EVENT_ID.fullmatch(str(event.get("eventID"))):
        made["eventID"] = new
    declaration = event.get("errorDeclaration")
    if isinstance(declaration, Mapping) and isinstance(declaration.get("correctiveEventIDs"), list):
        listed = [renamed.get(str(one), one) for one in declaration["correctiveEventIDs"]]
        made["errorDeclaration"] = {**declaration, "correctiveEventIDs": listed}
    return made
