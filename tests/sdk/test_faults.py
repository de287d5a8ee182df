"""Faults between the SDK and a real Anvil: what is lost, repeated, refused or a lie must cost nothing twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import fake_node
import pytest
import requests
from sdk_kit import GOVERNOR, STRANGER, fresh_signer

from lading.chain import devnet, transactions
from lading.chain.http import BACKOFF_SECONDS
from lading.chain.node import Chain, Request
from lading.chain.signer import Signer
from lading.errors import (
    BadResponse,
    InsufficientFunds,
    NotReachable,
    OutOfGas,
    RequestRefused,
    TransactionReplaced,
    TransactionTimeout,
    UnknownRevert,
)

SEND = "eth_sendRawTransaction"


@dataclass
class Line:
    """A chain behind the proxy, the same node without it, and every wait that the SDK asked for."""

    chain: Chain
    plan: fake_node.Plan
    direct: Chain
    waits: list[float]

    def transfer(self, nonce: int | None = None, value: int = 1, to: str = STRANGER.address):
        return transactions.plan(self.direct, GOVERNOR, to, b"", value=value, nonce=nonce)


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    with devnet.running("anvil") as running:
        yield running.url


@pytest.fixture
def line(node: str) -> Iterator[Line]:
    waits: list[float] = []
    with fake_node.in_front_of(node) as (url, plan):
        chain = Chain.open(url, sleep=waits.append)
        plan.seen.clear()
        yield Line(chain, plan, Chain.open(node), waits)


@pytest.mark.parametrize(
    "fault",
    [
        fake_node.status(429),
        fake_node.status(500),
        fake_node.status(502),
        fake_node.status(503),
        fake_node.status(504),
        fake_node.hang_up,
        fake_node.error(-32005, "limit exceeded"),
        fake_node.error(-32000, "Too Many Requests"),
    ],
    ids=["429", "500", "502", "503", "504", "reset", "limit in 200", "words in 200"],
)
def test_a_passing_fault_is_tried_again(line, fault):
    line.plan.faults["eth_getBlockByNumber"] = [fault, fault]
    assert line.chain.block().number == line.direct.block().number
    assert line.plan.seen == ["eth_getBlockByNumber"] * 3
    assert line.waits == [0.2, 0.5]


def test_retry_after_is_honoured(line):
    line.plan.faults["eth_getBlockByNumber"] = [fake_node.status(429, Retry_After="7")]
    line.chain.block()
    assert line.waits == [7.0]


def test_a_retry_after_of_minutes_is_left_to_the_caller(line):
    line.plan.faults["eth_getBlockByNumber"] = [fake_node.status(429, Retry_After="600")]
    with pytest.raises(NotReachable, match="429") as failure:
        line.chain.block()
    assert failure.value.retryable
    assert line.waits == []


def test_the_retries_are_bounded_and_the_error_says_what_to_do(line):
    line.plan.faults["eth_getBlockByNumber"] = [fake_node.status(503)] * 9
    with pytest.raises(NotReachable, match="lading devnet up"):
        line.chain.block()
    assert len(line.plan.seen) == 4


def test_a_refused_connection_is_tried_again_and_then_said():
    waits: list[float] = []
    with pytest.raises(NotReachable, match="lading devnet up") as failure:
        Chain.open("http://127.0.0.1:1", sleep=waits.append)
    assert failure.value.exit_code == 3
    assert waits == [0.2, 0.5, 1.0]


def test_a_wrong_key_is_not_tried_again(line):
    line.plan.faults["eth_getBlockByNumber"] = [fake_node.status(401)]
    with pytest.raises(NotReachable, match="access key") as failure:
        line.chain.block()
    assert not failure.value.retryable
    assert line.waits == []


def test_what_moves_a_devnets_clock_is_sent_once(line):
    line.plan.faults["evm_mine"] = [fake_node.accept_then_hang_up]
    before = line.direct.block().number
    with pytest.raises(NotReachable):
        devnet.advance(line.chain, 1)
    assert line.direct.block().number == before + 1


@pytest.mark.parametrize(
    "fault",
    [
        fake_node.body(b"<html>"),
        fake_node.body(b"[]"),
        fake_node.body(b"null"),
        fake_node.body(b"{}"),
        fake_node.body(b'{"jsonrpc":"2.0","id":1}'),
        fake_node.wrong_id,
        fake_node.result([]),
        fake_node.result({}),
        fake_node.result("0x1"),
        fake_node.result({"number": "0x0"}),
    ],
    ids=["html", "list", "null", "empty", "no result", "wrong id", "[] as block", "{} as block", "text", "half block"],
)
def test_a_lie_about_a_block_is_refused(line, fault):
    line.plan.faults["eth_getBlockByNumber"] = [fault]
    with pytest.raises(BadResponse) as failure:
        line.chain.block()
    assert failure.value.retryable


def test_another_block_than_the_one_asked_for_is_refused(line):
    other = requests.post(
        line.plan.upstream,
        json={"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["latest", False]},
        timeout=10,
    ).json()["result"]
    line.plan.faults["eth_getBlockByNumber"] = [fake_node.result({**other, "number": "0x7777"})]
    with pytest.raises(BadResponse, match="answered with block 30583"):
        line.chain.block(0)


def test_a_null_block_is_said_to_be_missing(line):
    line.plan.faults["eth_getBlockByNumber"] = [fake_node.result(None)]
    with pytest.raises(RequestRefused, match="no such block"):
        line.chain.block(5)


@pytest.mark.parametrize("value", [[], {}, "0x", "zz", None], ids=["[]", "{}", "0x", "text", "null"])
def test_a_lie_about_a_number_is_refused(line, value):
    line.plan.faults["eth_getBalance"] = [fake_node.result(value)]
    with pytest.raises(BadResponse):
        line.chain.balance(STRANGER.address)


def a_log(**changed) -> dict[str, object]:
    return {
        "address": "0x" + "11" * 20,
        "topics": ["0x" + "22" * 32],
        "data": "0x",
        "blockNumber": "0x0",
        "blockHash": "0x" + "33" * 32,
        "transactionHash": "0x" + "44" * 32,
        "transactionIndex": "0x0",
        "logIndex": "0x0",
        "removed": False,
        **changed,
    }


@pytest.mark.parametrize(
    "changed", [{"blockNumber": "0x99999"}, {"address": "0x" + "55" * 20}], ids=["range", "address"]
)
def test_a_log_that_was_not_asked_for_is_refused(line, changed):
    line.plan.faults["eth_getLogs"] = [fake_node.result([a_log(**changed)])]
    with pytest.raises(BadResponse, match="not asked for"):
        list(line.chain.logs(["0x" + "11" * 20]))


def test_logs_come_in_the_order_of_the_chain(line):
    line.plan.faults["eth_getLogs"] = [fake_node.result([a_log(logIndex="0x2"), a_log(), a_log(logIndex="0x1")])]
    assert [log.index for log in line.chain.logs(["0x" + "11" * 20])] == [0, 1, 2]


def test_anothers_receipt_is_refused(line):
    signed = line.transfer()
    transactions.broadcast(line.direct, signed)
    transactions.wait(line.direct, signed)
    receipt = requests.post(
        line.plan.upstream,
        json={"jsonrpc": "2.0", "id": 1, "method": "eth_getTransactionReceipt", "params": [signed.hash]},
        timeout=10,
    ).json()["result"]
    line.plan.faults["eth_getTransactionReceipt"] = [fake_node.result({**receipt, "transactionHash": "0x" + "66" * 32})]
    with pytest.raises(BadResponse, match="another transaction"):
        line.chain.receipt(signed.hash)


def test_an_answer_lost_after_the_node_accepted_is_found_by_hash(line):
    signed = line.transfer()
    line.plan.faults[SEND] = [fake_node.accept_then_hang_up]
    transactions.broadcast(line.chain, signed, sleep=line.waits.append)
    assert (line.plan.seen.count(SEND), line.waits) == (1, [])
    assert transactions.wait(line.chain, signed).tx_hash == signed.hash
    assert line.direct.nonce(GOVERNOR.address) == signed.nonce + 1


@pytest.mark.parametrize("words", ["already known", "ALREADY_EXISTS: already known", "transaction already imported"])
def test_already_known_counts_as_success(line, words):
    signed = line.transfer()
    transactions.broadcast(line.direct, signed)
    line.plan.faults[SEND] = [fake_node.error(-32000, words)]
    transactions.hand_over(line.chain, signed)
    assert "eth_getTransactionByHash" not in line.plan.seen


def test_a_server_that_asks_for_a_pause_gets_it_before_the_bytes_go_again(line):
    signed = line.transfer()
    line.plan.faults[SEND] = [fake_node.status(429, Retry_After="7"), fake_node.status(503)]
    transactions.broadcast(line.chain, signed, sleep=line.waits.append)
    assert line.waits == [7.0, BACKOFF_SECONDS[1]]
    assert transactions.wait(line.chain, signed).succeeded


def test_the_same_bytes_twice_take_effect_once(line):
    before = line.direct.balance(STRANGER.address)
    signed = line.transfer(value=5)
    for _ in range(3):
        transactions.broadcast(line.chain, signed)
    transactions.wait(line.chain, signed)
    assert line.direct.balance(STRANGER.address) == before + 5


def test_silence_without_acceptance_is_said_and_the_same_bytes_still_go(line):
    signed = line.transfer()
    line.plan.faults[SEND] = [fake_node.hang_up] * 4
    with pytest.raises(NotReachable) as failure:
        transactions.broadcast(line.chain, signed, sleep=line.waits.append)
    assert failure.value.retryable
    assert (line.plan.seen.count(SEND), line.waits) == (4, list(BACKOFF_SECONDS))
    transactions.broadcast(line.chain, signed)
    assert transactions.wait(line.chain, signed).succeeded


def test_a_nonce_used_elsewhere_is_called_replaced(line):
    first, second = line.transfer(value=1), line.transfer(value=2)
    assert first.nonce == second.nonce
    transactions.broadcast(line.chain, first)
    with pytest.raises(TransactionReplaced) as failure:
        transactions.broadcast(line.chain, second)
    assert failure.value.tx_hash == second.hash


def test_waiting_for_a_replaced_transaction_ends(line):
    first, second = line.transfer(value=1), line.transfer(value=2)
    transactions.broadcast(line.chain, first)
    with pytest.raises(TransactionReplaced):
        transactions.wait(line.chain, second, sleep=line.waits.append)


def test_waiting_ends_at_its_time_and_says_that_it_may_still_be_mined(line):
    ahead = line.transfer(nonce=line.direct.nonce(GOVERNOR.address) + 1)
    clock = iter(range(100))
    with pytest.raises(TransactionTimeout) as failure:
        transactions.wait(line.chain, ahead, timeout=3, sleep=line.waits.append, clock=lambda: float(next(clock)))
    assert failure.value.retryable
    assert failure.value.tx_hash == ahead.hash
    assert line.waits == [0.02, 0.04]


def test_a_planned_transaction_survives_as_its_bytes(line):
    signed = line.transfer()
    kept = transactions.SignedTransaction(**json.loads(json.dumps(vars(signed))))
    assert kept == signed
    transactions.broadcast(line.chain, kept)
    assert transactions.wait(line.chain, kept).tx_hash == signed.hash


def test_a_poor_sender_is_told_before_anything_is_sent(line):
    with pytest.raises(InsufficientFunds, match="Send it some"):
        transactions.plan(line.chain, fresh_signer(), STRANGER.address, b"", value=1)
    assert SEND not in line.plan.seen


#: Reverts always; burns everything; in both cases as creation code that returns the runtime code.
ALWAYS_REVERTS, BURNS_ALL = "60006000fd", "5b600056"


def deployed(chain: Chain, runtime: str) -> str:
    size = len(runtime) // 2
    creation = bytes.fromhex(f"60{size:02x}600c60003960{size:02x}6000f3{runtime}")
    made = transactions.send(chain, GOVERNOR, None, creation)
    assert made.contract_address is not None
    return made.contract_address


def test_a_refusal_is_decoded_before_anything_is_sent(line):
    target = deployed(line.direct, ALWAYS_REVERTS)
    with pytest.raises(UnknownRevert):
        transactions.plan(line.chain, GOVERNOR, target, b"")
    assert SEND not in line.plan.seen


def test_a_refusal_after_mining_is_raised_too(line):
    signed = transactions.plan(line.chain, GOVERNOR, deployed(line.direct, ALWAYS_REVERTS), b"", gas=100_000)
    transactions.broadcast(line.chain, signed)
    with pytest.raises(UnknownRevert, match="without a reason"):
        transactions.wait(line.chain, signed)


def test_a_transaction_that_burnt_its_gas_says_so(line):
    signed = transactions.plan(line.chain, GOVERNOR, deployed(line.direct, BURNS_ALL), b"", gas=100_000)
    transactions.broadcast(line.chain, signed)
    with pytest.raises(OutOfGas, match="100000") as failure:
        transactions.wait(line.chain, signed)
    assert failure.value.tx_hash == signed.hash


def test_an_estimate_has_room_for_what_changes(line):
    needed = line.chain.estimate(Request(STRANGER.address, b"", GOVERNOR.address, 1))
    assert transactions.with_margin(needed) >= needed * 5 // 4


def test_a_signer_of_another_chain_is_worth_nothing_here(line):
    raw, _ = Signer.dev(0).sign_transaction(
        {
            "type": 2,
            "chainId": line.chain.chain_id + 1,
            "nonce": line.direct.nonce(GOVERNOR.address),
            "gas": 21000,
            "maxPriorityFeePerGas": 10**9,
            "maxFeePerGas": 10**11,
            "to": STRANGER.address,
            "value": 1,
            "data": b"",
        }
    )
    with pytest.raises(RequestRefused):
        line.chain.send_raw(raw)
