"""Files that are taken in whole: EPCIS documents that others made, and captures of what an LLRP reader sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from lading.epcis.errors import DocumentError
from lading.relayer.captured import Outcome, judge, put_all
from lading.relayer.errors import ReaderLogError
from lading.relayer.feeds.message import Form, LlrpContext, Message
from lading.relayer.feeds.state import FeedState

if TYPE_CHECKING:
    from lading.relayer.intake_queue import Intake
    from lading.relayer.outbox import Outbox

MOST_BYTES = 64_000_000
_DOCUMENTS = (".jsonld", ".xml")
_CAPTURES = (".llrp", ".bytes")


def is_document(path: Path) -> bool:
    """Whether a file is an EPCIS document by its name; one ending in .json is a log."""
    return path.suffix.lower() in _DOCUMENTS


def is_llrp_capture(path: Path) -> bool:
    """Whether a file is a capture of LLRP by its name."""
    return path.suffix.lower() in _CAPTURES


class DocumentFeed:
    """An EPCIS document in JSON-LD or XML: all of its events, or none."""

    def __init__(self, path: Path, intake: Intake, outbox: Outbox) -> None:
        self.name = f"document {path}"
        self.state = FeedState()
        self._path, self._intake, self._outbox = path, intake, outbox

    async def run(self) -> list[Outcome]:
        """Takes it in; of each event, whether it is new.

        Raises:
            ReaderLogError: the file cannot be read.
            DocumentError: it has faults; nothing of it was taken in.
        """
        data = await asyncio.to_thread(_read, self._path)
        judged = await asyncio.to_thread(judge, data)
        if judged.found:
            raise DocumentError.of(judged.found)
        self.state.up()
        outcomes = await self._intake.put((), lambda: put_all(self._outbox, judged))
        self.state.stored(1, len(data))
        return outcomes or []


class LlrpCaptureFeed:
    """A capture of one reader's frames. Taken in twice, its reads count as redelivered."""

    def __init__(self, path: Path, intake: Intake, reader: str | None = None) -> None:
        self.name = f"llrp {path}"
        self.state = FeedState()
        self._path, self._intake, self._reader = path, intake, reader

    async def run(self) -> None:
        """Raises `ReaderLogError` if the file cannot be read."""
        data = await asyncio.to_thread(_read, self._path)
        self.state.up()
        context = LlrpContext(self._reader)
        await self._intake.put([Message(self.name, str(self._path), data, Form.LLRP, llrp=context)])
        self.state.stored(1, len(data))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ReaderLogError(path, error.strerror or str(error)) from error
    if len(data) > MOST_BYTES:
        raise ReaderLogError(path, f"it has more than {MOST_BYTES} bytes, and is taken in whole")
    return data
