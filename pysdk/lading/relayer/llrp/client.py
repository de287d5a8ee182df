"""A reader on the network, kept connected and listened to.

LLRP does not acknowledge reports: what a reader has sent is gone from its memory. So a read is lost

- if the connection breaks while it is under way (a reader that can hold reports is asked to, and then keeps those that
  it has not sent yet for the next connection; how many is up to the reader);
- if the reader's own buffer runs over while we take nothing: that it tells, and it is logged and counted;
- if this process is killed, or the intake is still away some seconds after the client was cancelled: what was received
  and not stored, at most `BACKLOG_BYTES` and what the system's socket holds, mostly a few milliseconds' worth.

What was received is kept through breaks of the connection, and handed over when the client is cancelled. Readers that
must lose nothing have MQTT feeds, which acknowledge.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Sequence
from typing import Final, Protocol

from lading.relayer.config.feeds import LlrpFeed as LlrpSettings
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.message import Form, LlrpContext, Message
from lading.relayer.feeds.state import FeedState
from lading.relayer.llrp.connection import Connection, Timings
from lading.relayer.llrp.errors import LlrpError, LlrpMalformed, ReaderUnreachable

BACKLOG_BYTES: Final = 4_000_000
"""What is taken from the reader while the intake is busy; beyond that nothing is read, and the reader has to wait."""
LAST_PUT_SECONDS: Final = 3.0
_LOG = logging.getLogger(__name__)


class Intake(Protocol):
    """What a reader's messages go to."""

    async def put(self, messages: Sequence[Message]) -> object:
        """Returns when they are durable."""


class LlrpFeed:
    """One reader. `counts`: the messages and events that came, by name, and `refused`, `silent`, `malformed`, … for
    each connection that ended so."""

    def __init__(
        self,
        settings: LlrpSettings,
        intake: Intake,
        backoff: Backoff | None = None,
        timings: Timings | None = None,
        backlog_bytes: int = BACKLOG_BYTES,
    ) -> None:
        self._settings, self._intake = settings, intake
        self._backoff, self._timings = backoff or Backoff(), timings or Timings()
        self._backlog: deque[Message] = deque()
        self._held, self._most = 0, backlog_bytes
        self._changed = asyncio.Condition()
        self.name = f"{settings.llrp}:{settings.port}"
        self.state = FeedState()
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        """Until it is cancelled; a reader that is away is waited for, and what it refuses is tried again. Cancelled, it
        closes the connection and stores what it has, for which it takes some seconds at most."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._stay_connected())
                group.create_task(self._hand_over())
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_PUT_SECONDS):
                    await self._store()

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._connection()
            except LlrpError as error:
                kind = error.reason if isinstance(error, LlrpMalformed) else type(error).__name__
                self.counts[kind] += 1
                self.state.down(error.message)
                _LOG.warning("%s: %s", self._settings.reader, error)
            await self._backoff.wait()

    async def _connection(self) -> None:
        host = self._settings.llrp.strip("[]")
        try:
            async with asyncio.timeout(self._timings.connect):
                streams = await asyncio.open_connection(host, self._settings.port)
        except TimeoutError:
            raise ReaderUnreachable(self.name, f"no answer within {self._timings.connect:g} s") from None
        except OSError as error:
            raise ReaderUnreachable(self.name, str(error) or type(error).__name__) from error
        connection = Connection(streams, self.name, self._timings, self._take, self.counts)
        settled = asyncio.create_task(self._settled(connection.alive))
        try:
            await connection.serve(self._ready)
        finally:
            settled.cancel()

    async def _settled(self, alive: asyncio.Event) -> None:
        """A reader that greets and hangs up is not asked in a loop: only one that works is asked again at once."""
        await alive.wait()
        self._backoff.reset()

    def _ready(self) -> None:
        self.state.up()
        _LOG.info("%s: connected", self._settings.reader)

    async def _take(self, frames: bytes, arrival_ns: int, uptime_zero_ns: int | None) -> None:
        """Into the backlog, as soon as there is room."""
        context = LlrpContext(self._settings.reader, arrival_ns, uptime_zero_ns)
        message = Message(self.name, self.name, frames, Form.LLRP, llrp=context)
        async with self._changed:
            await self._changed.wait_for(lambda: not self._held or self._held + len(frames) <= self._most)
            self._backlog.append(message)
            self._held += len(frames)
            self._changed.notify_all()

    async def _hand_over(self) -> None:
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._held > 0)
            await self._store()

    async def _store(self) -> None:
        """What is held now. It leaves the backlog once it is durable; if that is cancelled on the way it is stored
        again, which counts as redelivered."""
        messages = list(self._backlog)
        if not messages:
            return
        await self._intake.put(messages)
        size = sum(len(one.payload) for one in messages)
        async with self._changed:
            for _ in messages:
                self._backlog.popleft()
            self._held -= size
            self._changed.notify_all()
        self.state.stored(len(messages), size)
