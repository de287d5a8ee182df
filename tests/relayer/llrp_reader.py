"""A reader of ours for the tests: a TCP server that speaks LLRP, and misbehaves as each test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from llrp_kit import event

from lading.relayer.config.feeds import LlrpFeed as Settings
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.message import Message as Handed
from lading.relayer.llrp.client import LlrpFeed
from lading.relayer.llrp.connection import Timings
from lading.relayer.llrp.frames import Framer
from lading.relayer.llrp.messages import Message, Parameter, decode, encode
from lading.relayer.llrp.tag_reports import Decoder
from lading.relayer.reads.reads import Read

SUCCESS = Parameter("LLRPStatus", {"StatusCode": 0, "ErrorDescription": ""})
UTC = Parameter("UTCTimestamp", {"Microseconds": 1_700_000_000_000_000})
FAST = Timings(connect=5, answer=5, keep_alive=5, silent=5, farewell=5)


def capabilities(*, hold: bool) -> Parameter:
    flags = ("CanDoRFSurvey", "CanReportBufferFillWarning", "SupportsClientRequestOpSpec")
    names = (*flags, "CanDoTagInventoryStateAwareSingulation", "MaxNumPriorityLevelsSupported")
    numbers = ("ClientRequestOpSpecTimeout", "MaxNumROSpecs", "MaxNumSpecsPerROSpec", "MaxNumAccessSpecs")
    rest = ("MaxNumInventoryParameterSpecsPerAISpec", "MaxNumOpSpecsPerAccessSpec")
    fields = dict.fromkeys((*names, *numbers, *rest), 0) | {"SupportsEventAndReportHolding": int(hold)}
    return Parameter("LLRPCapabilities", fields)


def ro_spec(number: int, state: int, start: int = 1) -> Parameter:
    triggers = [
        Parameter("ROSpecStartTrigger", {"ROSpecStartTriggerType": start}),
        Parameter("ROSpecStopTrigger", {"ROSpecStopTriggerType": 0, "DurationTriggerValue": 0}),
    ]
    boundary = Parameter("ROBoundarySpec", {}, triggers)
    return Parameter("ROSpec", {"ROSpecID": number, "Priority": 0, "CurrentState": state}, [boundary])


class Talk:
    """One connection, seen from the reader. Requests are answered, but for those named in `mute`; `refuse` says with
    which status. What was heard stands in `heard`."""

    def __init__(self, reader: FakeReader, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self.reader = reader
        self._in, self._out = streams
        self.heard: list[Message] = []

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.heard]

    def send(self, *frames: bytes) -> None:
        self._out.write(b"".join(frames))

    def greet(self, status: int = 0, time: Parameter = UTC) -> None:
        self.send(event(time, Parameter("ConnectionAttemptEvent", {"Status": status})))

    async def hears(self, name: str, times: int = 1) -> None:
        await until(lambda: self.names.count(name) >= times, f"{times} {name}, heard {self.names}")

    async def set_up(self) -> None:
        """Greets, and answers until the client has found an operation that runs."""
        self.greet()
        await self.hears("GET_ROSPECS")

    def hang_up(self) -> None:
        self._out.close()

    async def listen(self) -> None:
        framer = Framer()
        with contextlib.suppress(ConnectionError):
            while data := await self._in.read(1 << 16):
                for frame in framer.feed(data):
                    message = decode(frame)
                    self.heard.append(message)
                    self._answer(message)

    def _answer(self, message: Message) -> None:
        reader = self.reader
        if message.name in reader.mute or message.name in ("KEEPALIVE_ACK", "ENABLE_EVENTS_AND_REPORTS"):
            return
        status = Parameter("LLRPStatus", {"StatusCode": reader.refuse.get(message.name, 0), "ErrorDescription": "no\n"})
        extra: Sequence[Parameter] = ()
        if message.name == "GET_READER_CAPABILITIES":
            extra = [capabilities(hold=reader.hold)]
        elif message.name == "GET_ROSPECS":
            extra = reader.ro_specs
        self.send(encode(Message(message.name + "_RESPONSE", message.id, {}, [status, *extra])))
        if message.name == "CLOSE_CONNECTION":
            self.hang_up()


Behaviour = Callable[[Talk], Awaitable[Any]]


class FakeReader:
    """Each connection behaves as the next of `behaviours`, the last one again and again; then it is left open."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self._behaviours = list(behaviours)
        self.hold = False
        self.ro_specs: list[Parameter] = [ro_spec(1, state=2)]
        self.mute: set[str] = set()
        self.refuse: dict[str, int] = {}
        self.talks: list[Talk] = []
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> FakeReader:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """On the same port as before, if it was stopped."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As if the network went: no farewell, no answer on the port."""
        if self._server:
            self._server.close()
            for talk in self.talks:
                talk._out.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = Talk(self, (reader, writer))
        behaviour = self._behaviours[min(len(self.talks), len(self._behaviours) - 1)]
        self.talks.append(talk)
        listening = asyncio.create_task(talk.listen())
        with contextlib.suppress(asyncio.CancelledError):  # at the end of a test
            await behaviour(talk)
            await listening
        listening.cancel()


class Store:
    """An intake that keeps what it is given; while `open` is not set it is away."""

    def __init__(self) -> None:
        self.messages: list[Handed] = []
        self.open = asyncio.Event()
        self.open.set()

    async def put(self, messages: Sequence[Handed]) -> None:
        await self.open.wait()
        self.messages += messages

    @property
    def reads(self) -> list[Read]:
        found = []
        for one in self.messages:
            assert one.llrp is not None
            decoded = Decoder(one.llrp.reader or "").decode(one.payload, one.llrp.arrival_ns, one.llrp.uptime_zero_ns)
            assert not decoded.bad
            found += decoded.reads
        return found

    @property
    def times(self) -> list[int]:
        """In microseconds since the first read of `llrp_kit`."""
        return [read.time_ns // 1000 - 1_700_000_000_000_000 for read in self.reads]


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Comes back once the condition holds; fails after ten seconds."""
    try:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"this never came: {what}") from None


@contextlib.asynccontextmanager
async def following(
    reader: FakeReader, store: Store, timings: Timings = FAST, **options: Any
) -> AsyncIterator[LlrpFeed]:
    """Our client at that reader, for as long as the block lasts; then cancelled."""
    settings = Settings.model_validate({"llrp": "127.0.0.1", "port": reader.port, "reader": "FX9600-A1"})
    feed = LlrpFeed(settings, store, Backoff(first=0.01, most=0.05), timings, **options)
    task = asyncio.create_task(feed.run())
    try:
        yield feed
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
