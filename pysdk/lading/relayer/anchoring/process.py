"""Anchoring in a process of its own beside the capture, so that two cores are used and neither waits for the other.

The process is started anew if it dies. The signer's key goes to it over a pipe: it stands on no command line, and in no
environment that it did not stand in before. The process ends with its parent, whose end of the pipe then closes.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Final

from lading.errors import LadingError
from lading.relayer import garbage, logs
from lading.relayer.anchoring.anchorage import Anchorage
from lading.relayer.anchoring.backlog import Figures, keep_figures
from lading.relayer.errors import OutboxForeign
from lading.relayer.outbox.outbox import Outbox

if TYPE_CHECKING:
    from lading.relayer.anchoring.loop import AnchorLoop

BUSY_SECONDS: Final = 0.03
IDLE_SECONDS: Final = 0.1
REPORT_SECONDS: Final = 0.5
FIGURES_SECONDS: Final = 2.0
_FIRST_REST, _LONGEST_REST = 0.5, 30.0
_DRAIN: Final = "drain"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """How it goes. `problem`: in words, why nothing is anchored now. `drained`: nothing waits any more, or another
    process sees to it."""

    leading: bool = False
    on_the_way: int = 0
    anchored: int = 0
    problem: str | None = None
    drained: bool = False


class AnchorProcess:
    """The parent's side. `look` has to be called every now and then."""

    def __init__(self, anchorage: Anchorage) -> None:
        self._anchorage = anchorage
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._rest, self._again = _FIRST_REST, 0.0
        self._draining = False
        self.report = Report(problem="it is starting")
        self.restarts = 0

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_main, args=(theirs, self._anchorage), name="lading-anchoring")
        self._process.start()
        theirs.close()
        if self._draining:
            self.drain()

    def look(self) -> Report:
        """Takes in what it told, and starts it anew where it died and has rested."""
        pipe, process = self._pipe, self._process
        try:
            while pipe is not None and pipe.poll():
                self.report = pipe.recv()
                if self.report.problem is None:
                    self._rest = _FIRST_REST
        except (EOFError, OSError):
            self._pipe = None
        if process is not None and not process.is_alive():
            self._died(process.exitcode)
        if self._process is None and time.monotonic() >= self._again and not self.report.drained:
            self.restarts += 1
            self.start()
        return self.report

    def _died(self, code: int | None) -> None:
        self._process = self._pipe = None
        if self.report.drained:
            return
        self.report = replace(self.report, leading=False, problem=f"the anchoring process ended (code {code})")
        _LOG.error("%s; it is started anew in %g s", self.report.problem, self._rest)
        self._again = time.monotonic() + self._rest
        self._rest = min(2 * self._rest, _LONGEST_REST)

    def drain(self) -> None:
        """Asks it to anchor all that waits, and then to end."""
        self._draining = True
        if self._pipe is not None:
            try:
                self._pipe.send(_DRAIN)
            except OSError:
                self._pipe = None  # `look` finds it dead

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def stop(self, seconds: float = 1.0) -> None:
        """Ends it, by force if it does not end by itself; nothing is lost by that."""
        process, self._process = self._process, None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if process is not None:
            process.join(seconds)
            if process.is_alive():
                process.kill()
                process.join()


class _Stopped(Exception):
    """The parent has gone, or asked for the end."""


def _main(pipe: Connection, anchorage: Anchorage) -> None:
    """The process. Signals are the parent's: it says when to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logs.configure()
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    _Child(pipe, anchorage).run()


def _end_with_parent() -> None:
    """At once, also where a node keeps it waiting: it holds the lead, which another worker is to take over."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


class _Child:
    def __init__(self, pipe: Connection, anchorage: Anchorage) -> None:
        self._pipe, self._anchorage = pipe, anchorage
        self._draining = False
        self._report = Report()
        self._told = self._kept = float("-inf")
        self._rest = _FIRST_REST

    def run(self) -> None:
        try:
            while True:
                try:
                    self._anchor()
                except LadingError as error:
                    if self._report.problem != str(error):
                        _LOG.error("nothing is anchored: %s", error)
                    self._tell(replace(self._report, problem=str(error)))
                    self._wait(self._rest)
                    self._rest = min(2 * self._rest, _LONGEST_REST)
        except (_Stopped, BrokenPipeError, ConnectionResetError):
            return

    def _anchor(self) -> None:
        """From connecting to the first error."""
        with Outbox.open(self._anchorage.config.outbox, self._anchorage.identity) as outbox:
            loop = self._loop(outbox)
            garbage.settle()
            try:
                while True:
                    self._round(loop, outbox)
            finally:
                loop.stop()

    def _loop(self, outbox: Outbox) -> AnchorLoop:
        from lading.chain.endpoints import Endpoints
        from lading.chain.signer import Signer
        from lading.client import Lading
        from lading.relayer.anchoring.chain_log import ChainLog
        from lading.relayer.anchoring.loop import AnchorLoop
        from lading.relayer.run import log_identity

        given = self._anchorage
        signer = Signer.unsafe_from_key(given.key)
        endpoints = Endpoints(given.endpoints)
        client = endpoints.ask(lambda chain: Lading.connect(chain, deployment=given.deployment))
        if (found := log_identity(given.config, client)) != given.identity:
            raise OutboxForeign(
                outbox.store.path, f"its log is not on this chain, but {found}", hint="Check `chain` and `outbox`."
            )
        self._endpoints = endpoints
        log = ChainLog(endpoints, client.deployment, given.identity.publisher, [client])
        settings = given.config.chain
        confirmations = 1 if settings is None else settings.confirmations
        return AnchorLoop(outbox, log, signer, given.config.batch, confirmations=confirmations)

    def _round(self, loop: AnchorLoop, outbox: Outbox) -> None:
        made = loop.step(all_of_it=self._draining)
        problem = None if made.trouble is None else str(made.trouble)
        if problem is None:
            self._rest = _FIRST_REST
        report = Report(made.leading, made.on_the_way, self._report.anchored + len(made.anchored), problem)
        for one in made.anchored:
            _LOG.info("batch %d anchored: %d events in block %d", one.index, one.count, one.block)
        if made.leading and time.monotonic() - self._kept >= FIGURES_SECONDS:
            keep_figures(outbox.store, self._figures(loop))
            self._kept = time.monotonic()
        through = not made.leading or (made.on_the_way == 0 and outbox.waiting_size(1)[0] == 0)
        if self._draining and through:
            self._tell(replace(report, drained=True))
            raise _Stopped
        self._tell(report)
        if made.trouble is not None:
            self._wait(self._rest)
            self._rest = min(2 * self._rest, _LONGEST_REST)
        else:
            self._wait(0.0 if made.closed else BUSY_SECONDS if made.on_the_way else IDLE_SECONDS)

    def _figures(self, loop: AnchorLoop) -> Figures:
        figures = loop.sender.figures()
        faults: Counter[str] = Counter()
        for node in self._endpoints.health():
            faults.update(node.faults)
        head = self._endpoints.head()
        return Figures(
            since_ms=int((time.time() - waited) * 1000) if (waited := loop.waited()) else 0,
            nonce_gap=figures.nonce_gap,
            fee_bumps=figures.fee_bumps,
            head_number=head.number,
            head_time=head.time,
            rpc_errors=dict(faults),
        )

    def _tell(self, report: Report) -> None:
        now = time.monotonic()
        changed = (report.problem, report.drained, report.leading) != (
            self._report.problem,
            self._report.drained,
            self._report.leading,
        )
        self._report = report
        if changed or now - self._told >= REPORT_SECONDS:
            self._pipe.send(report)
            self._told = now

    def _wait(self, seconds: float) -> None:
        if self._pipe.poll(seconds):
            try:
                said = self._pipe.recv()
            except EOFError:
                raise _Stopped from None
            self._draining = self._draining or said == _DRAIN
