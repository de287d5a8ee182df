"""Who bears what: each event's amount on the things that it names, down into what they hold, on into what is made of
them. Nothing is lost and nothing counted twice: what is on things and what is left over add up to what was stated.

Every rule looks only at events that name the thing or what holds it, so that the bundles of two things in one container
give them shares of one whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Literal

from lading.provenance.carbon import Statement
from lading.provenance.carbon_shares import Masses, masses_in, shared
from lading.provenance.item import same_thing
from lading.provenance.story import Happening

Reason = Literal[
    "statement-unreadable",
    "shared-with-classes",
    "packed-in-itself",
    "container-unknown",
    "made-of-classes",
    "made-elsewhere",
    "made-of-unknown",
]
MAX_STEPS = 500_000
"""How many things one ledger looks at. A pallet of 1,000 items on 100 legs needs a fifth; a bundle that is made to keep
a server busy gets no further."""

_PACKING, _MAKING = "AggregationEvent", "TransformationEvent"


@dataclass(frozen=True, slots=True)
class Gap:
    """Why something of a thing's footprint is not known, and of which event."""

    reason: Reason
    event: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """An event that stands: `stated` is None where it states nothing, a text where that cannot be read."""

    happening: Happening
    event: Mapping[str, object]
    stated: Statement | str | None

    @property
    def id(self) -> str:
        return self.happening.identity[0]

    def things(self, *lists: str) -> Masses:
        """Those in these lists, with the mass that the event states."""
        named = [one for name in lists for one in self._texts(name)]
        return masses_in(self.event, dict.fromkeys(map(same_thing, named)))

    def by_class(self, name: str) -> bool:
        """Whether it names goods by class and quantity alone."""
        return bool(self.event.get(name))

    def _texts(self, name: str) -> list[str]:
        value = self.event.get(name, [])
        return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


@dataclass(slots=True)
class Ledger:
    """`held`: by thing and event id, in mg. `passed_on`: what went on into what was made of a thing. `left_over`: by
    event id, what cannot be given to single things. `covered`: the things whose whole record is given, and
    `containers` those that held them and whose record came along; None: all. `stopped`: there was too much to do, and
    what came after it is left over."""

    covered: frozenset[str] | None = None
    containers: frozenset[str] | None = None
    held: defaultdict[str, defaultdict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    passed_on: dict[str, dict[str, int]] = field(default_factory=dict)
    left_over: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    gaps: defaultdict[str, set[Gap]] = field(default_factory=lambda: defaultdict(set))
    _inside: dict[str, dict[str, int | None]] = field(default_factory=dict)
    _mixed: set[str] = field(default_factory=set)
    _lost: dict[str, Gap] = field(default_factory=dict)
    stopped: bool = False
    _steps: int = 0

    def take(self, act: Act) -> None:
        """The next event in order of time."""
        happening = act.happening
        if self._too_much(1):
            self.left_over[act.id] += act.stated.mg if isinstance(act.stated, Statement) else 0
        elif happening.kind == _MAKING:
            self._make(act)
        elif happening.kind == _PACKING and happening.parent is not None:
            self._packing(act, happening.parent)
        else:
            with_classes = act.by_class("quantityList") or act.by_class("childQuantityList")
            self._bear(act, act.things("epcList", "parentID", "childEPCs"), with_classes)

    def _too_much(self, steps: int) -> bool:
        self._steps += steps
        self.stopped = self.stopped or self._steps > MAX_STEPS
        return self.stopped

    def _packing(self, act: Act, parent: str) -> None:
        """All of it is the container's, which is full when things are put in and before they are taken out."""
        if act.happening.action == "ADD":
            if self.containers is None or parent in self.containers:
                self._put_in(act, parent)
            else:
                self._lost |= dict.fromkeys(act.happening.children, Gap("container-unknown", act.id, parent))
            for child, gap in self._lost.items():
                self._miss([child], gap)
        self._bear(act, {parent: None}, False)
        if act.happening.action == "DELETE":
            self._take_out(act, parent)

    def _put_in(self, act: Act, parent: str) -> None:
        for child, mass in act.things("childEPCs").items():
            if self._too_much(1):
                return
            if child == parent or parent in self._below(child):
                self.gaps[child].add(Gap("packed-in-itself", act.id))
                continue
            inside = self._inside.setdefault(parent, {})
            inside[child] = mass if mass is not None else inside.get(child)
        if act.by_class("childQuantityList"):
            self._mixed.add(parent)

    def _take_out(self, act: Act, parent: str) -> None:
        inside = self._inside.get(parent, {})
        if act.happening.children or act.by_class("childQuantityList"):
            for child in act.happening.children:
                inside.pop(child, None)
                if child in self._lost and self._lost[child].detail == parent:
                    del self._lost[child]
            return
        # No children named: everything is taken out (EPCIS 2.0, section 7.4.3).
        inside.clear()
        self._mixed.discard(parent)

    def _make(self, act: Act) -> None:
        """Inputs end in outputs, with all that they bear."""
        made, used = act.things("outputEPCList"), act.happening.ended
        whole = bool(made) and not act.by_class("outputQuantityList")
        for thing in made:
            self.gaps[thing] |= {Gap(*one) for one in self._unknown_inputs(act)}
            if not whole:
                self.gaps[thing].add(Gap("shared-with-classes", act.id))
        amounts: defaultdict[str, int] = defaultdict(int)
        if self._too_much(len(made) * sum(1 + len(self.held.get(thing, ())) for thing in used)):
            whole = False
        for thing in used if whole else ():
            self.passed_on[thing] = dict(self.held.pop(thing, {}))
            for event, mg in self.passed_on[thing].items():
                amounts[event] += mg
            for output in made:
                self.gaps[output] |= self.gaps[thing]
        for event, mg in amounts.items():
            self._post(event, shared(mg, made))
        self._bear(act, made, not whole)

    def _unknown_inputs(self, act: Act) -> list[tuple[Reason, str, str]]:
        found: list[tuple[Reason, str, str]] = []
        if act.by_class("inputQuantityList"):
            found.append(("made-of-classes", act.id, ""))
        elif not act.happening.ended:
            found.append(("made-elsewhere", act.id, ""))
        if self.covered is not None and (missing := sorted(act.happening.ended - self.covered)):
            found.append(("made-of-unknown", act.id, ", ".join(missing[:3])))
        return found

    def _bear(self, act: Act, things: Masses, with_classes: bool) -> None:
        """Puts an event's own amount on these things, and down into what they hold."""
        stated = act.stated
        if stated is None:
            return
        if isinstance(stated, str):
            self._miss(things, Gap("statement-unreadable", act.id, stated))
        elif with_classes or not things:
            self.left_over[act.id] += stated.mg
            self._miss(things, Gap("shared-with-classes", act.id))
        else:
            for thing, mg in shared(stated.mg, things).items():
                self._pour(act.id, thing, mg)

    def _pour(self, event: str, thing: str, mg: int) -> None:
        """From a container into what is in it, level by level."""
        carried: defaultdict[str, int] = defaultdict(int, {thing: mg})
        for one in self._below(thing):
            inside = self._inside.get(one)
            if one not in carried or not inside:
                continue
            if one in self._mixed:
                self.left_over[event] += carried.pop(one)
                self._miss([one], Gap("shared-with-classes", event))
                continue
            for child, part in shared(carried.pop(one), inside).items():
                carried[child] += part
        self._post(event, carried)

    def _post(self, event: str, amounts: Mapping[str, int]) -> None:
        for thing, mg in amounts.items():
            self.held[thing][event] += mg

    def _miss(self, things: Iterable[str], gap: Gap) -> None:
        for thing in things:
            for one in self._below(thing):
                self.gaps[one].add(gap)

    def _below(self, thing: str) -> Sequence[str]:
        """The thing and all that is in it at any depth, each after whatever holds it."""
        if not self._inside.get(thing):
            return (thing,)
        order: TopologicalSorter[str] = TopologicalSorter({thing: ()})
        seen, wanted = {thing}, [thing]
        while wanted:
            holder = wanted.pop()
            self._too_much(1)
            for child in self._inside.get(holder, ()):
                order.add(child, holder)
                if child not in seen:
                    seen.add(child)
                    wanted.append(child)
        return tuple(order.static_order())
