"""Connecting: what is found, what is checked, and what is said when it is not so."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from sdk_kit import GOVERNOR, STRANGER
from web3 import EthereumTesterProvider, HTTPProvider

from lading.chain.networks import ANVIL, EMBEDDED, GANACHE, resolve
from lading.chain.node import Chain
from lading.client import Lading
from lading.deploy import registry
from lading.errors import CodeDiffers, NoDeployment, UnknownNetwork, WrongChain


def test_a_client_shows_no_key(client):
    assert repr(client).endswith(f"signer Signer({GOVERNOR.address}))")


def test_an_unknown_network_lists_the_known_ones():
    with pytest.raises(UnknownNetwork, match="anvil, embedded, ganache") as failure:
        Lading.connect("anvl")
    assert failure.value.exit_code == 3


@pytest.mark.parametrize("text", ["", "ws://127.0.0.1:8545", "http://", "127.0.0.1:8545", "file:///etc/passwd"])
def test_what_is_no_url_is_no_network(text):
    with pytest.raises(UnknownNetwork):
        resolve(text)


def test_the_named_networks():
    assert [resolve(name) for name in ("embedded", "anvil", "ganache")] == [EMBEDDED, ANVIL, GANACHE]
    assert EMBEDDED.url is None


def test_the_name_of_a_url_holds_no_access_key():
    network = resolve("https://user:secret@node.example/v3/abcdef?key=123")
    assert network.name == "https://node.example"
    assert network.url.endswith("key=123")


def test_an_unknown_network_with_a_key_in_it_is_not_repeated():
    with pytest.raises(UnknownNetwork) as failure:
        resolve("wss://node.example/v3/abcdef")
    assert "abcdef" not in str(failure.value)


def test_a_chain_without_a_deployment_says_how_to_deploy(chain, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LADING_DEPLOYMENT", raising=False)
    with pytest.raises(NoDeployment, match="lading deploy"):
        Lading.connect(chain)


def test_a_deployment_is_found_by_path_environment_and_folder(chain, deployment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LADING_DEPLOYMENT", raising=False)
    elsewhere = tmp_path / "elsewhere.json"
    registry.write(deployment, elsewhere)
    assert Lading.connect(chain, deployment=elsewhere).deployment == deployment
    assert Lading.connect(chain, deployment=str(elsewhere)).deployment == deployment
    monkeypatch.setenv("LADING_DEPLOYMENT", str(elsewhere))
    assert Lading.connect(chain).deployment == deployment
    monkeypatch.delenv("LADING_DEPLOYMENT")
    registry.write(deployment, registry.record_path(Path("deployments"), chain.chain_id, chain.genesis))
    assert Lading.connect(chain).deployment == deployment


def test_a_deployment_of_another_chain_is_refused(chain, deployment):
    other = deployment.model_copy(update={"genesis": "0x" + "12" * 32})
    with pytest.raises(WrongChain, match=chain.network.name):
        Lading.connect(chain, deployment=other)


def test_another_program_at_a_recorded_address_is_refused(chain, deployment):
    contracts = dict(deployment.contracts)
    contracts["TradeEscrow"] = contracts["TradeEscrow"].model_copy(update={"address": STRANGER.address})
    with pytest.raises(CodeDiffers, match="TradeEscrow"):
        Lading.connect(chain, deployment=deployment.model_copy(update={"contracts": contracts}))


def test_a_client_takes_a_chain_a_url_or_a_web3_provider(chain, deployment):
    if chain.network.kind == "embedded":
        provider = chain.web3.provider
        assert isinstance(provider, EthereumTesterProvider)
    else:
        provider = HTTPProvider(chain.network.url)
        assert Lading.connect(chain.network.url, deployment=deployment).chain.genesis == chain.genesis
        assert Lading.connect(chain.network, deployment=deployment).chain.genesis == chain.genesis
    client = Lading.connect(provider, deployment=deployment)
    assert client.chain.network.kind in ("embedded", "url")
    assert client.chain.genesis == chain.genesis


def test_another_signer_is_another_client_on_the_same_chain(client):
    other = client.using(STRANGER)
    assert (other.signer, client.signer) == (STRANGER, GOVERNOR)
    assert other.chain is client.chain


def test_a_call_may_be_planned_stored_and_sent_later(world):
    client = world.by(GOVERNOR)
    call = client.token().contract.approve(STRANGER.address, 7)
    signed = client.plan(call)
    assert json.loads(json.dumps(vars(signed)))["nonce"] == client.chain.nonce(GOVERNOR.address)

    client.broadcast(signed)
    client.broadcast(signed)
    receipt = client.wait(signed)

    assert receipt.event("Approval").args["value"] == 7


def test_a_read_of_an_earlier_block_sees_the_earlier_state(world):
    dollars = world.client.token()
    before = world.client.chain.block().number
    have = dollars.contract.balance(STRANGER.address)
    dollars.mint(STRANGER.address, Decimal(3))
    assert dollars.contract.balance(STRANGER.address, at=before) == have
    assert dollars.contract.balance(STRANGER.address) == have + 3_000_000


def test_two_embedded_chains_do_not_share_their_state(chain):
    other = Chain.open("embedded")
    assert other.block().number == 0
    assert other.balance(GOVERNOR.address) > 0
