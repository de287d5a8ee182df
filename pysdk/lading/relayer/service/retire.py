"""A worker that will not run again gives up its place at the brokers.

Nothing of it is lost: for as long as this takes, this process is that worker. So the others give the place back, and
what the brokers hold for it is stored before its sessions end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Final

from lading.errors import InputError, LadingError
from lading.relayer.config.feeds import MqttFeed as MqttSettings
from lading.relayer.config.settings import RelayConfig
from lading.relayer.feeds.mqtt import MqttFeed
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.reads.roster import Roster
from lading.relayer.service.duties import SLOT, WORKER, Duties
from lading.relayer.service.leases import LEASE_SECONDS, RENEW_SECONDS
from lading.relayer.store.database import Database, owner_of

PATIENCE_SECONDS: Final = 2 * (LEASE_SECONDS + RENEW_SECONDS)


class UnknownWorker(InputError):
    """No worker of this name has a place at a broker."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        names = ", ".join(known) or "none"
        super().__init__(f"No worker {name!r} has a place at a broker.", hint=f"Known are: {names}.")


class PlaceHeld(LadingError):
    """Another worker keeps the place of the one that is to be retired."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Another worker did not give the place of {name!r} back within {PATIENCE_SECONDS:g} s.",
            hint="Nothing was changed. Look at the readiness of the workers that run, and run this again.",
            retryable=True,
        )


async def retire(config: RelayConfig, name: str) -> int:
    """How many messages the brokers still held for that worker; they are in the inbox, or in quarantine.

    Raises:
        UnknownWorker, PlaceHeld: as they say; nothing was changed.
        WorkerTaken: it runs.
        OutboxError: the outbox cannot be used.
        PlaceKept: a broker is away or refuses. What it had sent is stored, and the place stays: run it again.
    """
    identity = owner_of(config.outbox)
    with Outbox.open(config.outbox, identity) as told, Outbox.open(config.outbox, identity) as stored:
        database = told.store
        if name not in (known := places(database)):
            raise UnknownWorker(name, known)
        duties = Duties(database, name, (), ())
        duties.enter()
        try:
            await _take(duties, name)
            async with Intake(stored.store, MessageDecoder(Roster(config))) as intake:
                taken = await _working(duties, _drained(config, intake, name))
            database.many("DELETE FROM lanes WHERE lane = ?", [(SLOT + name,), (WORKER + name,)])
        finally:
            duties.leave()
        return taken


async def _take(duties: Duties, name: str) -> None:
    """Whoever keeps its place sees that it lives, and gives it back with its next turn."""
    until = time.monotonic() + PATIENCE_SECONDS
    while name not in duties.renew().slots:
        if time.monotonic() > until:
            raise PlaceHeld(name)
        await asyncio.sleep(RENEW_SECONDS / 4)


async def _working(duties: Duties, work: Coroutine[None, None, int]) -> int:
    """What the work gives; it lives meanwhile."""
    task = asyncio.create_task(work)
    while not (await asyncio.wait((task,), timeout=RENEW_SECONDS))[0]:
        duties.renew()
    return task.result()


async def _drained(config: RelayConfig, intake: Intake, name: str) -> int:
    taken = 0
    for settings in config.sources:
        if isinstance(settings, MqttSettings) and settings.share is not None:
            taken += await MqttFeed(settings, intake, name).retire()
    return taken


def places(database: Database) -> list[str]:
    """The workers that have a place at the brokers."""
    rows = database.rows("SELECT lane FROM lanes ORDER BY lane")
    return [lane.removeprefix(SLOT) for (lane,) in rows if lane.startswith(SLOT)]
