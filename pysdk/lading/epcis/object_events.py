"""Events of one shape in one go: canonical form, event id and content hash of what a reader sees all day.

The events of a read point differ in their time and identifiers alone. All else is rendered once, by the same functions
as for any event, and cut where the rest goes in. So what comes out equals `canonical_json`, `event_id` and
`content_hash` of the same event, at a fraction of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from json.encoder import encode_basestring
from typing import NamedTuple

from lading.epcis.canonical import canonical_json
from lading.epcis.errors import EventIdError
from lading.epcis.event_id import prehash
from lading.epcis.rendering import epcs, text
from lading.epcis.texts import Texts, texts_of
from lading.epcis.values import ValueProblem, utc_text

_HERE = "urn:lading:here"  # stands where identifiers go while a shape is made
_TIME = "1970-01-01T00:00:00.000Z"


class Made(NamedTuple):
    """An event: its RFC 8785 form as UTF-8, the SHA-256 inside its CBV event id, and the SHA-256 of the form.

    `json.loads(form)` is the event, and `event_id_uri(event_id)` the id as it is written.
    """

    form: bytes
    event_id: bytes
    content_hash: bytes


ObjectEvents = Callable[[int, list[str]], Made]
"""(Unix time in ms, identifiers of any kind) -> the event. Raises `EventIdError` for an identifier that has no place in
the id, by its path, and for a time outside of the years 1 to 9999."""
AggregationEvents = Callable[[int, str, list[str]], Made]
"""The same for (Unix time in ms, parent, children)."""


def object_events(rest: Mapping[str, object]) -> ObjectEvents:
    """A maker of ObjectEvents that differ in `eventTime` and `epcList` alone.

    `rest` is all else but `type`: `action`, `eventTimeZoneOffset`, `bizStep`, `readPoint`, `@context`, extensions, ….

    Raises:
        EventIdError: `rest` has no place in the id, or holds what is to vary.
        CanonicalError: `rest` has no canonical form.
    """
    texts = _texts(rest, ("type", "eventTime", "epcList"))
    event = {**rest, "type": "ObjectEvent", "eventTime": _TIME, "epcList": [_HERE]}
    form_begin, form_middle, form_end = _cut(canonical_json(event).decode(), f'["{_HERE}"]', f'"{_TIME}"')
    begin, middle, end = _cut(prehash(event), _TIME, epcs("epcList", [_HERE], texts))

    def make(time_ms: int, things: list[str]) -> Made:
        time, listed = _time(time_ms), _listed("epcList", things, texts)
        return _made(
            f'{form_begin}{_quoted(things)}{form_middle}"{time}"{form_end}', f"{begin}{time}{middle}{listed}{end}"
        )

    return make


def aggregation_events(rest: Mapping[str, object]) -> AggregationEvents:
    """A maker of AggregationEvents that differ in `eventTime`, `parentID` and `childEPCs` alone; else as
    `object_events`."""
    texts = _texts(rest, ("type", "eventTime", "parentID", "epcList", "childEPCs"))
    event = {**rest, "type": "AggregationEvent", "eventTime": _TIME, "parentID": _HERE, "childEPCs": [_HERE]}
    form = canonical_json(event).decode()
    form_begin, form_middle, form_later, form_end = _cut(form, f'["{_HERE}"]', f'"{_TIME}"', f'"{_HERE}"')
    parent_and_children = text("parentID", _HERE, texts) + epcs("childEPCs", [_HERE], texts)
    begin, middle, end = _cut(prehash(event), _TIME, parent_and_children)

    def make(time_ms: int, parent: str, children: list[str]) -> Made:
        time, listed = _time(time_ms), _parent(parent, texts) + _listed("childEPCs", children, texts)
        return _made(
            f'{form_begin}{_quoted(children)}{form_middle}"{time}"{form_later}{encode_basestring(parent)}{form_end}',
            f"{begin}{time}{middle}{listed}{end}",
        )

    return make


def _texts(rest: Mapping[str, object], varying: tuple[str, ...]) -> Texts:
    for key in varying:
        if key in rest:
            raise EventIdError(f"$.{key}", "this is no part of what the events of a shape have in common")
    if _HERE in canonical_json(rest).decode():
        raise EventIdError("$", f"the text {_HERE} is kept for the place where identifiers go")
    prehash({**rest, "type": "ObjectEvent", "eventTime": _TIME})
    return texts_of(rest.get("@context"))


def _cut(whole: str, *marks: str) -> list[str]:
    """What stands before, between and after the marks, each of which stands there once, in this order."""
    pieces = []
    for mark in marks:
        piece, _, whole = whole.partition(mark)
        pieces.append(piece)
    return [*pieces, whole]


def _made(form: str, hashed: str) -> Made:
    try:
        data, identifying = form.encode(), hashed.encode()
    except UnicodeEncodeError:
        raise EventIdError("$", "a text holds half of a surrogate pair, which is no Unicode text") from None
    return Made(data, sha256(identifying).digest(), sha256(data).digest())


def _quoted(things: list[str]) -> str:
    """A list of texts as RFC 8785 writes it, where Python's own writer escapes the same characters."""
    joined = '","'.join(things)
    plain = joined.isascii() and joined.isprintable() and "\\" not in joined
    if plain and things and joined.count('"') == 2 * (len(things) - 1):
        return f'["{joined}"]'
    return f"[{','.join(map(encode_basestring, things))}]"


def _time(time_ms: int) -> str:
    try:
        return utc_text(time_ms)
    except ValueProblem as problem:
        raise EventIdError("$.eventTime", str(problem)) from None


def _listed(key: str, things: list[str], texts: Texts) -> str:
    try:
        return epcs(key, things, texts)
    except ValueProblem as problem:
        raise EventIdError(f"$.{key}{problem.path}", str(problem)) from None


def _parent(parent: str, texts: Texts) -> str:
    try:
        return text("parentID", parent, texts)
    except ValueProblem as problem:
        raise EventIdError("$.parentID", str(problem)) from None
