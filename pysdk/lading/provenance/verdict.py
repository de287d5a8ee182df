"""The verdict on an item: a pure function of its bundle, of what the chain says, and of what the verifier trusts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lading.epcis.canonical import content_hash
from lading.epcis.errors import CanonicalError, EventIdError
from lading.epcis.event_id import event_id
from lading.provenance import corrections, custody, customs_steps, ends, journey, maps, packing, rules, sales, states
from lading.provenance.bundle import Bundle, Entry, MapEntry
from lading.provenance.charges import Charge, Heard, hear, proven
from lading.provenance.explain import explain, utc
from lading.provenance.item import Item, item_of
from lading.provenance.leaf import EventLeaf
from lading.provenance.lots import spellings
from lading.provenance.merkle import HASH_BYTES, verify
from lading.provenance.parties import People
from lading.provenance.reasons import MAX_BLOCK_AGE_SECONDS, NOT_PROVEN, REASON_BY_ID, RULE_IDS, Level
from lading.provenance.rules import Finding
from lading.provenance.story import Happening, Unreadable, about, read, surroundings, turned
from lading.provenance.truth import ChainFacts, FirstClaim, Trusted

EXIT_CODES: Mapping[Level, int] = {"authentic": 0, "suspect": 10, "recalled": 11, "unknown": 12}

_NO_LEAF = bytes(HASH_BYTES)
"""Of an event that has none; no map counts it."""

_WORST_FIRST: tuple[Level, ...] = ("recalled", "suspect", "unknown")
"""A recall outranks a suspicion: it is about the consumer's safety, it comes from the chain and not from the bundle,
and whoever holds suspect goods of a recalled lot must hear it first. All reasons are listed in any case."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """The block that a verdict was measured at; `time` in seconds since 1970."""

    chain_id: int
    genesis: bytes
    block: int
    time: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`findings` are the broken rules, worst first; `checked` the ids of the rules that were applied, broken or not;
    `not_proven` ids of `reasons.NOT_PROVEN`; `as_of` is None if no chain was asked, or none that is trusted.

    `claim` is who broke the item's seal first, None where that is not known; no verdict depends on it. `heard` says
    what became of the fault documents that were given."""

    verdict: Level
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    not_proven: tuple[str, ...]
    as_of: AsOf | None
    claim: FirstClaim | None = None
    heard: tuple[Heard, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Ids of `reasons.REASONS`, each once, worst first. Empty if and only if the verdict is `authentic`."""
        return tuple(dict.fromkeys(finding.reason for finding in self.findings))

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]

    def document(self) -> dict[str, Any]:
        """The JSON document of `lading verify --json` (schema/lading-verdict-1.json)."""
        as_of = self.as_of
        return {
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "checked": list(self.checked),
            "not_proven": list(self.not_proven),
            "as_of": {
                "chain_id": as_of.chain_id if as_of else None,
                "genesis": "0x" + as_of.genesis.hex() if as_of else None,
                "block": as_of.block if as_of else None,
                "time": utc(as_of.time) if as_of else None,
            },
        }

    def explain(self) -> list[str]:
        """The verdict in sentences for a consumer, one a line."""
        return explain(self)


def judge(
    bundle: Bundle,
    facts: ChainFacts | None,
    trusted: Trusted | None,
    item: Item | None = None,
    nodes: Sequence[Finding] = (),
    charges: Sequence[Charge] = (),
    now: float | None = None,
) -> Verdict:
    """The verdict on the item of `bundle`, or on `item`, where the user gave a code beside the bundle.

    `facts` are what the chain says of this bundle (`lading.facts.facts_for`), None if none was asked; without facts of
    the trusted deployment the verdict is never better than `unknown`, and nothing is known of publishers. `nodes`: what
    was found of the nodes themselves, where several were asked. `charges`: fault documents; `facts` then have the
    anchors of those in `accused_in`. `now`: the verifier's own time in seconds since 1970, with which the block's is
    compared; None: it is not.
    """
    named = item_of(bundle.item)
    if item is not None and item.key != named.key:
        return _verdict([Finding("item-differs", detail=f"the bundle is about {bundle.item}")], {"event-concerns-item"})
    scanned = named if item is None else item
    run = _Run()
    run("deployment", rules.deployment(bundle, trusted))
    usable, people = None, People()
    if facts is not None and trusted is not None and not run.findings:
        run("chain", rules.chain(facts, trusted))
        usable = None if run.findings else facts
    if usable is not None:
        people = People(usable.roles, usable.parties)
    run.findings.extend(nodes)
    happenings, leaves = _read_entries(run, bundle.entries)
    if not bundle.entries:
        run.findings.append(Finding("no-events"))
    _judge_maps(run, named, bundle, happenings, leaves)
    story = _judge_story(run, named, happenings, people)
    heard = hear(bundle, charges, usable, trusted)
    if usable is None:
        run.findings.append(Finding("anchor-not-checked"))
    else:
        run("no-fault-proven", proven(heard))
        _judge_chain(run, scanned, bundle, happenings, story, usable)
    lots = frozenset[str]().union(*(one.lots_of(named.key) for one in story))
    old = usable is not None and now is not None and now - usable.time > MAX_BLOCK_AGE_SECONDS
    found = _verdict(run.findings, run.checked, usable, any(map(spellings, lots)), old)
    return replace(found, claim=None if usable is None else usable.claim, heard=heard)


class _Run:
    """What was checked and found so far."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.checked: set[str] = set()

    def __call__(self, rule: str, found: Iterable[Finding]) -> None:
        self.checked.add(rule)
        self.findings.extend(found)


def _read_entries(run: _Run, entries: tuple[Entry, ...]) -> tuple[list[Happening], list[bytes]]:
    """Proves each entry's event by itself, and gives those that the story's rules can read, and the leaves of all."""
    run.checked |= {"event-id", "leaf-in-batch", "event-readable"}
    happenings, leaves = [], []
    for position, entry in enumerate(entries):
        run.findings.extend(_event_id(position, entry))
        try:
            content = content_hash(entry.event)
        except CanonicalError as error:
            run.findings.append(Finding("event-unreadable", position, error.message))
            leaves.append(_NO_LEAF)
            continue
        leaves.append(EventLeaf.of(entry.event_id, content, entry.salt).hash())
        if not verify(leaves[-1], entry.proof, entry.batch.root, entry.batch.count):
            run.findings.append(Finding("leaf-not-in-batch", position))
        try:
            happenings.append(read(position, entry, content))
        except Unreadable as error:
            run.findings.append(Finding("event-unreadable", position, str(error)))
    return happenings, leaves


def _event_id(position: int, entry: Entry) -> list[Finding]:
    try:
        found = event_id(entry.event)
    except EventIdError as error:
        return [Finding("event-id-not-checked", position, error.message)]
    claimed = entry.event.get("eventID", entry.event_id)
    # An eventID of another kind (a UUID) is its publisher's own name for the event and claims nothing about its fields.
    wrong = found != entry.event_id or (str(claimed).startswith("ni:") and claimed != found)
    return [Finding("event-id-differs", position, f"its fields give {found}")] if wrong else []


def _judge_maps(run: _Run, item: Item, bundle: Bundle, happenings: list[Happening], leaves: list[bytes]) -> None:
    """What the bundle's maps say without the chain; whether they are the newest, the chain says."""
    run.findings.extend(maps.proven(bundle.maps))
    chains, wanted = maps.chains(bundle.entries, leaves), maps.things(item.key, happenings)
    run.findings.extend(maps.complete(wanted, bundle.entries, bundle.maps, chains))


def _judge_story(run: _Run, item: Item, happenings: list[Happening], people: People) -> list[Happening]:
    """Judges the story in each order of what several publishers say of one time: what is found in either counts."""
    story = _judge_ordered(run, item, happenings, people)
    if other := turned(happenings):
        again = _Run()
        more = _judge_ordered(again, item, other, people)
        known, told = set(run.findings), {one.position for one in story}
        run.findings.extend(finding for finding in again.findings if finding not in known)
        story += [one for one in more if one.position not in told]
    return story


def _judge_ordered(run: _Run, item: Item, happenings: list[Happening], people: People) -> list[Happening]:
    """Judges the events about the item, without what was declared wrong, in order of time; gives them back."""
    run("event-concerns-item", rules.event_concerns_item(item, happenings, corrections.replacing(happenings)))
    run("corrected-lawfully", corrections.corrected_lawfully(happenings))
    standing = corrections.standing(happenings)
    story, around = about(item.key, standing), surroundings(item.key, standing)
    checks: dict[str, Iterable[Finding]] = {
        "born-once": rules.born_once(item, story),
        "born-first": rules.born_first(item, story),
        "not-ended": ends.not_ended(item, story, people),
        "packed-lawfully": packing.packed_lawfully(item, story),
        "sold-once": sales.sold_once(item, story, people),
        "one-place": rules.one_place(story),
        "possible-speed": journey.possible_speed(story),
        "counter-grows": journey.counter_grows(item, story),
        "disposition": (
            *states.disposition(item, story, around),
            *states.reported_beside(item, standing, story, people),
        ),
    }
    for rule, found in checks.items():
        run(rule, found)
    # What is found of those who are known counts, even where others are not and the rule is therefore not checked.
    if_known: dict[str, tuple[bool, Iterable[Finding]]] = {
        "held-by-one": (custody.custody_known(story, people), custody.held_by_one(story, people)),
        "customs-by-customs": (customs_steps.customs_known(story, people), customs_steps.by_customs(story, people)),
        "let-through": (
            customs_steps.customs_known(story, people),
            (
                *customs_steps.let_through(story, people),
                *customs_steps.stopped_beside(item, standing, story, people),
            ),
        ),
    }
    for rule, (known, found) in if_known.items():
        run.findings.extend(found)
        run.checked |= {rule} if known else set()
    return story


def _judge_chain(
    run: _Run,
    item: Item,
    bundle: Bundle,
    happenings: list[Happening],
    story: list[Happening],
    facts: ChainFacts,
) -> None:
    batches = {(entry.publisher, entry.index, entry.batch) for entry in bundle.entries}
    alone = {(one.publisher, one.index, one.batch): one for one in bundle.maps}
    placed: list[tuple[int | None, Entry | MapEntry]] = [
        *enumerate(bundle.entries),
        *((None, one) for batch, one in alone.items() if batch not in batches),
    ]
    run("anchored", rules.anchored(placed, facts))
    run("writer", rules.writer(placed, facts))
    run("complete", maps.newest(bundle.maps, facts))
    run("born-by-brand", rules.born_by_brand(item, story, facts))
    run("time-forward", rules.time_forward(bundle.entries, happenings, facts))
    run("not-recalled", rules.not_recalled(item, story, facts))


def _verdict(
    findings: list[Finding],
    checked: set[str],
    facts: ChainFacts | None = None,
    lot_known: bool = False,
    old: bool = False,
) -> Verdict:
    levels = [REASON_BY_ID[finding.reason].level for finding in findings]
    worst: Level = next((level for level in _WORST_FIRST if level in levels), "authentic")
    order = list(REASON_BY_ID)
    return Verdict(
        worst,
        tuple(sorted(findings, key=lambda one: (order.index(one.reason), -1 if one.entry is None else one.entry))),
        tuple(rule for rule in RULE_IDS if rule in checked),
        _not_proven(findings, facts, lot_known, old),
        AsOf(facts.chain_id, facts.genesis, facts.block, facts.time) if facts else None,
    )


def _not_proven(findings: list[Finding], facts: ChainFacts | None, lot_known: bool, old: bool) -> tuple[str, ...]:
    believed = "node-trust" if facts is None else facts.believed
    doubted = {"complete", "no-fault-proven"}
    complete = facts is not None and all(REASON_BY_ID[one.reason].rule not in doubted for one in findings)
    shown = {
        "node-trust": believed != "node-trust",
        "block-hash": believed != "block-hash",
        "omitted-events": complete,
        "lot": lot_known,
        "block-new": not old,
    }
    return tuple(one for one in NOT_PROVEN if not shown.get(one, False))
