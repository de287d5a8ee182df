"""The relayer. No open project publishes what one reaches, so the peer is a bare loop that does the least which ends in
the same observations: no check, no quarantine, no gaps, no event id. It is a bound, and a ratio near 1 is the best."""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import bare
import inputs
from kit import REPEATS, ROOT, Measured, Side, benchmark, digest, rates
from relay_kit import PLACE, POINT, disk

if TYPE_CHECKING:
    from lading.relayer.config.settings import RelayConfig
    from lading.relayer.outbox.outbox import Outbox

SMOOTHED_TAGS, READS_EACH = 5000, 4
EVENTS = 3000
IN_A_BATCH = 1000


@benchmark("relay.reads", "reads/s")
def relay_reads() -> tuple[Side, Side]:
    """A reader's log to observations, four reads each; nothing is written."""
    reads = SMOOTHED_TAGS * READS_EACH
    logs = [inputs.reader_log(part, SMOOTHED_TAGS, READS_EACH) for part in range(1 + REPEATS)]

    def ours() -> Measured:
        from lading import __version__
        from lading.relayer.reads.decode import Decoder
        from lading.relayer.reads.roster import Roster
        from lading.relayer.smoothing.signals import MoveRule
        from lading.relayer.smoothing.tracks import Tracks
        from lading.relayer.smoothing.watermark import BEFORE_ALL, Watermark

        config = _config(Path("relay.sqlite3"))
        lateness = config.smoothing.lateness_ns

        def work(log: bytes) -> list[tuple[str, int]]:
            roster = Roster(config)
            decoder, watermark = Decoder(roster), Watermark(lateness)
            tracks = Tracks(roster, MoveRule.of(config.smoothing), lateness, BEFORE_ALL, ())
            steps = watermark.take(decoder.decode(log).reads)
            for step in [*steps, watermark.pass_to(watermark.newest_ns)]:
                tracks.release(step.released, step.mark_ns)
            return [(said.epc, said.time_ns // 1_000_000) for said in tracks.statements]

        answer = digest(sorted(work(logs[0])))
        return Measured(f"lading {__version__}", rates(work, logs, reads, process_time), answer)

    def theirs() -> Measured:
        answer = digest(sorted(bare.observations(logs[0])))
        return Measured("bare loop, json and a dict", rates(bare.observations, logs, reads, process_time), answer)

    return ours, theirs


@benchmark("relay.events.durable", "events/s")
def relay_events_durable() -> tuple[Side, Side]:
    """A reader's log to events in the outbox's file, one read an event, SQLite's `synchronous=FULL`: the way of a
    stream, from bytes to the inbox in one transaction, from there to events in another. In seconds of the processor."""
    logs = [inputs.reader_log(part, EVENTS, 1) for part in range(1 + REPEATS)]

    def ours() -> Measured:
        from lading import __version__
        from lading.relayer import garbage
        from lading.relayer.feeds.message import Message
        from lading.relayer.intake import inbox
        from lading.relayer.outbox.outbox import Outbox
        from lading.relayer.reads.message_decoder import MessageDecoder
        from lading.relayer.reads.roster import Roster
        from lading.relayer.run import NO_LOG
        from lading.relayer.smoothing.inference import Lane

        with disk() as folder, Outbox.open(folder / "relay.sqlite3", NO_LOG) as outbox:
            config = _config(folder / "relay.sqlite3")
            roster = Roster(config)
            decode, lane = MessageDecoder(roster), Lane(outbox, roster, config, inputs.READER)

            def work(log: bytes) -> None:
                with outbox.transaction():
                    inbox.store(outbox.store, [decode(Message("bench", "log", log))], 0)
                lane.advance()

            garbage.settle()
            samples = rates(work, logs, EVENTS, process_time)
            lane.drain()
            return Measured(f"lading {__version__}", samples, _stored(outbox))

    def theirs() -> Measured:
        with disk() as folder, bare.Store(folder / "bare.sqlite3") as store:
            samples = rates(store.take_in, logs, EVENTS, process_time)
            return Measured("bare loop into SQLite", samples, digest(sorted(store.events())))

    return ours, theirs


def _config(outbox: Path, publisher: str = "0x" + "00" * 32) -> RelayConfig:
    from lading.relayer.config.settings import parse

    point = {"reader": inputs.READER, "antenna": "any", "sgln": POINT, "biz_location": PLACE}
    document = {
        "publisher": publisher,
        "source": "reads.ndjson",
        "outbox": str(outbox),
        "smoothing": {"gap_seconds": str(inputs.GAP_SECONDS)},
        "batch": {"max_events": str(IN_A_BATCH)},
        "read_points": [point | {"biz_step": "shipping", "disposition": "in_transit"}],
    }
    return parse(document, ROOT / "relay.yaml")


def _stored(outbox: Outbox) -> str:
    bodies = [json.loads(body) for (body,) in outbox.store.rows("SELECT body FROM events")]
    return digest(sorted((event["epcList"][0], event["eventTime"]) for event in bodies))
