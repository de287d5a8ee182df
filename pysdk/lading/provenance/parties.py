"""Who hands goods over to whom, and which participant of the registry a party in an event is.

CBV 2.0, section 7.4 (types of source and destination) and section 8.7 (their identifiers).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from lading.provenance.fields import objects_in, text_in
from lading.provenance.item import party_of
from lading.provenance.vocabulary import PARTICIPANT

Right = Literal["possessing_party", "owning_party"]
Party = frozenset[str]
"""What a party is called, each in the form of `party_of`; empty where nobody is named."""

_RIGHT = re.compile(
    r"(?:https://ref\.gs1\.org/cbv/SDT-|cbv:SDT-|urn:epcglobal:cbv:sdt:)?(possessing_party|owning_party)"
)
NOBODY: Party = frozenset()
CUSTOMS, INSPECTOR, CARRIER = "CUSTOMS", "INSPECTOR", "CARRIER"


@dataclass(frozen=True, slots=True)
class Handover:
    """Possession or ownership goes from `source` to `destination`; one of them may be nobody named, not both."""

    source: Party
    destination: Party


@dataclass(frozen=True, slots=True)
class People:
    """What the chain says of publishers, as far as the verifier asked; nothing is known of those that are not in it.

    `roles`: names of `enums.Role`. `parties`: the GLNs under which a participant was admitted, in the form of
    `party_of`. Both by participant id (32 bytes).
    """

    roles: Mapping[bytes, frozenset[str]] = field(default_factory=dict)
    parties: Mapping[bytes, frozenset[str]] = field(default_factory=dict)

    def is_party(self, publisher: bytes, party: Party) -> bool | None:
        """None where it cannot be told: the party has a name that the registry does not, or may not, know."""
        known = self.parties.get(publisher, NOBODY)
        if party & (known | {participant(publisher)}):
            return True
        if known or all(name.startswith(PARTICIPANT) for name in party):
            return False
        return None

    def has_role(self, publisher: bytes, *roles: str) -> bool | None:
        """Whether it has any of them; None where nothing is known of the publisher."""
        known = self.roles.get(publisher)
        return None if known is None else not known.isdisjoint(roles)


def participant(publisher: bytes) -> str:
    """The URI of a participant as a party."""
    return f"{PARTICIPANT}0x{publisher.hex()}"


def handovers(event: Mapping[str, object], meaning: Callable[[str], str]) -> dict[Right, Handover]:
    """`meaning`: `fields.written_out` of the event.

    Raises Unreadable if a source or destination is no object with a type and a text."""
    rights: tuple[Right, ...] = ("possessing_party", "owning_party")
    pairs = {
        right: Handover(
            _named(event, "sourceList", "source", right, meaning),
            _named(event, "destinationList", "destination", right, meaning),
        )
        for right in rights
    }
    return {right: pair for right, pair in pairs.items() if pair.source or pair.destination}


def _named(event: Mapping[str, object], name: str, member: str, right: Right, meaning: Callable[[str], str]) -> Party:
    pairs = [(meaning(text_in(one, "type")), text_in(one, member)) for one in objects_in(event, name)]
    return frozenset(
        party_of(party) for kind, party in pairs if (found := _RIGHT.fullmatch(kind)) is not None and found[1] == right
    )
