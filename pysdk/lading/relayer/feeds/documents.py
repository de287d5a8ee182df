"""Files that are no logs of lines: EPCIS documents that others made, and captures of what an LLRP reader sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lading.epcis.errors import DocumentError
from lading.relayer.errors import ReaderLogError
from lading.relayer.feeds.message import Form, LlrpContext, Message
from lading.relayer.feeds.state import FeedState
from lading.relayer.intake.others import Source, take
from lading.relayer.llrp.errors import LlrpMalformed
from lading.relayer.llrp.frames import TAG_REPORT_START, Framer
from lading.relayer.outbox.captured import Judged, Outcome, judge

if TYPE_CHECKING:
    from lading.relayer.intake.intake_queue import Intake
    from lading.relayer.outbox.outbox import Outbox

MOST_BYTES = 64_000_000
_DOCUMENTS = (".jsonld", ".xml")
_CAPTURES = (".llrp", ".bytes", ".bin")
_BLOCK_BYTES = 1 << 20
_BEGINNING_BYTES = 65536
_NAMED = b'"EPCISDocument"'


def is_document(path: Path) -> bool:
    """Whether a file is an EPCIS document by its name; of one ending in .json, which may be a log as well, by its
    beginning."""
    if path.suffix.lower() != ".json":
        return path.suffix.lower() in _DOCUMENTS
    try:
        with path.open("rb") as file:
            return _NAMED in file.read(_BEGINNING_BYTES)
    except OSError:
        return False  # whoever opens it next says why


def is_llrp_capture(path: Path) -> bool:
    """Whether a file is a capture of LLRP by its name."""
    return path.suffix.lower() in _CAPTURES


def judged_in(path: Path) -> Judged:
    """What is in an EPCIS document in JSON-LD or XML.

    Raises:
        ReaderLogError: the file cannot be read.
        NotJson, DocumentError: it has faults.
    """
    judged = judge(_read(path))
    if judged.found:
        raise DocumentError.of(judged.found)
    return judged


def blocks_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a megabyte at once. Raises `ReaderLogError`."""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                yield block
    except OSError as error:
        raise ReaderLogError(path, error.strerror or str(error)) from error


def frames_in(feed: str, path: Path, reader: str | None = None) -> Iterator[Message]:
    """A capture of one reader's frames as messages of whole frames, a megabyte each or so. What cannot be cut into
    frames is one message more, as is a capture that is the body of one report alone.

    Raises:
        ReaderLogError: the file cannot be read, or more than `MOST_BYTES` of it cannot be cut.
    """

    def message(data: bytes) -> Message:
        return Message(feed, str(path), data, Form.LLRP, llrp=LlrpContext(reader))

    framer, blocks = Framer(), blocks_of(path)
    for number, block in enumerate(blocks):
        if number == 0 and block.startswith(TAG_REPORT_START):
            yield message(_all_of(path, block, blocks))
            return
        frames: list[bytes] = []
        try:
            frames.extend(framer.feed(block))
        except LlrpMalformed:
            yield from map(message, [b"".join(frames)] if frames else [])
            yield message(_all_of(path, framer.rest, blocks))
            return
        yield from map(message, [b"".join(frames)] if frames else [])
    if framer.waiting:
        yield message(framer.rest)


def _all_of(path: Path, begun: bytes, blocks: Iterator[bytes]) -> bytes:
    data = bytearray(begun)
    for block in blocks:
        data += block
        if len(data) > MOST_BYTES:
            raise ReaderLogError(path, f"more than {MOST_BYTES} bytes of it are no LLRP messages")
    return bytes(data)


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
        judged = await asyncio.to_thread(judged_in, self._path)
        self.state.up()
        outcomes = await self._intake.put((), lambda: take(self._outbox, judged, Source.DOCUMENT))
        self.state.stored(1, (await asyncio.to_thread(self._path.stat)).st_size)
        return outcomes or []


class LlrpCaptureFeed:
    """A capture of one reader's frames. Taken in twice, its reads count as redelivered."""

    def __init__(self, path: Path, intake: Intake, reader: str | None = None) -> None:
        self.name = f"llrp {path}"
        self.state = FeedState()
        self._path, self._intake, self._reader = path, intake, reader

    async def run(self) -> None:
        """Raises `ReaderLogError` if the file cannot be read."""
        found = frames_in(self.name, self._path, self._reader)
        while (message := await asyncio.to_thread(next, found, None)) is not None:
            self.state.up()
            await self._intake.put([message])
            self.state.stored(1, len(message.payload))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ReaderLogError(path, error.strerror or str(error)) from error
    if len(data) > MOST_BYTES:
        raise ReaderLogError(path, f"it has more than {MOST_BYTES} bytes, and is taken in whole")
    return data
