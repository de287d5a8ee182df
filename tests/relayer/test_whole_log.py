"""A log that is there as a whole: what becomes of it does not depend on the order of its lines nor on how much of it is
in memory at once, and memory does not grow with it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lading.relayer.config.settings import RelayConfig, parse
from lading.relayer.intake.intake import Intake, take_in
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.run import NO_LOG
from lading.relayer.smoothing import whole_log

EPOCH = 1_772_000_000
LEFT = {"left": {"biz_step": "departing", "disposition": "in_transit"}}
KINDS: list[dict[str, Any]] = [LEFT, {"area": "hall"} | LEFT, {"tunnel": "true"}]


def lines(seed: int, count: int) -> list[bytes]:
    """Reads of a few tags over an hour, some of them twice, in order of time."""
    chance = Random(seed)  # noqa: S311 - the same at each run
    found = []
    for number in range(count):
        at = EPOCH + number * 3600 // count + number * 10 // count * 30  # now and then nothing for a while
        stamp = f"2026-02-25T{at // 3600 % 24:02d}:{at // 60 % 60:02d}:{at % 60:02d}.{number % 1000:03d}Z"
        epc = f"3036451FD40C0E4{chance.randrange(40):09X}"
        found.append(json.dumps({"reader": "ours", "epc": epc, "time": stamp, "sequence": number}).encode())
        found += found[-1:] if chance.random() < 0.05 else []
    return found


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little is held at once, so that a short log is as a long one."""
    monkeypatch.setattr(whole_log, "MOST_READS", 60)
    monkeypatch.setattr(whole_log, "MOST_HELD", 150)


def taken(folder: Path, config: RelayConfig, log: list[bytes], parts: int) -> tuple[Intake, list[Any], list[Any]]:
    """What was counted, the observations, and the events."""
    size = len(log) // parts + 1
    blocks = [b"".join(line + b"\n" for line in log[begin : begin + size]) for begin in range(0, len(log), size)]
    with Outbox.open(folder / f"{len(list(folder.iterdir()))}.sqlite3", NO_LOG) as outbox:
        counted = take_in(outbox, blocks, config, "log")
        select = "SELECT epc, read_point, first_ns, last_ns, reads, open FROM observations ORDER BY 1, 2, 3"
        events = outbox.store.rows("SELECT time_ms, event_id, body FROM events ORDER BY 1, 2")
        assert outbox.store.one("SELECT count(*) FROM inbox") == (0,)
        return counted, outbox.store.rows(select), events


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_any_order_and_any_size_of_parts_give_the_same(
    tmp_path: Path, document: Callable[[], dict[str, Any]], monkeypatch: pytest.MonkeyPatch, kind: int
):
    whole = document()
    for point in whole["read_points"]:
        point.update(KINDS[kind] if point["sgln"].endswith("00002.1") else {})
    config, log = parse(whole, Path("relay.yaml")), lines(kind, 900)
    parted = taken(tmp_path, config, log, 20)
    shuffled = list(log)
    Random(kind).shuffle(shuffled)  # noqa: S311 - the same at each run
    assert taken(tmp_path, config, shuffled, 20) == parted
    later = [*log[400:], *log[:400]]
    assert taken(tmp_path, config, later, 20) == parted
    monkeypatch.setattr(whole_log, "MOST_READS", 10_000)
    assert taken(tmp_path, config, shuffled, 1) == parted
    assert parted[0].reads == len(log)
    assert parted[0].duplicates == len(log) - 900
    assert parted[0].gaps == 0
    assert len(parted[2]) > 40


@pytest.mark.usefixtures("few")
def test_a_log_that_is_taken_in_again_is_known_in_whatever_order(tmp_path: Path, config: RelayConfig):
    log = lines(7, 900)
    with Outbox.open(tmp_path / "outbox.sqlite3", NO_LOG) as outbox:
        take_in(outbox, [b"\n".join(log)], config, "log")
        before = outbox.store.rows("SELECT * FROM observations ORDER BY id")
        Random(7).shuffle(log)  # noqa: S311 - the same at each run
        again = take_in(outbox, [b"\n".join(log)], config, "log")
        assert (again.reads, again.duplicates, again.events) == (len(log), len(log), 0)
        assert outbox.store.rows("SELECT * FROM observations ORDER BY id") == before


MEASURED = """
import resource, sys
from pathlib import Path
from lading.relayer.config.settings import load
from lading.relayer.feeds.documents import blocks_of
from lading.relayer.intake.intake import take_in
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.run import NO_LOG
config, log = load(Path(sys.argv[1])), Path(sys.argv[2])
with Outbox.open(log.with_suffix(".sqlite3"), NO_LOG) as outbox:
    print(take_in(outbox, blocks_of(log), config, "log").reads)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_log(tmp_path: Path, document: Callable[[], dict[str, Any]]):
    """Held whole, a read took 850 bytes."""
    config = tmp_path / "relay.yaml"
    config.write_text(json.dumps(document()))
    part = b"".join(line + b"\n" for line in lines(1, 20_000))
    used = {}
    for times in (3, 9):
        log = tmp_path / f"{times}.ndjson"
        # Of another day each, so that none of it is known.
        dates = [f"2026-{3 + day // 28:02d}-{1 + day % 28:02d}".encode() for day in range(times)]
        log.write_bytes(b"".join(part.replace(b"2026-02-25", date) for date in dates))
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, str(config), str(log)], capture_output=True, text=True, check=True
        )
        reads, used[times] = map(int, done.stdout.split())
        assert reads == times * part.count(b"\n")
    grown = (used[9] - used[3]) * 1024 / (6 * part.count(b"\n"))
    assert grown < 200, f"{grown:.0f} bytes a read"
