"""First claims, and the batches of fault documents, on Anvil and Ganache: by calls and by proven slots the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from facts_kit import BRAND, CARRIER, GTIN, Ledger, newest, set_up
from liar import Liar
from provenance_kit import CASE, HOUR, OTHER, SHOP, map_ref, seen
from reference_map import ReferenceMap

from lading.chain import devnet
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.claims import SealProof
from lading.deploy.registry import Deployment
from lading.facts import StateProof, TrustedDeployment, facts_for, verify, verify_among
from lading.models import Batch
from lading.provenance.bundle import BatchRef, Bundle
from lading.provenance.charges import Charge, Weight
from lading.provenance.faults import FORMAT, Lacks
from lading.provenance.item import item_of
from lading.provenance.item_map import item_key
from lading.provenance.merkle import MerkleTree
from lading.provenance.seal import new_code, seal_of
from lading.provenance.truth import FirstClaim

PROVEN = StateProof()
BUYER = Signer.dev(5)
THING = item_of(OTHER).key
NEVER_SEEN = "urn:epc:id:sgtin:0614141.812345.9"


@pytest.fixture(scope="module", params=devnet.KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with devnet.running(request.param) as node:
        yield set_up(Chain.open(node.url), node.url, tmp_path_factory.mktemp("deployments"))


@pytest.fixture(scope="module")
def staged(ledger: Ledger, genuine: Bundle) -> tuple[FirstClaim, Charge]:
    """In one, since ape's plugin sets a module's fixtures up anew where a later test brings another."""
    for proof in (None, PROVEN):
        assert ledger.facts(genuine, proof).claim == FirstClaim()
    return claimed(ledger, genuine), accused(ledger, genuine)


@pytest.fixture
def claim(staged: tuple[FirstClaim, Charge]) -> FirstClaim:
    return staged[0]


@pytest.fixture
def charge(staged: tuple[FirstClaim, Charge]) -> Charge:
    return staged[1]


def claimed(ledger: Ledger, bundle: Bundle) -> FirstClaim:
    """The brand anchors the seal of the bundle's item, and the buyer breaks it."""
    number, serial = int(GTIN), item_of(bundle.item).serial or ""
    code, name = new_code(), BRAND.address
    leaf = seal_of(number, serial, code)
    tree = MerkleTree([leaf.hash(), b"\x01" * 32])
    index = ledger.latest[name][0] + 1
    items_root = ReferenceMap(ledger.items[name]).root
    shown = Batch(root="0x" + tree.root.hex(), items_root="0x" + items_root.hex(), writer=name, count=2)
    brand = ledger.client.using(BRAND)
    brand.goods.anchor("0x" + ledger.ids[name].hex(), index, shown.root, shown.items_root, shown.count)
    ledger.latest[name] = (
        index,
        BatchRef(root=tree.root, items_root=items_root, writer=bytes.fromhex(name[2:]), count=2),
    )
    proof = SealProof(
        gtin=number, serial=serial, seal_hash=leaf.seal_hash, index=index, batch=shown, proof=tree.proof(0)
    )
    buyer = ledger.client.using(BUYER)
    opening = buyer.claims.opening(number, serial, code)
    buyer.claims.commit(opening, proof)
    devnet.advance(ledger.chain, 61)
    receipt = buyer.claims.claim(opening, proof)
    return FirstClaim(bytes.fromhex(BUYER.address[2:]), ledger.chain.block(receipt.block).time)


def accused(ledger: Ledger, bundle: Bundle) -> Charge:
    """The carrier left an event of another item out of the map of its next batch."""
    name = CARRIER.address
    (left_out,) = ledger.publish(CARRIER, seen(SHOP, 30 * HOUR, item=OTHER))
    del ledger.items[name][item_key(THING)]
    ledger.publish(CARRIER, seen(SHOP, 31 * HOUR, item=NEVER_SEEN))
    shown = map_ref(ledger.ids[name], *ledger.latest[name], ledger.items[name], THING)
    fault = Lacks(format=FORMAT, kind="lacks", chain=bundle.chain, entry=left_out, map=shown, leaves=())
    return Charge("fault.json", fault)


def test_the_claim_is_read_by_call_and_by_slot(ledger: Ledger, genuine: Bundle, claim: FirstClaim) -> None:
    called, proven = ledger.facts(genuine), ledger.facts(genuine, PROVEN)
    assert (called.claim, proven.claim) == (claim, claim)
    for proof in (None, PROVEN):
        verdict = verify(newest(ledger, genuine), chain=ledger.chain, deployment=ledger.trusted, proof=proof)
        assert (verdict.verdict, verdict.claim) == ("authentic", claim)
        assert [line for line in verdict.explain() if line.startswith("Claimed on")] != []


def test_another_item_is_nobodys_and_a_case_has_no_claims(ledger: Ledger, claim: FirstClaim) -> None:
    for proof in (None, PROVEN):
        assert ledger.facts(ledger.bundle([], OTHER), proof).claim == FirstClaim()
        assert ledger.facts(ledger.bundle([], CASE), proof).claim is None


def test_deployments_without_the_contract_give_the_same_verdict(
    ledger: Ledger, genuine: Bundle, claim: FirstClaim
) -> None:
    record: Deployment = ledger.client.deployment
    older = record.model_copy(
        update={"contracts": {name: one for name, one in record.contracts.items() if name != "ItemClaims"}}
    )
    typed = [record.address(name) for name in ("ParticipantRegistry", "ProvenanceRegistry")]
    address = ledger.trusted.item_claims
    assert address is not None
    replaced = dataclasses.replace(
        ledger.trusted, code_hashes={**ledger.trusted.code_hashes, address: "0x" + "00" * 32}
    )
    bundle = newest(ledger, genuine)
    ours = verify(bundle, chain=ledger.chain, deployment=ledger.trusted)
    for trusted in (
        TrustedDeployment.of_record(older),
        TrustedDeployment.of_addresses(ledger.chain.chain_id, *typed),
        replaced,
    ):
        for proof in (None, PROVEN):
            found = verify(bundle, chain=ledger.chain, deployment=trusted, proof=proof)
            assert (found.verdict, found.reasons, found.claim) == ("authentic", (), None)
        assert found.checked == ours.checked


def test_a_node_that_hides_the_claim_is_caught_by_proof_and_by_another_node(
    ledger: Ledger, genuine: Bundle, claim: FirstClaim, crooked: Liar
) -> None:
    contract = "0x" + (ledger.trusted.item_claims or b"").hex()

    def hide(params: list[dict[str, str]], honest: str) -> str:
        return "0x" + "00" * 64 if params[0]["to"].lower() == contract else honest

    crooked.lies["eth_call"] = hide
    lying, bundle = Chain.open(crooked.url), newest(ledger, genuine)
    assert verify(bundle, chain=lying, deployment=ledger.trusted).claim == FirstClaim()
    assert verify(bundle, chain=lying, deployment=ledger.trusted, proof=PROVEN).claim == claim
    both = verify_among(bundle, [ledger.chain, lying], deployment=ledger.trusted)
    assert ("nodes-differ" in both.reasons, both.claim) == (True, None)
    assert any(one.detail.startswith("claim: ") for one in both.findings)


# Fault documents


def test_a_fault_that_the_chain_bears_out_makes_the_verdict_suspect(
    ledger: Ledger, genuine: Bundle, charge: Charge
) -> None:
    bundle = newest(ledger, genuine)
    for proof in (None, PROVEN):
        without = verify(bundle, chain=ledger.chain, deployment=ledger.trusted, proof=proof)
        found = verify(bundle, chain=ledger.chain, deployment=ledger.trusted, proof=proof, charges=[charge])
        assert (without.verdict, found.verdict, found.reasons) == ("authentic", "suspect", ("publisher-faulty",))


def test_its_batches_are_asked_for_with_the_bundles(
    ledger: Ledger, genuine: Bundle, charge: Charge, crooked: Liar
) -> None:
    """By state proof in the same requests: with a hundred fault documents the node is asked no more often."""
    asked = []
    crooked.lies["eth_getProof"] = lambda params, honest: (asked.append(params), honest)[1]
    chain, counts = Chain.open(crooked.url), []
    for charges in ([], [charge] * 100):
        asked.clear()
        facts = facts_for(chain, ledger.trusted, genuine, proof=PROVEN, charges=charges)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert facts.anchors == facts_for(ledger.chain, ledger.trusted, genuine, charges=[charge]).anchors
    assert {(one.publisher, one.index) for one in charge.shown} <= set(facts.anchors)


def test_a_fault_whose_batch_the_chain_lacks_is_refused(ledger: Ledger, genuine: Bundle, charge: Charge) -> None:
    invented = charge.shown[1].model_copy(update={"index": 77})
    false = Charge("never.json", charge.fault.model_copy(update={"map": invented}))
    for proof in (None, PROVEN):
        found = verify(
            newest(ledger, genuine), chain=ledger.chain, deployment=ledger.trusted, proof=proof, charges=[false]
        )
        assert (found.verdict, [one.weight for one in found.heard]) == ("authentic", [Weight.REFUSED])
