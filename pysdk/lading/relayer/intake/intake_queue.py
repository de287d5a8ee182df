"""The one door into the database for everything that feeds bring: many puts, one transaction, one fsync.

    async with Intake(database, decoder) as intake:
        await intake.put(messages)      # comes back when they are durable; then acknowledge

Puts of all feeds are gathered for a few milliseconds and stored together by one writer thread, in the order in which
they came. While the database is away, locked or full nothing comes back: the same group is tried again, what waits is
bounded, and `state` says why. A put is stored as a whole or not at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from lading.relayer.errors import OutboxError
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.message import Message
from lading.relayer.intake.inbox import Decoded, store
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.store.database import Database

if TYPE_CHECKING:
    from lading.relayer.captures.signing import CaptureSigner

GATHER_SECONDS: Final = 0.005
GROUP_MESSAGES: Final = 2_000
GROUP_BYTES: Final = 1_000_000
MOST_MESSAGES: Final = 20_000
MOST_BYTES: Final = 32_000_000
"""What may wait, of all feeds together; one put larger than that is taken when nothing else waits."""

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(slots=True)
class IntakeState:
    """For health and metrics. `problem`: in words, why nothing is stored now; `problem_since` (monotonic seconds) since
    when. Both None while all is well."""

    waiting_messages: int = 0
    waiting_bytes: int = 0
    stored_messages: int = 0
    groups: int = 0
    retries: int = 0
    problem: str | None = None
    problem_since: float | None = None

    def failed(self, problem: str) -> None:
        self.retries += 1
        self.problem = problem
        if self.problem_since is None:
            self.problem_since = time.monotonic()

    def stored(self, messages: int) -> None:
        self.stored_messages += messages
        self.groups += 1
        self.problem = self.problem_since = None


@dataclass(slots=True, eq=False)
class _Entry:
    messages: Sequence[Message]
    work: Callable[[], Any] | None
    done: asyncio.Future[Any]
    bytes: int
    decoded: list[Decoded] | None = field(default=None)


class Intake:
    """Open it with `async with`. Its decoder runs in the writer thread, and so does `captures`, which signs what is
    stored."""

    def __init__(
        self,
        database: Database,
        decoder: MessageDecoder,
        backoff: Backoff | None = None,
        captures: CaptureSigner | None = None,
    ) -> None:
        self.state = IntakeState()
        self._database = database
        self._decoder = decoder
        self._captures = captures
        self._backoff = backoff or Backoff(first=0.05, most=5.0)
        self._queue: deque[_Entry] = deque()
        self._room = asyncio.Condition()
        self._some, self._enough = asyncio.Event(), asyncio.Event()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._task: asyncio.Task[None] | None = None
        self._current: list[_Entry] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What the writer is storing at this moment is finished; what still waits is not stored, and its puts are
        cancelled."""
        assert self._task is not None  # noqa: S101 - made by __aenter__
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await asyncio.to_thread(self._writer.shutdown)
        for entry in (*self._current, *self._queue):
            entry.done.cancel()

    async def drain(self) -> None:
        """Comes back when all that was put is stored, also what nobody waits for any more: call it, for as long as one
        is willing to wait, once the feeds have ended."""
        async with self._room:
            await self._room.wait_for(lambda: not self._queue and not self._current)

    async def put(self, messages: Sequence[Message], work: Callable[[], T] | None = None) -> T | None:
        """Stores the messages and, in the same transaction, does `work` (statements on the database, such as noting how
        far a file was read); returns what that returned, when all of it is durable.

        Raises only what `work` raises other than `OutboxError`; then nothing of this put is stored.
        """
        size = sum(len(message.payload) for message in messages)
        entry = _Entry(messages, work, asyncio.get_running_loop().create_future(), size)
        async with self._room:
            await self._room.wait_for(lambda: self._fits(entry))
            self._queue.append(entry)
            self.state.waiting_messages += len(messages)
            self.state.waiting_bytes += size
        self._some.set()
        if self.state.waiting_messages >= GROUP_MESSAGES or self.state.waiting_bytes >= GROUP_BYTES:
            self._enough.set()
        stored: T | None = await entry.done
        return stored

    def _fits(self, entry: _Entry) -> bool:
        state = self.state
        return (not state.waiting_messages and not state.waiting_bytes) or (
            state.waiting_messages + len(entry.messages) <= MOST_MESSAGES
            and state.waiting_bytes + entry.bytes <= MOST_BYTES
        )

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), GATHER_SECONDS)
            self._current = group = self._next_group()
            await self._settle(group)
            async with self._room:
                self._current = []
                self.state.waiting_messages -= sum(len(entry.messages) for entry in group)
                self.state.waiting_bytes -= sum(entry.bytes for entry in group)
                self._room.notify_all()

    def _next_group(self) -> list[_Entry]:
        group: list[_Entry] = []
        messages = size = 0
        while self._queue and messages < GROUP_MESSAGES and size < GROUP_BYTES:
            entry = self._queue.popleft()
            group.append(entry)
            messages += len(entry.messages)
            size += entry.bytes
        if not self._queue:
            self._some.clear()
            self._enough.clear()
        return group

    async def _settle(self, group: list[_Entry]) -> None:
        """Until the group is stored, however long the database is away."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                results = await loop.run_in_executor(self._writer, self._store, group)
            except OutboxError as error:
                self._failed(error)
                await self._backoff.wait()
            except Exception as error:  # noqa: BLE001 - it belongs to one put, which is told; the others go on
                await self._apart(group, error)
                return
            else:
                break
        self._backoff.reset()
        if self.state.problem is not None:
            _LOG.warning("reads are stored again")
        self.state.stored(sum(len(entry.messages) for entry in group))
        for entry, result in zip(group, results, strict=True):
            if not entry.done.done():
                entry.done.set_result(result)

    async def _apart(self, group: list[_Entry], error: Exception) -> None:
        if len(group) > 1:
            for entry in group:
                await self._settle([entry])
        elif not group[0].done.done():
            group[0].done.set_exception(error)

    def _failed(self, error: OutboxError) -> None:
        if self.state.problem != str(error):
            _LOG.error("reads are not stored, and not acknowledged: %s", error)
        self.state.failed(str(error))

    def _store(self, group: list[_Entry]) -> list[Any]:
        """In the writer thread. Decoding is done once, however often the transaction is tried."""
        for entry in group:
            if entry.decoded is None:
                entry.decoded = self._decoder.all(entry.messages)
        decoded = [one for entry in group for one in entry.decoded or ()]
        with self._database.transaction():
            store(self._database, decoded, time.time_ns(), self._captures)
            return [entry.work() if entry.work is not None else None for entry in group]
