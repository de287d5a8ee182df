"""One connection to a reader, from its greeting to its end."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from lading.relayer.llrp import requests
from lading.relayer.llrp.clock import uptime_zero
from lading.relayer.llrp.errors import (
    LlrpMalformed,
    ReaderGone,
    ReaderRefused,
    ReaderSilent,
    ReaderUnreachable,
    RequestFailed,
)
from lading.relayer.llrp.frames import RO_ACCESS_REPORT, Framer, read_header
from lading.relayer.llrp.layouts import CONNECTION_ATTEMPTS
from lading.relayer.llrp.messages import Message, Parameter, decode, encode

READ_BYTES: Final = 1 << 16
_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
_FARTHEST_ID: Final = 2**32
_ANTENNA_LOST: Final = 0


@dataclass(frozen=True, slots=True)
class Timings:
    """In seconds. `silent`: a connection on which nothing came for so long is given up; the reader is asked to send a
    keep-alive each `keep_alive`. `farewell`: how long the reader may take to close."""

    connect: float = 10.0
    answer: float = 10.0
    keep_alive: float = 5.0
    silent: float = 15.0
    farewell: float = 2.0


Take = Callable[[bytes, int, int | None], Awaitable[None]]
"""Takes whole RO_ACCESS_REPORTs, when they came, and when the reader's uptime was 0 (ns UTC)."""


class Connection:
    """`where` names the reader in messages; `counts` is added to: by the names of messages and events, and `torn` for
    a message of which the connection's end cut off the rest."""

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        where: str,
        timings: Timings,
        take: Take,
        counts: Counter[str],
    ) -> None:
        self._reader, self._writer = streams
        self._where, self._timings, self._take, self._counts = where, timings, take, counts
        self._ids = itertools.count(1)
        self._greeting: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._zero: int | None = None
        self._receiving: asyncio.Task[None] | None = None
        self.alive = asyncio.Event()
        """Set by each keep-alive and each report."""

    async def serve(self, ready: Callable[[], None]) -> None:
        """Until the connection ends; `ready` is called once the reader is set to read. It never returns without an
        error. When cancelled it asks the reader to close, and takes what comes until it did.

        Raises:
            ReaderRefused, ReaderSilent, ReaderGone, RequestFailed, ReaderUnreachable, LlrpMalformed
        """
        self._receiving = asyncio.create_task(self._receive())
        try:
            status = await self._until(self._greeting, "its greeting")
            if status:
                meaning = CONNECTION_ATTEMPTS.get(status, f"status {status}")
                raise ReaderRefused(self._where, status, meaning)
            await self._set_up()
            ready()
            await asyncio.wait({self._receiving})  # to await the task itself would cancel it with us
            self._receiving.result()
        finally:
            await self._end(self._receiving)

    async def _end(self, receiving: asyncio.Task[None]) -> None:
        if not receiving.done():
            self._send("CLOSE_CONNECTION")
            await asyncio.wait({receiving}, timeout=self._timings.farewell)
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
        self._writer.close()

    async def _set_up(self) -> None:
        """Keep-alives, events, an operation. What a reader may lack without harm, it may refuse."""
        milliseconds = round(1000 * self._timings.keep_alive)
        await self._ask(requests.keep_alive(self._next_id(), milliseconds))
        hold = requests.can_hold(await self._ask(requests.capabilities(self._next_id()), needed=False))
        await self._ask(requests.events(self._next_id(), hold=hold), needed=False)
        answer = await self._ask(Message("GET_ROSPECS", self._next_id()))
        specs = [one for one in answer.parameters if one.name == "ROSpec"]
        for name, spec in requests.to_run(specs):
            number = self._next_id()
            adds = name == "ADD_ROSPEC"
            await self._ask(requests.inventory(number) if adds else Message(name, number, {"ROSpecID": spec}))
        if hold:
            self._send("ENABLE_EVENTS_AND_REPORTS")

    async def _ask(self, request: Message, *, needed: bool = True) -> Message:
        """The reader's answer. One that it refuses ends the connection if it was `needed`."""
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[request.id] = future
        try:
            self._writer.write(encode(request))
            answer = await self._until(future, f"an answer to {request.name}")
        finally:
            del self._answers[request.id]
        refused = requests.refusal(answer)
        if refused:
            error = RequestFailed(self._where, request.name, *refused)
            if needed:
                raise error
            _LOG.warning("%s", error)
        return answer

    async def _until(self, future: asyncio.Future[_T], what: str) -> _T:
        receiving = self._receiving
        waited: set[asyncio.Future[Any]] = {future, receiving} if receiving else {future}
        await asyncio.wait(waited, timeout=self._timings.answer, return_when=asyncio.FIRST_COMPLETED)
        if future.done():
            return future.result()
        if receiving and receiving.done():
            receiving.result()
        raise ReaderUnreachable(self._where, f"{what} did not come within {self._timings.answer:g} s")

    def _next_id(self) -> int:
        return next(self._ids) % _FARTHEST_ID

    def _send(self, name: str) -> None:
        self._writer.write(encode(Message(name, self._next_id())))

    async def _receive(self) -> None:
        framer = Framer()
        while True:
            data = await self._read()
            if not data:
                self._counts["torn"] += framer.waiting > 0
                cut = f", {framer.waiting} bytes into a message" if framer.waiting else ""
                raise ReaderGone(self._where, f"the reader closed it{cut}")
            reports: list[bytes] = []
            try:
                for frame in framer.feed(data):
                    self._dispatch(frame, reports)
            finally:
                if reports:
                    self.alive.set()
                    await self._take(b"".join(reports), time.time_ns(), self._zero)

    async def _read(self) -> bytes:
        try:
            async with asyncio.timeout(self._timings.silent):
                return await self._reader.read(READ_BYTES)
        except TimeoutError:
            raise ReaderSilent(self._where, self._timings.silent) from None
        except OSError as error:
            raise ReaderGone(self._where, str(error) or type(error).__name__) from error

    def _dispatch(self, frame: bytes, reports: list[bytes]) -> None:
        if read_header(frame).type == RO_ACCESS_REPORT:
            self._counts["RO_ACCESS_REPORT"] += 1
            reports.append(frame)
            return
        try:
            message = decode(frame)
        except LlrpMalformed as error:
            # Its length was right, so what follows can be read.
            self._counts["malformed"] += 1
            _LOG.warning("%s: %s", self._where, error)
            return
        self._counts[message.name] += 1
        if message.name == "KEEPALIVE":
            self._writer.write(encode(Message("KEEPALIVE_ACK", message.id)))
            self.alive.set()
        elif message.name == "READER_EVENT_NOTIFICATION":
            self._event(message)
        elif message.id in self._answers and not self._answers[message.id].done():
            self._answers[message.id].set_result(message)

    def _event(self, message: Message) -> None:
        zero = uptime_zero(message, time.time_ns())
        self._zero = self._zero if zero is None else zero
        data = message.find("ReaderEventNotificationData")
        for one in data.parameters if data else ():
            self._counts[one.name] += 1
            if one.name == "ConnectionAttemptEvent" and not self._greeting.done():
                self._greeting.set_result(one.integer("Status"))
            elif one.name == "ConnectionCloseEvent":
                raise ReaderGone(self._where, "the reader announced that it closes it")
            else:
                _log_event(self._where, one)


def _log_event(where: str, event: Parameter) -> None:
    if event.name == "AntennaEvent":
        lost = event.integer("EventType") == _ANTENNA_LOST
        level, words = logging.WARNING if lost else logging.INFO, "lost" if lost else "found again"
        _LOG.log(level, "%s: antenna %d is %s", where, event.integer("AntennaID"), words)
    elif event.name == "ReportBufferLevelWarningEvent":
        _LOG.warning("%s: its buffer is %d %% full", where, event.integer("ReportBufferPercentageFull"))
    elif event.name == "ReportBufferOverflowErrorEvent":
        _LOG.error("%s: its buffer ran over, and reads are lost", where)
    elif event.name == "ReaderExceptionEvent":
        _LOG.warning("%s: exception: %s", where, requests.shown(event.fields["Message"]))
    elif event.name == "ConnectionAttemptEvent":
        _LOG.info("%s: another client tried to connect", where)
