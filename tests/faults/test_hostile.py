"""Row 14: lines of megabytes, floods of nonsense, forged numbers, NaN and bytes that are no text come through the real
feeds among good reads: those flow, what is none is counted, and memory stays bounded."""

from __future__ import annotations

import asyncio
import os
import random
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import raw
from bed import Bed, Ground
from brokers import MOSQUITTO, Broker
from model import expected, seen
from relay_process import Steps, connect, in_a_process

from lading.relayer.config import feeds as config_feeds
from lading.relayer.config.settings import load
from lading.relayer.feeds import files
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.http_stream import HttpFeed
from lading.relayer.feeds.mqtt import MqttFeed
from lading.relayer.intake.intake_queue import Intake

FLOOD = 40 * min(int(os.environ.get("LADING_FAULT_SEEDS", "3")), 500) * 10
LONG = 10_000_000
MOST_MEMORY = 64_000_000
"""In bytes, of all that Python holds at once: several lines of 10 MB are on their way at once, and yet not held."""
OF_ONE = b'{"reader": "gate", "epc": "3036451FD40C0E4000000001", "time": "2026-03-02T08:15:30.000000000Z", "sequence": '


def hostile(seed: int, flood: int = FLOOD) -> list[bytes]:
    """A good log, and everything else among it."""
    chance = random.Random(f"hostile {seed}")  # noqa: S311 - the same at each run
    found = raw.log(seed + 90)
    bad = [
        b'{"reader": "dock", "epc": "' + b"3" * LONG + b'"}',
        b"\x00" * LONG,
        b"[" * LONG,
        b"[" * 900,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        OF_ONE + b"18446744073709551616}",
        OF_ONE + b"-1}",
        OF_ONE + b"1e9}",
        OF_ONE + b'"7"}',
        OF_ONE + b"NaN}",
        OF_ONE + b"1} trailing",
        OF_ONE + b"\xc3\x28}",
        OF_ONE.replace(b"gate", b"gate\x00") + b"1}",
        OF_ONE.replace(b"2026-03-02", b"2026-02-30") + b"1}",
        OF_ONE.replace(b"2026", b"+292277026596") + b"1}",
        OF_ONE.replace(b"3036451F", b"ZZ36451F") + b"1}",
    ]
    for line in bad:
        found.insert(chance.randrange(len(found)), line)
    at = chance.randrange(len(found))
    found[at:at] = [b'{"flood": %d}' % number for number in range(flood)]
    return found


async def of_a_file(bed: Bed, intake: Intake, store: Any) -> None:
    await files.FileFeed(bed.folder / "reads.ndjson", intake, store).run()


async def of_a_stream(bed: Bed, intake: Intake, store: Any) -> None:
    """Impinj's interface: one response that never ends."""
    lines = b"".join(line + b"\n" for line in bed.lines)
    told = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        if not told.is_set():
            for begin in range(0, len(lines), 60_000):
                part = lines[begin : begin + 60_000]
                writer.write(b"%x\r\n%b\r\n" % (len(part), part))
                await writer.drain()
            told.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        there = config_feeds.HttpFeed(http=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/stream")
        running = asyncio.create_task(HttpFeed(there, intake, Backoff(0.01, 0.05)).run())
        while not told.is_set() or counted(store) < len(bed.lines):
            await asyncio.sleep(0.02)
        running.cancel()


async def of_a_broker(bed: Bed, intake: Intake, store: Any) -> None:
    (bed.folder / "broker").mkdir()
    broker = Broker(bed.folder / "broker")
    try:
        there = config_feeds.MqttFeed(mqtt=f"mqtt://127.0.0.1:{broker.port}", topics=("readers/+/tags",), client_id="d")
        feed = MqttFeed(there, intake, backoff=Backoff(0.01, 0.05))
        running = asyncio.create_task(feed.run())
        while not feed.state.connected:  # from then on the broker keeps a session for it
            await asyncio.sleep(0.005)
        async with broker.publisher() as client:
            for line in bed.lines:
                await client.publish("readers/door/tags", line, 1, timeout=60)
        while counted(store) < len(bed.lines):
            await asyncio.sleep(0.02)
        running.cancel()
    finally:
        broker.stop()


def counted(store: Any) -> int:
    """How many lines are stored as something."""
    (taken,) = store.one("SELECT coalesce(sum(value), 0) FROM counters WHERE name IN ('reads', 'quarantined')")
    (untaken,) = store.one(
        "SELECT coalesce(sum(count), 0) FROM inbox"
        " WHERE id > coalesce((SELECT position FROM lanes WHERE lane = inbox.lane), 0)"
    )
    return int(taken) + int(untaken)


FEEDS: dict[str, Callable[[Bed, Intake, Any], Awaitable[None]]] = {
    "file": of_a_file,
    "stream": of_a_stream,
    "broker": of_a_broker,
}


@pytest.mark.parametrize("feed", FEEDS)
def test_row_14_the_rest_flows_what_is_none_is_counted_and_memory_is_bounded(chain: Ground, tmp_path: Path, feed: str):
    if feed == "broker" and MOSQUITTO is None:
        pytest.skip("mosquitto is not in this environment")
    # What a broker keeps for its clients is the broker's: there a flood of one message a line says nothing more.
    bed = Bed(chain, tmp_path / "relay", hostile(0, 300 if feed == "broker" else FLOOD))

    def body(steps: Steps) -> None:
        from relay_process import Relay

        relay = Relay(load(bed.path), connect(bed.ground.url, bed.ground.record, bed.ground.key), steps, 0)
        if feed != "broker":  # there our own publisher holds the lines
            tracemalloc.start()
        asyncio.run(relay.listen(lambda intake: FEEDS[feed](bed, intake, relay.outbox.store)))
        relay.finish()
        relay.outbox.close()
        if feed == "file":
            _, peak = tracemalloc.get_traced_memory()
            assert peak < MOST_MEMORY, peak

    assert in_a_process(body)[0] == 0
    assert bed.accounts(done=True) == []
    assert bed.events() == expected(bed.lines)
    with bed.database() as database:
        reasons = dict(database.rows("SELECT reason, count(*) FROM quarantine GROUP BY reason"))
    assert reasons["too-long"] == 3
    assert sum(reasons.values()) <= sum(seen(line) is None for line in bed.lines)
