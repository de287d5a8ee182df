"""What happened to an item, as a page shows it: one step for each event of its bundle, read defensively, since an event
is whatever its publisher anchored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from lading.epcis.errors import EpcError
from lading.epcis.keys import from_uri
from lading.provenance.bundle import Bundle, Entry
from lading.provenance.item import same_thing

_WORD = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
_GEO = re.compile(r"geo:(-?\d{1,2}(?:\.\d{1,12})?),(-?\d{1,3}(?:\.\d{1,12})?)(?:[,;].*)?", re.ASCII | re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,3}(?:\.\d{1,12})?", re.ASCII)
POLE, DATE_LINE = 90, 180
_LONGEST = 120
"""Of a text that a publisher chose; the whole event stands below it."""


@dataclass(frozen=True, slots=True)
class Place:
    """`name` as the event gives it (a GLN as its 13 digits, `is_gln`); latitude and longitude in degrees (WGS 84)."""

    name: str
    is_gln: bool
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One event. `position` is its place in the bundle. `step` and `disposition` are the bare words of whatever
    vocabulary; `time` is that of the event, in its own zone, None if it cannot be read; `parent` is what the item was
    packed in, if the event names that and not the item alone."""

    position: int
    kind: str
    step: str
    disposition: str
    time: datetime | None
    offset: str
    place: Place | None
    parent: str
    publisher: bytes
    index: int
    count: int
    root: str
    event_id: str
    event: str


def steps_of(bundle: Bundle) -> list[Step]:
    """In the order of their times; what has no time stands last."""
    item = same_thing(bundle.item)
    made = [_step(position, entry, item) for position, entry in enumerate(bundle.entries)]
    return sorted(made, key=lambda step: (step.time is None, step.time.timestamp() if step.time else 0, step.position))


def _step(position: int, entry: Entry, item: str) -> Step:
    event = entry.event
    kind, action = _text(event.get("type")), _text(event.get("action"))
    time, offset = _time(event)
    return Step(
        position=position,
        kind=f"{kind}:{action}" if action else kind,
        step=_word(event.get("bizStep")),
        disposition=_word(event.get("disposition")),
        time=time,
        offset=offset,
        place=_place(event),
        parent=_holder(event, item),
        publisher=entry.publisher,
        index=entry.index,
        count=entry.batch.count,
        root="0x" + entry.batch.root.hex(),
        event_id=entry.event_id,
        event=json.dumps(event, ensure_ascii=False, indent=2),
    )


def _holder(event: Mapping[str, Any], item: str) -> str:
    if parent := _text(event.get("parentID")):
        return parent
    named = event.get("epcList")
    texts = [text for text in named if isinstance(text, str)] if isinstance(named, list) else []
    return _text(texts[0]) if texts and item not in map(same_thing, texts) else ""


def _text(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""


def _word(value: object) -> str:
    """The last part of a step's or disposition's name, without its vocabulary: `…/BizStep-packing` -> `packing`."""
    last = re.split(r"[/#:]", _text(value))[-1]
    last = re.sub(r"^(BizStep|Disp)-", "", last)
    return last if _WORD.fullmatch(last) else ""


def _time(event: Mapping[str, Any]) -> tuple[datetime | None, str]:
    """The event's time in the zone where it happened (EPCIS 2.0, section 7.4.1.2)."""
    try:
        moment = datetime.fromisoformat(_text(event.get("eventTime")))
    except ValueError:
        return None, ""
    if moment.tzinfo is None:
        return None, ""
    found = _OFFSET.fullmatch(_text(event.get("eventTimeZoneOffset")))
    if found is None:
        return moment, moment.strftime("%z")[:3] + ":" + moment.strftime("%z")[3:5]
    away = timedelta(hours=int(found[2]), minutes=int(found[3]))
    try:
        return moment.astimezone(timezone(-away if found[1] == "-" else away)), found[0]
    except (ValueError, OverflowError):
        return moment, ""


def _place(event: Mapping[str, Any]) -> Place | None:
    named = None
    for member in _places(event):
        name = _text(member.get("id"))
        at = _coordinates(member)
        gln = _gln(name)
        if at is not None:
            return Place(gln or name, gln is not None, *at)
        if named is None and name:
            named = Place(gln or name, gln is not None)
    sensed = _sensed(event)
    if sensed is not None:
        return Place(named.name if named else "", bool(named and named.is_gln), *sensed)
    return named


def _places(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("readPoint", "bizLocation"):
        if isinstance(member := event.get(name), dict):
            yield member


def _gln(name: str) -> str | None:
    try:
        return from_uri(name).value if name.startswith("urn:epc:id:sgln:") else None
    except EpcError:
        return None


def _coordinates(member: Mapping[str, Any]) -> tuple[float, float] | None:
    """From a geo URI (RFC 5870), which is a place's name, or from the master data of a place (CBV 2.0, section 9.3)."""
    found = _geo(member.get("id"))
    if found is not None:
        return found
    own = {re.split(r"[:/#]", name)[-1]: value for name, value in member.items()}
    return _degrees(_decimal(own.get("latitude")), _decimal(own.get("longitude")))


def _sensed(event: Mapping[str, Any]) -> tuple[float, float] | None:
    """A position that a sensor reported as a geo URI (EPCIS 2.0, section 7.3.7)."""
    elements = event.get("sensorElementList")
    for element in elements if isinstance(elements, list) else []:
        reports = element.get("sensorReport") if isinstance(element, dict) else None
        for report in reports if isinstance(reports, list) else []:
            found = _geo(report.get("uriValue")) if isinstance(report, dict) else None
            if found is not None:
                return found
    return None


def _geo(value: object) -> tuple[float, float] | None:
    found = _GEO.fullmatch(value) if isinstance(value, str) else None
    return _degrees(float(found[1]), float(found[2])) if found else None


def _decimal(value: object) -> float | None:
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return float(text) if _NUMBER.fullmatch(text) else None


def _degrees(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    if latitude is None or longitude is None or abs(latitude) > POLE or abs(longitude) > DATE_LINE:
        return None
    return latitude, longitude
