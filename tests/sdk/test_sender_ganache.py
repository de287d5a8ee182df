"""Ganache 7 executes the same signed bytes again after they were mined, so that nothing may be sent without a look."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import fake_node
import pytest
from sdk_kit import GOVERNOR
from sender_kit import Bench, rounds

from lading.chain import devnet, transactions
from lading.chain.node import Chain
from lading.chain.sender import Policy
from lading.chain.sender_sqlite import SqliteDatabase
from lading.chain.signer import Signer

SEND = "eth_sendRawTransaction"


@pytest.fixture(scope="module")
def ganache() -> Iterator[str]:
    with devnet.running("ganache") as running:
        yield running.url


@pytest.fixture
def bed(ganache: str, tmp_path: Path) -> Iterator[Bench]:
    chain, signer = Chain.open(ganache), Signer.unsafe_from_key(secrets.token_bytes(32))
    transactions.send(chain, GOVERNOR, signer.address, b"", value=10**18)
    with fake_node.in_front_of(ganache) as (url, plan):
        database = SqliteDatabase.open(tmp_path / "store")
        recipient = Signer.unsafe_from_key(secrets.token_bytes(32)).address
        yield Bench(ganache, [plan], [url], chain, signer, recipient, database)
        database.close()


def test_the_node_itself_does_what_this_guards_against(bed):
    signed = transactions.plan(bed.direct, bed.signer, bed.recipient, b"", value=1)
    for _ in range(2):
        bed.direct.send_raw(bytes.fromhex(signed.raw[2:]))
    assert bed.received() == 2


def test_bytes_that_are_broadcast_again_take_effect_once(bed):
    signed = transactions.plan(bed.direct, bed.signer, bed.recipient, b"", value=1)
    for _ in range(3):
        transactions.broadcast(bed.direct, signed)
    assert (bed.received(), transactions.wait(bed.direct, signed).tx_hash) == (1, signed.hash)


def test_without_the_sender_too_an_answer_lost_after_acceptance_takes_effect_once(bed):
    signed = transactions.plan(bed.direct, bed.signer, bed.recipient, b"", value=1)
    behind, waits = Chain.open(bed.urls[0]), list[float]()
    bed.plan.faults[SEND] = [fake_node.accept_then_hang_up, fake_node.accept_then_hang_up]
    bed.plan.faults["eth_getTransactionByHash"] = [fake_node.result(None)]
    transactions.broadcast(behind, signed, sleep=waits.append)
    assert (bed.received(), bed.plan.seen.count(SEND), len(waits)) == (1, 1, 1)


def test_an_answer_lost_after_acceptance_takes_effect_once(bed):
    bed.plan.faults[SEND] = [fake_node.accept_then_hang_up]
    before = bed.used()
    with bed.sender() as sender:
        bed.submit(sender, "a")
        sender.wait("a")
    assert (bed.received(), bed.used() - before) == (1, 1)


def test_a_lie_that_the_pool_lost_it_sends_nothing_twice(bed):
    """Everything says that the bytes have to go out again, but the node has used the nonce."""
    before = bed.used()
    with bed.sender(Policy(resend_seconds=0)) as sender:
        bed.submit(sender, "a")
        sender.step()
        old = hex(before)
        bed.plan.faults["eth_getTransactionCount"] = [fake_node.result(old), fake_node.result(old)]
        bed.plan.faults["eth_getTransactionByHash"] = [fake_node.result(None)]
        sender.step()
        rounds(sender, lambda step: step.waiting == 0)
    assert bed.plan.seen.count(SEND) == 1
    assert (bed.received(), bed.used() - before) == (1, 1)
