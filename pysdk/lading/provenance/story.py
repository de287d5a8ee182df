"""What an EPCIS event says of an item's life, read defensively: an event is whatever its publisher anchored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from lading.provenance.bundle import Entry
from lading.provenance.coordinates import Position, is_geo, position_of
from lading.provenance.fields import Unreadable, lasting_in, seconds, text_in, texts_in, written_out
from lading.provenance.item import same_thing, site_of
from lading.provenance.lots import Labelled, labelled, lots_in, lots_of
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
__all__ += ["seconds", "surroundings", "touching"]

TRANSFORMATION = "TransformationEvent"
_BORN = {"ObjectEvent:ADD": "epcList", f"{TRANSFORMATION}:": "outputEPCList"}
_ENDED = {"ObjectEvent:DELETE": "epcList", f"{TRANSFORMATION}:": "inputEPCList"}
"""Where an event of that type and action lists what came into being, or ended (EPCIS 2.0, sections 7.4.2 and 7.4.6)."""

_CBV = re.compile(
    r"(?:(?:https://ref\.gs1\.org/cbv/|cbv:)(?:BizStep|Disp)-|urn:epcglobal:cbv:(?:bizstep|disp):)?([a-z_]+)"
)
AGGREGATION = frozenset({"AggregationEvent"})
_PACKING = AGGREGATION | {"AssociationEvent"}
_INSIDE = frozenset({"ADD", "OBSERVE"})
"""An OBSERVE is no packing act, but its children are in the parent at that time (EPCIS 2.0, section 7.4.3)."""

_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, as far as the rules look. `subjects` are what it is about, `parent` and `children` those of packing,
    all in the form of `same_thing`. `time`: seconds since 1970, with fractions. `site` is None without a place, or
    where the place is a point; `point` where coordinates are given. `sets` and `unsets`: the lasting dispositions that
    begin and end with it. `name`: the event's own eventID. `counter` is the tag's, given only where the event names one
    thing. `correctives`: what an error declaration puts in place.
    """

    position: int
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
    kind, action = text_in(event, "type"), text_in(event, "action", "")
    lists = {name: frozenset(map(same_thing, texts_in(event, name))) for name in _LISTS}
    parent = same_thing(text_in(event, "parentID", "")) or None
    # A transformation has no action; one that states one all the same makes and ends what it does.
    happened = f"{kind}:{'' if kind == TRANSFORMATION else action}"
    nothing: frozenset[str] = frozenset()
    subjects = frozenset().union(*lists.values(), [parent] if parent else [])
    place = _place(event)
    return Happening(
        position=position,
        publisher=entry.publisher,
        identity=(entry.event_id, content_hash),
        kind=kind,
        action=action,
        time=seconds(text_in(event, "eventTime")),
        biz_step=_word(event, "bizStep"),
        disposition=_word(event, "disposition"),
        sets=frozenset(_meant(event, text) for text in lasting_in(event, "set")),
        unsets=frozenset(_meant(event, text) for text in lasting_in(event, "unset")),
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
        handovers=handovers(event),
        customs=customs_step(event),
        point=position_of(event, place),
        counter=tag_counter(event) if len(subjects) == 1 else None,
    )


def _word(event: Mapping[str, object], name: str) -> str:
    """As it stands there, unless only its document's own prefixes hide that it is CBV's."""
    return _meant(event, text_in(event, name, ""))


def _meant(event: Mapping[str, object], text: str) -> str:
    meant = written_out(event, text)
    return meant if cbv_word(text) is None and cbv_word(meant) is not None else text


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


def in_order(happenings: Iterable[Happening]) -> list[Happening]:
    return sorted(happenings, key=lambda happening: (happening.time, happening.position))


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
    """The item, and everything that it was packed in at any time, outwards."""
    ordered = in_order(happenings)
    steps = (step for kinds in _NESTS for step in nested(item, ordered, kinds))
    return list(dict.fromkeys([item, *(holder for _, _, after in steps for holder in after)]))


def is_packing(happening: Happening) -> bool:
    return happening.kind in _PACKING


Nest = list[str]
"""From the item to its outermost container."""

_NESTS = (_PACKING, AGGREGATION)
"""An association lasts beside packing, but a nest has one holder of each thing. So what holds an item is told by two:
one that associations change too, and one that they do not take the item out of."""


def nested(
    item: str, ordered: Iterable[Happening], kinds: Set[str] = _PACKING
) -> Iterator[tuple[Happening, Nest, Nest]]:
    """Each event with the nest that it finds and the one that it leaves; events of other `kinds` change nothing."""
    nests = _Nests()
    holders = [item]
    for happening in ordered:
        if happening.kind in kinds:
            nests.repack(happening)
        before, holders = holders, nests.of(item)
        yield happening, before, holders


class _Nests:
    """What each thing is in, whether or not the item was in that yet: a carton may stand on its pallet unfilled.

    An event costs its children and the depth of what they are in, not one times the other: a bundle is a stranger's."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}
        self._contents: dict[str, set[str]] = {}

    def of(self, thing: str) -> Nest:
        holders = [thing]
        while (parent := self._parents.get(holders[-1])) is not None:
            holders.append(parent)
        return holders

    def repack(self, happening: Happening) -> None:
        parent, children = happening.parent, happening.children
        if parent is not None and happening.action in _INSIDE:
            self._put(parent, children)
        elif parent is not None and happening.action == "DELETE":
            # No children named: everything is taken out of the parent (EPCIS 2.0, section 7.4.3).
            self._take(parent, children or frozenset(self._contents.get(parent, ())))

    def _put(self, parent: str, children: Set[str]) -> None:
        """Listed with what it is in, or as inside of an outer container, a thing is where it was; nothing is in
        itself."""
        listed, above = {parent, *children}, set(self.of(parent))
        elsewhere = {within: listed.isdisjoint(self.of(within)) for within in self._holding(children)}
        for one in children - above:
            if elsewhere.get(self._parents.get(one, ""), True):
                self._move(one, parent)

    def _take(self, parent: str, children: Set[str]) -> None:
        """Out of `parent`, with whatever inside of it they are in."""
        for one in {*children, *(level for within in self._holding(children) for level in self.of(within))}:
            if self._parents.get(one) == parent:
                self._move(one, None)

    def _holding(self, children: Set[str]) -> set[str]:
        return {self._parents[one] for one in children if one in self._parents}

    def _move(self, child: str, parent: str | None) -> None:
        before = self._parents.pop(child, None)
        if before is not None:
            self._contents[before].discard(child)
        if parent is not None:
            self._parents[child] = parent
            self._contents.setdefault(parent, set()).add(child)


def cbv_word(text: str) -> str | None:
    """The bare CBV word of a step or disposition in any of its spellings; None for another vocabulary's URI."""
    found = _CBV.fullmatch(text)
    return found[1] if found else None
