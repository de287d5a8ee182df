"""What the chain says of a bundle, on Anvil and Ganache: by calls and by proven storage slots the same, and a node that
lies is believed by the one and refused by the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from facts_kit import BRAND, CARELESS, CARRIER, OFFICE, Ledger, hide_recalls, newest, set_up
from liar import Liar
from provenance_kit import CASE, HOUR, OTHER, SHOP, seen

from lading.chain import devnet
from lading.chain.node import Chain
from lading.chain.state_proof import ProofInvalid, header
from lading.errors import RequestRefused
from lading.facts import StateProof, verify
from lading.provenance.bundle import Bundle
from lading.provenance.parties import People

PROVEN = StateProof()


@pytest.fixture(scope="module", params=devnet.KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with devnet.running(request.param) as node:
        yield set_up(Chain.open(node.url), node.url, tmp_path_factory.mktemp("deployments"))


def test_slots_say_what_calls_say(ledger: Ledger, genuine: Bundle, recalled: Bundle) -> None:
    absent = genuine.model_copy(
        update={"entries": tuple(one.model_copy(update={"index": 7}) for one in genuine.entries), "maps": ()}
    )
    strange = genuine.entries[0].model_copy(update={"publisher": bytes(31) + b"\x09"})
    strange = strange.model_copy(update={"batch": strange.batch.model_copy(update={"writer": bytes(19) + b"\x09"})})
    foreign = ledger.bundle([], "urn:epc:id:sgtin:0614141.899999.1").model_copy(update={"entries": (strange,)})
    no_gtin = ledger.bundle([], CASE)
    for bundle in (genuine, recalled, absent, foreign, no_gtin):
        called, proven = ledger.facts(bundle), ledger.facts(bundle, PROVEN)
        assert dataclasses.replace(proven, believed="node-trust") == called
        assert proven.believed == "block-hash"


def test_the_facts_are_those_that_were_made(ledger: Ledger, genuine: Bundle, recalled: Bundle) -> None:
    """Else two empty answers would pass for the same."""
    facts = ledger.facts(genuine, PROVEN)
    brand, carrier, office = (ledger.ids[key.address] for key in (BRAND, CARRIER, OFFICE))
    assert facts.deployed
    assert facts.anchors[office, 0].digest == genuine.entries[-1].batch.digest
    assert facts.heads == {brand: 2, carrier: 1, office: 1}
    people = People(facts.roles, facts.parties)
    assert people.has_role(office, "CUSTOMS")
    assert people.has_role(carrier, "CUSTOMS") is False
    assert facts.parties[carrier] == {"https://id.gs1.org/417/0614141000128"}
    assert facts.brand == brand
    assert facts.keys[bytes.fromhex(BRAND.address[2:])].participant == brand
    of_recalled = ledger.facts(recalled, PROVEN)
    assert of_recalled.serial_recalled_at is not None
    assert set(of_recalled.lots_recalled_at) == {"L-BAD"}
    assert (facts.serial_recalled_at, facts.class_recalled_at, facts.lots_recalled_at) == (None, None, {})


def test_verdicts_by_proof_are_those_by_call(ledger: Ledger, genuine: Bundle, recalled: Bundle) -> None:
    for bundle, expected in ((newest(ledger, genuine), "authentic"), (recalled, "recalled")):
        called = verify(bundle, chain=ledger.chain, deployment=ledger.trusted)
        proven = verify(bundle, chain=ledger.chain, deployment=ledger.trusted, proof=PROVEN)
        assert (called.verdict, proven.verdict) == (expected, expected), called.explain()
        assert called.reasons == proven.reasons
        assert "node-trust" in called.not_proven
        assert "block-hash" in proven.not_proven
        assert "node-trust" not in proven.not_proven


def test_with_the_users_block_hash_nothing_is_believed(ledger: Ledger, genuine: Bundle) -> None:
    block = header(ledger.chain)

    verdict = verify(genuine, chain=ledger.chain, deployment=ledger.trusted, proof=StateProof(block.hash))

    assert not {"node-trust", "block-hash"} & set(verdict.not_proven)
    assert verdict.as_of is not None
    assert (verdict.as_of.block, verdict.as_of.time) == (block.number, block.time)


def test_an_old_block_shows_the_state_of_then(ledger: Ledger, genuine: Bundle) -> None:
    """Before its deployment nothing stands at the addresses."""
    first = header(ledger.chain, 1)

    verdict = verify(genuine, chain=ledger.chain, deployment=ledger.trusted, proof=StateProof(first.hash))

    assert "registry-missing" in verdict.reasons


def test_a_block_that_the_node_lacks_is_named(ledger: Ledger, genuine: Bundle) -> None:
    with pytest.raises(RequestRefused, match="0x0909"):
        verify(genuine, chain=ledger.chain, deployment=ledger.trusted, proof=StateProof(b"\x09" * 32))


def test_a_revoked_and_stolen_key_reads_the_same_both_ways(ledger: Ledger) -> None:
    owner = "0x" + ledger.ids[CARELESS.address].hex()
    bundle = ledger.bundle(ledger.publish(CARELESS, seen(SHOP, 30 * HOUR, item=OTHER)), OTHER)
    since = ledger.client.participants.key(CARELESS.address).added_at
    ledger.controller.participants.revoke_key(owner, CARELESS.address, compromised_since=since)

    called, proven = ledger.facts(bundle), ledger.facts(bundle, PROVEN)

    (found,) = proven.keys.values()
    assert (found.added_at, found.compromised_since) == (since.timestamp(), since.timestamp())
    assert found.revoked_at > 0
    assert called.keys == proven.keys
    verdict = verify(bundle, chain=ledger.chain, deployment=ledger.trusted, proof=PROVEN)
    assert "writer-compromised" in verdict.reasons


def test_another_program_at_the_registrys_address_is_no_registry(ledger: Ledger, genuine: Bundle) -> None:
    """Its code hash is compared with the record's, out of the state proof."""
    recorded = dict(ledger.trusted.code_hashes)
    address = ledger.trusted.trusted.provenance_registry
    other = dataclasses.replace(ledger.trusted, code_hashes=recorded | {address: "0x" + "00" * 32})

    verdict = verify(genuine, chain=ledger.chain, deployment=other, proof=PROVEN)

    assert verdict.reasons[-1] == "registry-missing"


# Nodes that lie


def test_a_hidden_recall_is_believed_by_call_and_found_by_proof(
    ledger: Ledger, recalled: Bundle, crooked: Liar
) -> None:
    crooked.lies["eth_call"] = hide_recalls
    chain = Chain.open(crooked.url)

    assert "recalled-serial" not in verify(recalled, chain=chain, deployment=ledger.trusted).reasons
    proven = verify(recalled, chain=chain, deployment=ledger.trusted, proof=PROVEN)
    assert proven.verdict == "recalled"


def test_an_invented_anchor_is_believed_by_call_and_missing_by_proof(
    ledger: Ledger, genuine: Bundle, crooked: Liar
) -> None:
    """The bundle claims a batch 9 that nobody anchored, and the node says that it is there."""
    forged = genuine.entries[0].model_copy(update={"index": 9})
    invented = forged.batch.digest.hex() + "00" * 5 + ledger.chain.block().time.to_bytes(32, "big").hex()
    bundle = genuine.model_copy(update={"entries": (forged, *genuine.entries[1:])})

    def invent(params: list[Any], honest: str) -> str:
        return "0x" + invented if params[0]["data"].endswith(f"{9:064x}") else honest

    crooked.lies["eth_call"] = invent
    chain = Chain.open(crooked.url)

    assert "anchor-missing" not in verify(bundle, chain=chain, deployment=ledger.trusted).reasons
    assert "anchor-missing" in verify(bundle, chain=chain, deployment=ledger.trusted, proof=PROVEN).reasons


def without_recalls(params: list[Any], honest: Any) -> Any:
    """As if every slot were empty, with a proof that ends one node early."""
    cut = [one | {"value": "0x0", "proof": one["proof"][:-1]} for one in honest["storageProof"]]
    return honest | {"storageProof": cut}


def emptied(params: list[Any], honest: Any) -> Any:
    """As if the registry had no storage at all."""
    nothing = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    return honest | {"storageHash": nothing, "storageProof": [one | {"proof": []} for one in honest["storageProof"]]}


def fewer(params: list[Any], honest: Any) -> Any:
    return honest | {"storageProof": honest["storageProof"][1:]}


def moved(params: list[Any], honest: Any) -> Any:
    """Each slot gets another's proof."""
    proofs = [one["proof"] for one in honest["storageProof"]]
    turned = proofs[1:] + proofs[:1]
    changed = [one | {"proof": proof} for one, proof in zip(honest["storageProof"], turned, strict=True)]
    return honest | {"storageProof": changed}


@pytest.mark.parametrize("lie", [without_recalls, emptied, fewer, moved])
def test_a_false_proof_is_refused(ledger: Ledger, recalled: Bundle, crooked: Liar, lie: Any) -> None:
    crooked.lies["eth_getProof"] = lambda params, honest: lie(params, honest) if honest["storageProof"] else honest

    with pytest.raises(ProofInvalid):
        verify(recalled, chain=Chain.open(crooked.url), deployment=ledger.trusted, proof=PROVEN)


def test_the_nodes_own_words_about_a_value_do_not_count(ledger: Ledger, recalled: Bundle, crooked: Liar) -> None:
    """What stands beside the proofs is only told."""

    def talk(params: list[Any], honest: Any) -> Any:
        told = [one | {"value": "0x0"} for one in honest["storageProof"]]
        return honest | {"storageProof": told, "codeHash": "0x" + "00" * 32, "storageHash": "0x" + "00" * 32}

    crooked.lies["eth_getProof"] = talk

    verdict = verify(recalled, chain=Chain.open(crooked.url), deployment=ledger.trusted, proof=PROVEN)

    assert verdict.verdict == "recalled"


@pytest.mark.parametrize("field", ["stateRoot", "timestamp", "number", "parentHash"])
def test_a_header_with_another_field_than_its_hash_says_is_refused(
    ledger: Ledger, genuine: Bundle, crooked: Liar, field: str
) -> None:
    trusted_block = header(ledger.chain).hash

    def alter(params: list[Any], honest: Any) -> Any:
        if not honest:
            return honest
        digits = honest[field][2:]
        return honest | {field: "0x" + f"{int(digits, 16) ^ 1:x}".zfill(len(digits))}

    crooked.lies["eth_getBlockByHash"] = alter
    chain = Chain.open(crooked.url)

    with pytest.raises(ProofInvalid, match="another hash"):
        verify(genuine, chain=chain, deployment=ledger.trusted, proof=StateProof(trusted_block))


def test_another_block_than_the_users_is_refused(ledger: Ledger, genuine: Bundle, crooked: Liar) -> None:
    """An honest header of an earlier block, from before a recall, say."""
    earlier = ledger.chain.web3.manager.request_blocking("eth_getBlockByNumber", ["0x1", False])
    crooked.lies["eth_getBlockByHash"] = lambda params, honest: dict(earlier)

    proof = StateProof(header(ledger.chain).hash)

    with pytest.raises(ProofInvalid):
        verify(genuine, chain=Chain.open(crooked.url), deployment=ledger.trusted, proof=proof)


@pytest.mark.parametrize("proof", [None, PROVEN])
def test_an_old_block_is_said_to_be_old(ledger: Ledger, genuine: Bundle, proof: StateProof | None) -> None:
    """A node that shows an old block for its newest undoes every recall since: only the verifier's own clock tells."""
    known, stamp = newest(ledger, genuine), ledger.chain.block().time

    def said(clock: Callable[[], float] | None) -> tuple[str, bool]:
        found = verify(known, chain=ledger.chain, deployment=ledger.trusted, proof=proof, clock=clock)
        return found.verdict, "block-new" in found.not_proven

    assert said(lambda: stamp + 3600) == ("authentic", False)
    assert said(lambda: stamp + 3601) == ("authentic", True)
    assert said(None) == ("authentic", False)
