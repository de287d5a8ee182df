"""The footprint of one item, from its bundle: what the events about it and its containers state, as far as the bundle
shows how it is shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lading.epcis.canonical import content_hash
from lading.epcis.errors import CanonicalError, EventIdError
from lading.epcis.event_id import event_id
from lading.provenance import corrections
from lading.provenance.bundle import Bundle, Entry
from lading.provenance.carbon import PROBLEMS, Problem, Statement, statement_in
from lading.provenance.carbon_ledger import Act, Ledger
from lading.provenance.item import item_of
from lading.provenance.leaf import EventLeaf
from lading.provenance.maps import things
from lading.provenance.merkle import verify
from lading.provenance.story import Happening, Unreadable, about, read

Checks = Mapping[str, Problem | None]
"""By event id: what is wrong with its statement's signature, None if nothing. Of an event that is not in it, nobody
asked (`lading.facts.carbon.checks`)."""

NOT_CHECKED: Final = "not-checked"

GAPS: Mapping[str, str] = {
    "not-proven": "An event of the bundle is not the one that was anchored, or cannot be read; it is not counted.",
    "statement-unreadable": "What an event states of its emissions cannot be read.",
    "shared-with-classes": "An event's amount is shared with goods that have no serial numbers.",
    "packed-in-itself": "The record says that a thing was packed into itself.",
    "container-unknown": "It was in something whose record is not at hand.",
    "made-of-classes": "It was made of goods that have no serial numbers, whose emissions are not known.",
    "made-elsewhere": "What it was made of stands in another event.",
    "made-of-unknown": "What it was made of has a record that is not at hand.",
    "too-large": "The record is too large to be added up.",
}
"""Why a footprint may be larger than its sum."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the item bears of one event. `of_mg`: the whole event's. `problem`: why it is not verified, None if it is;
    `not-checked` if nobody asked the chain."""

    event_id: str
    time: str
    step: str
    mg: int
    of_mg: int
    method: str
    scope: str
    verifier: bytes | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Missing:
    """A reason (its id in `GAPS`) and the event that it is about."""

    reason: str
    event_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class Footprint:
    """`item`: in the form of `same_thing`. `events`: how many stand about the item, of which `stating` state anything.
    `passed_on`: the item went into other goods, and its footprint with it."""

    item: str
    parts: tuple[Part, ...]
    missing: tuple[Missing, ...]
    events: int
    stating: int
    passed_on: bool

    @property
    def verified_mg(self) -> int:
        return sum(part.mg for part in self.parts if part.problem is None)

    @property
    def stated_mg(self) -> int:
        """Stated, and not verified."""
        return sum(part.mg for part in self.parts if part.problem is not None)

    @property
    def complete(self) -> bool:
        """Whether all that is stated of the item is in the two sums. That everything was stated, nothing shows."""
        return not self.missing

    def document(self) -> dict[str, Any]:
        """The JSON document of `lading proof footprint --json`. Amounts in mg CO2e, as decimal text."""
        return {
            "item": self.item,
            "verified_mg": str(self.verified_mg),
            "stated_mg": str(self.stated_mg),
            "complete": self.complete,
            "passed_on": self.passed_on,
            "events": self.events,
            "stating": self.stating,
            "parts": [_part(part) for part in self.parts],
            "missing": [{"reason": one.reason, "event_id": one.event_id, "detail": one.detail} for one in self.missing],
        }

    def explain(self) -> list[str]:
        """For people, one sentence a line."""
        least = "" if self.complete else "at least "
        lines = [
            f"Footprint of {self.item}: {least}{kilograms(self.verified_mg)} kg CO2e verified,",
            f"and {kilograms(self.stated_mg)} kg CO2e stated, not verified.",
        ]
        for part in self.parts:
            said = "verified" if part.problem is None else f"not verified [{part.problem}]"
            lines.append(
                f"- {part.time} {part.step}: {kilograms(part.mg)} of {kilograms(part.of_mg)} kg, {part.method}"
            )
            lines.append(f"  {part.scope} - {said}")
        if self.passed_on:
            lines.append("The item went into other goods, and its footprint with it.")
        lines.append(f"{self.stating} of {self.events} events about the item state anything.")
        for reason in dict.fromkeys(one.reason for one in self.missing):
            lines.append(f"Incomplete: {GAPS[reason]} [{reason}]")
        return ["".join(sign if sign.isprintable() else "?" for sign in line) for line in lines]


def _part(part: Part) -> dict[str, Any]:
    return {
        "event_id": part.event_id,
        "time": part.time,
        "step": part.step,
        "mg": str(part.mg),
        "of_mg": str(part.of_mg),
        "method": part.method,
        "scope": part.scope,
        "verifier": None if part.verifier is None else "0x" + part.verifier.hex(),
        "problem": part.problem,
    }


def kilograms(mg: int) -> str:
    """Exactly, without idle zeros."""
    whole, rest = divmod(mg, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def footprint_of(bundle: Bundle, *inputs: Bundle, checks: Checks | None = None) -> Footprint:
    """The footprint of the bundle's item. `inputs`: the bundles of what it was made of, as far as they are at hand.
    Pure; for any bundle that can be parsed. Whether the bundle is to be believed, its verdict says."""
    bundles = (bundle, *inputs)
    acts, missing = acts_of([entry for one in bundles for entry in one.entries])
    covered = frozenset(item_of(one.item).key for one in bundles)
    ledger = Ledger(covered, frozenset().union(*map(_containers, bundles)))
    for act in acts:
        ledger.take(act)
    item = item_of(bundle.item).key
    missing += [Missing(gap.reason, gap.event, gap.detail) for gap in ledger.gaps.get(item, ())]
    missing += [Missing("too-large", "", "")] if ledger.stopped else []
    held, passed = ledger.held.get(item), ledger.passed_on.get(item)
    amounts = held or passed or {}
    by_id = {act.id: act for act in acts}
    ours = about(item, [act.happening for act in acts])
    stating = sum(by_id[one.identity[0]].stated is not None for one in ours)
    parts = tuple(_parts(amounts, acts, checks))
    found = tuple(sorted(set(missing), key=lambda one: (one.reason, one.event_id, one.detail)))
    return Footprint(item, parts, found, len(ours), stating, not held and passed is not None)


def _containers(bundle: Bundle) -> Sequence[str]:
    """Those whose record comes along in the bundle."""
    happenings = [_happening(position, entry) for position, entry in enumerate(bundle.entries)]
    return things(item_of(bundle.item).key, [one for one in happenings if one is not None])


def _parts(amounts: Mapping[str, int], acts: Sequence[Act], checks: Checks | None) -> Iterator[Part]:
    for act in acts:
        if act.id not in amounts or not isinstance(act.stated, Statement):
            continue
        stated = act.stated
        yield Part(
            event_id=act.id,
            time=str(act.event.get("eventTime")),
            step=act.happening.step or act.happening.biz_step,
            mg=amounts[act.id],
            of_mg=stated.mg,
            method=stated.method,
            scope=stated.scope,
            verifier=stated.verifier,
            problem=_problem(act, checks),
        )


def _problem(act: Act, checks: Checks | None) -> str | None:
    if isinstance(act.stated, Statement) and act.stated.verifier is None:
        return "unsigned"
    return NOT_CHECKED if checks is None else checks.get(act.id, NOT_CHECKED)


def sentence(problem: str) -> str:
    """Why a part is not verified, in words."""
    for name, said in PROBLEMS.items():
        if name == problem:
            return said
    return "Nobody asked the chain whose the signature is."


def acts_of(entries: Sequence[Entry]) -> tuple[list[Act], list[Missing]]:
    """The events that stand, each once whoever published it, in order of time; and what cannot be counted.

    Times alone would leave events of one second in the order of each bundle; batch and event id are the same in all.
    """
    happenings, missing = [], []
    for position, entry in enumerate(entries):
        happening = _happening(position, entry)
        if happening is None:
            missing.append(Missing("not-proven", entry.event_id, ""))
        else:
            happenings.append(happening)
    ordered = sorted(corrections.standing(happenings), key=lambda one: _order(one, entries[one.position]))
    once = {one.identity[0]: one for one in reversed(ordered)}
    return [_act(one, entries[one.position]) for one in reversed(once.values())], missing


def _order(one: Happening, entry: Entry) -> tuple[float, bytes, int, str]:
    return one.time, one.publisher, entry.index, one.identity[0]


def _happening(position: int, entry: Entry) -> Happening | None:
    """None for what is not the leaf of its batch, or has another id than it says."""
    try:
        content = content_hash(entry.event)
        leaf = EventLeaf.of(entry.event_id, content, entry.salt)
        if not verify(leaf.hash(), entry.proof, entry.batch.root, entry.batch.count):
            return None
        if event_id(entry.event) != entry.event_id:
            return None
        return read(position, entry, content)
    except (CanonicalError, EventIdError, Unreadable):
        return None


def _act(happening: Happening, entry: Entry) -> Act:
    try:
        return Act(happening, entry.event, statement_in(entry.event))
    except Unreadable as error:
        return Act(happening, entry.event, str(error))
