"""What this worker has to do, of all that the workers of one outbox share: lanes, readers, places at brokers.

Each is leased (`lading.relayer.service.leases`), so that what a worker held that died is taken over by those that
live, within the time of a lease. They share alike: who has more than its part gives some back. A worker's place at the
brokers, its slot, goes back to it when it lives again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lading.errors import LadingError
from lading.relayer.anchoring.leader import Leader
from lading.relayer.service.leases import Leases
from lading.relayer.store.database import Database

# Names in the table of lanes; no reader's name begins with a tab.
WORKER: Final = "\tworker "
SLOT: Final = "\tslot "
FEED: Final = "\tfeed "


class WorkerTaken(LadingError):
    """Another process is the worker of that name."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(
            f"Another process works as {name!r} on the outbox {path}.",
            hint="Stop it, or give each worker a name of its own with --worker; several machines need PostgreSQL.",
            retryable=True,
        )


@dataclass(frozen=True, slots=True)
class Held:
    """What this worker holds now: names of lanes, of feeds, and of the workers whose slots it keeps."""

    lanes: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()


class Duties:
    """Of one worker. `feeds`: the sources that one worker at a time listens to."""

    def __init__(self, database: Database, worker: str, lanes: Sequence[str], feeds: Sequence[str]) -> None:
        self._database, self._worker = database, worker
        self._lanes, self._feeds = list(lanes), [FEED + feed for feed in feeds]
        self._leases = Leases(database, worker)
        self._name = Leader(database, f"worker-{worker}")

    def enter(self) -> None:
        """
        Raises:
            WorkerTaken: another process has this name.
        """
        if not self._name.take():
            raise WorkerTaken(self._worker, self._database.path)

    def renew(self) -> Held:
        """Renews what is held, takes what is free, gives back what is too much. Raises `OutboxError`, and `WorkerTaken`
        if the name was lost with the connection and taken by another."""
        self.enter()
        self._leases.take([WORKER + self._worker])
        workers = [name.removeprefix(WORKER) for name in self._leases.alive(WORKER)]
        lanes, feeds = (self._part(names, len(workers)) for names in (self._lanes, self._feeds))
        return Held(lanes, tuple(name.removeprefix(FEED) for name in feeds), self._slots(workers))

    def leave(self) -> None:
        """Gives all back. Raises `OutboxError`; then it lapses by itself."""
        self._leases.release()
        self._name.release()

    def _part(self, names: list[str], workers: int) -> tuple[str, ...]:
        most = -(-len(names) // max(workers, 1))
        held = self._leases.take(names, most)
        self._leases.give_back(held[most:])
        return tuple(held[:most])

    def _slots(self, workers: Sequence[str]) -> tuple[str, ...]:
        """Its own, and those of workers that do not live."""
        rows = self._database.rows("SELECT lane FROM lanes ORDER BY lane")
        known = [lane.removeprefix(SLOT) for (lane,) in rows if lane.startswith(SLOT)]
        others = [name for name in known if name != self._worker]
        self._leases.give_back([SLOT + name for name in others if name in workers])
        wanted = [self._worker, *(name for name in others if name not in workers)]
        return tuple(name.removeprefix(SLOT) for name in self._leases.take([SLOT + name for name in wanted]))
