"""What an EPCIS event says of an item's life, read defensively: an event is whatever its publisher anchored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from lading.provenance.bundle import Entry
from lading.provenance.item import same_thing, site_of

_BORN = {"ObjectEvent:ADD": "epcList", "TransformationEvent:": "outputEPCList"}
_ENDED = {"ObjectEvent:DELETE": "epcList", "TransformationEvent:": "inputEPCList"}
"""Where an event of that type and action lists what came into being, or ended (EPCIS 2.0, sections 7.4.2 and 7.4.6)."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_CBV = re.compile(
    r"(?:(?:https://ref\.gs1\.org/cbv/|cbv:)(?:BizStep|Disp)-|urn:epcglobal:cbv:(?:bizstep|disp):)?([a-z_]+)"
)
_PACKING = frozenset({"AggregationEvent", "AssociationEvent"})
_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_LOT_NAMES = frozenset({"lotNumber", "hasBatchLotNumber", "hasBatchLot"})


class Unreadable(ValueError):
    """An event that no rule can judge; the message names the field."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, as far as the rules look. `subjects` are what it is about, `parent` and `children` those of packing,
    all in the form of `same_thing`. `time`: seconds since 1970, with fractions. `site` is None without a place."""

    position: int
    publisher: bytes
    identity: tuple[str, bytes]
    kind: str
    action: str
    time: float
    biz_step: str
    disposition: str
    site: str | None
    subjects: frozenset[str]
    parent: str | None
    children: frozenset[str]
    born: frozenset[str]
    ended: frozenset[str]
    lots: frozenset[str]
    corrects: bool


def read(position: int, entry: Entry, content_hash: bytes) -> Happening:
    """Raises Unreadable if a field that a rule looks at is missing or of another type than EPCIS 2.0 gives it."""
    event = entry.event
    kind, action = _text(event, "type"), _text(event, "action", "")
    lists = {name: frozenset(map(same_thing, _texts(event, name))) for name in _LISTS}
    parent = same_thing(_text(event, "parentID", "")) or None
    happened = f"{kind}:{action}"
    nothing: frozenset[str] = frozenset()
    return Happening(
        position=position,
        publisher=entry.publisher,
        identity=(entry.event_id, content_hash),
        kind=kind,
        action=action,
        time=seconds(_text(event, "eventTime")),
        biz_step=_text(event, "bizStep", ""),
        disposition=_text(event, "disposition", ""),
        site=_site(event),
        subjects=frozenset().union(*lists.values(), [parent] if parent else []),
        parent=parent,
        children=lists["childEPCs"],
        born=lists.get(_BORN.get(happened, ""), nothing),
        ended=lists.get(_ENDED.get(happened, ""), nothing),
        lots=frozenset(_lots(event.get("ilmd"))),
        corrects="errorDeclaration" in event,
    )


def _text(event: Mapping[str, object], name: str, default: str | None = None) -> str:
    value = event.get(name, default)
    if not isinstance(value, str):
        raise Unreadable(f"{name} is {'missing' if value is None else 'no text'}")
    return value


def _texts(event: Mapping[str, object], name: str) -> list[str]:
    value = event.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Unreadable(f"{name} is no list of texts")
    return value


def seconds(text: str) -> float:
    """Seconds since 1970 of an EPCIS time, which has a zone (EPCIS 2.0, section 7.3.2). Raises Unreadable."""
    if _TIME.fullmatch(text) is None:
        raise Unreadable(f"the time {text[:40]!r} is not of the form 2026-01-31T08:15:00.000+01:00")
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"the time {text[:40]!r} does not exist") from error


def _site(event: Mapping[str, object]) -> str | None:
    for name in ("readPoint", "bizLocation"):
        place = event.get(name)
        if place is None:
            continue
        if not isinstance(place, dict) or not isinstance(place.get("id"), str):
            raise Unreadable(f"{name} has no id")
        return site_of(place["id"])
    return None


def lots_of(event: Mapping[str, object]) -> frozenset[str]:
    """The lot numbers that an event gives; none if it cannot be read."""
    try:
        return frozenset(_lots(event.get("ilmd")))
    except Unreadable:
        return frozenset()


def _lots(ilmd: object) -> Iterator[str]:
    """Lot numbers in instance/lot master data (CBV 2.0, section 9.2; GS1 Web Vocabulary), under any prefix, since a
    document may call a name space what it likes."""
    if ilmd is None:
        return
    if not isinstance(ilmd, dict):
        raise Unreadable("ilmd is no object")
    for name, value in ilmd.items():
        if re.split(r"[:/#]", name)[-1] in _LOT_NAMES:
            if not isinstance(value, str):
                raise Unreadable(f"the lot number in ilmd.{name[:60]} is no text")
            yield value


def in_order(happenings: Iterable[Happening]) -> list[Happening]:
    return sorted(happenings, key=lambda happening: (happening.time, happening.position))


def concerning(item: str, happenings: Iterable[Happening]) -> set[int]:
    """Positions of the events that name the item, or something that the item is packed in at that time."""
    holders = [item]
    found = set()
    for happening in in_order(happenings):
        if not happening.subjects.isdisjoint(holders):
            found.add(happening.position)
        holders = _repacked(holders, happening)
    return found


def _repacked(holders: list[str], happening: Happening) -> list[str]:
    """`holders` runs from the item to its outermost container; packing appends to it, unpacking cuts it off."""
    parent = happening.parent
    if happening.kind not in _PACKING or parent is None:
        return holders
    packed = [level for level, holder in enumerate(holders) if holder in happening.children]
    if happening.action == "ADD" and packed and parent not in holders:
        return [*holders[: packed[-1] + 1], parent]
    # No children named: everything is taken out of the parent (EPCIS 2.0, section 7.4.3).
    if happening.action == "DELETE" and parent in holders and (packed or not happening.children):
        return holders[: holders.index(parent)]
    return holders


def cbv_word(text: str) -> str | None:
    """The bare CBV word of a step or disposition in any of its spellings; None for another vocabulary's URI."""
    found = _CBV.fullmatch(text)
    return found[1] if found else None
