"""`relay run`: everything between readers and chain, in one supervisor, for months.

    feeds ──► intake ──► inbox ──► inference (a thread) ──► outbox ──► anchoring (a process) ──► chain

Each part has a connection of its own to the database, and each step is durable before the one before it is told: an
MQTT message is acknowledged when its reads are on the disk. Where the disk bounds of the configuration are reached
(`limits`), events are made no more, then reads taken no more.

SIGTERM and SIGINT stop the feeds, work on what is stored, anchor what can be, and end within `DRAIN_SECONDS`; what is
left is stored, and goes on with the next start. A second signal ends it at once; so may anything: nothing is lost.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.errors import LadingError
from lading.relayer import garbage
from lading.relayer.anchoring.anchorage import Anchorage
from lading.relayer.anchoring.process import AnchorProcess
from lading.relayer.errors import OutboxError
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.reads.roster import Roster
from lading.relayer.service.duties import Duties, Held, WorkerTaken
from lading.relayer.service.feeds import FeedKeeper, leased_name
from lading.relayer.service.health import HealthServer, Reason
from lading.relayer.service.intake import BoundedIntake
from lading.relayer.service.lanes import LaneWorker
from lading.relayer.service.leases import LEASE_SECONDS, RENEW_SECONDS
from lading.relayer.service.metrics import Gauges
from lading.relayer.smoothing.regroup import Regrouped, regroup
from lading.relayer.store.database import LogIdentity

if TYPE_CHECKING:
    from lading.relayer.captures.signing import CaptureSigner

DRAIN_SECONDS: Final = 7.5
"""From the signal to the end, but for what it takes to say good-bye."""
FEEDS_SECONDS: Final = 3.0
PATIENCE_SECONDS: Final = 3.0
"""How long the end waits for a chain that is away."""
TICK_SECONDS: Final = 0.2
STUCK_SECONDS: Final = 60.0
"""Inference that has not gone round for so long is stuck."""
REOPEN_AT: Final = 0.9
_INTERRUPTED: Final = 130
_LOG = logging.getLogger(__name__)


class ServiceFault(LadingError):
    """A part of the service ended that never should: a bug of ours. The service ends, and is to be started again."""


@dataclass(frozen=True)
class Settings:
    """`worker`: a name that no other worker of this outbox has. `captures`: what signs captures, if they are signed."""

    anchorage: Anchorage
    worker: str = "0"
    captures: CaptureSigner | None = None


class Service:
    """Runs once."""

    def __init__(self, settings: Settings) -> None:
        self._config = settings.anchorage.config
        self._worker = settings.worker
        self._captures = settings.captures
        self._anchor = AnchorProcess(settings.anchorage)
        self._identity: LogIdentity = settings.anchorage.identity
        self._stop = asyncio.Event()
        self._signals = 0
        self._held = Held()
        self._renew_problem: str | None = "they are not taken yet"
        self._fault: LadingError | None = None

    async def run(self) -> None:
        """Until a signal ends it.

        Raises:
            OutboxError: the outbox cannot be used at the start.
            WorkerTaken: another process has this worker's name.
            RelayConfigError, CaptureExposed, AddressTaken: an address or a secret cannot be used.
            ServiceFault: a part of it ended.
        """
        config, roster = self._config, Roster(self._config)
        leased = [name for number, one in enumerate(config.sources) if (name := leased_name(number, one)) is not None]
        with ExitStack() as open_ones:
            mine, theirs, told = (open_ones.enter_context(Outbox.open(config.outbox, self._identity)) for _ in range(3))
            self._duties = Duties(told.store, self._worker, roster.lanes, leased)
            self._duties.enter()
            if (changed := regroup(mine.store, roster)) != Regrouped():
                _LOG.info("lanes are as the configuration has them now: %s", changed)
            self._lanes = LaneWorker(theirs, roster, config, self._worker)
            async with BoundedIntake(mine.store, MessageDecoder(roster), self._captures) as self._intake:
                self._feeds = FeedKeeper(config.sources, self._intake, mine, self._worker)
                if config.metrics is not None:
                    open_ones.enter_context(HealthServer(config.metrics, config.outbox, self.gauges, self.reasons))
                self._listen_to_signals()
                self._lanes.start()
                self._anchor.start()
                garbage.settle()
                _LOG.info("the relay runs: worker %s, %d lanes", self._worker, len(roster.lanes))
                if self._captures is not None:
                    _LOG.info("captures are signed by %s", self._captures.address)
                try:
                    await self._until_stopped()
                    await self._drain()
                finally:
                    self._anchor.stop(seconds=0.3)
        if self._fault is not None:
            raise self._fault

    # -- while it runs

    async def _until_stopped(self) -> None:
        renewing = asyncio.create_task(self._renew_for_ever())
        try:
            while not self._stop.is_set():
                self._tick()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), TICK_SECONDS)
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing

    def _tick(self) -> None:
        self._anchor.look()
        limit = self._config.limits.inbox_reads
        if self._lanes.inbox_reads >= limit and not self._intake.is_shut:
            _LOG.warning("%d reads wait in the inbox; no more are taken", self._lanes.inbox_reads)
            self._intake.shut()
        elif self._lanes.inbox_reads < REOPEN_AT * limit:
            self._intake.open()
        if self._lanes.ended:
            self._end(ServiceFault("Inference ended.", hint="Report what the log says; nothing is lost."))

    async def _renew_for_ever(self) -> None:
        since = time.monotonic()
        loop = asyncio.get_running_loop()
        # A thread of its own: those that all share may be waiting for the names of readers that are away.
        own = ThreadPoolExecutor(1, "leases")
        while True:
            try:
                self._held = await loop.run_in_executor(own, self._duties.renew)
                self._renew_problem, since = None, time.monotonic()
            except WorkerTaken as error:
                self._end(error)
                return
            except OutboxError as error:
                self._renew_problem = str(error)
                if time.monotonic() - since > LEASE_SECONDS:
                    self._held = Held()  # others may have them by now
            self._lanes.lanes = self._held.lanes
            self._feeds.apply(self._held)
            await asyncio.sleep(RENEW_SECONDS)

    def _end(self, fault: LadingError) -> None:
        self._fault = self._fault or fault
        self._stop.set()

    # -- the end

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self._signalled)

    def _signalled(self) -> None:
        self._signals += 1
        if self._signals > 1:
            self._anchor.stop(seconds=0)
            os._exit(_INTERRUPTED)
        _LOG.info("stopping: feeds end, what is stored is worked on and anchored, for %g s at most", DRAIN_SECONDS)
        self._stop.set()

    async def _drain(self) -> None:
        end = time.monotonic() + DRAIN_SECONDS
        watchdog = threading.Timer(DRAIN_SECONDS + 0.5, self._cut_short)
        watchdog.daemon = True
        watchdog.start()
        await self._feeds.stop(FEEDS_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._intake.drain()
        self._lanes.finish()
        worked = await asyncio.to_thread(self._lanes.join, max(end - time.monotonic() - 2.0, 0.1))
        self._anchor.drain()
        patience = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end - 0.5 and not (report := self._anchor.look()).drained:
            if report.problem is not None and time.monotonic() > patience:
                break
            await asyncio.sleep(0.05)
        with suppress(OutboxError):
            await asyncio.to_thread(self._duties.leave)
        if worked and self._anchor.report.drained:
            _LOG.info("stopped")
        else:
            _LOG.warning("stopped; what was not worked on or anchored is stored, and goes on with the next start")
        if not worked:
            # Its transaction in the making is given up, and made anew by the next start.
            self._cut_short()
        watchdog.cancel()

    def _cut_short(self) -> None:
        """A database that does not answer keeps nobody: all that was acknowledged is on the disk."""
        self._anchor.stop(seconds=0)
        logging.shutdown()
        os._exit(0)

    # -- what is told

    def gauges(self) -> Gauges:
        """What this process knows, for metrics; called by another thread."""
        state = self._intake.state
        return Gauges(
            intake_waiting=state.waiting_messages,
            feeds=tuple(self._feeds.views()),
            anchor_restarts=self._anchor.restarts,
            capture_failures=0 if self._captures is None else self._captures.failures,
        )

    def reasons(self) -> list[Reason]:
        """Why it is not well, most urgent first; called by another thread."""
        found: list[Reason] = []
        stuck = time.monotonic() - self._lanes.beat
        if stuck > STUCK_SECONDS:
            found.append(Reason("inference", f"it has not gone round for {stuck:.0f} s", fatal=True))
        for part, problem in (
            ("intake", self._intake.state.problem),
            ("intake", "the inbox is full: nothing is acknowledged" if self._intake.is_shut else None),
            ("inference", self._lanes.problem),
            ("leases", self._renew_problem),
            ("anchoring", self._anchor.report.problem),
        ):
            if problem is not None:
                found.append(Reason(part, problem))
        for feed in self._feeds.views():
            if not feed.connected and not feed.ended:
                found.append(Reason(feed.name, feed.problem or "it is connecting"))
        return found
