"""Reads from a log file, once or for as long as it is written to; how far it is read is stored with the reads.

So nothing is read twice and nothing left out, however the relayer ends: a log that was renamed is read to its end
before the one that took its name, one that was emptied from its beginning, and a line without its end waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.relayer.errors import ReaderLogError
from lading.relayer.feeds.blocks import LineBlocks
from lading.relayer.feeds.message import Message
from lading.relayer.feeds.state import FeedState
from lading.relayer.feeds.tail import Position, Tail

if TYPE_CHECKING:
    from lading.relayer.intake.intake_queue import Intake
    from lading.relayer.store.database import Database

READ_BYTES: Final = 1 << 20
POLL_SECONDS: Final = 0.2

_LOG = logging.getLogger(__name__)


class FileFeed:
    """One log of JSON lines or CSV. `database` is the intake's: the position stands there."""

    def __init__(
        self,
        path: Path,
        intake: Intake,
        database: Database,
        *,
        follow: bool = False,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self.name = f"file {path}"
        self.state = FeedState()
        self._path, self._follow, self._poll_seconds = path, follow, poll_seconds
        self._intake, self._database = intake, database

    async def run(self) -> None:
        """To the log's end; with `follow`, until it is cancelled.

        Raises:
            ReaderLogError: the log cannot be read; with `follow` a log that is not there yet is waited for.
        """
        try:
            await self._run()
        except OSError as error:
            raise ReaderLogError(self._path, error.strerror or str(error)) from error

    async def _run(self) -> None:
        after = stored_position(self._database, self.name)
        if after is not None and (moved := Tail.moved(self._path, after)) is not None:
            await self._drain(moved, after)
        while True:
            tail = Tail.open(self._path, after)
            if tail is None:
                self._missing()
                await asyncio.sleep(self._poll_seconds)
                continue
            self.state.up()
            if after is not None and tail.offset != after.offset:
                _LOG.warning("%s is another log than the one read before, and is read from its beginning", self._path)
            await self._drain(tail, after if after is not None and tail.offset == after.offset else None)
            if not self._follow:
                return
            after = None

    def _missing(self) -> None:
        if not self._follow:
            raise ReaderLogError(self._path, "there is no such file")
        if self.state.problem is None:
            self.state.down("there is no such file yet")

    async def _drain(self, tail: Tail, after: Position | None) -> None:
        """Reads to the end of a file: of one that is followed, until another one has its place or it was emptied."""
        header = b"" if after is None else after.header.encode("utf-8", "surrogateescape")
        line = 0 if after is None else after.line
        blocks = LineBlocks(self.name, str(self._path), line, header)
        try:
            last_look = False
            while True:
                data = await asyncio.to_thread(tail.read, READ_BYTES)
                if data:
                    await self._store(tail, blocks, blocks.take(data))
                elif not self._follow or last_look or tail.path != self._path or tail.truncated():
                    break
                elif tail.replaced():
                    last_look = True  # its writer may have written until it saw the new file
                    await asyncio.sleep(self._poll_seconds)
                else:
                    await asyncio.sleep(self._poll_seconds)
            await self._store(tail, blocks, blocks.finish())
        finally:
            tail.close()

    async def _store(self, tail: Tail, blocks: LineBlocks, messages: list[Message]) -> None:
        if not messages:
            return
        position = tail.position(blocks.held, blocks.line or 0, blocks.header).to_json()
        await self._intake.put(messages, lambda: store_position(self._database, self.name, position))
        self.state.stored(len(messages), sum(len(one.payload) for one in messages))


def stored_position(database: Database, feed: str) -> Position | None:
    """How far a feed's file has been read; None if never."""
    found = database.rows("SELECT position FROM feed_positions WHERE feed = ?", (feed,))
    return Position.from_json(found[0][0]) if found else None


def store_position(database: Database, feed: str, position: str) -> None:
    database.execute(
        "INSERT INTO feed_positions (feed, position) VALUES (?, ?)"
        " ON CONFLICT (feed) DO UPDATE SET position = excluded.position",
        (feed, position),
    )
