"""Which events their publisher has declared wrong, and what stands for them (EPCIS 2.0, section 7.4.1.3).

A declaration repeats the wrong event and adds `errorDeclaration`. The CBV event id leaves that field out, so the two
have one event id and differ in their leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lading.provenance.rules import Finding
from lading.provenance.story import Happening


def standing(happenings: Sequence[Happening]) -> list[Happening]:
    """The happenings without those that their own publisher declared wrong, and without the declarations."""
    wrong = {(one.publisher, one.identity[0]) for one in happenings if one.corrects}
    return [one for one in happenings if not one.corrects and (one.publisher, one.identity[0]) not in wrong]


def replacing(happenings: Sequence[Happening]) -> set[int]:
    """Positions of the events that a declaration of the same publisher puts in place of a wrong one. They may be about
    other goods: that may just be what was wrong."""
    called = _called(happenings)
    named = [(one.publisher, name) for one in happenings for name in one.correctives]
    return {position for pair in named for position in called.get(pair, ())}


def corrected_lawfully(happenings: Sequence[Happening]) -> Iterator[Finding]:
    called = _called(happenings)
    publishers: dict[str, set[bytes]] = {}
    for one in happenings:
        if not one.corrects:
            publishers.setdefault(one.identity[0], set()).add(one.publisher)
    for one in happenings:
        if not one.corrects:
            continue
        if one.identity[0] not in publishers:
            yield Finding("correction-not-judged", one.position, "what it corrects is not in the bundle")
        elif one.publisher not in publishers[one.identity[0]]:
            yield Finding("correction-foreign", one.position, f"participant 0x{one.publisher.hex()}")
        for name in one.correctives:
            if (one.publisher, name) not in called:
                yield Finding("correction-missing", one.position, name[:120])


def _called(happenings: Sequence[Happening]) -> dict[tuple[bytes, str], list[int]]:
    """Positions by publisher and by either name of an event: the CBV id, and its own eventID."""
    found: dict[tuple[bytes, str], list[int]] = {}
    for one in happenings:
        for name in {one.identity[0], one.name} - {""} if not one.corrects else ():
            found.setdefault((one.publisher, name), []).append(one.position)
    return found
