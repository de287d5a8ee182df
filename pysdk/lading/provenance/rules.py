"""The rules of a verdict, each a pure function from what is known to what it found. Ids, sentences and sources stand in
`reasons.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from lading.provenance.bundle import Bundle, Entry, MapEntry
from lading.provenance.item import Item
from lading.provenance.lots import spellings
from lading.provenance.reasons import CLOCK_TOLERANCE_SECONDS, MIN_TRAVEL_SECONDS
from lading.provenance.story import Happening, in_order, touching
from lading.provenance.truth import ChainFacts, Trusted


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason (its id in `reasons.REASONS`), the entry that it is about (None: the whole bundle), what was seen."""

    reason: str
    entry: int | None = None
    detail: str = ""


def deployment(bundle: Bundle, trusted: Trusted | None) -> Iterator[Finding]:
    if trusted is None:
        yield Finding("deployment-unknown")
        return
    named = bundle.chain
    pairs = (
        ("chain id", named.chain_id, trusted.chain_id),
        ("genesis", named.genesis.hex(), (trusted.genesis or named.genesis).hex()),
        ("participant registry", named.participant_registry.hex(), trusted.participant_registry.hex()),
        ("provenance registry", named.provenance_registry.hex(), trusted.provenance_registry.hex()),
    )
    for name, theirs, ours in pairs:
        if theirs != ours:
            yield Finding("deployment-differs", detail=f"{name}: the bundle says {theirs}, you trust {ours}")


def chain(facts: ChainFacts, trusted: Trusted) -> Iterator[Finding]:
    """The facts are of the trusted chain and registries. The caller chose the node, but it may be of another chain."""
    asked = (facts.chain_id, facts.participant_registry, facts.provenance_registry)
    wanted = (trusted.chain_id, trusted.participant_registry, trusted.provenance_registry)
    if asked != wanted or trusted.genesis not in (None, facts.genesis):
        yield Finding("node-differs", detail=f"it is on chain {facts.chain_id}, genesis 0x{facts.genesis.hex()}")
    elif not facts.deployed:
        yield Finding("registry-missing")


def anchored(placed: Iterable[tuple[int | None, Entry | MapEntry]], facts: ChainFacts) -> Iterator[Finding]:
    """Of what names a batch: entries with their positions, item maps with none."""
    for position, one in placed:
        anchor = facts.anchors.get((one.publisher, one.index))
        if anchor is None:
            yield Finding("anchor-missing", position, f"batch {one.index} of participant 0x{one.publisher.hex()}")
        elif anchor.digest != one.batch.digest:
            yield Finding("anchor-differs", position, f"batch {one.index} of participant 0x{one.publisher.hex()}")


def writer(placed: Iterable[tuple[int | None, Entry | MapEntry]], facts: ChainFacts) -> Iterator[Finding]:
    """The key is judged at the block in which the batch was anchored, never at a time that an event claims. Whose key
    it was says the batch, as long as it is the one that is anchored: its digest binds the writer."""
    for position, one in placed:
        anchor, writer = facts.anchors.get((one.publisher, one.index)), one.batch.writer
        if anchor is None or anchor.digest != one.batch.digest:
            continue
        key = facts.keys.get(writer)
        if key is None or key.participant != one.publisher:
            yield Finding("writer-foreign", position, f"key 0x{writer.hex()}")
            continue
        if anchor.time < key.added_at or (key.revoked_at and anchor.time >= key.revoked_at):
            yield Finding("writer-revoked", position, f"key 0x{writer.hex()}")
        if key.compromised_since and anchor.time >= key.compromised_since:
            yield Finding("writer-compromised", position, f"key 0x{writer.hex()}")


def event_concerns_item(item: Item, happenings: Sequence[Happening], replacing: Set[int]) -> Iterator[Finding]:
    """What held the item has a life of its own before and after, and its publisher's count covers all of it; such
    events are lawful here and judged no further. So are `replacing`, the positions of what stands for a wrong event."""
    ours = touching(item.key, happenings) | replacing
    yield from (Finding("event-foreign", one.position) for one in happenings if one.position not in ours)


def births(item: Item, happenings: Sequence[Happening]) -> list[Happening]:
    """The events by which the item came into being, in order, the same event anchored twice counted once."""
    once = {one.identity: one for one in reversed(in_order(happenings)) if item.key in one.born}
    return in_order(once.values())


def born_once(item: Item, happenings: Sequence[Happening]) -> Iterator[Finding]:
    born = births(item, happenings)
    if not born:
        yield Finding("birth-missing")
    yield from (Finding("born-twice", again.position) for again in born[1:])


def born_by_brand(item: Item, happenings: Sequence[Happening], facts: ChainFacts) -> Iterator[Finding]:
    if item.gtin is None or facts.brand is None:
        yield Finding("class-unknown", detail=f"GTIN {item.gtin}" if item.gtin else "the item has no GTIN")
        return
    # Every birth, not every distinct one: the same event may have been copied into another publisher's log.
    for one in happenings:
        if item.key in one.born and one.publisher != facts.brand:
            yield Finding("birth-foreign", one.position, f"participant 0x{one.publisher.hex()}")


def born_first(item: Item, happenings: Sequence[Happening]) -> Iterator[Finding]:
    born = births(item, happenings)
    if born:
        earliest = born[0].time - CLOCK_TOLERANCE_SECONDS
        yield from (Finding("event-before-birth", one.position) for one in happenings if one.time < earliest)


def one_place(happenings: Sequence[Happening]) -> Iterator[Finding]:
    """Of all located events in order of time it is enough to look at neighbours: where two sites lie within the limit,
    some two neighbours between them do."""
    located = [one for one in in_order(happenings) if one.site is not None]
    for earlier, later in pairwise(located):
        if earlier.site != later.site and later.time - earlier.time < MIN_TRAVEL_SECONDS:
            apart = f"{later.time - earlier.time:.0f} s after entry {earlier.position}"
            yield Finding("two-places", later.position, f"{earlier.site} and {later.site}, {apart}")


def time_forward(entries: Sequence[Entry], happenings: Sequence[Happening], facts: ChainFacts) -> Iterator[Finding]:
    for one in happenings:
        entry = entries[one.position]
        anchor = facts.anchors.get((entry.publisher, entry.index))
        if anchor is not None and one.time > anchor.time + CLOCK_TOLERANCE_SECONDS:
            yield Finding("event-after-anchor", one.position, f"{one.time - anchor.time:.0f} s")


def not_recalled(item: Item, story: Sequence[Happening], facts: ChainFacts) -> Iterator[Finding]:
    """`item` may have the lot that stands on its label."""
    if facts.class_recalled_at is not None:
        yield Finding("recalled-class")
    told = frozenset().union(*(one.lots_of(item.key) for one in story))
    for lot in sorted(told | ({item.lot} if item.lot else set())):
        if any(one in facts.lots_recalled_at for one in spellings(lot)):
            yield Finding("recalled-lot", detail=f"lot {lot[:40]}")
    if facts.serial_recalled_at is not None:
        yield Finding("recalled-serial")
