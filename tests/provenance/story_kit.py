"""Stories for the tests of the story's rules: who takes part, and how a story is told and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provenance_kit import BRAND, CARRIER, HOUR, ITEM, START, STRANGER, World, event, reasons, writer_of

from lading.provenance.parties import participant
from lading.provenance.truth import WriterKey
from lading.provenance.verdict import Verdict

Event = Mapping[str, Any]
Told = tuple[bytes, Event]
"""Who published it, and what."""

SHOPKEEPER, CUSTOMS_OFFICE, OTHER_OFFICE, INSPECTOR, BUYER = (bytes([number]) * 32 for number in range(11, 16))
CROSSDOCK = "urn:epc:id:sgln:0614141.00004.0"
CUSTOMS_YARD = "urn:epc:id:sgln:0614141.00005.0"
VOC = "https://lading.example/voc/"

GLNS = {
    BRAND: "0614141.00011",
    CARRIER: "0614141.00012",
    STRANGER: "0614141.00013",
    SHOPKEEPER: "0614141.00014",
    CUSTOMS_OFFICE: "0614141.00015",
    OTHER_OFFICE: "0614141.00016",
    INSPECTOR: "0614141.00017",
    BUYER: "0614141.00018",
}
LINKS = {
    BRAND: "https://id.gs1.org/417/0614141000111",
    CARRIER: "https://id.gs1.org/417/0614141000128",
    STRANGER: "https://id.gs1.org/417/0614141000135",
    SHOPKEEPER: "https://id.gs1.org/417/0614141000142",
    CUSTOMS_OFFICE: "https://id.gs1.org/417/0614141000159",
    OTHER_OFFICE: "https://id.gs1.org/417/0614141000166",
    INSPECTOR: "https://id.gs1.org/417/0614141000173",
    BUYER: "https://id.gs1.org/417/0614141000180",
}
PARTIES = {who: frozenset({link}) for who, link in LINKS.items()}
ROLES = {
    BRAND: frozenset({"BRAND"}),
    CARRIER: frozenset({"CARRIER"}),
    STRANGER: frozenset({"SELLER"}),
    SHOPKEEPER: frozenset({"SELLER"}),
    CUSTOMS_OFFICE: frozenset({"CUSTOMS"}),
    OTHER_OFFICE: frozenset({"CUSTOMS"}),
    INSPECTOR: frozenset({"INSPECTOR"}),
    BUYER: frozenset[str](),
}


def party(who: bytes) -> str:
    return f"urn:epc:id:pgln:{GLNS[who]}"


def handed(giver: str | None, taker: str | None, right: str = "possessing_party") -> dict[str, Any]:
    """Source and destination of a hand-over, as fields of an event."""
    given: dict[str, Any] = {"sourceList": [{"type": right, "source": giver}]} if giver else {}
    return given | ({"destinationList": [{"type": right, "destination": taker}]} if taker else {})


def act(step: str, when: float, place: str | None = None, item: str = ITEM, **more: Any) -> dict[str, Any]:
    """An ObjectEvent with a business step."""
    return event("ObjectEvent", when, "OBSERVE", place, epcList=[item], bizStep=step, **more)


def ship(giver: bytes, taker: bytes, when: float, place: str | None = None, **more: Any) -> Told:
    return giver, act("shipping", when, place, **handed(party(giver), party(taker)), **more)


def receive(giver: bytes, taker: bytes, when: float, place: str | None = None, **more: Any) -> Told:
    return taker, act("receiving", when, place, **handed(party(giver), party(taker)), **more)


def world_of(story: Sequence[Told]) -> World:
    world = World()
    world.keys |= {writer_of(who): WriterKey(who, START - HOUR, 0, 0) for who in GLNS}
    for who, told in story:
        world.publish(who, told)
    return world


def verdict_on(*story: Told, known: bool = True) -> Verdict:
    """The verdict where the chain shows everything; `known`: also who publishers are and what they may do."""
    world = world_of(story)
    world.changes |= {"roles": ROLES, "parties": PARTIES} if known else {}
    return world.judge()


def judged(*story: Told, known: bool = True) -> tuple[str, list[str]]:
    verdict, found = reasons(verdict_on(*story, known=known))
    return verdict, list(found)


def uri(who: bytes) -> str:
    return participant(who)
