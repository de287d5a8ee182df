"""A message of any form -> what it holds for each lane, and what is no read. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from lading.relayer.errors import ReaderLineError
from lading.relayer.feeds.message import Form, LlrpContext, Message
from lading.relayer.intake.inbox import Arrived, Decoded
from lading.relayer.intake.quarantine import Rejected
from lading.relayer.llrp.frames import frames_of_capture
from lading.relayer.llrp.tag_reports import Decoder as LlrpDecoder
from lading.relayer.reads.csv_lines import header_of
from lading.relayer.reads.decode import Bad, Decoder, too_long
from lading.relayer.reads.reads import NONE, Numbered, Read
from lading.relayer.reads.roster import Roster

_BODY_ALONE = b"\x00\xf0"
"""A capture that begins with a tag report has no message's header."""


class MessageDecoder:
    """Of one configuration. It keeps what repeats from message to message, and nothing on which what it says
    depends."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._lines = Decoder(roster)
        self._llrp: dict[str, LlrpDecoder] = {}

    def all(self, messages: Sequence[Message]) -> list[Decoded]:
        """Of many messages; the same as one by one, but that those of one line each go through together."""
        if all(map(_is_one_object, messages)):
            batch = self._lines.decode(b"\n".join([message.payload for message in messages]), 0)
            rejected = [_rejected(messages[bad.line], bad._replace(line=0)) for bad in batch.bads]
            return [Decoded(self._by_lane(batch.reads, batch.numbered), rejected)]
        return [self(message) for message in messages]

    def __call__(self, message: Message) -> Decoded:
        if message.form is Form.LLRP:
            return self._frames(message)
        if message.cut is not None:
            bad = too_long(message.first_line, message.payload, message.cut.length, message.cut.sha256)
            return Decoded((), [_rejected(message, bad)])
        batch = self._lines.decode(message.payload, message.first_line, header_of(message.header))
        return Decoded(self._by_lane(batch.reads, batch.numbered), [_rejected(message, bad) for bad in batch.bads])

    def _by_lane(self, reads: Sequence[Read], numbered: Sequence[Numbered]) -> list[Arrived]:
        roster = self._roster
        if len(roster.lanes) == 1:
            return [Arrived(roster.lanes[0], reads, numbered)] if reads or numbered else []
        lanes: dict[str, tuple[list[Read], list[Numbered]]] = {}
        for read in reads:
            lanes.setdefault(roster.lane_of(read.reader), ([], []))[0].append(read)
        for number in numbered:
            lanes.setdefault(roster.lane_of(number[0]), ([], []))[1].append(number)
        return [Arrived(lane, *found) for lane, found in lanes.items()]

    def _frames(self, message: Message) -> Decoded:
        context = message.llrp or LlrpContext()
        rejected: list[Rejected] = []

        def refuse(reason: str, detail: str, data: bytes) -> None:
            place = _origin(message), 0, reason, detail, data
            rejected.append(Rejected.of(*place, Form.LLRP, context.reader or ""))

        try:
            reader = self._roster.reader_of(() if context.reader is None else (context.reader,))
            frames = message.payload
            if frames.startswith(_BODY_ALONE):
                frames = b"".join(frames_of_capture(frames))
            found = self._llrp.setdefault(reader, LlrpDecoder(reader)).decode(
                frames, context.arrival_ns, context.uptime_zero_ns
            )
            self._check_antennas(reader, found.reads)
        except ReaderLineError as error:
            refuse(error.reason, error.detail, message.payload)
            return Decoded((), rejected)
        for bad in found.bad:
            refuse(bad.reason, bad.detail, bad.data)
        return Decoded(self._by_lane(found.reads, ()), rejected)

    def _check_antennas(self, reader: str, reads: Sequence[Read]) -> None:
        """Where one antenna has no read point, the whole message waits for it to be given one."""
        for antenna in {read.antenna for read in reads}:
            self._roster.point_of(reader, None if antenna == NONE else antenna)


def _is_one_object(message: Message) -> bool:
    """Whether a message is one line of JSON, of which nobody counts the lines."""
    payload = message.payload
    return (
        payload[:1] == b"{"
        and b"\n" not in payload
        and not message.first_line
        and message.cut is None
        and message.form is Form.LINES
    )


def _origin(message: Message) -> str:
    return message.feed if message.origin in message.feed else f"{message.feed} {message.origin}"


def _rejected(message: Message, bad: Bad) -> Rejected:
    return Rejected(
        _origin(message),
        bad.line,
        bad.reason,
        bad.detail,
        bad.head,
        bad.length,
        bad.sha256,
        context=message.header.decode("utf-8", "replace"),
    )
