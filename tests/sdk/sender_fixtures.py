"""Fixtures of the sender's tests: the conftest of this folder takes them in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import fake_node
import pytest
from sender_kit import Bench, rpc

from lading.chain import devnet
from lading.chain.node import Chain
from lading.chain.sender_sqlite import SqliteDatabase
from lading.chain.signer import Signer

ETHER = 10**18


@contextmanager
def a_bench(url: str, folder: Path, proxies: int = 1) -> Iterator[Bench]:
    """A new funded signer, a new database, and that many proxies before one node."""
    chain = Chain.open(url)
    signer = Signer.unsafe_from_key(secrets.token_bytes(32))
    recipient = Signer.unsafe_from_key(secrets.token_bytes(32)).address
    rpc(url, "anvil_setBalance", signer.address, hex(100 * ETHER))
    with ExitStack() as stack:
        fronts = [stack.enter_context(fake_node.in_front_of(url)) for _ in range(proxies)]
        database = SqliteDatabase.open(folder / f"{signer.address}.sqlite3")
        stack.callback(database.close)
        yield Bench(url, [plan for _, plan in fronts], [at for at, _ in fronts], chain, signer, recipient, database)


@pytest.fixture(scope="module")
def anvil() -> Iterator[str]:
    with devnet.running("anvil") as running:
        yield running.url


@pytest.fixture
def bench(anvil: str, tmp_path: Path) -> Iterator[Bench]:
    with a_bench(anvil, tmp_path) as made:
        yield made


@pytest.fixture
def two(anvil: str, tmp_path: Path) -> Iterator[Bench]:
    """With two endpoints."""
    with a_bench(anvil, tmp_path, 2) as made:
        yield made


@pytest.fixture
def held(anvil: str) -> Iterator[Callable[[], None]]:
    """The node makes no blocks by itself until the test is over; calling it makes it do so again."""
    rpc(anvil, "evm_setAutomine", False)
    yield lambda: rpc(anvil, "evm_setAutomine", True)
    rpc(anvil, "evm_setAutomine", True)
    rpc(anvil, "anvil_setNextBlockBaseFeePerGas", hex(10**9))
    rpc(anvil, "anvil_mine", "0x1")
