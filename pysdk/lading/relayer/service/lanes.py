"""Inference for as long as the service runs: a thread that works on the lanes whose leases this worker holds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from lading.relayer.anchoring.backlog import inbox_reads, open_events
from lading.relayer.config.settings import RelayConfig
from lading.relayer.errors import OutboxError, ReaderLineError
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.reads.roster import Roster
from lading.relayer.smoothing.inference import Lane

POLL_SECONDS: Final = 0.1
IDLE_SECONDS: Final = 0.25
LOOK_SECONDS: Final = 0.5
"""How often the inbox is measured."""
ROWS_AT_ONCE: Final = 16
"""So that no lane keeps the others waiting for long."""
_LONGEST_REST: Final = 5.0
_LOG = logging.getLogger(__name__)


class LaneWorker:
    """`name`: under which the lanes are leased. `lanes` may be set by another thread. `inbox_reads` and `open_events`
    are as of the last look, `problem` says in words why nothing moves, `beat` (monotonic seconds) when it last went
    round."""

    def __init__(self, outbox: Outbox, roster: Roster, config: RelayConfig, name: str | None = None) -> None:
        self._outbox, self._roster, self._config, self._name = outbox, roster, config, name
        self._known: dict[str, Lane] = {}
        self._quiet_since: dict[str, float] = {}
        self._stuck: dict[str, tuple[str, float]] = {}  # what is wrong with a lane, and when it is tried again
        self._looked = self._rest = 0.0
        self._ending = threading.Event()
        self._wake = threading.Event()
        self._empty = False
        self._thread = threading.Thread(target=self._run, name="inference", daemon=True)
        self.lanes: tuple[str, ...] = ()
        self.inbox_reads = self.open_events = 0
        self.problem: str | None = None
        self.beat = time.monotonic()

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Asks it to end once nothing is left to take in."""
        self._ending.set()
        self._wake.set()

    def join(self, seconds: float) -> bool:
        """Whether it ended in time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """There may be something new."""
        self._wake.set()

    @property
    def ended(self) -> bool:
        """Whether it ended, asked or not."""
        return self._thread.ident is not None and not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except Exception:
            _LOG.exception("inference ended")
            raise

    def _work(self) -> None:
        while True:
            self.beat = time.monotonic()
            moved = self._attempt(self._round)
            if self._ending.is_set() and not moved:
                return
            if not moved:
                self._wake.wait(POLL_SECONDS)
                self._wake.clear()

    def _attempt(self, work: Callable[[], bool]) -> bool:
        try:
            moved = work()
        except OutboxError as error:
            if self.problem != str(error):
                _LOG.error("no events are made: %s", error)
            self.problem = str(error)
            self._rest = min(max(2 * self._rest, POLL_SECONDS), _LONGEST_REST)
            self._ending.wait(self._rest)
            return False
        self._rest = 0.0
        return moved

    def _round(self) -> bool:
        """Whether anything moved."""
        self._look()
        limit = self._config.limits.waiting_events
        if self.open_events >= limit:
            self.problem = (
                f"{self.open_events} events wait for the chain; more are not made until fewer than {limit} do"
            )
            return False
        self.problem = None
        lanes = self.lanes
        for gone in self._known.keys() - set(lanes):
            del self._known[gone], self._quiet_since[gone]
        moved = [self._try_to_work_on(name) for name in lanes]
        stuck = [f"{name}: {problem}" for name, (problem, _) in self._stuck.items() if name in lanes]
        self.problem = "; ".join(stuck) or None
        return any(moved)

    def _look(self) -> None:
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        database = self._outbox.store
        self.inbox_reads, self.open_events = inbox_reads(database), open_events(database)
        self._looked = time.monotonic()

    def _try_to_work_on(self, name: str) -> bool:
        """What goes wrong with one lane alone holds up no other; its state is made anew when it is tried again."""
        if name in self._stuck and time.monotonic() < self._stuck[name][1]:
            return False
        try:
            moved = self._work_on(name)
        except OutboxError:
            raise
        except ReaderLineError as error:
            # Replayed by a newer configuration than ours, in which their reader or antenna has a read point.
            problem = f"{error.detail}; they were accepted by another configuration: restart the relay with that one"
            return self._hold(name, problem, None)
        except Exception as error:  # noqa: BLE001 - whatever it is
            return self._hold(name, str(error) or type(error).__name__, error)
        self._stuck.pop(name, None)
        return moved

    def _hold(self, name: str, problem: str, unexpected: Exception | None) -> bool:
        """The lane rests, and is made anew when it is tried again. Says so once."""
        if name not in self._stuck:
            told = "no events are made of the reads of lane %s: %s"
            _LOG.error(told, name, problem, exc_info=unexpected)
        self._stuck[name] = (problem, time.monotonic() + _LONGEST_REST)
        self._known.pop(name, None)
        return False

    def _work_on(self, name: str) -> bool:
        now = time.monotonic()
        if name not in self._known:
            self._known[name] = Lane(self._outbox, self._roster, self._config, name, holder=self._name)
            self._quiet_since[name] = now
        lane = self._known[name]
        if lane.advance(ROWS_AT_ONCE) is not None:
            self._quiet_since[name] = time.monotonic()
            return True
        quiet = now - self._quiet_since[name]
        if quiet >= IDLE_SECONDS:
            lane.idle(quiet)
        return False
