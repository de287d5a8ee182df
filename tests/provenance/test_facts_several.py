"""Several nodes are asked the same, and who differs or says nothing is named; a chain without proofs says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from facts_kit import GOVERNOR, Ledger, hide_recalls, newest, set_up
from liar import Liar

from lading.chain import devnet
from lading.chain.node import Chain
from lading.chain.state_proof import NoStateProof
from lading.deploy import Params, deploy
from lading.errors import NetworkError, NotReachable
from lading.facts import Silent, StateProof, TrustedDeployment, chain_ref, verify, verify_among
from lading.facts.nodes import MAX_LAG
from lading.provenance.bundle import Bundle

PROVEN = StateProof()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with devnet.running("anvil") as node:
        yield set_up(Chain.open(node.url), node.url, tmp_path_factory.mktemp("deployments"))


def test_nodes_that_agree_give_the_verdict_of_one(ledger: Ledger, genuine: Bundle, crooked: Liar) -> None:
    bundle, chains = newest(ledger, genuine), [ledger.chain, Chain.open(crooked.url)]

    for proof in (None, PROVEN):
        verdict = verify_among(bundle, chains, deployment=ledger.trusted, proof=proof)
        assert (
            verdict.document() == verify(bundle, chain=ledger.chain, deployment=ledger.trusted, proof=proof).document()
        )


def test_nodes_that_differ_are_named_with_the_fact(ledger: Ledger, recalled: Bundle, crooked: Liar) -> None:
    crooked.lies["eth_call"] = hide_recalls
    chains = [ledger.chain, Chain.open(crooked.url.replace("http://", "http://user:secret@") + "/v3/key?token=x")]

    verdict = verify_among(recalled, chains, deployment=ledger.trusted)

    assert (verdict.verdict, "nodes-differ" in verdict.reasons) == ("unknown", True)
    told = " ".join(one.detail for one in verdict.findings)
    assert "serial_recalled_at" in told
    assert "lots_recalled_at, L-BAD" in told
    assert ledger.chain.network.name in told
    assert crooked.url in told
    assert not any(secret in " ".join(verdict.explain()) for secret in ("secret", "user:", "v3", "token"))


def test_a_node_on_a_branch_of_its_own_differs(ledger: Ledger, genuine: Bundle, crooked: Liar) -> None:
    crooked.lies["eth_getBlockByNumber"] = lambda params, honest: (
        honest | ({} if params[0] == "0x0" else {"hash": "0x" + "09" * 32})
    )

    verdict = verify_among(genuine, [ledger.chain, Chain.open(crooked.url)], deployment=ledger.trusted)

    assert any(one.detail.startswith("block_hash: ") for one in verdict.findings)


def test_all_are_asked_at_the_lowest_of_their_newest_blocks(ledger: Ledger, genuine: Bundle, crooked: Liar) -> None:
    last = ledger.chain.block().number
    before = ledger.chain.web3.manager.request_blocking("eth_getBlockByNumber", [hex(last - 1), False])
    crooked.lies["eth_getBlockByNumber"] = lambda params, honest: dict(before) if params[0] == "latest" else honest

    verdict = verify_among(genuine, [ledger.chain, Chain.open(crooked.url)], deployment=ledger.trusted)

    assert "nodes-differ" not in verdict.reasons
    assert verdict.as_of is not None
    assert verdict.as_of.block == last - 1


def test_who_names_an_old_block_for_its_newest_undoes_nothing(ledger: Ledger, genuine: Bundle, crooked: Liar) -> None:
    for _ in range(MAX_LAG + 1):
        ledger.chain.web3.manager.request_blocking("evm_mine", [])
    last = ledger.chain.block().number
    old = ledger.chain.web3.manager.request_blocking("eth_getBlockByNumber", [hex(last - MAX_LAG - 1), False])
    crooked.lies["eth_getBlockByNumber"] = lambda params, honest: dict(old) if params[0] == "latest" else honest

    verdict = verify_among(genuine, [ledger.chain, Chain.open(crooked.url)], deployment=ledger.trusted)

    (found,) = (one for one in verdict.findings if one.reason == "nodes-differ")
    assert found.detail.startswith("newest block: ")
    assert str(last - MAX_LAG - 1) in found.detail
    assert verdict.verdict == "unknown"


def test_a_silent_node_is_named_and_the_verdict_is_unknown(ledger: Ledger, genuine: Bundle) -> None:
    gone = Silent("http://gone.example", NotReachable("http://gone.example did not answer."))

    verdict = verify_among(newest(ledger, genuine), [ledger.chain], silent=[gone], deployment=ledger.trusted)

    assert (verdict.verdict, verdict.reasons) == ("unknown", ("node-silent",))
    assert "http://gone.example" in verdict.findings[0].detail
    assert verdict.as_of is not None


def test_a_node_that_fails_half_way_is_silent(ledger: Ledger, genuine: Bundle, crooked: Liar) -> None:
    crooked.lies["eth_call"] = lambda params, honest: 7
    bundle = newest(ledger, genuine)

    verdict = verify_among(bundle, [ledger.chain, Chain.open(crooked.url)], deployment=ledger.trusted)

    assert verdict.reasons == ("node-silent",)
    assert crooked.url in verdict.findings[0].detail


def test_where_no_node_answers_there_is_no_verdict(ledger: Ledger, genuine: Bundle) -> None:
    gone = Silent("http://gone.example", NotReachable("http://gone.example did not answer."))

    with pytest.raises(NetworkError, match=r"gone\.example"):
        verify_among(genuine, [], silent=[gone], deployment=ledger.trusted)


def test_a_node_without_proofs_says_so(ledger: Ledger, genuine: Bundle, tmp_path: Path) -> None:
    chain = Chain.open("embedded")
    deployed = deploy(chain, GOVERNOR, Params.default(governance_delay=0), directory=tmp_path)
    bundle = genuine.model_copy(update={"chain": chain_ref(deployed)})

    with pytest.raises(NoStateProof, match="eth-tester has no eth_getProof"):
        verify(bundle, chain=chain, deployment=TrustedDeployment.of_record(deployed), proof=PROVEN)
