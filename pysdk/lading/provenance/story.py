"""What an EPCIS event says of an item's life, read defensively: an event is whatever its publisher anchored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lading.epcis.vocabulary import BIZ_STEP, DISPOSITION
from lading.provenance.bundle import Entry
from lading.provenance.coordinates import Position, is_geo, position_of
from lading.provenance.fields import Unreadable, lasting_in, seconds, text_in, texts_in, written_out
from lading.provenance.item import misspelt, same_thing, site_of
from lading.provenance.lots import Labelled, labelled, lots_in, lots_of
from lading.provenance.nests import AGGREGATION, PACKING, Nest, nested
from lading.provenance.parties import Handover, Right, handovers
from lading.provenance.vocabulary import Word, customs_step, tag_counter

__all__ = [
    "AGGREGATION",
    "Happening",
    "Nest",
    "Unreadable",
    "about",
    "cbv_word",
    "concerning",
    "holders_of",
    "in_order",
    "is_packing",
    "lots_of",
    "nested",
    "read",
]
__all__ += ["seconds", "surroundings", "touching", "turned"]

TRANSFORMATION = "TransformationEvent"
_BORN = {"ObjectEvent:ADD": "epcList", f"{TRANSFORMATION}:": "outputEPCList"}
_ENDED = {"ObjectEvent:DELETE": "epcList", f"{TRANSFORMATION}:": "inputEPCList"}
"""Where an event of that type and action lists what came into being, or ended (EPCIS 2.0, sections 7.4.2 and 7.4.6)."""

_CBV = re.compile(
    r"(?:(?:https://ref\.gs1\.org/cbv/|cbv:)(?:BizStep|Disp)-|urn:epcglobal:cbv:(?:bizstep|disp):)?([a-z_]+)"
)
_ACTIONS = ("ADD", "OBSERVE", "DELETE")
_ALMOST_CBV = re.compile(r"\s*(?:https?://[^/?#]*gs1\.org/|cbv:|urn:epcglobal:cbv:)", re.IGNORECASE)
_WORDS = BIZ_STEP.words | DISPOSITION.words
_EPCIS = ("https://ref.gs1.org/epcis/", "urn:epcglobal:epcis:")
_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, as far as the rules look. `subjects` are what it is about, `parent` and `children` those of packing,
    all in the form of `same_thing`. `time`: seconds since 1970, with fractions. `site` is None without a place, or
    where the place is a point; `point` where coordinates are given. `sets` and `unsets`: the lasting dispositions that
    begin and end with it. `name`: the event's own eventID. `counter` is the tag's, given only where the event names one
    thing. `correctives`: what an error declaration puts in place. `turn` says what comes first of one time.
    """

    position: int
    turn: tuple[bytes, int, int]
    publisher: bytes
    identity: tuple[str, bytes]
    kind: str
    action: str
    time: float
    biz_step: str
    disposition: str
    sets: frozenset[str]
    unsets: frozenset[str]
    site: str | None
    subjects: frozenset[str]
    parent: str | None
    children: frozenset[str]
    born: frozenset[str]
    ended: frozenset[str]
    lots: frozenset[str]
    labelled: Labelled
    corrects: bool
    correctives: tuple[str, ...]
    name: str
    handovers: Mapping[Right, Handover]
    customs: Word | None
    point: Position | None
    counter: int | None

    def lots_of(self, thing: str) -> frozenset[str]:
        """What it says of the lot of `thing`."""
        return self.lots | {lot for whose, lot in self.labelled if whose == thing}

    @property
    def step(self) -> str | None:
        """The CBV business step, as `cbv_word` gives it."""
        return cbv_word(self.biz_step)

    @property
    def state(self) -> str | None:
        """The CBV disposition, as `cbv_word` gives it."""
        return cbv_word(self.disposition)


def read(position: int, entry: Entry, content_hash: bytes) -> Happening:
    """Raises Unreadable if a field that a rule looks at is missing or of another type than EPCIS 2.0 gives it."""
    event = entry.event
    meaning = written_out(event)
    _refuse_written_out(event, meaning)
    kind, action = text_in(event, "type"), text_in(event, "action", "")
    if kind != TRANSFORMATION and action not in _ACTIONS:
        raise Unreadable(f"the action {action[:40]!r} is none of {', '.join(_ACTIONS)}")
    lists = {name: frozenset(map(_thing, texts_in(event, name))) for name in _LISTS}
    parent = _thing(text_in(event, "parentID", "")) or None
    # A transformation has no action; one that states one all the same makes and ends what it does.
    happened = f"{kind}:{'' if kind == TRANSFORMATION else action}"
    nothing: frozenset[str] = frozenset()
    subjects = frozenset().union(*lists.values(), [parent] if parent else [])
    place = _place(event)
    return Happening(
        position=position,
        turn=(entry.publisher, entry.index, position),
        publisher=entry.publisher,
        identity=(entry.event_id, content_hash),
        kind=kind,
        action=action,
        time=seconds(text_in(event, "eventTime")),
        biz_step=_meant(text_in(event, "bizStep", ""), meaning),
        disposition=_meant(text_in(event, "disposition", ""), meaning),
        sets=frozenset(_meant(text, meaning) for text in lasting_in(event, "set")),
        unsets=frozenset(_meant(text, meaning) for text in lasting_in(event, "unset")),
        site=None if place is None or is_geo(place) else site_of(place),
        subjects=subjects,
        parent=parent,
        children=lists["childEPCs"],
        born=lists.get(_BORN.get(happened, ""), nothing),
        ended=lists.get(_ENDED.get(happened, ""), nothing),
        lots=lots_in(event),
        labelled=labelled(event),
        corrects="errorDeclaration" in event,
        correctives=_correctives(event),
        name=name if isinstance(name := event.get("eventID"), str) else "",
        handovers=handovers(event, meaning),
        customs=customs_step(event),
        point=position_of(event, place),
        counter=tag_counter(event) if len(subjects) == 1 else None,
    )


def _thing(text: str) -> str:
    """Raises Unreadable for another spelling of a thing than the one that item maps count."""
    if misspelt(text):
        raise Unreadable(f"{text[:80]!r} is spelled so that no item map counts it as what it names")
    return same_thing(text)


def _meant(text: str, meaning: Callable[[str], str]) -> str:
    """As it stands there, unless only its document's own prefixes hide that it is CBV's. Raises Unreadable for what is
    CBV's to a person, and to nobody who compares: `Stolen`, or a web address of GS1's that is none of CBV's."""
    meant = meaning(text)
    if cbv_word(text) is not None:
        return text
    if cbv_word(meant) is not None:
        return meant
    if _ALMOST_CBV.match(meant) or text.strip().lower() in _WORDS:
        raise Unreadable(f"{text[:80]!r} looks like a word of CBV, and is none")
    return text


def _refuse_written_out(event: Mapping[str, object], meaning: Callable[[str], str]) -> None:
    """Raises Unreadable for a property of EPCIS under a prefix or as a URI: to JSON-LD it is the same one, but neither
    item maps nor rules look there."""
    for name in event:
        if meaning(name).startswith(_EPCIS):
            raise Unreadable(f"{name[:80]!r} is a property of EPCIS under another name")


def _place(event: Mapping[str, object]) -> str | None:
    for name in ("readPoint", "bizLocation"):
        place = event.get(name)
        if place is None:
            continue
        if not isinstance(place, dict) or not isinstance(place.get("id"), str):
            raise Unreadable(f"{name} has no id")
        return str(place["id"])
    return None


def _correctives(event: Mapping[str, object]) -> tuple[str, ...]:
    """The events that stand for the one declared wrong (EPCIS 2.0, section 7.4.1.3)."""
    declared = event.get("errorDeclaration", {})
    if not isinstance(declared, dict):
        raise Unreadable("errorDeclaration is no object")
    return tuple(texts_in(declared, "correctiveEventIDs"))


_NESTS = (PACKING, AGGREGATION)
"""An association lasts beside packing, but a nest has one holder of each thing. So what holds an item is told by two:
one that associations change too, and one that they do not take the item out of."""


def in_order(happenings: Iterable[Happening]) -> list[Happening]:
    """By time. Of one time, by the publisher's log, and of several publishers' by their ids: not as they stand in the
    bundle, whose maker would choose."""
    return sorted(happenings, key=lambda happening: (happening.time, happening.turn))


def turned(happenings: Sequence[Happening]) -> list[Happening]:
    """The same, so that several publishers' events of one time come in the other order; none if there are no such."""
    publishers: dict[float, set[bytes]] = {}
    for one in happenings:
        publishers.setdefault(one.time, set()).add(one.publisher)
    if all(len(who) == 1 for who in publishers.values()):
        return []
    return [replace(one, turn=(bytes(255 - byte for byte in one.turn[0]), *one.turn[1:])) for one in happenings]


def concerning(item: str, happenings: Iterable[Happening]) -> set[int]:
    """Positions of the events about `item`: those that name it, or what it is packed in at that time, or that pack and
    unpack it."""
    ordered = in_order(happenings)
    steps = (step for kinds in _NESTS for step in nested(item, ordered, kinds))
    return {happening.position for happening, before, _ in steps if not happening.subjects.isdisjoint(before)}


def surroundings(item: str, happenings: Iterable[Happening]) -> dict[int, frozenset[str]]:
    """By position of each event the item and everything that it is in, before the event or after it, by either account.
    To be asked of all events: the story has none of those that filled a container before the item was in it."""
    ordered = in_order(happenings)
    found: dict[int, frozenset[str]] = {}
    for kinds in _NESTS:
        for happening, before, after in nested(item, ordered, kinds):
            found[happening.position] = found.get(happening.position, frozenset()).union(before, after)
    return found


def about(item: str, happenings: Sequence[Happening]) -> list[Happening]:
    """The events about `item`, in order of time."""
    ours = concerning(item, happenings)
    return [one for one in in_order(happenings) if one.position in ours]


def touching(item: str, happenings: Sequence[Happening]) -> set[int]:
    """Positions of the events that name `item`, or what held it at any time."""
    ever = set(holders_of(item, happenings))
    return {happening.position for happening in happenings if not happening.subjects.isdisjoint(ever)}


def holders_of(item: str, happenings: Sequence[Happening]) -> list[str]:
    """The item, and everything that it was packed in at any time, outwards; whatever came first of one time."""
    orders = [in_order(happenings), in_order(turned(happenings))]
    steps = (step for ordered in orders for kinds in _NESTS for step in nested(item, ordered, kinds))
    return list(dict.fromkeys([item, *(holder for _, _, after in steps for holder in after)]))


def is_packing(happening: Happening) -> bool:
    return happening.kind in PACKING


def cbv_word(text: str) -> str | None:
    """The bare CBV word of a step or disposition in any of its spellings; None for another vocabulary's URI."""
    found = _CBV.fullmatch(text)
    return found[1] if found else None
