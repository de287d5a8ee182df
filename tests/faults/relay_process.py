"""A relay in a process of its own that may end itself, with SIGKILL, at a step; and what is around it.

The steps are those that the code names by its checkpoints, and
    put          a feed hands reads over
    storing      …they are written, in a transaction that is open
    stored       …they are durable
    statement    a statement of SQL is about to be run, whichever

Forked, because starting Python takes longer than all of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lading.chain.signer import Signer
from lading.client import Lading
from lading.errors import LadingError
from lading.relayer.anchoring.anchoring import anchor
from lading.relayer.captures.keys import capture_signer
from lading.relayer.config.settings import RelayConfig, load
from lading.relayer.errors import NotLeader
from lading.relayer.feeds import files
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.message import Message
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.reads.roster import Roster
from lading.relayer.run import log_identity, run_once
from lading.relayer.smoothing.inference import Lane
from lading.relayer.store import database as databases

LEADER_SECONDS, PATIENCE_SECONDS = 10.0, 60.0

T = TypeVar("T")
Body = Callable[["Steps"], None]
Listening = Callable[[Intake], Awaitable[Any]]


class Steps:
    """Counts the steps that are passed, and ends the process after the `number`-th `label`."""

    def __init__(self, label: str | None = None, number: int = 1) -> None:
        self.passed: Counter[str] = Counter()
        self._label, self._number = label, number

    def __call__(self, step: str) -> None:
        self.passed[step] += 1
        if step == self._label and self.passed[step] == self._number:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch_statements(self) -> None:
        """In this process only: there is no way back."""
        for name in ("_run", "many"):
            setattr(databases.Database, name, self._watched(getattr(databases.Database, name)))

    def _watched(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any) -> Any:
            self("statement")
            return method(*given)

        return run


def in_a_process(body: Body, label: str | None = None, number: int = 1) -> tuple[int, Counter[str]]:
    """Runs `body` in a fork: what it ended with (0, 1, or minus a signal; a traceback goes to stderr), and the steps
    that were passed if it was not killed."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        code = 1
        try:
            os.close(reading)
            steps = Steps(label, number)
            steps.watch_statements()
            body(steps)
            os.write(writing, json.dumps(steps.passed).encode())
            code = 0
        except BaseException:  # noqa: BLE001 - nothing may get back into the test that was forked
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), Counter(json.loads(said or b"{}"))


class Started:
    """A body that runs in a process of its own, beside the test."""

    def __init__(self, body: Body, label: str | None = None, number: int = 1) -> None:
        if (child := os.fork()) == 0:
            code = 1
            try:
                body(Steps(label, number))
                code = 0
            except BaseException:  # noqa: BLE001 - as in `in_a_process`
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(code)
        self.pid = child

    def ended(self, seconds: float) -> int:
        """What it ended with. Fails if it does not in time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        self.kill()
        raise AssertionError(f"it did not end within {seconds} s")

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Watched(Intake):
    """The intake, whose puts are steps."""

    steps: Steps
    after: Callable[[], None]

    async def put(self, messages: Sequence[Message], work: Callable[[], T] | None = None) -> T | None:
        def watched() -> T | None:
            done = None if work is None else work()
            self.steps("storing")
            return done

        self.steps("put")
        done = await super().put(messages, watched)
        self.steps("stored")
        self.after()
        return done


class Relay:
    """All stages on one outbox. `seed` decides which of them goes on when."""

    def __init__(self, config: RelayConfig, client: Lading, steps: Steps, seed: int) -> None:
        self.config, self.steps = config, steps
        identity = log_identity(config, client)
        self.outbox, self.captures = Outbox.open(config.outbox, identity), capture_signer(config, identity)
        self.roster = Roster(config)
        self.lanes = [Lane(self.outbox, self.roster, config, name, steps) for name in self.roster.lanes]
        self.client = client
        self._chance = random.Random(f"relay {seed}")  # noqa: S311 - the same at each run

    def a_little(self) -> None:
        """What other parts of a service do between two puts."""
        for lane in self.lanes:
            if self._chance.random() < 0.6:
                self.attempt(lambda lane=lane: lane.advance(self._chance.randint(1, 3)))
        if self._chance.random() < 0.4:
            self.attempt(self.anchor)

    async def listen(self, listening: Listening | None = None) -> None:
        """To the end of the configured file, or until `listening` is over."""
        decoder = MessageDecoder(self.roster)
        async with Watched(self.outbox.store, decoder, Backoff(0.01, 0.1), self.captures) as intake:
            intake.steps, intake.after = self.steps, self.a_little
            await (listening or self.to_the_end)(intake)

    async def to_the_end(self, intake: Intake) -> None:
        files.READ_BYTES = self._chance.randint(1000, 4000)  # type: ignore[misc] - so that there are several puts
        assert self.config.source is not None
        await files.FileFeed(self.config.source, intake, self.outbox.store).run()

    def finish(self) -> None:
        for lane in self.lanes:
            self.attempt(lambda lane=lane: self._drain(lane))
        self.attempt(self.anchor)

    def _drain(self, lane: Lane) -> None:
        while lane.advance(self._chance.randint(1, 3)) is not None:
            continue
        lane.drain()

    def attempt(self, work: Callable[[], Any]) -> None:
        """What a service does at its every turn."""
        work()

    def anchor(self) -> None:
        """A server finds out a little later that a process before this one has died, and with it who led."""
        until = time.monotonic() + LEADER_SECONDS
        while True:
            try:
                anchor(self.outbox, self.client, self.config.batch.max_events, self.steps)
            except NotLeader:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
            else:
                return


class PatientRelay(Relay):
    """One that goes on after any trouble, of which it keeps count: `troubled` is told of each."""

    def __init__(self, config: RelayConfig, client: Lading, seed: int, troubled: Callable[[LadingError], None]) -> None:
        super().__init__(config, client, Steps(), seed)
        self.troubles: list[LadingError] = []
        self._troubled = troubled

    def attempt(self, work: Callable[[], Any]) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                work()
            except LadingError as error:
                if time.monotonic() > until:
                    raise
                self.troubles.append(error)
                self._troubled(error)
                time.sleep(0.01)
            else:
                return

    def take_steps(self, steps: Steps) -> None:
        """Counts its steps there, from now on."""
        self.steps = steps
        self.lanes = [Lane(self.outbox, self.roster, self.config, name, steps) for name in self.roster.lanes]

    async def run(self, listening: Listening | None = None) -> None:
        """All of it, to the end."""
        await self.listen(listening)
        self.finish()
        self.outbox.close()


def connect(url: str, record: Path, key: str) -> Lading:
    return Lading.connect(url, signer=Signer.unsafe_from_key(key), deployment=record)


def stream(url: str, record: Path, key: str, config: Path, seed: int) -> Body:
    """From a file through feed, intake, lanes and anchoring, until all is done."""

    def body(steps: Steps) -> None:
        relay = Relay(load(config), connect(url, record, key), steps, seed)
        asyncio.run(relay.listen())
        relay.finish()
        relay.outbox.close()

    return body


def whole(url: str, record: Path, key: str, config: Path, seed: int) -> Body:
    """The whole log at once, as `lading relay run --once` does."""

    def body(steps: Steps) -> None:
        run_once(load(config), connect(url, record, key), checkpoint=steps)

    return body
