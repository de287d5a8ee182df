"""Fault documents that a verifier was given beside a bundle, and what each of them counts against its publishers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lading.provenance import faults, rules
from lading.provenance.bundle import Bundle, ChainRef, Entry, MapEntry
from lading.provenance.faults import Lacks, Shrank, Standing
from lading.provenance.rules import Finding
from lading.provenance.truth import ChainFacts, Trusted


@dataclass(frozen=True, slots=True)
class Charge:
    """A fault document, and the name by which whoever gave it knows it, such as its file's."""

    name: str
    fault: Lacks | Shrank

    @property
    def publisher(self) -> bytes:
        """The accused participant's id (32 bytes)."""
        return self.fault.map.publisher if isinstance(self.fault, Lacks) else self.fault.after.publisher

    @property
    def shown(self) -> tuple[Entry | MapEntry, MapEntry]:
        """What names the two batches that it rests on."""
        if isinstance(self.fault, Lacks):
            return self.fault.entry, self.fault.map
        return self.fault.before, self.fault.after


class Weight(StrEnum):
    """What a charge does to the verdict."""

    PROVEN = "proven"
    """It is `publisher-faulty`."""
    IGNORED = "ignored"
    """Nothing: it is about something else, or not the publisher's doing."""
    OPEN = "open"
    """Nothing yet: it could be proven, but what the chain has is not known."""
    REFUSED = "refused"
    """The document does not hold."""


@dataclass(frozen=True, slots=True)
class Heard:
    """`because` is a clause without a full stop."""

    charge: Charge
    weight: Weight
    because: str


def accused_in(bundle: Bundle, charges: Sequence[Charge]) -> list[Charge]:
    """Those about a publisher whose events or maps the bundle has: of these the chain is asked."""
    publishers = _publishers(bundle)
    return [one for one in charges if one.publisher in publishers]


def hear(
    bundle: Bundle, charges: Sequence[Charge], facts: ChainFacts | None, trusted: Trusted | None
) -> tuple[Heard, ...]:
    """What each charge is worth, in the order given. `facts` are of the trusted deployment, with the anchors of the
    batches that `accused_in` names; None if there are none."""
    publishers = _publishers(bundle)
    return tuple(
        _heard(one, facts, trusted)
        if one.publisher in publishers
        else Heard(one, Weight.IGNORED, "it is about a publisher of which the bundle has nothing")
        for one in charges
    )


def proven(heard: Sequence[Heard]) -> Iterator[Finding]:
    for one in heard:
        if one.weight is Weight.PROVEN:
            yield Finding("publisher-faulty", detail=f"participant 0x{one.charge.publisher.hex()}: {one.because}")


def _publishers(bundle: Bundle) -> set[bytes]:
    return {one.publisher for one in bundle.entries} | {one.publisher for one in bundle.maps}


def _heard(charge: Charge, facts: ChainFacts | None, trusted: Trusted | None) -> Heard:
    if trusted is not None and _elsewhere(charge.fault.chain, facts, trusted):
        return Heard(charge, Weight.IGNORED, "it is about another chain or registry than you trust")
    anchors = {} if facts is None else {place: anchor.digest for place, anchor in facts.anchors.items()}
    judged = faults.judge(charge.fault, anchors)
    if judged.standing is Standing.UNFOUNDED:
        return Heard(charge, Weight.REFUSED, judged.because)
    if facts is None:
        return Heard(charge, Weight.OPEN, "what the chain has of its batches is not known")
    if judged.standing is Standing.UNANCHORED:
        return Heard(charge, Weight.REFUSED, judged.because)
    # Whoever stole a publisher's key could lie in its name; what that key anchored is distrusted wherever it is shown.
    foreign = next(rules.writer(((None, one) for one in charge.shown), facts), None)
    if foreign is not None:
        return Heard(charge, Weight.IGNORED, f"what it shows was anchored with a distrusted key ({foreign.detail})")
    return Heard(charge, Weight.PROVEN, judged.because)


def _elsewhere(named: ChainRef, facts: ChainFacts | None, trusted: Trusted) -> bool:
    """Compared with the verifier's own settings and chain, never with the bundle, whose maker may be the accused."""
    genesis = trusted.genesis if facts is None else facts.genesis
    return (named.chain_id, named.participant_registry, named.provenance_registry) != (
        trusted.chain_id,
        trusted.participant_registry,
        trusted.provenance_registry,
    ) or genesis not in (None, named.genesis)
