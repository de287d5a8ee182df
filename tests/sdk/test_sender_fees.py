"""Row 6 of the list of faults: fees that rise, a cap that is reached, a sender without means."""

from __future__ import annotations

import logging
from itertools import pairwise

from sender_kit import GWEI, keys, rounds

from lading.chain.sender import Policy
from lading.errors import InsufficientFunds

SEND = "eth_sendRawTransaction"


# -- row 6: fees


def test_row_6_a_base_fee_that_rises_a_hundredfold_is_followed(bench, held):
    with bench.sender() as sender:
        bench.submit(sender, "a")
        sender.step()
        bench.next_base_fee(100 * GWEI)
        assert keys(rounds(sender, lambda step: bool(step.bumped)).bumped) == ["a"]
        bench.mine()
        sender.wait("a")
        (_, nonce, old), (tx_hash, same, new) = bench.attempts("a")
        assert sender.get("a").tx_hash == tx_hash
        assert (nonce, same) == (0, 0)
        assert new * 8 >= old * 9
        assert new >= 100 * GWEI
    assert (bench.received(), bench.used()) == (1, 1)


def test_row_6_at_the_cap_it_is_kept_resending_warns_and_goes_on_by_itself(bench, held, caplog):
    policy = Policy(max_fee=50 * GWEI, resend_seconds=5)
    with bench.sender(policy) as sender:
        bench.submit(sender, "a")
        sender.step()
        bench.next_base_fee(400 * GWEI)
        with caplog.at_level(logging.WARNING):
            rounds(sender, lambda step: bool(step.capped))
            for _ in range(5):
                bench.clock.now += 6
                assert keys(sender.step().capped) == ["a"]
        assert caplog.text.count("until fees fall") == 1
        assert max(fee for _, _, fee in bench.attempts("a")) == 50 * GWEI
        assert bench.plan.seen.count(SEND) >= 6
        bench.next_base_fee(GWEI)
        for _ in range(3):
            sender.step()
            bench.mine()
        sender.wait("a")
        assert len(bench.attempts("a")) == 2
    assert (bench.received(), bench.used()) == (1, 1)


def test_row_6_each_bump_is_an_eighth_at_least_up_to_the_cap(bench, held):
    """Blocks are made without it; the node is told by a proxy that it never hears of it."""
    policy = Policy(max_fee=8 * GWEI, bump_seconds=10)
    with bench.sender(policy) as sender:
        bench.submit(sender, "a")
        sender.step()
        for _ in range(25):
            bench.rpc("anvil_dropAllTransactions")
            bench.mine()
            bench.clock.now += 11
            sender.step()
        fees = [fee for _, _, fee in bench.attempts("a")]
        assert all(new * 8 >= old * 9 for old, new in pairwise(fees))
        assert 7 * GWEI < fees[-1] <= 8 * GWEI
        bench.mine()
        sender.wait("a")


def test_row_6_a_chain_that_stands_still_raises_no_fee(bench, held):
    with bench.sender(Policy(bump_seconds=1)) as sender:
        bench.submit(sender, "a")
        for _ in range(5):
            sender.step()
            bench.clock.now += 100
        assert len(bench.attempts("a")) == 1


def test_row_6_a_poor_sender_waits_and_goes_on_when_it_is_given_something(bench):
    bench.rpc("anvil_setBalance", bench.signer.address, "0x1")
    with bench.sender() as sender:
        bench.submit(sender, "a")
        for _ in range(2):
            assert isinstance(sender.step().trouble, InsufficientFunds)
        assert bench.attempts("a") == []
        bench.rpc("anvil_setBalance", bench.signer.address, hex(10**18))
        sender.wait("a")
