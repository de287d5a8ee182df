"""Batches, deliveries from a carrier's log, groups of orders, orders that other programs opened."""

from __future__ import annotations

import secrets
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sdk_kit import (
    ARBITER,
    BUYER,
    CARRIER,
    CONTROLLER,
    EVENT,
    PROVIDER,
    SELLER,
    STRANGER,
    TAX_PAYEE,
    UNIT,
    admit,
    funded_signer,
    give_key,
)

from lading.enums import Role, State
from lading.errors import InputError
from lading.groups.order_batches import TRANSACTION_GAS
from lading.groups.order_history import TermsForeign
from lading.models import Batch
from lading.provenance.errors import MerkleError
from lading.provenance.leaf import SEAL_LEAF, DeliveryLeaf, SealLeaf
from lading.provenance.merkle import MerkleTree
from lading.reverts.deliveries import (
    BatchDistrusted,
    DeliveryNotAnchored,
    LeafForeign,
    TrustMovesBack,
    WriterNotValidThen,
)
from lading.reverts.orders import NotSeller, StateWrong

AMOUNTS = st.integers(1, 10**12).map(lambda units: Decimal(units).scaleb(-6))
LENGTHS = st.integers(1, 2**32 - 1).map(lambda seconds: timedelta(seconds=seconds))
BPS = st.integers(0, 10_000)


@st.composite
def clauses(draw, token, authority):
    """Any of the clauses, with any values that fit."""
    word = st.binary(min_size=32, max_size=32)
    made = {
        "group": draw(word.filter(any)),
        "fee_ceiling": draw(AMOUNTS),
        "duties": {"token": token, "amount": draw(AMOUNTS), "payee": TAX_PAYEE.address},
        "quote": {
            "provider": PROVIDER.address,
            "token": token,
            "amount": draw(AMOUNTS),
            "premium": draw(AMOUNTS),
        },
        "returns": {
            "place": draw(word),
            "receive_window": draw(LENGTHS),
            "settle_window": draw(LENGTHS),
            "restocking_bps": draw(BPS),
            "freight": draw(AMOUNTS),
        },
        "arbitration": {
            "arbiter": ARBITER.address,
            "fee": draw(AMOUNTS),
            "window": draw(LENGTHS),
            "silent_buyer_bps": draw(BPS),
        },
    }
    kept = draw(st.sets(st.sampled_from(sorted(made))))
    return {"entry_authority": authority, **{name: made[name] for name in kept}}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_id_of_terms_with_any_clauses_is_the_contracts(world, data):
    chosen = data.draw(clauses(world.second_token, world.entry_customs))
    if "duties" in chosen:
        chosen["duties"]["assess_by"] = world.now() + timedelta(days=data.draw(st.integers(1, 900)))
    terms = world.terms(**chosen)
    assert world.client.orders.id(terms) == world.client.contracts.orders.contract.read("orderId", terms.to_chain())


def test_an_order_with_every_clause_is_found_as_it_was_opened(world):
    parts = [world.with_returns(), world.with_arbitration(), world.with_quote(), world.with_duties()]
    names = ("returns", "arbitration", "quote", "duties")
    every = {name: getattr(part, name) for name, part in zip(names, parts, strict=True)}
    terms = world.with_customs(group=secrets.token_bytes(32), fee_ceiling=Decimal(1), **every)

    world.opened(terms)

    assert world.client.orders.find(world.client.orders.id(terms)).terms == terms


def test_a_group_lists_its_orders(world):
    group = "0x" + secrets.token_hex(32)
    ids = [world.by(BUYER).orders.open(world.terms(group=group)).id for _ in range(3)]
    world.by(BUYER).orders.open(world.terms())

    first = world.client.orders.list(group=group, limit=2)
    second = world.client.orders.list(first.next, group=group, limit=2)

    assert [order.id for order in (*first.orders, *second.orders)] == ids
    assert second.next is None


def test_an_order_on_terms_that_cannot_be_spelt_stops_no_list(world):
    terms = world.terms()
    *head, _ = terms.to_chain()
    nothing = ("0x" + "00" * 20, 0, "0x" + "00" * 20, 0)
    empty = (
        "0x" + "00" * 32,
        0,
        nothing,
        (nothing[0], nothing[0], 0, 0),
        ("0x" + "00" * 32, 0, 0, 0, 0),
        (*nothing[:2], 0, 0),
    )
    contract = world.client.contracts.orders.contract
    receipt = world.by(BUYER).send(contract.call("open", (*head, (empty,)), b"", b"", b""))
    foreign = receipt.event("Opened").args["id"]
    last = world.by(BUYER).orders.open(world.terms()).id

    listed = [order.id for order in world.client.orders.list(limit=10_000).orders]

    assert last in listed
    assert foreign not in listed
    with pytest.raises(TermsForeign, match=foreign):
        world.client.orders.find(foreign)


def test_calls_of_a_batch_succeed_and_fail_alone(world):
    good, bad = world.opened(world.terms()), world.terms()
    world.by(BUYER).orders.open(bad)
    vault, unit = world.client.contracts.orders, "0x" + "11" * 32

    results = world.by(SELLER).orders.batch([vault.ship(bad, unit), vault.ship(good, unit), vault.cancel(bad)])

    assert [result.ok for result in results] == [False, True, True]
    assert isinstance(results[0].error, StateWrong)
    assert results[0].error.standing is State.FUNDED
    assert len({result.receipt.tx_hash for result in results}) == 1
    assert [world.order(terms).state for terms in (good, bad)] == [State.SHIPPED, State.CANCELLED]


def test_a_call_that_another_may_make_fails_alone_with_its_own_error(world):
    terms = world.opened(world.terms())
    (result,) = world.by(STRANGER).orders.batch([world.client.contracts.orders.ship(terms, "0x" + "11" * 32)])
    assert isinstance(result.error, NotSeller)
    assert (result.error.caller, result.error.seller) == (STRANGER.address, SELLER.address)


def test_a_batch_is_split_where_a_transaction_is_full(world):
    terms = world.opened(world.terms())
    call = world.client.contracts.orders.ship(terms, "0x" + "11" * 32)
    seller = world.by(SELLER).orders
    calls = [call] * 5
    assert seller.batch_size(calls) == 5
    assert seller.batch_size([]) == 0
    # Each call has to find its gas there: 12 million leave room for it once the others took theirs.
    assert seller.batch_size(calls, gas_each=12_000_000) == 5
    with pytest.raises(InputError, match="gas_each"):
        seller.batch(calls, gas_each=14_000_000)

    results = seller.batch(calls)

    assert [result.ok for result in results] == [True, False, False, False, False]
    assert all(result.receipt.gas_used <= TRANSACTION_GAS for result in results)


def test_opening_and_other_contracts_are_no_part_of_a_batch(world):
    terms = world.terms()
    for call in (
        world.client.contracts.orders.open(terms, "0x", "0x", None),
        world.client.contracts.disputes.settle_unruled(terms),
    ):
        with pytest.raises(InputError, match="batch"):
            world.by(BUYER).orders.batch([call])


ITEMS_ROOT = "0x" + "1d" * 32


def anchored(world, leaves):
    """Anchors the leaves as the carrier's next batch; its index and content."""
    carrier = world.ids[Role.CARRIER]
    if world.client.goods.head(carrier).writer != CARRIER.address:
        world.by(CONTROLLER).goods.set_writer(carrier, CARRIER.address)
    tree, index = MerkleTree(leaves), world.client.goods.head(carrier).next_index
    batch = Batch(root=tree.root, items_root=ITEMS_ROOT, writer=CARRIER.address, count=len(leaves))
    world.by(CARRIER).goods.anchor(carrier, index, batch.root, batch.items_root, batch.count)
    return index, batch, tree


def test_an_anchored_delivery_delivers_in_place_of_a_receipt(world):
    terms = world.shipped(world.terms())
    leaf = world.client.orders.delivery_leaf(terms, UNIT, EVENT, world.now())
    index, batch, tree = anchored(world, [secrets.token_bytes(32), leaf.hash(), secrets.token_bytes(32)])
    assert leaf.is_in(tree.root, 3, tree.proof(1))

    receipt = world.by(STRANGER).orders.deliver_anchored(terms, leaf, index, batch, tree.proof(1))

    assert world.order(terms).delivered
    proven = receipt.event("DeliveryProven").args
    assert (proven["writer"], proven["time"].timestamp()) == (CARRIER.address, leaf.time)


def test_a_leaf_hashes_as_the_contract_does(world):
    leaf = DeliveryLeaf(*(secrets.token_bytes(32) for _ in range(3)), 1_800_000_000)
    contract = world.client.contracts.goods.contract
    stated = (leaf.order_id, leaf.logistic_unit, leaf.event_id, leaf.time)
    assert contract.read("deliveryLeafHash", stated) == "0x" + leaf.hash().hex()


def test_a_seals_leaf_hashes_as_the_contract_does(world):
    leaf = SealLeaf(80614141123458, secrets.token_bytes(32), secrets.token_bytes(32))
    contract = world.client.contracts.goods.contract
    stated = (leaf.gtin, leaf.serial_hash, leaf.seal_hash)
    assert contract.read("sealLeafHash", stated) == "0x" + leaf.hash().hex()
    assert contract.read("SEAL_LEAF") == "0x" + SEAL_LEAF.hex()
    for wrong in ((10**14, *stated[1:]), (-1, *stated[1:]), (1, b"", leaf.seal_hash), (1, leaf.serial_hash, b"")):
        with pytest.raises(MerkleError):
            SealLeaf(*wrong)


def test_a_batch_of_a_key_that_a_thief_had_proves_nothing_after_the_next_writer_came(world):
    """A carrier of its own: a key is revoked for ever."""
    signers = [funded_signer(world.client) for _ in range(2)]
    carrier = admit(world.client, {Role.CARRIER}, signers[0])
    world.by(CONTROLLER).goods.set_writer(carrier, signers[0].address)
    terms = world.shipped(world.terms(carrier=signers[0].address))
    leaf = world.client.orders.delivery_leaf(terms, UNIT, EVENT, world.now())
    batch = Batch(root=leaf.hash(), items_root=ITEMS_ROOT, writer=signers[0].address, count=1)
    world.by(signers[0]).goods.anchor(carrier, 0, batch.root, batch.items_root, 1)
    anchored_at = world.client.goods.anchor_of(carrier, 0).time
    world.by(CONTROLLER).participants.revoke_key(carrier, signers[0].address, compromised_since=anchored_at)
    give_key(world.client, carrier, signers[1])
    world.by(CONTROLLER).goods.set_writer(carrier, signers[1].address)

    with pytest.raises(WriterNotValidThen) as refusal:
        world.by(STRANGER).orders.deliver_anchored(terms, leaf, 0, batch, [])

    assert (refusal.value.writer, refusal.value.anchored_at) == (signers[0].address, anchored_at)


def test_a_leaf_of_another_order_or_of_no_batch_is_refused(world):
    terms, other = world.shipped(world.terms()), world.shipped(world.terms())
    leaf = world.client.orders.delivery_leaf(terms, UNIT, EVENT, world.now())
    index, batch, tree = anchored(world, [leaf.hash(), secrets.token_bytes(32)])
    with pytest.raises(LeafForeign):
        world.by(STRANGER).orders.deliver_anchored(other, leaf, index, batch, tree.proof(0))
    with pytest.raises(DeliveryNotAnchored) as refusal:
        world.by(STRANGER).orders.deliver_anchored(terms, leaf, index, batch, tree.proof(1))
    assert refusal.value.retryable


def test_batches_that_a_carrier_no_longer_stands_by_prove_nothing(world):
    terms = world.shipped(world.terms())
    leaf = world.client.orders.delivery_leaf(terms, UNIT, EVENT, world.now())
    index, batch, tree = anchored(world, [leaf.hash()])
    carrier = world.ids[Role.CARRIER]

    world.by(CONTROLLER).orders.trust_from(carrier, index + 1)

    assert world.client.orders.trusted_from(carrier) == index + 1
    with pytest.raises(BatchDistrusted) as refusal:
        world.by(STRANGER).orders.deliver_anchored(terms, leaf, index, batch, tree.proof(0))
    assert refusal.value.first == index + 1
    with pytest.raises(TrustMovesBack):
        world.by(CONTROLLER).orders.trust_from(carrier, index)
