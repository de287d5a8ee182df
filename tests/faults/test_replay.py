"""Row 15: hours of a reader's buffer come at once, out of order and partly again, and the relay is killed amid them.

`LADING_FAULT_REPLAY` is how many reads there are (150,000 in `make test-faults`).
"""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import raw
from bed import Bed, Ground
from model import GOODS, SECOND
from relay_process import Body, Relay, Steps, connect

from lading.relayer.config.settings import load

READS = int(os.environ.get("LADING_FAULT_REPLAY", "6000"))
KILLS = 3


def replay(count: int) -> list[bytes]:
    """Two hours of one door, of which the second half comes first; then a part of it all again."""
    chance = random.Random(f"replay {count}")  # noqa: S311 - the same at each run
    tags, lines, clock = sorted(GOODS), [], raw.START
    for number in range(count):
        clock += 7200 * SECOND // count
        tag = tags[number * 60 // count * 40 + chance.randrange(40)]  # forty at a time, and then they are gone
        lines.append(raw.line("dock", tag, clock, number))
    half = count // 2
    mixed = [*lines[half:], *lines[:half]]
    for begin in range(0, count, 50):
        part = mixed[begin : begin + 50]
        chance.shuffle(part)
        mixed[begin : begin + 50] = part
    return [*mixed, *chance.sample(mixed, count // 20)]


def at_once(url: str, record: Path, key: str, config: Path, seed: int) -> Body:
    """As `stream`, but in large pieces, each of which inference takes in as it comes."""

    def body(steps: Steps) -> None:
        import asyncio

        from lading.relayer.feeds import files

        relay = Relay(load(config), connect(url, record, key), steps, seed)

        def then() -> None:
            for lane in relay.lanes:
                while lane.advance() is not None:
                    continue

        async def listen(intake: object) -> None:
            files.READ_BYTES = max(READS, 1 << 16)  # type: ignore[misc] - about a hundred pieces
            await files.FileFeed(relay.config.source, intake, relay.outbox.store).run()  # type: ignore[arg-type]

        relay.a_little = then  # type: ignore[method-assign]
        asyncio.run(relay.listen(listen))
        relay.finish()
        relay.outbox.close()

    return body


def test_a_replay_of_hours_amid_which_the_relay_is_killed(chain: Ground, tmp_path: Path):
    lines = replay(READS)
    bed = Bed(chain, tmp_path / "relay", lines, max_events=2000)
    for kill, (step, number) in enumerate((("observations", 3), ("storing", 2), ("reads", 4))[:KILLS]):
        assert bed.run(kill, step, number, at_once)[0] == -signal.SIGKILL
        assert bed.accounts(done=False) == []
    assert bed.run(KILLS, make=at_once)[0] == 0
    bed.assert_whole()
    with bed.database() as database:
        # All numbers arrived, though half of them after higher ones; the last gap was filled.
        assert database.rows("SELECT lowest, highest FROM sequences") == [(0, READS - 1)]
        assert database.rows("SELECT * FROM gaps") == []
