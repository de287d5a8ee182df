"""Rows 7 to 9 and 13 of the list of faults: nodes that fail or lie, and the clock."""

from __future__ import annotations

import time

import fake_node
import pytest
from sender_kit import keys, rounds

from lading.chain.sender import Policy
from lading.errors import BadResponse, NotReachable, RequestRefused

SEND = "eth_sendRawTransaction"


# -- row 7: a timeout after the node accepted


def test_row_7_an_answer_lost_after_acceptance_counts_as_success(bench):
    bench.plan.faults[SEND] = [fake_node.accept_then_hang_up]
    with bench.sender() as sender:
        bench.submit(sender, "a")
        step = sender.step()
        assert step.trouble is None
        sender.wait("a")
    assert bench.plan.seen.count(SEND) == 1
    assert (bench.received(), bench.used()) == (1, 1)


@pytest.mark.parametrize("words", ["already known", "ALREADY_EXISTS: already known", "transaction already imported"])
def test_row_7_already_known_counts_as_success(bench, held, words):
    def known(handler, request):
        handler.forward(request)
        fake_node.error(-32000, words)(handler, request)

    bench.plan.faults[SEND] = [known]
    with bench.sender() as sender:
        bench.submit(sender, "a")
        assert sender.step().trouble is None
        bench.mine()
        sender.wait("a")
    assert len(bench.attempts("a")) == 1


# -- row 8: 429, 5xx, reset, refused


@pytest.mark.parametrize(
    ("fault", "method"),
    [
        (fake_node.status(429), "eth_getBlockByNumber"),
        (fake_node.status(503), "eth_estimateGas"),
        (fake_node.hang_up, SEND),
        (fake_node.error(-32005, "limit exceeded"), "eth_getTransactionReceipt"),
    ],
    ids=["429", "503", "reset", "limit in 200"],
)
def test_row_8_the_second_endpoint_takes_over(two, fault, method):
    with two.sender() as sender:
        two.submit(sender, "a")
        two.plan.faults[method] = [fault] * 100
        sender.wait("a")
    assert method in two.plans[1].seen
    assert (two.received(), two.used()) == (1, 1)


def test_row_8_retry_after_is_kept_and_alone_it_is_waited_for(bench):
    bench.plan.faults["eth_getBlockByNumber"] = [fake_node.status(429, Retry_After="7")]
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.wait("a")
    assert 7.0 in bench.waits


def test_row_8_with_no_node_at_all_the_round_says_so_and_a_later_one_goes_on(bench):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        bench.plan.faults["eth_getBlockByNumber"] = [fake_node.status(503)] * 8
        for _ in range(2):
            step = sender.step()
            assert isinstance(step.trouble, NotReachable)
            assert step.waiting == 1
        sender.wait("a")
    assert (bench.received(), bench.used()) == (1, 1)


# -- row 9: the node lies

LIES = {
    "[]": fake_node.result([]),
    "wrong id": fake_node.wrong_id,
    "null": fake_node.body(b"null"),
    "HTML": fake_node.body(b"<html>ok</html>"),
    "null result": fake_node.result(None),
}
ASKED = [
    "eth_getBlockByNumber",
    "eth_getTransactionCount",
    "eth_estimateGas",
    "eth_getBalance",
    SEND,
    "eth_getTransactionReceipt",
]


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_row_9_a_lie_costs_nothing(bench, lie):
    """Told of everything, a few times, by the only node there is."""
    with bench.sender(effect=lambda one: False) as sender:
        for key in "ab":
            bench.submit(sender, key)
            bench.plan.faults = {method: [lie] * 3 for method in ASKED}
            rounds(sender, lambda step: step.waiting == 0, most=40)
        assert [len(bench.attempts(key)) for key in "ab"] == [1, 1]
    assert (bench.received(), bench.used()) == (2, 2)


@pytest.mark.parametrize("value", ["0x0", "0x3e8", "0xffffffffffff"], ids=["low", "high", "absurd"])
def test_row_9_a_lie_about_the_nonce_moves_nothing(two, held, value):
    with two.sender(effect=lambda one: False) as sender:
        for key in "ab":
            two.submit(sender, key)
        sender.step()
        two.submit(sender, "c")
        two.plan.faults["eth_getTransactionCount"] = [fake_node.result(value)] * 6
        sender.step()
        two.plan.faults.clear()
        held()
        two.mine()
        rounds(sender, lambda step: step.waiting == 0)
        assert [sender.get(key).nonce for key in "abc"] == [0, 1, 2]
    assert (two.received(), two.used()) == (3, 3)
    assert two.database.rows("SELECT count(*) FROM transactions") == [(3,)]


def test_row_9_a_lie_about_the_head_makes_nothing_deep(bench, held):
    """A block from the future, told of the newest alone."""
    block = bench.rpc("eth_getBlockByNumber", "latest", False)

    def ahead(handler, request):
        lie = (
            fake_node.result({**block, "number": hex(10**6)}) if request["params"][0] == "latest" else fake_node.passed
        )
        lie(handler, request)

    with bench.sender(Policy(confirmations=3)) as sender:
        bench.submit(sender, "a")
        sender.step()
        bench.mine()
        bench.plan.faults["eth_getBlockByNumber"] = [ahead] * 40
        for _ in range(4):
            assert sender.step().mined == ()
        assert sender.get("a").watched
        bench.plan.faults.clear()
        bench.mine(2)
        assert keys(rounds(sender, lambda step: bool(step.mined)).mined) == ["a"]
    assert (bench.received(), bench.used()) == (1, 1)


def test_row_9_the_receipt_of_another_transaction_is_refused(bench):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.wait("a")
        other = bench.rpc("eth_getTransactionReceipt", sender.get("a").tx_hash)
        bench.submit(sender, "b")
        sender.step()
        bench.mine()
        bench.plan.faults["eth_getTransactionReceipt"] = [fake_node.result(other)] * 2
        assert isinstance(sender.step().trouble, BadResponse)
        assert sender.get("b").state == "sent"
        assert sender.wait("b").tx_hash != other["transactionHash"]


def test_row_9_a_receipt_from_a_block_that_is_not_there_is_refused(bench):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.step()
        bench.mine()  # Anvil answers a moment before it mines
        receipt = bench.rpc("eth_getTransactionReceipt", bench.attempts("a")[0][0])
        bench.plan.faults["eth_getTransactionReceipt"] = [
            fake_node.result({**receipt, "blockHash": "0x" + "77" * 32}),
            fake_node.result({**receipt, "blockNumber": hex(10**6)}),
        ]
        assert isinstance(sender.step().trouble, BadResponse)
        assert sender.wait("a").block_hash == receipt["blockHash"]


def test_row_9_a_node_that_takes_bytes_and_forgets_them_is_found_out(two):
    """It answers with the hash, and never told anyone."""
    with two.sender(Policy(resend_seconds=5)) as sender:
        two.submit(sender, "a")

        def swallow(handler, request):
            fake_node.result(two.attempts("a")[0][0])(handler, request)

        two.plan.faults[SEND] = [swallow] * 100
        sender.step()
        assert two.used() == 0
        rounds(sender, lambda step: step.waiting == 0)
    assert (two.received(), two.used(), len(two.attempts("a"))) == (1, 1, 1)


def test_row_9_a_hash_of_something_else_is_no_acceptance(bench):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        bench.plan.faults[SEND] = [fake_node.result("0x" + "99" * 32)]
        assert isinstance(sender.step().trouble, BadResponse)
        sender.wait("a")
    assert (bench.received(), bench.used(), len(bench.attempts("a"))) == (1, 1, 1)


def test_row_9_bytes_refused_for_themselves_are_made_anew_at_the_same_nonce(bench, held):
    with bench.sender(Policy(bump_seconds=20)) as sender:
        bench.submit(sender, "a")
        bench.plan.faults[SEND] = [fake_node.error(-32000, "intrinsic gas too low")] * 3
        for _ in range(3):
            assert isinstance(sender.step().trouble, RequestRefused)
        assert len(bench.attempts("a")) == 1
        bench.clock.now += 21
        sender.step()
        bench.mine()
        sender.wait("a")
        assert [nonce for _, nonce, _ in bench.attempts("a")] == [0, 0]
    assert (bench.received(), bench.used()) == (1, 1)


def test_row_2_bytes_refused_for_themselves_that_would_revert_by_now_leave_their_nonce_to_nothing(bench, held):
    """What comes behind them is signed already, so that nothing of ours can use it."""
    target = f"0x{9:040x}"[:-4] + "beef"
    with bench.sender(Policy(bump_seconds=20)) as sender:
        sender.submit("a", target, b"\1", gas=50_000)
        bench.plan.faults[SEND] = [fake_node.error(-32000, "intrinsic gas too low")]
        sender.step()
        bench.rpc("anvil_setCode", target, "0x60006000fd")
        bench.database.execute("UPDATE transactions SET gas = NULL")
        bench.clock.now += 21
        sender.step()
        bench.mine()
        assert keys(rounds(sender, lambda step: bool(step.failed)).failed) == ["a"]
        assert sender.get("a").nonce == 0
        bench.submit(sender, "b")
        sender.step()
        bench.mine()
        assert sender.wait("b").nonce == 1
    assert bench.used() == 2


# -- row 13: the clock


def test_row_13_a_clock_that_jumps_by_a_day_changes_nothing(bench, held, monkeypatch):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.step()
        true = time.time
        for jump in (86_400, -86_400):
            monkeypatch.setattr(time, "time", lambda jump=jump: true() + jump)
            monkeypatch.setattr(time, "time_ns", lambda jump=jump: int((true() + jump) * 1e9))
            seen = len(bench.plan.seen)
            step = sender.step()
            assert (step.waiting, step.trouble, step.bumped) == (1, None, ())
            assert SEND not in bench.plan.seen[seen:]
    with bench.sender() as sender:
        bench.mine()
        sender.wait("a")
    assert len(bench.attempts("a")) == 1
