"""Signed captures through kills: whatever became durable is signed, in a sequence without holes and without a number
that was used twice, and holds each accepted read as often as it was accepted.

`LADING_FAULT_SEEDS` kills so many times at each step.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
from collections import Counter
from pathlib import Path

import pytest
import raw
from bed import Bed, Ground

from lading.chain.signer import Signer
from lading.relayer.captures import export
from lading.relayer.captures.codec import rows_of
from lading.relayer.captures.document import parse
from lading.relayer.captures.raw_log import RawLog
from lading.relayer.captures.verify import Fault, verify
from lading.relayer.reads.reads import unpack
from lading.relayer.run import log_identity
from lading.relayer.store.database import Database

SEEDS = min(int(os.environ.get("LADING_FAULT_SEEDS", "2")), 30)
STEPS = ("put", "storing", "stored", "statement")
ENV = "LADING_FAULT_GATEWAY_KEY"
READERS = "SELECT reader FROM capture_heads ORDER BY reader"


@pytest.fixture(params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, chain: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes a relay's folder with signing on, by the seed of its log."""
    key = Signer.unsafe_from_key(secrets.token_bytes(32))
    monkeypatch.setenv(ENV, "0x" + key.unsafe_key().hex())

    def make(seed: int) -> Bed:
        where = {}
        if request.param == "postgresql":
            where = {"where": request.getfixturevalue("schema").replace(":@", "@")}
        bed = Bed(chain, tmp_path / "relay", raw.log(seed), **where)
        bed.path.write_text(json.dumps(json.loads(bed.path.read_text()) | {"signing": {"key_env": ENV}}))
        bed.make_outbox()
        return bed

    return make


def captured(bed: Bed, database: Database) -> Counter[tuple]:
    """Every read in a capture, once the captures of each reader are found to be good, and none that is not in the raw
    lines."""
    found: Counter[tuple] = Counter()
    identity = log_identity(bed.config, bed.ground.client)
    for (reader,) in database.rows(READERS):
        header = export.header_of(database, identity, reader, None, None)
        _, captures = parse(line for line, _ in export.lines(database, header))
        kept, log = list(captures), RawLog(reader, [b"\n".join(bed.lines)])
        verified = verify(header, kept, log.take)
        assert verified.faults == []
        assert [one.sequence for one in kept] == list(range(1, header.last + 1))
        assert log.compare(verified).foreign == 0
        for one in kept:
            found.update(rows_of(one.reads or (), reader))
    return found


def accepted(database: Database) -> int:
    """How many reads were accepted, redelivered ones among them: those that lanes have gone through, and those in rows
    of the inbox that stand after a lane's position."""
    counted = database.one("SELECT coalesce(sum(value), 0) FROM counters WHERE name = 'reads'")[0]
    waiting = database.rows(
        "SELECT inbox.reads FROM inbox LEFT JOIN lanes ON lanes.lane = inbox.lane"
        " WHERE inbox.id > coalesce(lanes.position, 0)"
    )
    return int(counted) + sum(len(unpack(packed)[0]) for (packed,) in waiting)


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_every_accepted_read_is_signed_once(made, step: str, seed: int):
    bed = made(seed + 400)
    number = random.Random(f"captures {step} {seed}").randint(1, 250 if step == "statement" else 5)  # noqa: S311
    assert bed.run(seed, step, number)[0] in (0, -signal.SIGKILL)
    with bed.database() as database:
        assert sum(captured(bed, database).values()) == accepted(database)
    assert bed.run(seed + 1)[0] == 0
    bed.assert_whole()
    with bed.database() as database:
        whole = captured(bed, database)
        assert sum(whole.values()) == accepted(database)
        assert {read[:5] for read in whole} == {one.identity for one in raw.offered(bed.lines)}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_again_and_again_no_number_is_left_out_or_used_twice(made, seed: int):
    chance = random.Random(f"captures again {seed}")  # noqa: S311 - the same at each run
    bed = made(seed + 500)
    for start in range(5):
        bed.run(100 * seed + start, chance.choice(STEPS), chance.randint(1, 60))
    assert bed.run(seed)[0] == 0
    with bed.database() as database:
        assert sum(captured(bed, database).values()) == accepted(database)


def test_a_kill_between_the_statements_of_a_capture_leaves_none_of_it(made):
    """Each statement of the transactions around the first captures, one after the other."""
    bed = made(600)
    for number in range(30, 60):
        assert bed.run(0, "statement", number)[0] in (0, -signal.SIGKILL)
        with bed.database() as database:
            assert sum(captured(bed, database).values()) == accepted(database)


def test_a_read_that_is_taken_out_of_the_database_afterwards_is_found(made):
    bed = made(700)
    assert bed.run(0)[0] == 0
    with bed.database() as database:
        ((reader,), *_) = database.rows(READERS)
        database.execute("DELETE FROM signed_captures WHERE reader = ? AND sequence = 1", (reader,))
        header = export.header_of(database, log_identity(bed.config, bed.ground.client), reader, None, None)
        _, captures = parse(line for line, _ in export.lines(database, header))
        assert Fault.MISSING in {one.fault for one in verify(header, captures).faults}
