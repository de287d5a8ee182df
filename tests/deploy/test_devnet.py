"""Local nodes, the real ones: started, found, ended, gone on with."""

import contextlib
import json
import os
import random
import signal
import socket
import time
from pathlib import Path

import pytest

from lading.chain import devnet
from lading.chain.devnet import NodeFailed, PortInUse
from lading.chain.node import Chain
from lading.chain.process import start_time
from lading.chain.signer import DEV_ACCOUNTS, Signer
from lading.chain.transactions import send
from lading.deploy import Params, deploy, find
from lading.errors import RequestRefused, ToolchainError, UsageError

KINDS = pytest.mark.parametrize("kind", devnet.KINDS)


def port_of_our_own():
    """Below those that the system hands to whoever asks for any, so that it is still free at the next start."""
    for port in random.sample(range(20_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((devnet.HOST, port))
            return port
    raise AssertionError("no port is free")


@pytest.fixture
def directory(tmp_path):
    """A folder whose nodes end with the test."""
    yield tmp_path
    for kind in devnet.KINDS:
        devnet.down(kind, tmp_path)


def up(kind: devnet.Kind, directory: Path) -> devnet.Devnet:
    return devnet.up(kind, port_of_our_own(), directory)


@KINDS
def test_a_node_goes_on_with_its_chain_after_down_and_up(kind, directory):
    node = up(kind, directory)
    before = Chain.open(node.url)
    deployment = deploy(before, Signer.dev(0), Params.default(governance_delay=0), directory=directory)
    devnet.advance(before, 86_400)
    head = before.block()

    assert devnet.down(kind, directory).running is False
    assert start_time(node.pid) is None
    again = devnet.up(kind, node.port, directory)

    after = Chain.open(again.url)
    assert (after.genesis, after.block().hash) == (before.genesis, head.hash)
    assert find(after.chain_id, after.genesis, directory=directory) == deployment
    assert deploy(after, Signer.dev(0), Params.default(governance_delay=0), directory=directory) == deployment
    receipt = send(after, Signer.dev(0), Signer.dev(1).address, b"", value=1)
    assert receipt.block_number == head.number + 1


def test_anvil_keeps_one_genesis_over_many_starts_and_its_clock_goes_on(directory):
    """Each start makes a block 0; the chain is found again only if they are all the same."""
    port, seen, ahead = port_of_our_own(), set(), 0
    for _ in range(6):
        began = int(time.time())
        chain = Chain.open(devnet.up("anvil", port, directory).url)
        seen.add(chain.genesis)
        now = devnet.advance(chain, 100)
        assert now >= max(began, ahead) + 100
        ahead = now
        devnet.down("anvil", directory)
    state = json.loads((directory / "anvil" / "state.json").read_text(encoding="utf-8"))
    assert len(seen) == 1
    assert [int(block["header"]["number"], 16) for block in state["blocks"]].count(0) == 1


@KINDS
def test_its_accounts_are_funded_and_their_keys_are_ours(kind, directory):
    node = up(kind, directory)
    chain = Chain.open(node.url)

    assert len(node.accounts) == DEV_ACCOUNTS
    assert all(chain.balance(account) >= 10**21 for account in node.accounts)
    assert chain.chain_id == node.chain_id == {"anvil": 31337, "ganache": 1337}[kind]


@KINDS
def test_time_moves_forward_in_a_block_of_its_own(kind, directory):
    chain = Chain.open(up(kind, directory).url)
    before = chain.block()

    time = devnet.advance(chain, 3 * 86_400)

    assert time - before.time >= 3 * 86_400
    assert chain.block().number == before.number + 1


def test_time_moves_on_the_embedded_chain():
    chain = Chain.open("embedded")
    before = chain.block().time
    assert devnet.advance(chain, 3_600) - before >= 3_600


def test_a_clock_that_cannot_be_moved_is_said(directory, monkeypatch):
    chain = Chain.open(up("anvil", directory).url)
    monkeypatch.setattr(
        chain.web3.provider, "make_request", lambda *_: {"error": {"code": -32601, "message": "Method not found"}}
    )
    with pytest.raises(RequestRefused, match=r"evm_increaseTime.*Only a devnet"):
        devnet.advance(chain, 1)


def test_a_second_up_gives_the_running_node(directory):
    node = up("anvil", directory)

    assert devnet.up("anvil", directory=directory) == node
    assert devnet.up("anvil", node.port, directory) == node
    assert devnet.status(directory) == [node]
    assert devnet.recorded_url("anvil", directory) == node.url
    with pytest.raises(UsageError, match=node.url):
        devnet.up("anvil", node.port + 1, directory)


def test_a_port_in_use_is_named_with_what_to_do(directory):
    with socket.socket() as other:
        other.bind((devnet.HOST, 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(PortInUse, match=rf"Port {port} on 127\.0\.0\.1 is in use.*--port {port + 10}"):
            devnet.up("anvil", port, directory)
    assert devnet.status(directory) == []


def test_down_where_nothing_runs_is_none(directory):
    assert devnet.down("anvil", directory) is None
    assert devnet.recorded_url("anvil", directory) is None


def test_a_record_of_a_dead_node_is_stale_and_its_chain_goes_on(directory):
    node = up("anvil", directory)
    genesis = Chain.open(node.url).genesis
    os.kill(node.pid, signal.SIGTERM)
    assert devnet.until(lambda: start_time(node.pid) is None, 10)

    assert [one.running for one in devnet.status(directory)] == [False]
    assert devnet.down("anvil", directory) is None
    assert Chain.open(devnet.up("anvil", node.port, directory).url).genesis == genesis


def test_another_process_with_the_recorded_id_is_left_alone(directory):
    path = directory / "devnet-anvil.json"
    node = up("anvil", directory)
    record = path.read_text()
    devnet.down("anvil", directory)
    path.write_text(json.dumps({**json.loads(record), "pid": os.getppid()}))

    assert [one.running for one in devnet.status(directory)] == [False]
    assert devnet.down("anvil", directory) is None
    assert start_time(os.getppid()) is not None
    assert node.port != 0


def test_a_node_that_does_not_come_up_says_its_last_words(directory):
    (directory / "anvil").mkdir()
    (directory / "anvil" / "state.json").write_text("this is no state")

    with pytest.raises(NodeFailed, match="did not come up") as caught:
        up("anvil", directory)
    assert caught.value.output
    assert devnet.status(directory) == []


def test_a_damaged_record_is_refused(directory):
    (directory / "devnet-anvil.json").write_text("{")
    with pytest.raises(ToolchainError, match="cannot be read"):
        devnet.status(directory)
    (directory / "devnet-anvil.json").unlink()


def test_a_node_of_a_test_is_gone_afterwards():
    with devnet.running("anvil") as node:
        folder = Path(node.log).parent
        assert Chain.open(node.url).chain_id == 31337
    assert start_time(node.pid) is None
    assert not folder.exists()
