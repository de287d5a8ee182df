"""Reads that another program writes into our standard input."""

from __future__ import annotations

import asyncio
import os
import stat
from typing import IO, TYPE_CHECKING

from lading.relayer.feeds.blocks import LineBlocks
from lading.relayer.feeds.message import Message
from lading.relayer.feeds.state import FeedState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lading.relayer.intake.intake_queue import Intake

READ_BYTES = 1 << 20


class StdinFeed:
    """One pipe (or a file that was redirected). What the program wrote and we did not read waits in the pipe, and holds
    it up; what was read and not stored when the relay is killed is lost, since a pipe gives nothing twice."""

    def __init__(self, intake: Intake, stream: IO[bytes]) -> None:
        self.name = "stdin"
        self.state = FeedState()
        self._intake, self._stream = intake, stream

    async def run(self) -> None:
        """To the end of the input."""
        self.state.up()
        blocks = LineBlocks(self.name, self.name, line=0)
        async for data in _parts(self._stream):
            await self._store(blocks.take(data))
        await self._store(blocks.finish())
        self.state.down("the input has ended")

    async def _store(self, messages: list[Message]) -> None:
        if messages:
            await self._intake.put(messages)
            self.state.stored(len(messages), sum(len(one.payload) for one in messages))


async def _parts(stream: IO[bytes]) -> AsyncIterator[bytes]:
    """A file never keeps a thread waiting; a pipe may, for ever, so it is read by the event loop."""
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        while data := await asyncio.to_thread(os.read, stream.fileno(), READ_BYTES):
            yield data
        return
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=READ_BYTES)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), stream)
    try:
        while data := await reader.read(READ_BYTES):
            yield data
    finally:
        transport.close()
