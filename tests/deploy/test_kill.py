"""Faults 1 to 4: the process is killed at any labelled step and the same call goes on."""

import os
import signal
from pathlib import Path

import pytest

from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.deploy import Params, Progress, deploy, find
from lading.deploy.abi import create_address
from lading.deploy.journal import Signed, load
from lading.deploy.run import CONTRACTS

STEPS = (*(f"deploy {name}" for name in CONTRACTS), "wire AccessManager")
STAGES = ("planned", "signed", "stored", "broadcast", "receipt", "done")


def killed_at(step: str, stage: str, url: str, signer: Signer, params: Params, folder: Path) -> bool:
    """Deploys in a process of its own that ends itself with SIGKILL there; whether it got there."""

    def kill(progress: Progress) -> None:
        if (progress.step, progress.stage) == (step, stage):
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        try:
            deploy(Chain.open(url), signer, params, directory=folder, on_step=kill)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("stage", STAGES)
def test_a_run_killed_in_every_step_at_this_stage_deploys_each_contract_once(
    stage, node, chain, mined, signer, params, tmp_path
):
    for step in STEPS:
        assert killed_at(step, stage, node.url, signer, params, tmp_path), step
        with pytest.raises(Exception, match="No deployment is recorded"):
            find(chain.chain_id, chain.genesis, directory=tmp_path)

    deployment = deploy(chain, signer, params, directory=tmp_path)

    expected = [create_address(signer.address, nonce) for nonce in range(len(CONTRACTS))]
    assert [record.address for record in deployment.contracts.values()] == expected
    assert mined.creations(signer) == expected
    assert len(mined.transactions(signer)) == len(STEPS)
    assert chain.nonce(signer.address) == len(STEPS)
    assert find(chain.chain_id, chain.genesis, directory=tmp_path) == deployment


def test_a_run_killed_before_its_record_is_written_writes_it_the_next_time(
    node, chain, mined, signer, params, tmp_path
):
    assert killed_at("verify", "done", node.url, signer, params, tmp_path)
    assert list(tmp_path.glob("*.json")) == []

    deployment = deploy(chain, signer, params, directory=tmp_path)
    assert find(chain.chain_id, chain.genesis, directory=tmp_path) == deployment
    assert len(mined.transactions(signer)) == len(STEPS)


def test_every_broadcast_transaction_was_in_the_journal_before(node, mined, signer, params, tmp_path):
    step = "deploy TradeEscrow"
    assert killed_at(step, "broadcast", node.url, signer, params, tmp_path)

    (journal,) = tmp_path.glob("*.journal.jsonl")
    stored = [line.hash for line in load(journal) if isinstance(line, Signed)]
    assert ["0x" + bytes(one["hash"]).hex() for one in mined.transactions(signer)] == stored


def test_a_transaction_dropped_from_the_pool_is_sent_again_with_the_same_bytes(
    node, chain, mined, rpc, signer, params, tmp_path
):
    step = "deploy ParticipantRegistry"
    assert killed_at(step, "planned", node.url, signer, params, tmp_path)
    rpc("evm_setAutomine", False)
    assert killed_at(step, "broadcast", node.url, signer, params, tmp_path)
    (journal,) = tmp_path.glob("*.journal.jsonl")
    lost = [line for line in load(journal) if isinstance(line, Signed)][-1]
    assert rpc("anvil_dropTransaction", lost.hash) == lost.hash
    rpc("evm_setAutomine", True)

    deployment = deploy(chain, signer, params, directory=tmp_path)

    assert deployment.contracts["ParticipantRegistry"].tx == lost.hash
    assert len(mined.creations(signer)) == len(CONTRACTS)


def test_steps_undone_by_a_reorg_are_sent_again_with_the_same_bytes(chain, mined, rpc, signer, params, tmp_path):
    before = deploy(chain, signer, params, directory=tmp_path)
    rpc("anvil_reorg", 4, [])
    assert chain.nonce(signer.address, "latest") == len(STEPS) - 4

    after = deploy(chain, signer, params, directory=tmp_path)

    assert {name: (one.address, one.tx) for name, one in after.contracts.items()} == {
        name: (one.address, one.tx) for name, one in before.contracts.items()
    }
    assert len(mined.transactions(signer)) == len(STEPS)


def test_a_nonce_gap_left_by_a_lost_transaction_is_filled(
    node, chain, mined, rpc, signer, pay_oneself, params, tmp_path
):
    rpc("evm_setAutomine", False)
    foreign = pay_oneself(signer)
    assert killed_at("deploy AccessManager", "broadcast", node.url, signer, params, tmp_path)
    rpc("anvil_dropTransaction", foreign)
    rpc("evm_setAutomine", True)

    deployment = deploy(chain, signer, params, directory=tmp_path)

    assert deployment.address("AccessManager") == create_address(signer.address, 1)
    assert len(mined.transactions(signer)) == len(STEPS) + 1
