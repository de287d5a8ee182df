"""Held by one party at a time, moved only by its holder: as far as events name who hands over to whom.

Possession and ownership each go by the sources and destinations of an event (CBV 2.0, section 7.4); shipping and
receiving that name the same pair are one hand-over. Where nobody is named nothing is found: it is then not proven.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lading.provenance.parties import CARRIER, CUSTOMS, INSPECTOR, NOBODY, Handover, Party, People, Right, participant
from lading.provenance.reasons import CLOCK_TOLERANCE_SECONDS
from lading.provenance.rules import Finding
from lading.provenance.sales import is_distant, is_sale
from lading.provenance.story import Happening
from lading.provenance.vocabulary import PARTICIPANT

_RECEIVING = frozenset({"receiving", "accepting", "arriving", "unloading"})
_MOVING = frozenset(
    {"shipping", "departing", "loading", "transporting", "consigning", "retail_selling", "packing", "unpacking"}
)


@dataclass(frozen=True, slots=True)
class _Held:
    """`by`: the party that has the item, as last named; empty if nobody was. `before`: from whom it had it. `since`:
    when that was received, None while it is under way."""

    by: Party = NOBODY
    before: Party = NOBODY
    since: float | None = None


def custody_known(story: Sequence[Happening], people: People) -> bool:
    """Whether it is known of each publisher who it is, where any hand-over names somebody. Whoever was admitted under
    no GLN can be told from others only where all parties are named by their URIs as participants."""
    named = NOBODY.union(*(pair.source | pair.destination for one in story for pair in one.handovers.values()))
    by_uri = all(name.startswith(PARTICIPANT) for name in named)
    told = {who for who, names in people.parties.items() if names or by_uri}
    return not named or all(one.publisher in told and one.publisher in people.roles for one in story)


def held_by_one(story: Sequence[Happening], people: People) -> Iterator[Finding]:
    """`story`: the events about the item, in order of time."""
    yield from _right(story, people, "possessing_party")
    yield from _right(story, people, "owning_party")


def possessors(story: Sequence[Happening], people: People) -> dict[int, Party]:
    """By position of each event who had the item in his hands before it, as last named; empty where nobody was."""
    return {one.position: held.by for one, _, held in _passed(story, people, "possessing_party")}


def _passed(
    story: Sequence[Happening], people: People, right: Right
) -> Iterator[tuple[Happening, Handover | None, _Held]]:
    """Each event with the hand-over that it tells of, whole, and who had the item before."""
    held = _Held()
    for one in story:
        named = one.handovers.get(right)
        full = _completed(one, named, people) if named is not None and right == "possessing_party" else named
        yield one, full, held
        if full is not None:
            held = _after(one, full, held)
        elif _by_consumer(one, right):
            held = _Held()


def _right(story: Sequence[Happening], people: People, right: Right) -> Iterator[Finding]:
    for one, full, held in _passed(story, people, right):
        if full is not None:
            faults = list(_handover_faults(one, full, held, people))
            if right == "possessing_party" and not faults:
                faults = list(_one_sided(one, full, held, story))
            yield from faults
        elif right == "possessing_party" and held.by:
            yield from _presence(one, held, people)


def _by_consumer(one: Happening, right: Right) -> bool:
    """It goes to a consumer, who is not named. What is sold at a distance stays where it is."""
    return is_sale(one) and (right == "owning_party" or not is_distant(one))


def _completed(one: Happening, named: Handover, people: People) -> Handover:
    """Of those who have it in their hands the publisher is the side that is not named, unless it is the one that is."""
    himself = people.parties.get(one.publisher, NOBODY) | {participant(one.publisher)}
    if people.is_party(one.publisher, named.source | named.destination) is not False:
        return named
    return Handover(named.source or himself, named.destination or himself)


def _same(one: Party, other: Party) -> bool:
    return not one or not other or not one.isdisjoint(other)


def _is_repeated(full: Handover, held: _Held) -> bool:
    """It says again how the present holder came by the item, as the receiving side does."""
    return bool(held.by) and _same(full.destination, held.by) and bool(held.before) and _same(full.source, held.before)


def _handover_faults(one: Happening, full: Handover, held: _Held, people: People) -> Iterator[Finding]:
    if full.source and people.is_party(one.publisher, full.source | full.destination) is False:
        yield Finding("handover-foreign", one.position, f"participant 0x{one.publisher.hex()} is not named in it")
    elif _is_repeated(full, held):
        return
    elif held.by and full.source and not _same(full.source, held.by):
        yield Finding("handover-foreign", one.position, f"from {_text(full.source)}, but {_text(held.by)} had it")
    elif one.step in _MOVING and full.source and people.is_party(one.publisher, full.source) is False:
        yield Finding("moved-by-another", one.position, f"participant 0x{one.publisher.hex()} sent it off itself")


def _one_sided(one: Happening, full: Handover, held: _Held, story: Sequence[Happening]) -> Iterator[Finding]:
    """Who receives something says from whom; that one's own word has to be there as well."""
    if one.step not in _RECEIVING or not full.source or _is_repeated(full, held):
        return
    latest = one.time + CLOCK_TOLERANCE_SECONDS
    for other in story:
        theirs = other.handovers.get("possessing_party")
        if theirs and other.time <= latest and other.step not in _RECEIVING and _same(theirs.source, full.source):
            return
    yield Finding("handover-one-sided", one.position, f"nothing says that {_text(full.source)} gave it away")


def _after(one: Happening, full: Handover, held: _Held) -> _Held:
    since = one.time if one.step in _RECEIVING else None
    if _is_repeated(full, held):
        return replace(held, since=held.since if held.since is not None else since)
    return _Held(full.destination, full.source, since)


def _presence(one: Happening, held: _Held, people: People) -> Iterator[Finding]:
    """Somebody had the item in his hands: the holder, whoever hands it over, an office, or a carrier on the way."""
    under_way = held.since is None or one.time <= held.since + CLOCK_TOLERANCE_SECONDS
    allowed = held.by | (held.before if under_way else NOBODY)
    told = people.is_party(one.publisher, allowed)
    if told:
        return
    roles = (CUSTOMS, INSPECTOR, CARRIER) if under_way else (CUSTOMS, INSPECTOR)
    if people.has_role(one.publisher, *roles) is not False:
        return
    if is_sale(one) and is_distant(one):
        return
    if told is None:
        yield Finding("holder-not-told", one.position, f"participant 0x{one.publisher.hex()} has no GLN")
        return
    reason = "moved-by-another" if one.step in _MOVING else "custody-gap"
    yield Finding(reason, one.position, f"participant 0x{one.publisher.hex()}, while {_text(held.by)} had it")


def _text(party: Party) -> str:
    return ", ".join(sorted(party))[:120]
