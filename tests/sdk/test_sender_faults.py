"""Rows 2 to 5 of the list of faults: nonces and pools. Real Anvil behind a proxy; row 1 is `test_sender_kill.py`."""

from __future__ import annotations

import logging

import fake_node
import pytest
from sender_kit import GWEI, Bench, foreign, keys, rounds

from lading.chain import transactions
from lading.chain.sender import Policy, Sender
from lading.errors import NotReachable, TransactionReplaced

SEND = "eth_sendRawTransaction"


def lose(bench: Bench, key: str) -> None:
    """What a restored copy of the store lacks."""
    bench.database.execute(
        "DELETE FROM attempts WHERE transaction_id = (SELECT id FROM transactions WHERE key = ?)", (key,)
    )
    bench.database.execute("DELETE FROM transactions WHERE key = ?", (key,))


# -- row 2: nonce gaps, burned nonces


def test_row_2_a_burned_nonce_below_signed_ones_is_used_up_by_nothing(bench, held, caplog):
    with bench.sender() as sender:
        for key in "abc":
            bench.submit(sender, key)
        sender.step()
        for tx_hash in [bench.attempts(key)[0][0] for key in "abc"]:
            bench.rpc("anvil_dropTransaction", tx_hash)
        lose(bench, "b")
        held()
        with caplog.at_level(logging.WARNING):
            rounds(sender, lambda step: step.waiting == 0)
        assert "nonce 1" in caplog.text
        assert [sender.get(key).state for key in "ac"] == ["done", "done"]
    assert (bench.received(), bench.used()) == (2, 3)
    assert bench.database.rows("SELECT nonce, state FROM transactions WHERE key LIKE 'noop/%'") == [(1, "done")]


def test_row_2_a_burned_nonce_that_something_queued_can_use_goes_to_it(bench):
    with bench.sender() as sender:
        for key in "abc":
            bench.submit(sender, key)
        lose(bench, "a")
        rounds(sender, lambda step: step.waiting == 0)
        assert [sender.get(key).nonce for key in "bc"] == [0, 1]
    assert (bench.received(), bench.used()) == (2, 2)


def test_row_2_more_missing_nonces_than_any_accident_makes_are_said_and_not_filled(bench, held):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        bench.database.execute("UPDATE transactions SET nonce = 500")
        bench.database.execute("UPDATE senders SET next_nonce = 501")
        bench.database.execute("UPDATE transactions SET state = 'sent'")
        one = sender.get("a")
        signed = foreign(bench, 500)
        sender._store.add_attempt(one, signed, transactions.Fees(1, 1))
        step = sender.step()
        assert "500 nonces" in str(step.trouble)
    assert bench.database.rows("SELECT count(*) FROM transactions") == [(1,)]


# -- row 3: a counter above the chain's


def test_row_3_a_counter_above_the_chains_with_nothing_signed_comes_down(bench):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        bench.database.execute("UPDATE transactions SET nonce = 7")
        bench.database.execute("UPDATE senders SET next_nonce = 8")
        assert sender.wait("a").nonce == 0
        assert bench.submit(sender, "b").nonce == 1
        sender.wait("b")
    assert (bench.received(), bench.used()) == (2, 2)


def test_row_3_each_slot_that_the_node_does_not_know_is_resent_or_used_up(bench, held):
    """Signed and stored, then the node lost its pool, and one row was lost besides."""
    with bench.sender() as sender:
        for key in "abcd":
            bench.submit(sender, key)
        sender.step()
        stored = {key: bench.attempts(key) for key in "acd"}
    bench.rpc("anvil_dropAllTransactions")
    lose(bench, "b")
    with bench.sender() as sender:
        held()
        rounds(sender, lambda step: step.waiting == 0)
    assert {key: bench.attempts(key) for key in "acd"} == stored
    assert (bench.received(), bench.used()) == (3, 4)


def test_row_3_a_counter_below_the_chains_moves_up_before_anything_is_signed(bench):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        transactions.broadcast(bench.direct, foreign(bench, 0))
        transactions.broadcast(bench.direct, foreign(bench, 1))
        assert sender.wait("a").nonce == 2
    assert (bench.received(), bench.used()) == (1, 3)


# -- row 4: dropped


@pytest.mark.parametrize("which", ["a", "c"], ids=["first in line", "last in line"])
def test_row_4_a_dropped_transaction_is_resent_with_the_same_bytes(bench, held, which):
    with bench.sender() as sender:
        for key in "abc":
            bench.submit(sender, key)
        sender.step()
        stored = bench.attempts(which)
        bench.rpc("anvil_dropTransaction", stored[0][0])
        assert not bench.direct.knows(stored[0][0])
        sender.step()
        assert bench.direct.knows(stored[0][0])
        bench.mine()
        rounds(sender, lambda step: step.waiting == 0)
        assert bench.attempts(which) == stored
    assert (bench.received(), bench.used()) == (3, 3)


def test_row_4_dropped_while_the_sender_was_down(bench, held):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.step()
    bench.rpc("anvil_dropAllTransactions")
    with bench.sender() as sender:
        sender.step()
        bench.mine()
        sender.wait("a")
    assert len(bench.attempts("a")) == 1
    assert (bench.received(), bench.used()) == (1, 1)


# -- row 5: the nonce was used elsewhere


def replaced(bench: Bench, sender: Sender) -> None:
    """Submission "a" is in the pool; a foreign transaction takes its nonce."""
    bench.submit(sender, "a")
    sender.step()
    transactions.broadcast(bench.direct, foreign(bench, 0, fee=20 * GWEI))
    bench.mine()


def test_row_5_without_a_probe_a_replaced_transaction_stays_replaced(bench, held):
    with bench.sender() as sender:
        replaced(bench, sender)
        step = rounds(sender, lambda step: bool(step.replaced))
        assert keys(step.replaced) == ["a"]
        with pytest.raises(TransactionReplaced, match="Nonce 0"):
            sender.wait("a")
    assert (bench.received(), bench.used()) == (0, 1)


def test_row_5_planned_again_where_the_effect_is_absent(bench, held):
    asked = []
    with bench.sender(effect=lambda one: bool(asked.append(one.key))) as sender:
        replaced(bench, sender)
        assert keys(rounds(sender, lambda step: bool(step.planned_again)).planned_again) == ["a"]
        bench.mine()
        assert rounds(sender, lambda step: bool(step.mined)).mined[0].nonce == 1
    assert asked == ["a"]
    assert (bench.received(), bench.used()) == (1, 2)


def test_row_5_done_where_the_effect_is_there(bench, held):
    with bench.sender(effect=lambda one: True) as sender:
        replaced(bench, sender)
        assert keys(rounds(sender, lambda step: bool(step.mined)).mined) == ["a"]
        assert sender.wait("a").block is None
    assert (bench.received(), bench.used()) == (0, 1)


def test_row_5_a_probe_that_cannot_tell_is_asked_again(bench, held):
    answers = [NotReachable("away"), NotReachable("away"), False]

    def probe(_one):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with bench.sender(effect=probe) as sender:
        replaced(bench, sender)
        rounds(sender, lambda step: bool(step.planned_again))
    assert answers == []


def test_row_5_replaced_is_said_only_as_deep_as_a_confirmation(bench, held):
    with bench.sender(Policy(confirmations=3)) as sender:
        replaced(bench, sender)
        assert not any(sender.step().replaced for _ in range(4))
        bench.mine(2)
        rounds(sender, lambda step: bool(step.replaced))


def test_row_5_one_node_that_lost_a_receipt_is_not_believed(two):
    with two.sender(effect=lambda one: False) as sender:
        two.submit(sender, "a")
        sender.step()
        two.plan.faults["eth_getTransactionReceipt"] = [fake_node.result(None)] * 50
        assert keys(rounds(sender, lambda step: bool(step.mined)).mined) == ["a"]
    assert (two.received(), two.used(), len(two.attempts("a"))) == (1, 1, 1)


def test_row_5_nothing_is_planned_anew_while_one_node_is_silent(two, held):
    with two.sender(effect=lambda one: False) as sender:
        replaced(two, sender)
        two.plans[1].faults = {"eth_getBlockByNumber": [fake_node.status(503)] * 200}
        for _ in range(4):
            step = sender.step()
            assert isinstance(step.trouble, NotReachable)
            assert step.planned_again == ()
        two.plans[1].faults = {}
        rounds(sender, lambda step: bool(step.planned_again))
