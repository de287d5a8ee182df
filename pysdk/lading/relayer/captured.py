"""An EPCIS document that others made -> which of its events can be captured, and why the others cannot. Pure but for
`put_all`, which takes them in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lading.epcis.canonical import content_hash
from lading.epcis.check import check_document
from lading.epcis.errors import CanonicalError, DocumentError, EventIdError, Fault
from lading.epcis.event_id import event_id
from lading.epcis.read import read_document
from lading.provenance.leaf import self_contained
from lading.relayer.outbox import Outbox

_OF_EVENT = re.compile(r"\$\.epcisBody\.eventList\[(\d+)\](?:[.\[].*)?", re.DOTALL)


class Outcome(StrEnum):
    """What became of one event."""

    CAPTURED = "captured"
    DUPLICATE = "duplicate"
    """It was there already: the same event id and the same error declaration."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Judged:
    """A document's events in its order. Of event n, `ids[n]` is its CBV event id, None if it has none, and `faults[n]`
    what is wrong with it: nothing, if it can be captured."""

    events: Sequence[Mapping[str, Any]]
    context: object
    ids: Sequence[str | None]
    faults: Sequence[tuple[Fault, ...]]

    @property
    def found(self) -> tuple[Fault, ...]:
        """All faults, in the order of the events."""
        return tuple(fault for faults in self.faults for fault in faults)


def judge(data: bytes) -> Judged:
    """Reads a document in JSON-LD or XML and judges its events one by one.

    Raises:
        NotJson: it is neither JSON nor XML.
        DocumentError: something other than its events is wrong with it, so that none can be told apart.
    """
    document = read_document(data)
    found = check_document(document)
    apart: dict[int, list[Fault]] = {}
    for fault in found:
        match = _OF_EVENT.fullmatch(fault.path)
        if match is None:
            raise DocumentError.of(found)
        apart.setdefault(int(match[1]), []).append(fault)
    assert isinstance(document, dict)  # noqa: S101 - or the check had found it
    if document["type"] != "EPCISDocument":
        problem = "only an EPCISDocument is captured; a query document repeats others' events"
        raise DocumentError.of([Fault("$.type", "type-name", problem)])
    events, context = document["epcisBody"]["eventList"], document["@context"]
    ids: list[str | None] = []
    for number, event in enumerate(events):
        identifier, problems = (None, []) if number in apart else _identified(number, event, context)
        ids.append(identifier)
        apart.setdefault(number, []).extend(problems)
    return Judged(events, context, ids, [tuple(apart[number]) for number in range(len(events))])


def _identified(number: int, event: Mapping[str, Any], context: object) -> tuple[str | None, list[Fault]]:
    """The id of an event as it is kept, or why it has none."""
    place = f"$.epcisBody.eventList[{number}]"
    try:
        whole = self_contained(event, context)
        content_hash(whole)
        return event_id(whole), []
    except EventIdError as problem:
        return None, [Fault(place + problem.path.removeprefix("$"), "event-id", str(problem))]
    except CanonicalError as problem:
        return None, [Fault(place, "canonical", str(problem))]


def put_all(outbox: Outbox, judged: Judged) -> list[Outcome]:
    """Takes in the events that can be captured, inside the caller's transaction; of each event, what became of it.

    Raises `OutboxError`.
    """
    outcomes = []
    for event, faults in zip(judged.events, judged.faults, strict=True):
        if faults:
            outcomes.append(Outcome.REFUSED)
        else:
            outcomes.append(Outcome.CAPTURED if outbox.add(event, judged.context) else Outcome.DUPLICATE)
    return outcomes
