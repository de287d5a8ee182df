"""Row 1 of the list of faults: a process that is killed (SIGKILL) at any labelled step loses and doubles nothing.

`SENDER_KILL_SEEDS` runs more places per step; `SENDER_KILL_NODE=ganache` runs it where the same bytes would take effect
again.
"""

from __future__ import annotations

import os
import random
import secrets
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from sdk_kit import GOVERNOR
from sender_driver import in_a_process

from lading.chain import devnet, transactions
from lading.chain.node import Chain
from lading.chain.sender_sqlite import SqliteDatabase
from lading.chain.signer import Signer

LABELS = ("persist", "sign", "store", "broadcast", "receipt")
SEEDS = int(os.environ.get("SENDER_KILL_SEEDS", "2"))
KIND = os.environ.get("SENDER_KILL_NODE", "anvil")
COUNT = 4


@dataclass
class Bed:
    """A funded key, `COUNT` addresses that have nothing, and a store, all of one test."""

    url: str
    chain: Chain
    signer: Signer
    key: str
    database: Path
    first: int

    def run(self, label: str | None = None, number: int = 1) -> int:
        ended = in_a_process(self.url, self.database, self.key, self.first, COUNT, label, number)
        assert ended in (0, -signal.SIGKILL)
        return ended

    def received(self) -> list[int]:
        return [self.chain.balance(f"0x{self.first + place:040x}") for place in range(COUNT)]

    def stored(self) -> set[tuple[str, int]]:
        if not self.database.exists():
            return set()
        database = SqliteDatabase.open(self.database)
        found = set(database.rows("SELECT hash, nonce FROM attempts"))
        database.close()
        return found


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with devnet.running(KIND) as running:  # type: ignore[arg-type]
        yield running.url


@pytest.fixture
def bed(url: str, tmp_path: Path) -> Bed:
    chain, key = Chain.open(url), secrets.token_hex(32)
    signer = Signer.unsafe_from_key(key)
    transactions.send(chain, GOVERNOR, signer.address, b"", value=10**18)
    return Bed(url, chain, signer, key, tmp_path / "store.sqlite3", secrets.randbits(150) + 2**30)


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("label", LABELS)
def test_row_1_a_process_killed_at_any_step_loses_nothing_and_doubles_nothing(bed, label, seed):
    number = random.Random(f"{label} {seed}").randint(1, COUNT)  # noqa: S311 - a place in a list
    assert bed.run(label, number) == -signal.SIGKILL
    stored = bed.stored()
    assert bed.run() == 0
    assert bed.received() == [1] * COUNT
    assert bed.chain.nonce(bed.signer.address, "latest") == COUNT
    # What was signed and stored is what was sent: no bytes were made anew.
    assert stored <= bed.stored()
    assert len(bed.stored()) == COUNT


@pytest.mark.parametrize("seed", range(SEEDS))
def test_row_1_killed_again_and_again(bed, seed):
    """Each start goes on until the next kill; whatever the order, each effect is there once."""
    chance = random.Random(seed)  # noqa: S311 - as above
    ended = 0
    for _ in range(4 if SEEDS <= 2 else 12):
        ended = bed.run(chance.choice(LABELS), chance.randint(1, 3))
        assert all(one <= 1 for one in bed.received())
    if ended != 0:
        assert bed.run() == 0
    assert bed.received() == [1] * COUNT
    assert bed.chain.nonce(bed.signer.address, "latest") == COUNT
    assert len(bed.stored()) == COUNT


def test_row_1_killed_while_the_pool_is_lost_too(bed):
    if KIND != "anvil":
        pytest.skip("only Anvil drops its pool on request")

    def rpc(method: str, *params: object) -> None:
        requests.post(bed.url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}, timeout=10)

    rpc("evm_setAutomine", False)
    try:
        assert bed.run("broadcast", COUNT) == -signal.SIGKILL
        rpc("anvil_dropAllTransactions")
    finally:
        rpc("evm_setAutomine", True)
    stored = bed.stored()
    assert bed.run() == 0
    assert bed.stored() == stored
    assert bed.received() == [1] * COUNT
