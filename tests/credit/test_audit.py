"""The audit on a real chain: orders of many kinds, at the newest block and at past ones, and what was missed."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "sdk"))

from credit_kit import RULES
from eth_utils import keccak
from sdk_kit import (
    ARBITER,
    BUYER,
    CARRIER,
    CONTROLLER,
    EVENT,
    GOVERNOR,
    PAYMENT,
    PLATFORM,
    SELLER,
    STRANGER,
    UNIT,
    World,
    build_world,
)

from lading.chain import devnet
from lading.chain.node import Chain
from lading.client import Lading
from lading.contracts.customs_clearance import Papers
from lading.customs import OrderDocument, PaymentDocument, WaybillDocument
from lading.deploy import Params, deploy
from lading.enums import Fault, Role
from lading.errors import InputError
from lading.models import Batch, OrderTerms
from lading.provenance.merkle import MerkleTree

WORD = "0x" + "5e" * 32
BROKEN = "0x5f5ffd"
"""Code that reverts whatever it is asked: PUSH0, PUSH0, REVERT."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with devnet.running("anvil") as node:
        chain = Chain.open(node.url)
        folder = tmp_path_factory.mktemp("deployments")
        record = deploy(chain, GOVERNOR, Params.default(governance_delay=0), directory=folder)
        yield build_world(Lading.connect(chain, signer=GOVERNOR, deployment=record))


def rpc(world: World, method: str, *parameters: Any) -> Any:
    answer = world.client.chain.web3.provider.make_request(method, list(parameters))
    assert "error" not in answer, answer
    return answer["result"]


def seller_of(world: World) -> str:
    return world.ids[Role.SELLER]


def released(world: World, **changed: Any) -> OrderTerms:
    """By its buyer at once, without a carrier's receipt."""
    terms = world.opened(world.terms(**changed))
    world.by(BUYER).orders.release(terms)
    return terms


def witnessed(world: World, **changed: Any) -> OrderTerms:
    """Documents matched, the condition seen met, delivered, released. No authority has to clear it."""
    named = {"condition": world.client.customs.address, "condition_by": world.now() + timedelta(days=4)}
    terms = world.shipped(world.terms(**{**named, **changed}))
    shared = {name: secrets.token_bytes(32) for name in ("order_no", "transaction_id", "amount", "currency", "payer")}
    carried = {name: secrets.token_bytes(32) for name in ("consignee", "freight")}
    order_id = bytes.fromhex(world.client.orders.id(terms)[2:])
    roots = [secrets.token_bytes(32) for _ in range(3)]
    order = OrderDocument(order_id=order_id, **shared, **carried, fields_root=roots[0])
    payment = PaymentDocument(order_id=order_id, **shared, fields_root=roots[1])
    waybill = WaybillDocument(order_id=order_id, order_no=shared["order_no"], **carried, fields_root=roots[2])
    signed = [
        world.by(key).customs.sign(one) for key, one in ((PLATFORM, order), (PAYMENT, payment), (CARRIER, waybill))
    ]
    world.by(STRANGER).customs.match(terms, Papers(order, signed[0], payment, signed[1], waybill, signed[2]))
    world.by(STRANGER).orders.poke(terms)
    receipt = world.client.orders.receipt(terms, UNIT, EVENT)
    world.by(STRANGER).orders.deliver(terms, receipt, CARRIER.address, world.by(CARRIER).orders.sign_receipt(receipt))
    world.by(BUYER).orders.release(terms)
    return terms


def not_shipped(world: World, **changed: Any) -> OrderTerms:
    terms = world.opened(world.terms(**changed))
    world.by(SELLER).orders.refund(terms)
    return terms


def proven_while_disputed(world: World) -> OrderTerms:
    """The delivery stands in the carrier's own log; the arbiter then gives the buyer nothing."""
    terms = world.shipped(world.with_arbitration())
    world.by(BUYER).orders.dispute(terms, WORD)
    carrier = world.ids[Role.CARRIER]
    world.by(CONTROLLER).goods.set_writer(carrier, CARRIER.address)
    leaf = world.client.orders.delivery_leaf(terms, UNIT, EVENT, world.now())
    tree, index = MerkleTree([leaf.hash()]), world.client.goods.head(carrier).next_index
    batch = Batch(root=tree.root, items_root=WORD, writer=CARRIER.address, count=1)
    world.by(CARRIER).goods.anchor(carrier, index, batch.root, batch.items_root, batch.count)
    world.by(STRANGER).orders.deliver_anchored(terms, leaf, index, batch, tree.proof(0))
    world.by(ARBITER).orders.rule(terms, Decimal(0), Fault.NOBODY, WORD)
    return terms


@pytest.fixture(scope="module")
def story(world: World) -> list[int]:
    """Orders of many kinds over months; the blocks after each."""
    blocks = []

    def after(_: object, days: float = 0) -> None:
        blocks.append(world.client.chain.block().number)
        if days:
            world.wait(world.now() + timedelta(days=days))

    after(released(world), 3)
    after(witnessed(world), 1)
    after(released(world, price=Decimal(2_000)), 12)
    after(not_shipped(world))
    after(released(world, token=world.second_token), 20)
    after(world.by(GOVERNOR).credit.set_rate(world.second_token, 2 * 10**18))
    after(released(world, token=world.second_token, price=Decimal("33.333333")), 40)
    after(witnessed(world, price=Decimal("17.5")))
    after(world.by(BUYER).orders.open(world.terms()))
    for _ in range(4):
        after(released(world, price=Decimal(900)))
    after(not_shipped(world, price=Decimal("0.01")), 95)
    after(proven_while_disputed(world))
    after(released(world))
    return blocks


def test_the_rules_are_those_of_the_deployment(world: World) -> None:
    assert world.client.credit.rules() == RULES


def test_every_slot_and_score_is_rebuilt_bit_for_bit_at_the_newest_block(world: World, story: list[int]) -> None:
    found = world.client.credit.audit()
    assert found.differences == ()
    assert [one.seller for one in found.sellers] == [seller_of(world)]
    (one,) = found.sellers
    assert one.record == world.client.credit.record(seller_of(world))
    assert one.score == world.client.credit.score(seller_of(world)) > one.witnessed_score > 25
    # All but an order in a token without a rate, and one of a hundredth of a reference unit.
    assert (found.endings, found.counted) == (14, 12)
    assert [(each.platform, each.score) for each in found.platforms] == [(world.ids[Role.PLATFORM], one.score)]


def test_it_is_rebuilt_at_every_past_block_too(world: World, story: list[int]) -> None:
    seen = []
    for block in sorted({*story, *(block - 1 for block in story)}):
        found = world.client.credit.audit(seller_of(world), block=block)
        assert (found.block, found.differences) == (block, ())
        assert found.sellers[0].score == world.client.credit.score(seller_of(world), at=block)
        seen.append(found.sellers[0].score)
    assert len(set(seen)) >= 8


def test_a_block_before_the_deployment_is_refused(world: World) -> None:
    with pytest.raises(InputError, match="before the deployment"):
        world.client.credit.audit(block=0)


def test_one_seller_alone_is_the_same_as_among_all(world: World, story: list[int]) -> None:
    alone, among = world.client.credit.audit(seller_of(world)), world.client.credit.audit()
    assert alone.sellers == among.sellers
    assert alone.platforms == ()
    nobody = world.client.credit.audit(world.ids[Role.BRAND])
    assert (nobody.agrees, nobody.sellers[0].score, nobody.endings) == (True, 25, among.endings)


def test_a_slot_that_was_tampered_with_is_named_member_by_member(world: World, story: list[int]) -> None:
    credit, seller = world.client.contracts.credit.address, bytes.fromhex(seller_of(world)[2:])
    places = ["0x" + keccak(seller + number.to_bytes(32, "big")).hex() for number in range(8)]
    (place,) = [one for one in places if int(rpc(world, "eth_getStorageAt", credit, one, "latest"), 16)]
    before = rpc(world, "eth_getStorageAt", credit, place, "latest")
    rpc(world, "anvil_setStorageAt", credit, place, f"0x{int(before, 16) + 1000 * 2**16:064x}")
    try:
        found = world.client.credit.audit()
    finally:
        rpc(world, "anvil_setStorageAt", credit, place, before)
    record = found.sellers[0].record
    (slot,) = [one for one in found.differences if one.what == "good_witnessed"]
    assert not found.agrees
    assert (slot.seller, slot.replayed) == (seller_of(world), str(record.good_witnessed))
    assert slot.contract == str(record.good_witnessed + 1000 * 2**16)
    assert {one.what for one in found.differences} == {"good_witnessed", "score", "witnessed_score"}
    assert world.client.credit.audit().agrees


def test_what_the_observer_missed_is_listed_until_it_is_reported(world: World, story: list[int]) -> None:
    credit = world.client.contracts.credit.address
    code = rpc(world, "eth_getCode", credit, "latest")
    world.wait(world.now() + timedelta(days=31))
    terms = world.opened(world.terms(price=Decimal(50)))
    rpc(world, "anvil_setCode", credit, BROKEN)
    world.by(BUYER).orders.release(terms)
    rpc(world, "anvil_setCode", credit, code)
    order = world.client.orders.id(terms)

    found = world.client.credit.audit()
    assert [(one.order, one.seller, one.good, one.bad) for one in found.missed] == [(order, seller_of(world), 125, 0)]
    assert found.agrees

    missed_at = found.block
    world.wait(world.now() + timedelta(days=2))
    world.by(STRANGER).credit.report(terms)
    after = world.client.credit.audit()
    assert (after.missed, after.agrees, after.counted) == ((), True, found.counted + 1)
    assert after.sellers[0].record.total == 125
    assert len(world.client.credit.audit(block=missed_at).missed) == 1


def test_orders_that_end_in_one_transaction_are_counted_in_their_order(world: World, story: list[int]) -> None:
    world.wait(world.now() + timedelta(days=31))
    orders = [world.opened(world.terms(price=Decimal(price))) for price in (900, 900, 900, 650, 900)]
    calls = [world.client.contracts.orders.release(one) for one in orders]
    results = world.by(BUYER).orders.batch(calls)
    assert len({one.receipt.tx_hash for one in results}) == 1
    found = world.client.credit.audit()
    assert found.agrees
    assert found.sellers[0].record.total == 3_000
    logged = [event for one in results[:1] for event in one.receipt.events if event.name == "OutcomeCounted"]
    assert [event.args["counted"] & 0xFFFFF for event in logged] == [750, 750, 750, 593, 157]


def test_a_key_that_was_revoked_counts_what_it_had_accepted_and_nothing_after(world: World, story: list[int]) -> None:
    """Last of this file: it takes the seller's key."""
    before = world.client.credit.audit().counted
    world.wait(world.now() + timedelta(days=31))
    accepted = world.opened(world.terms())
    world.wait(world.now() + timedelta(seconds=2))
    world.by(CONTROLLER).participants.revoke_key(seller_of(world), SELLER.address)
    late = world.opened(world.terms())
    for terms in (accepted, late):
        world.by(BUYER).orders.release(terms)
    found = world.client.credit.audit()
    assert found.agrees
    assert found.counted == before + 1
