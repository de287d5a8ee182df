"""Several nodes of one chain: failover, rest and return, what they disagree on, and strangers among them."""

from __future__ import annotations

import fake_node
import pytest
from sender_kit import Clock, rpc

from lading.chain import devnet
from lading.chain.endpoints import Endpoints
from lading.chain.node import Chain
from lading.errors import BadResponse, NotReachable, UnknownNetwork, UsageError, WrongChain


@pytest.fixture
def pair(two):
    """(endpoints before two proxies, their plans, the clock)."""
    clock = Clock()
    return Endpoints(two.urls, sleep=two.waits.append, clock=clock), two.plans, clock


def number(chain: Chain) -> int:
    return chain.block().number


def asked(plan: fake_node.Plan) -> int:
    """How often it was asked anything since the last time."""
    count = len(plan.seen)
    plan.seen.clear()
    return count


def test_the_first_is_preferred_and_nothing_is_asked_before_the_first_question(pair):
    endpoints, plans, _ = pair
    assert (len(endpoints), asked(plans[0]), asked(plans[1])) == (2, 0, 0)
    endpoints.ask(number)
    assert asked(plans[0]) > 0
    assert asked(plans[1]) == 0


def test_a_node_that_fails_rests_and_is_taken_again_when_it_is_back(pair):
    endpoints, plans, clock = pair
    endpoints.ask(number)
    plans[0].faults["eth_getBlockByNumber"] = [fake_node.status(503)] * 2
    endpoints.ask(number)
    assert endpoints.health()[0].resting
    asked(plans[0])
    endpoints.ask(number)
    assert asked(plans[0]) == 0
    clock.now += 1.1
    endpoints.ask(number)
    assert asked(plans[0]) > 0
    first = endpoints.health()[0]
    assert (first.resting, first.failures_in_a_row, first.faults) == (False, 0, {"http_503": 2})


def test_its_rest_grows_with_each_failure(pair):
    endpoints, plans, clock = pair
    plans[0].faults["eth_chainId"] = [fake_node.hang_up] * 100
    for rest in (1, 2, 4, 8, 16, 32, 60, 60):
        endpoints.ask(number)
        assert endpoints.health()[0].resting
        clock.now += rest - 0.1
        assert endpoints.health()[0].resting
        clock.now += 0.2
        assert not endpoints.health()[0].resting


def test_retry_after_says_how_long_it_rests_while_the_other_answers_at_once(pair, two):
    endpoints, plans, clock = pair
    endpoints.ask(number)
    plans[0].faults["eth_getBlockByNumber"] = [fake_node.status(429, Retry_After="300")]
    endpoints.ask(number)
    assert 300.0 not in two.waits
    clock.now += 299
    assert endpoints.health()[0].resting
    clock.now += 2
    assert not endpoints.health()[0].resting


def test_with_all_of_them_away_the_last_error_is_said_and_each_was_asked(pair):
    endpoints, plans, _ = pair
    for plan in plans:
        plan.faults["eth_chainId"] = [fake_node.status(502)] * 10
    with pytest.raises(NotReachable, match="502"):
        endpoints.ask(number)
    assert all(asked(plan) == 2 for plan in plans)
    assert [one.faults for one in endpoints.health()] == [{"http_502": 2}, {"http_502": 2}]


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (fake_node.status(429), "http_429"),
        (fake_node.hang_up, "connection"),
        (fake_node.error(-32005, "limit exceeded"), "rate_limit"),
        (fake_node.result([]), "lie"),
        (fake_node.body(b"<html>"), "lie"),
        (fake_node.error(-32601, "the method does not exist"), "refused"),
    ],
    ids=["429", "reset", "rate limit", "[]", "html", "refused"],
)
def test_faults_are_counted_by_class_and_the_other_one_answers(pair, fault, name):
    endpoints, plans, _ = pair
    endpoints.ask(number)
    plans[0].faults["eth_getBlockByNumber"] = [fault] * 2
    assert endpoints.ask(number) >= 0
    assert list(endpoints.health()[0].faults) == [name]
    assert asked(plans[1]) > 0


def test_one_alone_is_asked_again_after_a_lie_but_not_for_ever(bench):
    endpoints = Endpoints([bench.urls[0]], sleep=bench.waits.append)
    endpoints.ask(number)
    bench.plan.faults["eth_getBlockByNumber"] = [fake_node.result([])]
    endpoints.ask(number)
    bench.plan.faults["eth_getBlockByNumber"] = [fake_node.result([])] * 2
    with pytest.raises(BadResponse):
        endpoints.ask(number)


def test_a_node_without_a_newest_block_lies(pair):
    endpoints, plans, _ = pair
    plans[0].faults["eth_getBlockByNumber"] = [fake_node.passed, fake_node.result(None)]
    found = endpoints.head()
    assert [one.head for one in endpoints.health()] == [None, found.number]
    assert endpoints.health()[0].faults == {"lie": 1}


def test_a_revert_is_an_answer_and_no_failure(pair):
    endpoints, plans, _ = pair

    def refused(_chain: Chain) -> int:
        raise UsageError("said no")

    with pytest.raises(UsageError):
        endpoints.ask(refused)
    assert asked(plans[1]) == 0
    assert endpoints.health()[0].failures_in_a_row == 0


def test_unanimous_needs_every_answer(pair):
    endpoints, plans, _ = pair
    assert len(set(endpoints.unanimous(number))) == 1
    plans[1].faults["eth_getBlockByNumber"] = [fake_node.status(503)] * 2
    with pytest.raises(NotReachable):
        endpoints.unanimous(number)
    plans[1].faults["eth_chainId"] = [fake_node.status(503)] * 2
    said = endpoints.each(number)
    assert isinstance(said[0], int)
    assert isinstance(said[1], NotReachable)


def test_a_node_of_another_chain_is_never_used(bench):
    with devnet.running("ganache") as stranger:
        endpoints = Endpoints([bench.urls[0], stranger.url], sleep=bench.waits.append)
        assert endpoints.identity[0] == bench.direct.chain_id
        bench.plan.faults["eth_getBlockByNumber"] = [fake_node.status(503)] * 50
        with pytest.raises(WrongChain, match="chain 1337"):
            endpoints.ask(number)
        assert endpoints.health()[1].faults == {"other_chain": 1}


def test_a_url_behind_which_another_chain_stands_after_a_failure_is_refused(bench):
    """The chain id alone does not tell two devnets apart."""
    with devnet.running("anvil") as stranger:
        rpc(stranger.url, "anvil_mine", "0x1")
        endpoints = Endpoints([bench.urls[0]], sleep=bench.waits.append)
        endpoints.ask(number)
        bench.plan.faults["eth_getBlockByNumber"] = [fake_node.status(401)]
        with pytest.raises(NotReachable):
            endpoints.ask(number)
        bench.plan.upstream = stranger.url
        with pytest.raises(WrongChain, match="genesis"):
            endpoints.ask(number)
    assert endpoints.health()[0].faults == {"other_chain": 1}


def test_a_list_that_names_no_node_is_refused():
    with pytest.raises(UsageError):
        Endpoints([])
    with pytest.raises(UnknownNetwork):
        Endpoints(["no node"])


def test_a_chain_that_is_open_already_is_taken_as_it_is():
    chain = Chain.open("embedded")
    endpoints = Endpoints([chain])
    assert endpoints.identity == (chain.chain_id, chain.genesis)
    assert endpoints.finality_depth == chain.finality_depth


def test_no_key_in_a_url_is_shown():
    (one,) = Endpoints(["https://user:secret@node.example/v3/key?token=hidden"]).health()
    assert one.name == "https://node.example"
