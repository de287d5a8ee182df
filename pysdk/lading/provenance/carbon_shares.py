"""How an amount is shared: by mass where every mass is stated, else equally, and exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lading.epcis.namespaces import Namespaces
from lading.provenance.bundle import MAX_INTEGER
from lading.provenance.carbon import names_of
from lading.provenance.fields import Unreadable
from lading.provenance.item import same_thing
from lading.provenance.vocabulary import VOC

Masses = Mapping[str, int | None]
"""Of things in the form of `same_thing`: milligrams, None where none is stated."""

_EACH, _SINGLE, _THING = VOC + "massMg", VOC + "masses", VOC + "thing"


def shared(amount: int, things: Masses) -> dict[str, int]:
    """The amount among these things, at least one; the parts add up to it. Where a part is no whole number, those with
    the largest remainder get one more, and among equals those whose text comes first."""
    names = sorted(things)
    parts = _parts(amount, _weights([things[name] for name in names]))
    return dict(zip(names, parts, strict=True))


def _weights(masses: Sequence[int | None]) -> list[int]:
    known = [mass for mass in masses if mass is not None]
    return known if len(known) == len(masses) else [1] * len(masses)


def _parts(amount: int, weights: Sequence[int]) -> list[int]:
    """Largest remainder (Hamilton's method), in integers alone."""
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    left = amount - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda place: -(amount * weights[place] % total))
    for place in by_remainder[:left]:
        parts[place] += 1
    return parts


def masses_in(event: Mapping[str, object], things: Iterable[str]) -> Masses:
    """What an event itself states of the mass of these things: `massMg` for each of them, `masses` for single ones, in
    its ilmd or beside its other fields. What cannot be read is not stated.

    Only the event's own words count, so that everyone who holds it comes to the same shares, whoever else's records he
    lacks.
    """
    stated: dict[str, int | None] = dict.fromkeys(things)
    try:
        names = names_of(event)
        for holder in (event.get("ilmd"), event):
            if isinstance(holder, dict):
                stated |= _stated(holder, names, stated)
    except Unreadable:
        return dict.fromkeys(stated)
    return stated


def _stated(holder: Mapping[str, object], names: Namespaces, things: Masses) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, value in holder.items():
        if names.value(name) == _EACH:
            found = dict.fromkeys(things, _mass(value)) | found
        elif names.value(name) == _SINGLE:
            found |= {thing: mass for thing, mass in _pairs(value, names) if thing in things}
    return found


def _pairs(value: object, names: Namespaces) -> list[tuple[str, int]]:
    pairs = []
    for one in value if isinstance(value, list) else [value]:
        members = {names.value(name): member for name, member in one.items()} if isinstance(one, dict) else {}
        thing = members.get(_THING)
        if not isinstance(thing, str) or set(members) != {_THING, _EACH}:
            raise Unreadable("masses is no list of things with their mass")
        pairs.append((same_thing(thing), _mass(members[_EACH])))
    return pairs


def _mass(value: object) -> int:
    if type(value) is not int or not 0 < value <= MAX_INTEGER:
        raise Unreadable("a mass is no whole number of milligrams from 1 on")
    return value
