"""Lines of readers as they come: jitter, reads twice, replays of long ago, lines that are none; the same for a seed."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

from model import FOREIGN, GOODS, READERS, SECOND, SSCCS, Seen, seen

from lading.relayer.reads.reads import Read

START = 1_772_439_330 * SECOND
BAD = (
    b"{",
    b"\xff\xfe{}",
    b'{"reader": "stranger", "epc": "3036451FD40C0E40000003E9", "time": "2026-03-02T08:15:30.000000000Z"}',
    b'{"reader": "dock", "epc": "30ZZ", "time": "2026-03-02T08:15:30.000000000Z", "sequence": 1}',
    b'{"reader": "dock", "epc": "3036451FD40C0E40000003E9", "time": NaN, "sequence": 1}',
    b'{"reader": "dock", "epc": "3036451FD40C0E40000003E9", "time": "yesterday", "sequence": 1}',
)
"""None of them is a read."""


def line(reader: str, epc: str, time: int, sequence: int, *, zone: int = 0, rssi: str | None = None) -> bytes:
    """`zone` in minutes, at or east of Greenwich."""
    local = datetime.fromtimestamp(time // SECOND + zone * 60, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    stamp = f"{local}.{time % SECOND:09d}" + (f"+{zone // 60:02d}:{zone % 60:02d}" if zone else "Z")
    said = f'{{"reader": "{reader}", "epc": "{epc}", "time": "{stamp}", "sequence": {sequence}'
    return (said + ("}" if rssi is None else f', "rssi": {rssi}}}')).encode()


def log(seed: int, count: int = 45, tags: int = 4) -> list[bytes]:
    """About `count` lines of all readers."""
    chance = random.Random(f"raw {seed}")  # noqa: S311 - the same at each run
    goods, clock, found = sorted(GOODS)[:tags], dict.fromkeys(READERS, START), []
    numbers = dict.fromkeys(READERS, 0)
    for _ in range(count):
        reader = chance.choice(READERS)
        hall = reader in ("aisle", "shelf")
        names = ("aisle", "shelf") if hall else (reader,)
        now = clock[reader] + chance.choice((40_000_000, 300_000_000, 900_000_000, 3 * SECOND, 14 * SECOND))
        now += chance.randrange(1_000_000)
        for name in names:
            clock[name] = now
        time = now - chance.choice((0, 0, 100_000_000, 400_000_000))
        if reader == "dock" and chance.random() < 0.25:
            time = max(START, now - chance.choice((2, 8, 25, 100)) * SECOND)
        epc = chance.choice([*goods, *SSCCS, *FOREIGN] if reader == "belt" else goods)
        numbers[reader] += chance.choice((1, 1, 1, 3))
        rssi = chance.choice((None, "-40", "-52.5", "-61.25")) if hall else None
        found.append(line(reader, epc, time, numbers[reader], zone=chance.choice((0, 0, 480, 330)), rssi=rssi))
        if chance.random() < 0.08:
            found.append(chance.choice(found))
        if chance.random() < 0.08:
            found.append(chance.choice(BAD))
    return found


def offered(lines: list[bytes]) -> list[Read]:
    """The reads in these lines as the relay names them."""
    return [_read(one) for line in lines if (one := seen(line)) is not None]


def _read(one: Seen) -> Read:
    return Read(one.time, one.epc, one.antenna, one.reader, one.sequence)


def refused(lines: list[bytes]) -> int:
    """How many of them are none."""
    return sum(seen(line) is None for line in lines)


def events_in(bodies: list[bytes]) -> list[str]:
    """Stored events as the model says them."""
    found = []
    for body in bodies:
        event = json.loads(body)
        del event["@context"]
        found.append(json.dumps(event, sort_keys=True))
    return sorted(found)
