"""An EPCIS document that others made -> which of its events can be captured, and why the others cannot. Pure but for
`put_all`, which takes them in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lading.epcis.check import check_document
from lading.epcis.errors import CanonicalError, DocumentError, EventIdError, Fault
from lading.epcis.event_id import event_id_uri
from lading.epcis.read import read_document
from lading.relayer.outbox.events import NewEvent
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.outbox.spelling import MisspeltThings

_OF_EVENT = re.compile(r"\$\.epcisBody\.eventList\[(\d+)\](?:[.\[].*)?", re.DOTALL)


class Outcome(StrEnum):
    """What became of one event."""

    CAPTURED = "captured"
    DUPLICATE = "duplicate"
    """It was there already: the same event id and the same error declaration."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Judged:
    """A document's events in its order: event n as it is to be stored, None if it cannot be, and then `faults[n]` says
    why."""

    made: Sequence[NewEvent | None]
    faults: Sequence[tuple[Fault, ...]]

    @property
    def found(self) -> tuple[Fault, ...]:
        """All faults, in the order of the events."""
        return tuple(fault for faults in self.faults for fault in faults)

    @property
    def ids(self) -> list[str | None]:
        """The CBV event ids."""
        return [None if one is None else event_id_uri(one.event_id) for one in self.made]


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
    made: list[NewEvent | None] = []
    for number, event in enumerate(events):
        faults = apart.setdefault(number, [])
        try:
            made.append(None if faults else NewEvent.of(event, context))
        except (MisspeltThings, EventIdError, CanonicalError) as problem:
            made.append(None)
            faults += _faults(number, problem)
    return Judged(made, [tuple(apart[number]) for number in range(len(events))])


def _faults(number: int, problem: MisspeltThings | EventIdError | CanonicalError) -> list[Fault]:
    """Why an event that is well-formed cannot be stored."""
    place = f"$.epcisBody.eventList[{number}]"
    if isinstance(problem, MisspeltThings):
        return problem.faults(place)
    if isinstance(problem, EventIdError):
        return [Fault(place + problem.path.removeprefix("$"), "event-id", problem.message)]
    return [Fault(place, "canonical", problem.message)]


def put_all(outbox: Outbox, judged: Judged) -> list[Outcome]:
    """Takes in the events that can be captured, inside the caller's transaction; of each event, what became of it.

    Raises `OutboxError`.
    """
    placed = iter(outbox.put_named([one for one in judged.made if one is not None]))
    return [
        Outcome.REFUSED if one is None else Outcome.CAPTURED if next(placed).new else Outcome.DUPLICATE
        for one in judged.made
    ]
