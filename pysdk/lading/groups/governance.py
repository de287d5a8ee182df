"""What the AccessManager lets a signer do at once, and what only after a delay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lading.chain.contract import Call
from lading.groups.session import Receipt, Session
from lading.values import at_time


@dataclass(frozen=True)
class Governed:
    """What became of an act of governance. `scheduled_until` None: it took effect. Else it was only scheduled, and the
    same call at or after that time carries it out."""

    receipt: Receipt
    scheduled_until: datetime | None


def govern(session: Session, call: Call) -> Governed:
    """At once where the signer may; else schedule, or carry out what is scheduled."""
    access = session.contracts.access
    immediate, delay = access.can_call(session.key.address, call)
    if immediate or not delay:
        return Governed(session.send(call), None)
    if access.scheduled_at(session.key.address, call):
        return Governed(session.send(access.execute(call)), None)
    receipt = session.send(access.schedule(call))
    return Governed(receipt, at_time(access.scheduled_at(session.key.address, call)))
