"""Blocks that are taken back: what was in them is sent again, with the same bytes, and takes effect once."""

from __future__ import annotations

import json
import time

import fake_node
import pytest
from sender_kit import foreign, keys, rounds

from lading.chain import transactions
from lading.chain.sender import Policy
from lading.chain.sender_errors import ChainWentBack


@pytest.mark.parametrize("depth", [1, 3])
def test_a_mined_transaction_that_vanishes_goes_back_and_is_resent(bench, held, depth):
    """Anvil's reorg empties the pool too."""
    with bench.sender() as sender:
        for key in "ab":
            bench.submit(sender, key)
        sender.step()
        bench.mine(depth)
        rounds(sender, lambda step: step.waiting == 0)
        stored = {key: bench.attempts(key) for key in "ab"}
        before = sender.get("a").block_hash
        bench.rpc("anvil_reorg", depth, [])
        assert bench.received() == 0
        step = rounds(sender, lambda step: bool(step.vanished))
        assert keys(step.vanished) == ["a", "b"]
        assert sender.get("a").state == "sent"
        bench.mine()
        assert keys(rounds(sender, lambda step: step.waiting == 0).mined) == ["a", "b"]
        assert sender.get("a").block_hash != before
        assert {key: bench.attempts(key) for key in "ab"} == stored
    assert (bench.received(), bench.used()) == (2, 2)


def test_a_reorg_before_it_is_deep_enough_is_no_news(bench, held):
    with bench.sender(Policy(confirmations=3)) as sender:
        bench.submit(sender, "a")
        sender.step()
        bench.mine()
        sender.step()
        assert sender.get("a").state == "mined"
        bench.rpc("anvil_reorg", 1, [])
        rounds(sender, lambda step: bool(step.vanished))
        for _ in range(2):
            bench.mine()
            assert sender.step().mined == ()
        bench.mine()
        rounds(sender, lambda step: bool(step.mined))
        done = sender.wait("a")
        assert bench.direct.block().number - done.block + 1 >= 3
    assert (bench.received(), bench.used()) == (1, 1)


def test_mined_again_in_another_block_is_found_there(bench, held):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.step()
        bench.mine(2)
        rounds(sender, lambda step: step.waiting == 0)
        raw = bench.rpc("eth_getRawTransactionByHash", sender.get("a").tx_hash)
        old = sender.get("a")
        bench.rpc("anvil_reorg", 2, [[raw, 1]])
        step = rounds(sender, lambda step: sender.get("a").block_hash != old.block_hash)
        assert step.vanished == ()
        assert rounds(sender, lambda step: step.waiting == 0)
        assert sender.get("a").block == old.block + 1
    assert (bench.received(), bench.used(), len(bench.attempts("a"))) == (1, 1, 1)


def test_a_foreign_transaction_that_takes_the_place_after_a_reorg_replaces(bench, held):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.step()
        bench.mine()
        rounds(sender, lambda step: step.waiting == 0)
        bench.rpc("anvil_reorg", 1, [])
        transactions.broadcast(bench.direct, foreign(bench, 0))
        bench.mine()
        rounds(sender, lambda step: bool(step.vanished))
        assert keys(rounds(sender, lambda step: bool(step.replaced)).replaced) == ["a"]
    assert (bench.received(), bench.used()) == (0, 1)


def test_a_node_that_lags_is_no_reorg(two):
    """The first has blocks that the second does not show yet; then it is the second that is asked."""
    with two.sender() as sender:
        two.submit(sender, "a")
        sender.wait("a")
        state = sender.get("a")
        old = two.rpc("eth_getBlockByNumber", "0x0", False)

        def behind(handler, request):
            asked = request["params"][0]
            if asked == "latest":
                fake_node.result(old)(handler, request)
            elif int(asked, 16) > 0:
                fake_node.result(None)(handler, request)
            else:
                fake_node.passed(handler, request)

        two.plan.faults["eth_getBlockByNumber"] = [behind] * 50
        for _ in range(4):
            assert sender.step().vanished == ()
        assert sender.get("a") == state
    assert (two.received(), two.used()) == (1, 1)


def test_one_alone_that_lags_for_a_moment_takes_nothing_back(bench):
    """It has neither the block nor the receipt, once."""
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.wait("a")
        old = bench.rpc("eth_getBlockByNumber", "0x0", False)
        step = bench.plan.faults
        step["eth_getBlockByNumber"] = [fake_node.result(old), *[fake_node.result(None)] * 2, fake_node.result(old)]
        step["eth_getTransactionReceipt"] = [fake_node.result(None)] * 2
        assert sender.step().vanished == ()
        assert (sender.step().vanished, sender.get("a").state) == ((), "done")


def test_a_node_on_a_fork_of_its_own_takes_nothing_back_while_another_has_it(two):
    with two.sender() as sender:
        two.submit(sender, "a")
        sender.wait("a")
        state = sender.get("a")

        def forked(handler, request):
            answer = handler.forward(request)
            if request["params"][0] == hex(state.block):
                answer["result"]["hash"] = "0x" + "77" * 32
            handler.answer(200, json.dumps(answer).encode())

        two.plan.faults["eth_getBlockByNumber"] = [forked] * 50
        two.plan.faults["eth_getTransactionReceipt"] = [fake_node.result(None)] * 50
        for _ in range(4):
            step = sender.step()
            assert (step.vanished, step.mined) == ((), ())
        assert sender.get("a") == state
    assert (two.received(), two.used()) == (1, 1)


def test_what_is_final_is_looked_at_no_more_and_its_loss_stops_the_sender(bench):
    """A history that lacks what was final is another one, or a node far behind: nothing is sent until that is known."""
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.wait("a")
        bench.mine(65)
        sender.step()
        assert not sender.get("a").watched
        bench.submit(sender, "b")
        bench.plan.faults["eth_getTransactionCount"] = [fake_node.result("0x0")] * 2
        assert isinstance(sender.step().trouble, ChainWentBack)
        assert bench.attempts("b") == []
        sender.wait("b")
    assert (bench.received(), bench.used()) == (2, 2)


def test_blocks_at_intervals_under_load_take_each_once(bench):
    """Mined in a rhythm of their own while the sender goes on."""
    bench.rpc("evm_setAutomine", False)
    bench.rpc("anvil_setIntervalMining", 1)
    try:
        with bench.sender(Policy(max_in_flight=5), clock=time.monotonic, sleep=time.sleep) as sender:
            for number in range(12):
                bench.submit(sender, f"k{number}")
            for number in range(12):
                sender.wait(f"k{number}", timeout=20)
    finally:
        bench.rpc("anvil_setIntervalMining", 0)
        bench.rpc("evm_setAutomine", True)
    assert (bench.received(), bench.used()) == (12, 12)
