"""Random lawful stories with emissions, and small ones that are told by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from provenance_kit import BRAND, CARRIER, CHAIN, CONTEXT, at, batch_of

from lading.provenance.bundle import Bundle, Entry, build_bundle
from lading.provenance.carbon import Statement
from lading.provenance.item import item_of
from lading.provenance.item_map import things_of
from lading.provenance.maps import things
from lading.provenance.story import read

VOC = {"lading": "https://lading.example/voc/"}
WITH_VOC = [*CONTEXT, VOC]


def thing(number: int) -> str:
    return f"urn:epc:id:sgtin:0614141.812345.{number}"


def box(number: int) -> str:
    return f"urn:epc:id:sscc:0614141.{number:010d}"


def key(uri: str) -> str:
    return item_of(uri).key


def tell(kind: str, when: float, action: str | None = "OBSERVE", mg: int | None = None, **more: Any) -> dict[str, Any]:
    """An event, with a statement of these emissions if any."""
    event: dict[str, Any] = {"@context": WITH_VOC, "type": kind, "eventTime": at(when), "eventTimeZoneOffset": "+00:00"}
    event |= {} if action is None else {"action": action}
    event |= {} if mg is None else {"lading:carbon": Statement(mg, "ISO 14083:2023", "the leg").extension()}
    return event | more


def born(when: float, *made: str, mg: int | None = None, mass: int | None = None) -> dict[str, Any]:
    ilmd = {} if mass is None else {"ilmd": {"lading:massMg": mass}}
    return tell("ObjectEvent", when, "ADD", mg, epcList=list(made), bizStep="commissioning", **ilmd)


def leg(when: float, mg: int | None, *named: str) -> dict[str, Any]:
    return tell("ObjectEvent", when, "OBSERVE", mg, epcList=list(named), bizStep="transporting")


def pack(when: float, parent: str, *children: str, mg: int | None = None, **more: Any) -> dict[str, Any]:
    return tell("AggregationEvent", when, "ADD", mg, parentID=parent, childEPCs=list(children), **more)


def unpack(when: float, parent: str, *children: str, mg: int | None = None) -> dict[str, Any]:
    named = {"childEPCs": list(children)} if children else {}
    return tell("AggregationEvent", when, "DELETE", mg, parentID=parent, **named)


def make(when: float, used: Sequence[str], made: Sequence[str], mg: int | None = None, **more: Any) -> dict[str, Any]:
    return tell("TransformationEvent", when, None, mg, inputEPCList=list(used), outputEPCList=list(made), **more)


def single(masses: Mapping[str, int]) -> dict[str, Any]:
    """Masses of single things, as a member of an event or of its ilmd."""
    return {"lading:masses": [{"lading:thing": one, "lading:massMg": mass} for one, mass in masses.items()]}


def wrong(event: Mapping[str, Any]) -> dict[str, Any]:
    return {**event, "errorDeclaration": {"declarationTime": at(9e6)}}


def entries_of(events: Sequence[Mapping[str, Any]], who: bytes = BRAND) -> list[Entry]:
    return batch_of(who, 0, events)[1] if events else []


def bundle_of(item: str, entries: Sequence[Entry]) -> Bundle:
    """What an exporter gives of the item: its events, and those of what it was packed in."""
    happenings = [read(place, entry, b"") for place, entry in enumerate(entries)]
    while True:
        ours = [one for one in happenings if one.subjects & set(things(key(item), happenings))]
        if ours == happenings:
            break
        happenings = ours
    wanted = set(things(key(item), happenings))
    return build_bundle(item, CHAIN, [entry for entry in entries if wanted & set(things_of(entry.event))])


class Story:
    """Tells one event after the other, each lawful: what is inside of something is not packed again, used or ended."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.events: list[dict[str, Any]] = []
        self.things: list[str] = []
        self.holder: dict[str, str] = {}
        self.ended: set[str] = set()
        self.packed: set[str] = set()
        self.late = False
        """Whether something was put into a container that had been in another: its bundle may lack the outer one."""
        self.wrong: list[dict[str, Any]] = []
        self.copied: list[dict[str, Any]] = []

    def __repr__(self) -> str:
        left_out = ("@context", "eventTimeZoneOffset")
        told = [{name: value for name, value in one.items() if name not in left_out} for one in self.events]
        return f"Story({told}, wrong={len(self.wrong)}, copied={len(self.copied)})"

    def run(self, steps: int) -> Story:
        acts = [self.bear, self.pack, self.pack, self.unpack, self.leg, self.leg, self.make, self.end, self.declare]
        self.bear()
        for _ in range(steps):
            self.draw(st.sampled_from(acts))()
        return self

    @property
    def now(self) -> float:
        return 60 * (len(self.events) + 1)

    def mg(self) -> int | None:
        return self.draw(st.none() | st.integers(0, 50) | st.integers(0, 2**53 - 1))

    def some(self, among: Sequence[str], least: int = 1, most: int = 4) -> list[str]:
        if len(among) < least:
            return []
        return self.draw(st.lists(st.sampled_from(among), min_size=least, max_size=most, unique=True))

    def free(self) -> list[str]:
        """What is in nothing, and has not ended."""
        return [one for one in self.things if one not in self.holder and one not in self.ended]

    def new(self) -> list[str]:
        count = len(self.things)
        made = [thing(count + place) for place in range(self.draw(st.integers(1, 3)))]
        self.things += made
        return made

    def masses(self, named: Sequence[str]) -> dict[str, Any]:
        """Of all, of some, or of none."""
        known = [one for one in named if self.draw(st.integers(0, 3))] if self.draw(st.booleans()) else []
        return single({one: self.draw(st.integers(1, 10**9)) for one in known}) if known else {}

    def bear(self) -> None:
        self.events.append(born(self.now, *self.new(), mg=self.mg(), mass=self.draw(st.none() | st.integers(1, 10**6))))

    def pack(self) -> None:
        boxes = [one for one in self.things if ":sscc:" in one and one not in self.ended]
        new = box(len(self.things))
        parent = self.draw(st.sampled_from([*boxes, new]))
        above = [parent]
        while above[-1] in self.holder:
            above.append(self.holder[above[-1]])
        children = self.some([one for one in self.free() if one not in above])
        if not children:
            return
        if parent == new:
            self.things.append(new)
        self.holder |= dict.fromkeys(children, parent)
        self.late = self.late or parent in self.packed
        self.packed |= set(children)
        self.events.append(pack(self.now, parent, *children, mg=self.mg(), **self.masses(children)))

    def unpack(self) -> None:
        full = sorted(set(self.holder.values()))
        if not full:
            return
        parent = self.draw(st.sampled_from(full))
        inside = [one for one, holder in self.holder.items() if holder == parent]
        named = self.some(inside) if self.draw(st.booleans()) else []
        for one in named or inside:
            del self.holder[one]
        self.events.append(unpack(self.now, parent, *named, mg=self.mg()))

    def leg(self) -> None:
        named = self.some([one for one in self.things if one not in self.ended])
        if named:
            self.events.append(leg(self.now, self.mg(), *named) | self.masses(named))

    def make(self) -> None:
        used = self.some([one for one in self.free() if ":sgtin:" in one])
        if used:
            made = self.new()
            self.ended |= set(used)
            self.events.append(make(self.now, used, made, self.mg(), ilmd=self.masses(made)))

    def end(self) -> None:
        gone = self.some([one for one in self.free() if one not in self.holder.values()], most=1)
        if gone:
            self.ended |= set(gone)
            self.events.append(tell("ObjectEvent", self.now, "DELETE", self.mg(), epcList=gone, bizStep="destroying"))

    def declare(self) -> None:
        """A leg was wrong, or another publisher says the same."""
        legs = [one for one in self.events if one.get("bizStep") == "transporting" and one not in self.wrong]
        if legs:
            told = self.draw(st.sampled_from(legs))
            (self.wrong if self.draw(st.booleans()) and told not in self.copied else self.copied).append(told)

    def entries(self) -> list[Entry]:
        own = entries_of([*self.events, *map(wrong, self.wrong)])
        return own + entries_of([one for one in self.copied if one not in self.wrong], CARRIER)

    def stated(self) -> int:
        """What the events that stand state, each once."""
        standing = [one for one in self.events if one not in self.wrong]
        return sum(one["lading:carbon"]["lading:mg"] for one in standing if "lading:carbon" in one)


@st.composite
def stories(draw: Any, most: int = 14) -> Story:
    return Story(draw).run(draw(st.integers(1, most)))
