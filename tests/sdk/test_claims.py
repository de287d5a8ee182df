"""First claims of items, each on the embedded chain and on Anvil."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sdk_kit import BRAND, BUYER, CONTROLLER, STRANGER
from test_goods import gtin_below, prefix  # noqa: F401 - a fixture

from lading.claims import Opening, SealProof
from lading.enums import Role
from lading.errors import InputError
from lading.models import Batch
from lading.provenance.errors import SealError
from lading.provenance.merkle import MerkleTree
from lading.provenance.seal import new_code, seal_of
from lading.reverts.claims import AlreadyClaimed, CommitmentUnknown, CommitmentYoung, SealDistrusted, SealNotAnchored
from lading.reverts.goods import ClassUnknown

SERIALS = ("A1", "A2", "A3")
NO_ITEMS = "0x" + "00" * 32


@pytest.fixture
def sealed(world, prefix):  # noqa: F811
    """Three sealed items of a new class in one batch: GTIN, codes by serial, proofs by serial."""
    brand, participant = world.by(BRAND), world.ids[Role.BRAND]
    gtin = int(gtin_below(prefix, secrets.randbelow(1000)))
    if brand.goods.brand_of(gtin) is None:
        brand.goods.register_class(gtin)
    world.by(CONTROLLER).goods.set_writer(participant, BRAND.address)
    codes = {serial: new_code() for serial in SERIALS}
    leaves = [seal_of(gtin, serial, code) for serial, code in codes.items()]
    tree = MerkleTree([leaf.hash() for leaf in leaves])
    index = brand.goods.head(participant).next_index
    batch = Batch(root="0x" + tree.root.hex(), items_root=NO_ITEMS, writer=BRAND.address, count=len(leaves))
    brand.goods.anchor(participant, index, batch.root, NO_ITEMS, batch.count)
    proofs = {
        serial: SealProof(
            gtin=gtin, serial=serial, seal_hash=leaf.seal_hash, index=index, batch=batch, proof=tree.proof(place)
        )
        for place, (serial, leaf) in enumerate(zip(SERIALS, leaves, strict=True))
    }
    return gtin, codes, proofs


def time_of(world, receipt):
    return datetime.fromtimestamp(world.client.chain.block(receipt.block).time, UTC)


def test_the_first_buyer_claims_the_item(world, sealed):
    gtin, codes, proofs = sealed
    buyer = world.by(BUYER)
    opening = buyer.claims.opening(gtin, "A1", codes["A1"])
    assert buyer.claims.get(gtin, "A1") is None
    assert buyer.claims.opens_at(opening) is None

    committed = buyer.claims.commit(opening, proofs["A1"])
    opens_at = buyer.claims.opens_at(opening)
    assert opens_at == time_of(world, committed) + timedelta(seconds=60)
    assert committed.event("Committed").args["commitment"] == buyer.claims.commitment(opening)
    with pytest.raises(CommitmentYoung) as young:
        buyer.claims.claim(opening, proofs["A1"])
    assert young.value.opens_at == opens_at

    world.wait(opens_at)
    receipt = world.by(STRANGER).claims.claim(opening, proofs["A1"])
    claim = buyer.claims.get(gtin, "A1")
    assert (claim.claimant, claim.time) == (BUYER.address, time_of(world, receipt))
    assert buyer.claims.get(gtin, "A2") is None


def test_who_copies_the_code_is_too_late(world, sealed):
    gtin, codes, proofs = sealed
    buyer, thief = world.by(BUYER), world.by(STRANGER)
    opening = buyer.claims.opening(gtin, "A1", codes["A1"])
    buyer.claims.commit(opening, proofs["A1"])
    world.wait(buyer.claims.opens_at(opening))
    copied = thief.claims.opening(gtin, "A1", codes["A1"])
    thief.claims.commit(copied, proofs["A1"])
    buyer.claims.claim(opening, proofs["A1"])

    world.wait(thief.claims.opens_at(copied))
    with pytest.raises(AlreadyClaimed) as refusal:
        thief.claims.claim(copied, proofs["A1"])
    assert (refusal.value.gtin, refusal.value.serial, refusal.value.claimant) == (gtin, "A1", BUYER.address)
    with pytest.raises(InputError, match="was claimed on"):
        thief.claims.commit(copied, proofs["A1"])


def test_a_wrong_code_is_found_before_anything_is_sent(world, sealed):
    gtin, codes, proofs = sealed
    buyer = world.by(BUYER)
    wrong = buyer.claims.opening(gtin, "A1", codes["A2"])
    with pytest.raises(SealError, match="not the code under"):
        buyer.claims.commit(wrong, proofs["A1"])
    with pytest.raises(SealError, match="another item"):
        buyer.claims.commit(wrong, proofs["A2"])
    right = buyer.claims.opening(gtin, "A1", codes["A1"])
    elsewhere = proofs["A1"].model_copy(update={"proof": proofs["A2"].proof})
    with pytest.raises(SealError, match="does not lead"):
        buyer.claims.commit(right, elsewhere)
    assert wrong.code not in repr(wrong)
    assert wrong.salt not in repr(wrong)


def test_what_the_chain_refuses_is_named(world, sealed):
    gtin, codes, proofs = sealed
    buyer = world.by(BUYER)
    opening = buyer.claims.opening(gtin, "A1", codes["A1"])
    with pytest.raises(CommitmentUnknown) as refusal:
        buyer.claims.claim(opening, proofs["A1"])
    assert refusal.value.commitment == buyer.claims.commitment(opening)

    buyer.claims.commit(opening, proofs["A1"])
    world.wait(buyer.claims.opens_at(opening))
    elsewhere = proofs["A1"].model_copy(update={"index": proofs["A1"].index + 1})
    with pytest.raises(SealNotAnchored) as missing:
        buyer.claims.claim(opening, elsewhere)
    assert (missing.value.brand, missing.value.index) == (world.ids[Role.BRAND], elsewhere.index)


def test_openings_of_one_code_differ(world, sealed):
    gtin, codes, _ = sealed
    claims = world.by(BUYER).claims
    one, two = (claims.opening(gtin, "A1", codes["A1"]) for _ in range(2))
    assert claims.commitment(one) != claims.commitment(two)
    assert Opening.parse(one.model_dump_json()) == one


@pytest.mark.parametrize("fault", ["claimed", "unanchored", "class", "writer", "revoked"])
def test_no_node_sees_the_code_for_a_claim_that_reverts(world, sealed, monkeypatch, fault):
    """Neither a call nor an estimate nor a transaction: each would show the code to whoever runs the node."""
    gtin, codes, proofs = sealed
    buyer, seal = world.by(BUYER), proofs["A3"]
    opening = buyer.claims.opening(gtin, "A3", codes["A3"])
    buyer.claims.commit(opening, seal)
    world.wait(buyer.claims.opens_at(opening))
    expected = SealNotAnchored
    if fault == "claimed":
        buyer.claims.claim(opening, seal)
        expected = AlreadyClaimed
    elif fault == "unanchored":
        seal = seal.model_copy(update={"index": seal.index + 7})
    elif fault == "class":
        monkeypatch.setattr(type(buyer._session.contracts.goods), "brand_of", lambda *_, **__: None)
        expected = ClassUnknown
    else:
        owned = type(buyer._session.contracts.participants)
        known = owned.key(buyer._session.contracts.participants, BRAND.address)
        change = {"participant": "0x" + "77" * 32} if fault == "writer" else {"revoked_at": known.added_at}
        monkeypatch.setattr(owned, "key", lambda *_, **__: known.model_copy(update=change))
        expected = SealDistrusted
    shown = []
    monkeypatch.setattr(type(buyer._session), "plan", lambda _, call: shown.append(call))

    with pytest.raises(expected):
        buyer.claims.claim(opening, seal)
    assert shown == []
