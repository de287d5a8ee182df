"""The intake with a bound: where too much waits on the disk, nothing comes back, and feeds do not acknowledge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from lading.relayer.feeds.message import Message
from lading.relayer.intake.intake_queue import Intake
from lading.relayer.reads.message_decoder import MessageDecoder
from lading.relayer.store.database import Database

if TYPE_CHECKING:
    from lading.relayer.captures.signing import CaptureSigner

T = TypeVar("T")


class BoundedIntake(Intake):
    """`open` and `shut` are called from its event loop. What holds no reads, such as others' events, goes through."""

    def __init__(self, database: Database, decoder: MessageDecoder, captures: CaptureSigner | None = None) -> None:
        super().__init__(database, decoder, captures=captures)
        self._room_on_disk = asyncio.Event()
        self._room_on_disk.set()

    @property
    def is_shut(self) -> bool:
        return not self._room_on_disk.is_set()

    def shut(self) -> None:
        self._room_on_disk.clear()

    def open(self) -> None:
        self._room_on_disk.set()

    async def put(self, messages: Sequence[Message], work: Callable[[], T] | None = None) -> T | None:
        if messages:
            await self._room_on_disk.wait()
        return await super().put(messages, work)
