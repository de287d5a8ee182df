"""RO_ACCESS_REPORT -> what the reader says of tags (LLRP 1.1, "RO_ACCESS_REPORT" and "TagReportData Parameter").

Two depths: `Decoder.reports` gives all that a reader said of a tag, `Decoder.decode` the relayer's reads. Both gather
the tag reports of many messages by their length and go over all of one shape (see `shapes`) column by column, so that
no step in Python is taken for one parameter of one report. The order of the messages is not kept.

Hostile bytes never make a wrong read: a tag report that cannot be read, or is no possible sighting, becomes a `Bad`
with its reason and its bytes, and the others go on; where not even its length can be believed, the rest of the message
is one `Bad`. Many of one reason are one `Bad` too, so that a flood does not become as many. The bytes of a `Bad` are
such that `frames.frames_of_capture` takes them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Any

from lading.relayer.llrp.errors import Fault, LlrpMalformed
from lading.relayer.llrp.frames import HEADER, RO_ACCESS_REPORT, VERSIONS, read_header
from lading.relayer.llrp.messages import Parameter, parameter_at, parameters_of
from lading.relayer.llrp.shapes import TAG_REPORT_DATA, Shape, TagReport, learn
from lading.relayer.llrp.tag_reads import Bad, Context, Decoded, Run, add_reads, bundled, rows_of, windows

_MAX_SHAPES = 64  # a reader has a handful; a hostile one shall not fill the memory
_TLV_HEADER = 4
_FIRST_REPORT = Struct(">HIIHH")  # a message's header, and that of its first parameter
_REPORT_WORDS = frozenset(version << 10 | RO_ACCESS_REPORT for version in VERSIONS)


class Decoder:
    """Of one reader: it keeps the shapes of its reports, and nothing of what they said."""

    def __init__(self, reader: str) -> None:
        self._reader = reader
        self._shapes: dict[int, list[Shape]] = {}
        self._count = 0

    def decode(self, frames: bytes, arrival_ns: int | None = None, uptime_zero_ns: int | None = None) -> Decoded:
        """The reads of whole messages, one behind the other; those that are no RO_ACCESS_REPORT have none.

        A report of one sighting gives one read. One that sums up several (its last time lies after its first) gives
        two, as that is what it knows: the tag was there at both; with the first alone a tag that stood for longer than
        the smoothing's gap would seem to come and go.

        `arrival_ns`: when the messages came, None for a file; `uptime_zero_ns`: when the reader's uptime was 0 (see
        `clock.uptime_zero`), None if that is not known. Both in nanoseconds UTC.
        """
        found = Decoded()
        context = Context(self._reader, arrival_ns, uptime_zero_ns)
        for run in self._runs(frames, found.bad):
            add_reads(found, run, context)
        found.bad = bundled(found.bad)
        return found

    def reports(self, frames: bytes) -> tuple[list[tuple[Any, ...]], list[Bad]]:
        """All that the tag reports of whole messages say, and what could not be read. The tuples hold the values of a
        `TagReport`, which `TagReport._make` names; as that costs a fifth of the time, it is left to whom it serves."""
        found: list[tuple[Any, ...]] = []
        bad: list[Bad] = []
        for run in self._runs(frames, bad):
            found += rows_of(run)
        return found, bundled(bad)

    def _runs(self, frames: bytes, bad: list[Bad]) -> Iterator[Run]:
        for length, pieces in _by_length(frames, bad).items():
            data = b"".join(pieces)
            for shape in self._shapes.get(length, ()):
                if shape.fits(data):
                    yield from windows(shape, data)
                    break
            else:
                yield from self._sorted(length, data, bad)

    def _sorted(self, length: int, data: bytes, bad: list[Bad]) -> Iterator[Run]:
        """The same, where the reports are of more than one shape, or of a new one."""
        shapes: dict[Shape, list[bytes]] = {}
        for at in range(0, len(data), length):
            report = data[at : at + length]
            try:
                shapes.setdefault(self._shape(report), []).append(report)
            except LlrpMalformed as error:
                bad.append(Bad(error.reason, error.detail, report))
        for shape, reports in shapes.items():
            yield from windows(shape, b"".join(reports))

    def _shape(self, report: bytes) -> Shape:
        """The report's shape, known or learned. Raises `LlrpMalformed`."""
        for shape in self._shapes.get(len(report), ()):
            if shape.fits(report):
                return shape
        shape = learn(report)
        if self._count == _MAX_SHAPES:
            self._shapes, self._count = {}, 0
        self._shapes.setdefault(len(report), []).append(shape)
        self._count += 1
        return shape


def results_of(report: TagReport) -> list[Parameter]:
    """What access operations (reads of user memory, locks, …) gave on this tag. Raises `LlrpMalformed`."""
    return [one for result in report.results for one in parameters_of(result)]


def _by_length(frames: bytes, bad: list[Bad]) -> dict[int, list[bytes]]:
    """The bytes of the tag reports by their length, several in one piece where they stand so."""
    found: dict[int, list[bytes]] = {}
    offset, end, header_size, unpack = 0, len(frames), HEADER.size, _FIRST_REPORT.unpack_from
    last = end - _FIRST_REPORT.size
    while offset < end:
        if offset <= last:
            word, size, _, number, length = unpack(frames, offset)
            after, body = offset + size, size - header_size
            if number == TAG_REPORT_DATA and word in _REPORT_WORDS and after <= end and _TLV_HEADER < length <= body:
                piece = frames[offset + header_size : after]
                if length == body or _alike(piece, length):
                    if length in found:
                        found[length].append(piece)
                    else:
                        found[length] = [piece]
                    offset = after
                    continue
        offset = _walk(frames, offset, found, bad)
    return found


def _alike(body: bytes, length: int) -> bool:
    """Whether a message is tag reports of one length: whether each of their headers is the first one's."""
    count, rest = divmod(len(body), length)
    return not rest and all(body[at::length] == body[at : at + 1] * count for at in range(_TLV_HEADER))


def _walk(frames: bytes, offset: int, found: dict[int, list[bytes]], bad: list[Bad]) -> int:
    """One message, parameter by parameter; where it ends."""
    at, after = offset, len(frames)
    try:
        header, after = _header(frames, offset)
        at += HEADER.size
        while header == RO_ACCESS_REPORT and at < after:
            number, _, behind = parameter_at(frames, at, after)
            if number == TAG_REPORT_DATA:
                found.setdefault(behind - at, []).append(frames[at:behind])
            at = behind
    except LlrpMalformed as error:
        bad.append(Bad(error.reason, error.detail, _rest(frames[offset:after], at - offset)))
    return after


def _header(frames: bytes, offset: int) -> tuple[int, int]:
    """The message's type, and where it ends. Raises `LlrpMalformed`."""
    if len(frames) - offset < HEADER.size:
        raise LlrpMalformed(Fault.TRUNCATED, f"{len(frames) - offset} bytes are less than a message's header")
    header = read_header(frames, offset)
    if offset + header.length > len(frames):
        raise LlrpMalformed(Fault.TRUNCATED, f"a message of {header.length} bytes, cut to {len(frames) - offset}")
    return header.type, offset + header.length


def _rest(frame: bytes, offset: int) -> bytes:
    """The message without what stands before `offset`, which was read."""
    if offset <= HEADER.size:
        return frame
    word, _, number = HEADER.unpack_from(frame)
    return HEADER.pack(word, HEADER.size + len(frame) - offset, number) + frame[offset:]
