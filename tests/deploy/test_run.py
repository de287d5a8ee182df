"""Deployments that meet strangers: other transactions, other runs, other parameters, dear blocks, empty accounts."""

import json

import pytest

from lading.chain import devnet
from lading.chain.node import Chain
from lading.chain.outbid import fees_of
from lading.chain.signer import Signer
from lading.chain.transactions import SignedTransaction, send
from lading.contracts.access_manager import AccessManager
from lading.deploy import Params, checks, deploy, find, list_records
from lading.deploy.abi import create_address
from lading.deploy.errors import (
    CannotWrite,
    DeploymentBusy,
    DeploymentExists,
    DeploymentUnverified,
    JournalMismatch,
    ParamsInvalid,
)
from lading.deploy.journal import Signed, load
from lading.deploy.registry import record_path
from lading.deploy.run import CONTRACTS
from lading.errors import BadResponse, InsufficientFunds, NoDeployment


class Killed(Exception):
    """Ends a run where it stands; what is stored stays, as after a SIGKILL."""


def die() -> None:
    raise Killed


def test_a_second_call_sends_nothing_and_gives_the_same_record(chain, mined, signer, params, tmp_path):
    first = deploy(chain, signer, params, directory=tmp_path)
    count = len(mined.transactions(signer))

    assert deploy(chain, signer, params, directory=tmp_path) == first
    assert len(mined.transactions(signer)) == count


def test_a_lost_record_comes_back_from_the_journal(chain, mined, signer, params, tmp_path):
    first = deploy(chain, signer, params, directory=tmp_path)
    record_path(tmp_path, chain.chain_id, chain.genesis).unlink()

    assert deploy(chain, signer, params, directory=tmp_path) == first
    assert find(chain.chain_id, chain.genesis, directory=tmp_path) == first
    assert len(mined.creations(signer)) == len(CONTRACTS)


@pytest.mark.parametrize("stage", ["planned", "stored"])
def test_a_stolen_nonce_between_the_mutual_contracts_does_both_again_and_says_so(
    stage, chain, mined, signer, pay_oneself, said, params, tmp_path
):
    said.at("deploy SellerCredit", stage, lambda: pay_oneself(signer))

    deployment = deploy(chain, signer, params, directory=tmp_path, on_step=said)

    escrow, credit = (create_address(signer.address, nonce) for nonce in (10, 16))
    operators = ["Deliveries", "Quotes", "Returns", "Disputes", "Duties"]
    assert said.steps("again") == [f"deploy {name}" for name in ("TradeEscrow", *operators)]
    assert said.steps("replaced") == ["deploy SellerCredit"]
    assert (deployment.address("TradeEscrow"), deployment.address("SellerCredit")) == (escrow, credit)
    created = [create_address(signer.address, nonce) for nonce in range(17) if nonce != 9]
    assert mined.creations(signer)[: len(created)] == created
    assert all(check.ok for check in checks(chain, deployment))


def test_a_stolen_nonce_where_nothing_refers_ahead_moves_the_rest_only(
    chain, mined, signer, pay_oneself, said, params, tmp_path
):
    said.at("deploy ItemClaims", "stored", lambda: pay_oneself(signer))

    deployment = deploy(chain, signer, params, directory=tmp_path, on_step=said)

    assert said.steps("again") == []
    assert deployment.address("ItemClaims") == create_address(signer.address, 12)
    assert len(mined.creations(signer)) == len(CONTRACTS)


def test_a_nonce_stolen_while_the_run_was_dead_is_found_out(chain, mined, signer, pay_oneself, said, params, tmp_path):
    said.at("deploy ProvenanceRegistry", "stored", die)
    with pytest.raises(Killed):
        deploy(chain, signer, params, directory=tmp_path, on_step=said)
    pay_oneself(signer)

    deployment = deploy(chain, signer, params, directory=tmp_path, on_step=said)

    assert said.steps("replaced") == ["deploy ProvenanceRegistry"]
    assert deployment.address("ProvenanceRegistry") == create_address(signer.address, 3)
    assert len(mined.creations(signer)) == len(CONTRACTS)


def test_a_dearer_foreign_transaction_waiting_at_the_nonce_wins_and_the_step_moves(
    chain, mined, rpc, signer, pay_oneself, said, params, tmp_path
):
    step = "deploy ItemClaims"

    def wait_in_the_pool() -> None:
        rpc("evm_setAutomine", False)
        pay_oneself(signer)

    said.at(step, "stored", wait_in_the_pool)
    said.at(step, "broadcast", lambda: rpc("evm_setAutomine", True) or rpc("evm_mine"))

    deployment = deploy(chain, signer, params, directory=tmp_path, on_step=said)

    assert deployment.address("ItemClaims") == create_address(signer.address, 12)
    assert len(mined.creations(signer)) == len(CONTRACTS)


def test_a_base_fee_that_rises_a_hundredfold_is_outbid_at_the_same_nonce(
    chain, mined, rpc, signer, said, params, tmp_path
):
    step = "deploy SellerCredit"
    said.at(step, "stored", lambda: rpc("evm_setAutomine", False))

    def dear_block() -> None:
        rpc("anvil_setNextBlockBaseFeePerGas", hex(chain.block().base_fee * 100))
        rpc("evm_mine")
        said.at(step, "broadcast", lambda: rpc("evm_mine"))

    said.at(step, "broadcast", dear_block)
    said.at(step, "done", lambda: rpc("evm_setAutomine", True))

    deployment = deploy(chain, signer, params, directory=tmp_path, on_step=said, round_seconds=0.2)

    (journal,) = tmp_path.glob("*.journal.jsonl")
    low, high = (line for line in load(journal) if isinstance(line, Signed) and line.step == step)
    old, new = (fees_of(SignedTransaction(one.raw, one.hash, one.nonce, signer.address, one.to)) for one in (low, high))
    assert said.steps("outbid") == [step]
    assert low.nonce == high.nonce
    assert new.priority * 8 >= old.priority * 9
    # A hundred times the base fee; the rest of the old one was its priority fee.
    assert new.maximum >= old.maximum * 40
    assert deployment.contracts["SellerCredit"].tx == high.hash
    assert len(mined.creations(signer)) == len(CONTRACTS)


def test_a_node_that_lost_a_receipt_is_not_believed(chain, mined, signer, said, params, tmp_path, monkeypatch):
    """It counts the nonce as used: taken for somebody else's, the contract would be deployed twice."""
    said.at("deploy TradeEscrow", "receipt", die)
    with pytest.raises(Killed):
        deploy(chain, signer, params, directory=tmp_path, on_step=said)
    count = len(mined.transactions(signer))
    lost = said.lines[-1].tx
    whole = chain.receipt

    monkeypatch.setattr(chain, "receipt", lambda tx_hash: None if tx_hash == lost else whole(tx_hash))
    with pytest.raises(BadResponse, match="has no receipt of it") as caught:
        deploy(chain, signer, params, directory=tmp_path)
    assert caught.value.retryable
    monkeypatch.undo()

    assert len(mined.transactions(signer)) == count
    deploy(chain, signer, params, directory=tmp_path)
    assert len(mined.creations(signer)) == len(CONTRACTS)


def test_a_devnet_started_afresh_is_another_chain_with_a_record_of_its_own(chain, signer, params, tmp_path):
    first = deploy(chain, signer, params, directory=tmp_path)
    with devnet.running("anvil") as node:
        second = deploy(Chain.open(node.url), Signer.dev(0), params, directory=tmp_path)

    assert first.chain_id == second.chain_id
    assert sorted(record.genesis for _, record in list_records(tmp_path)) == sorted([first.genesis, second.genesis])


def test_a_record_of_other_contracts_than_this_versions_is_refused(chain, signer, params, tmp_path):
    deployment = deploy(chain, signer, params, directory=tmp_path)
    contracts = {**deployment.params["contracts"], "TradeEscrow": {"participants": "@ParticipantRegistry"}}
    older = deployment.model_copy(update={"params": {**deployment.params, "contracts": contracts}})

    with pytest.raises(ParamsInvalid, match=r"contracts\.TradeEscrow\.participants: the constructor has no such"):
        checks(chain, older)


def test_two_runs_at_once_do_not_interleave(chain, mined, signer, said, params, tmp_path):
    refused = []

    def second_run() -> None:
        with pytest.raises(DeploymentBusy) as caught:
            deploy(chain, signer, params, directory=tmp_path)
        refused.append(caught.value)

    said.at("deploy TradeEscrow", "stored", second_run)
    deploy(chain, signer, params, directory=tmp_path, on_step=said)

    assert refused[0].retryable
    assert len(mined.creations(signer)) == len(CONTRACTS)


def test_an_account_that_cannot_pay_is_told_the_numbers_and_nothing_is_sent(
    chain, mined, rpc, signer, params, tmp_path
):
    rpc("anvil_setBalance", signer.address, hex(10**12))

    with pytest.raises(InsufficientFunds, match=rf"{signer.address} has {10**12} wei; .* \d+ wei \(\d+ gas"):
        deploy(chain, signer, params, directory=tmp_path)

    assert mined.transactions(signer) == []
    assert not record_path(tmp_path, chain.chain_id, chain.genesis).exists()
    rpc("anvil_setBalance", signer.address, hex(10**20))
    assert len(deploy(chain, signer, params, directory=tmp_path).contracts) == len(CONTRACTS)


def test_other_parameters_do_not_resume_a_begun_deployment(chain, mined, signer, said, params, tmp_path):
    said.at("deploy ProvenanceRegistry", "done", die)
    with pytest.raises(Killed):
        deploy(chain, signer, params, directory=tmp_path, on_step=said)
    count = len(mined.transactions(signer))

    with pytest.raises(JournalMismatch) as caught:
        deploy(chain, signer, Params.default(governance_delay="1d"), directory=tmp_path)

    assert caught.value.differs == ("params.governance_delay",)
    assert len(mined.transactions(signer)) == count


def test_another_deployer_or_bytecode_does_not_resume_a_begun_deployment(chain, signer, params, tmp_path):
    deploy(chain, signer, params, directory=tmp_path)
    with pytest.raises(JournalMismatch) as caught:
        deploy(chain, Signer.dev(5), params, directory=tmp_path)
    assert caught.value.differs == ("deployer",)

    (journal,) = tmp_path.glob("*.journal.jsonl")
    first, _, rest = journal.read_text().partition("\n")
    begun = json.loads(first)
    begun["code"]["TradeEscrow"] = "0x" + "11" * 32
    journal.write_text(json.dumps(begun) + "\n" + rest)
    with pytest.raises(JournalMismatch) as caught:
        deploy(chain, signer, params, directory=tmp_path)
    assert caught.value.differs == ("bytecode of TradeEscrow",)


def test_fresh_sets_the_old_files_aside_and_deploys_anew(chain, mined, signer, params, tmp_path):
    first = deploy(chain, signer, params, directory=tmp_path)
    path = record_path(tmp_path, chain.chain_id, chain.genesis)
    old = path.read_text()

    second = deploy(chain, signer, Params.default(governance_delay="1h"), directory=tmp_path, fresh=True)

    assert not {one.address for one in first.contracts.values()} & {one.address for one in second.contracts.values()}
    assert find(chain.chain_id, chain.genesis, directory=tmp_path) == second
    assert path.with_name(path.name + ".1").read_text() == old
    assert len(list(tmp_path.glob("*.journal.jsonl.1"))) == 1
    assert len(mined.creations(signer)) == 2 * len(CONTRACTS)


def test_the_old_record_stands_until_a_fresh_deployment_is_whole(chain, signer, said, params, tmp_path):
    first = deploy(chain, signer, params, directory=tmp_path)
    said.at("wire AccessManager", "stored", die)
    with pytest.raises(Killed):
        deploy(chain, signer, params, directory=tmp_path, fresh=True, on_step=said)
    assert find(chain.chain_id, chain.genesis, directory=tmp_path) == first

    second = deploy(chain, signer, params, directory=tmp_path)
    assert find(chain.chain_id, chain.genesis, directory=tmp_path) == second != first


def test_a_damaged_record_is_set_aside_and_comes_back_from_the_journal(chain, signer, params, tmp_path):
    first = deploy(chain, signer, params, directory=tmp_path)
    path = record_path(tmp_path, chain.chain_id, chain.genesis)
    path.write_text("{")

    assert deploy(chain, signer, params, directory=tmp_path) == first
    assert find(chain.chain_id, chain.genesis, directory=tmp_path) == first
    assert path.with_name(path.name + ".1").read_text() == "{"


def test_a_record_without_a_journal_is_not_overwritten(chain, mined, signer, params, tmp_path):
    deploy(chain, signer, params, directory=tmp_path)
    (journal,) = tmp_path.glob("*.journal.jsonl")
    journal.unlink()

    with pytest.raises(DeploymentExists):
        deploy(chain, signer, params, directory=tmp_path)
    assert len(mined.creations(signer)) == len(CONTRACTS)


def test_a_role_granted_on_the_side_is_found_and_no_record_is_written(chain, signer, said, params, tmp_path):
    accomplice = Signer.dev(7).address
    manager = AccessManager(chain, create_address(signer.address, 0))

    def open_a_back_door() -> None:
        call = manager.contract.call("grantRole", 2, accomplice, 0)
        send(chain, signer, call.to, call.data)

    said.at("wire AccessManager", "planned", open_a_back_door)

    with pytest.raises(DeploymentUnverified) as caught:
        deploy(chain, signer, params, directory=tmp_path, on_step=said)

    assert len(caught.value.failed) == 1
    assert f"2:{accomplice}" in caught.value.failed[0]
    with pytest.raises(NoDeployment):
        find(chain.chain_id, chain.genesis, directory=tmp_path)


def test_a_folder_that_takes_no_file_stops_the_run_before_anything_is_sent(chain, mined, signer, params, tmp_path):
    (tmp_path / "deployments").write_text("a file where the folder should be")

    with pytest.raises(CannotWrite, match="cannot be written"):
        deploy(chain, signer, params, directory=tmp_path / "deployments")
    assert mined.transactions(signer) == []


def test_who_cannot_pay_for_a_fresh_deployment_changes_nothing(chain, signer, params, tmp_path):
    first = deploy(chain, signer, params, directory=tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(InsufficientFunds):
        deploy(chain, Signer.unsafe_from_key(b"\x07" * 32), params, directory=tmp_path, fresh=True)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert deploy(chain, signer, params, directory=tmp_path) == first
