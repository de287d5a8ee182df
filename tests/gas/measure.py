"""What each verb costs: receipts' `gasUsed` on one Anvil, with keys, salts and times that do not change.

`python tests/gas/measure.py` writes `gas.json`, sorted; the test beside it compares. The vault and every payee hold
the token before and after, as in daily use. `escrow.*` is measured on a vault without an observer; what the observer
adds is `credit.outcome.*`, a release with it minus one without: a seller's first outcome, one with a new buyer, one of
a known pair, and one of a known pair in another period, after the 63 steps of decay that take the most
multiplications. `claims.open` is of a seal in a batch of SEALS.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "sdk"))

import sdk_kit
from sdk_kit import (
    BRAND,
    BUYER,
    CARRIER,
    ENTRY,
    EXIT,
    GOVERNOR,
    PAYMENT,
    PLATFORM,
    PROVIDER,
    SELLER,
    World,
    build_world,
)

from lading import artifacts
from lading.chain import abi, devnet, transactions
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.claims import SealProof
from lading.client import Lading
from lading.contracts.customs_clearance import Papers
from lading.customs import SharedSecrets, parse_order, parse_payment, parse_waybill
from lading.demo import papers
from lading.deploy import ContractRecord, Deployment, Params, deploy
from lading.deploy.abi import constructor_inputs, create_address
from lading.enums import Decision, Fault, Role, Side
from lading.groups.session import Receipt
from lading.models import Batch, OrderTerms
from lading.provenance.merkle import MerkleTree
from lading.provenance.seal import seal_of

FILE = Path(__file__).with_name("gas.json")
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
UNIT = "urn:epc:id:sscc:0614141.1234567890"
EVENT = "ni:///sha-256;" + "5e" * 32 + "?ver=CBV2.0"
WORD = b"\x5e" * 32
LOT = 1000
BATCH = 20
SEALS = 1024
PREFIX, GTIN = "9524000", 9524000000019


@dataclass
class Meter:
    """Notes what receipts say. Salts count, leaving out numbers with a zero: so no order repeats, and none has a byte
    more or less that is zero."""

    gas: dict[str, int] = field(default_factory=dict)
    salts: Any = field(default_factory=lambda: (n for n in itertools.count(0x1111) if "0" not in f"{n:x}"))

    def note(self, label: str, receipt: Receipt) -> Receipt:
        self.gas[label] = receipt.gas_used
        return receipt

    def terms(self, world: World, make: Any = None, **changed: Any) -> OrderTerms:
        fixed = {
            "accept_by": NOON + timedelta(days=1),
            "ship_by": NOON + timedelta(days=3),
            "deliver_by": NOON + timedelta(days=20),
            "salt": "0x" + f"{next(self.salts):04x}" * 16,
        }
        return (make or world.terms)(**{**fixed, **changed})


def measure() -> dict[str, int]:
    """Label to gas, on a node of its own."""
    numbers = itertools.count(LOT)
    sdk_kit.identifier = lambda country="CN": f"{country}-{next(numbers)}"
    with devnet.running("anvil") as node, tempfile.TemporaryDirectory() as folder:
        chain = Chain.open(node.url)
        chain.web3.provider.make_request("anvil_setTime", [int(NOON.timestamp())])
        deployment = deploy(chain, GOVERNOR, Params.default(governance_delay=0), directory=Path(folder))
        client = Lading.connect(chain, signer=GOVERNOR, deployment=deployment)
        world = build_world(client)
        bare = _without_observer(world)
        for holder in (SELLER, PLATFORM, CARRIER, BUYER):
            client.token().mint(holder.address, Decimal(1))
        meter = Meter()
        _vault(meter, bare)
        _credit(meter, world)
        _goods(meter, world)
        _journey(meter, world)
        _delivery(meter, world)
        _two_currencies(meter, world)
        _operators(meter, world)
        _aged(meter, world)
        _claims(meter, world)
    return dict(sorted(meter.gas.items()))


def _without_observer(world: World) -> World:
    """The same world around a second vault and its operators, whose observer is nobody."""
    client = world.client
    nonce = client.chain.nonce(GOVERNOR.address)
    operators = [create_address(GOVERNOR.address, nonce + 1 + number) for number in range(5)]
    escrow, registry = create_address(GOVERNOR.address, nonce), client.contracts.participants.address
    observer = "0x" + "00" * 20
    arguments: dict[str, list[Any]] = {
        "TradeEscrow": [registry, tuple(operators), observer],
        "Deliveries": [registry, client.contracts.goods.address, escrow],
        "Quotes": [escrow],
        "Returns": [registry, escrow],
        "Disputes": [registry, escrow],
        "Duties": [registry, escrow],
    }
    made = {name: _created(client, name, values) for name, values in arguments.items()}
    deployment: Deployment = client.deployment.model_copy(update={"contracts": {**client.deployment.contracts, **made}})
    other = Lading.connect(client.chain, signer=GOVERNOR, deployment=deployment)
    for owner, token in ((BUYER, None), (BUYER, world.second_token), (PROVIDER, None)):
        other.using(owner).token(token).approve(other.contracts.orders.address)
    other.using(PROVIDER).orders.set_quote_cap(other.token().address, Decimal(1_000_000))
    return replace(world, client=other)


def _created(client: Lading, name: str, values: list[Any]) -> ContractRecord:
    artifact = artifacts.load(name)
    types = [argument.kind for argument in constructor_inputs(artifact.abi)]
    data = bytes.fromhex(artifact.bytecode[2:]) + abi.encode(types, values)
    mined = transactions.send(client.chain, GOVERNOR, None, data)
    address = str(mined.contract_address)
    return client.deployment.contracts[name].model_copy(
        update={"address": address, "code_hash": client.chain.code_hash(address)}
    )


def _open(world: World, terms: OrderTerms, buyer: Signer = BUYER) -> Receipt:
    authorization, consent = world.by(buyer).orders.authorize(terms), world.by(SELLER).orders.sign_accept(terms)
    return world.by(PLATFORM).orders.open_with_authorization(terms, authorization, seller_consent=consent)


def _vault(meter: Meter, world: World) -> None:
    _open(world, meter.terms(world))  # stays open, so that the vault holds the token throughout

    terms = meter.terms(world, freight=Decimal(0))
    authorization = world.by(BUYER).orders.authorize(terms)
    meter.note("escrow.open.erc3009", world.by(PLATFORM).orders.open_with_authorization(terms, authorization))
    meter.note("escrow.accept", world.by(SELLER).orders.accept(terms))
    meter.note("escrow.open.both", _open(world, again := meter.terms(world, freight=Decimal(0))))
    meter.note("escrow.release", world.by(BUYER).orders.release(again))

    meter.note("escrow.open.allowance", world.by(BUYER).orders.open(funded := meter.terms(world)))
    devnet.advance(world.client.chain, 2 * 86_400)
    meter.note("escrow.refund", world.by(PLATFORM).orders.refund(funded))

    later = {"accept_by": NOON + timedelta(days=3)}
    _open(world, freighted := meter.terms(world, **later))
    released = world.by(BUYER).orders.release(freighted)
    meter.gas["escrow.release.payee"] = released.gas_used - meter.gas["escrow.release"]
    world.by(BUYER).orders.open(cancelled := meter.terms(world, **later))
    meter.note("escrow.cancel", world.by(BUYER).orders.cancel(cancelled))


def _credit(meter: Meter, world: World) -> None:
    later = {"accept_by": NOON + timedelta(days=3), "freight": Decimal(0)}
    _open(world, meter.terms(world, **later))  # the vault with the observer holds the token as well
    for label, buyer in (("first", BUYER), ("new", PROVIDER), ("known", PROVIDER)):
        _open(world, terms := meter.terms(world, buyer=buyer.address, **later), buyer)
        observed = _release_later(world, terms, buyer)
        meter.gas[f"credit.outcome.{label}"] = observed.gas_used - meter.gas["escrow.release"]


def _release_later(world: World, terms: OrderTerms, buyer: Signer = BUYER) -> Receipt:
    """Never in the same second as the outcome before it."""
    devnet.advance(world.client.chain, 60)
    return world.by(buyer).orders.release(terms)


def _aged(meter: Meter, world: World) -> None:
    credit, days = world.client.contracts.credit.contract, timedelta(days=120)
    step = credit.read_struct("rules")["half_life"] // 64
    terms = meter.terms(
        world,
        accept_by=NOON + days,
        ship_by=NOON + 2 * days,
        deliver_by=NOON + 3 * days,
        buyer=PROVIDER.address,
        freight=Decimal(0),
    )
    _open(world, terms, PROVIDER)
    due = (credit.read_struct("recordOf", world.ids[Role.SELLER])["step"] + 63) * step
    devnet.advance(world.client.chain, due - world.client.chain.block().time)
    released = world.by(PROVIDER).orders.release(terms)
    meter.gas["credit.outcome.aged"] = released.gas_used - meter.gas["escrow.release"]


def _goods(meter: Meter, world: World) -> None:
    brand = world.ids[Role.BRAND]
    world.by(sdk_kit.CONTROLLER).goods.set_writer(brand, BRAND.address)
    for index, label in enumerate(("provenance.anchor.first", "provenance.anchor")):
        root = "0x" + bytes([0x5E + index]).hex() * 32
        meter.note(label, world.by(BRAND).goods.anchor(brand, index, root, root, 10_000))


def _journey(meter: Meter, world: World) -> None:
    """One order with customs and freight, from both consents to the release, and what all of it costs."""
    customs = {
        "condition": world.client.customs.address,
        "condition_by": NOON + timedelta(days=15),
        "exit_authority": world.exit_customs,
        "entry_authority": world.entry_customs,
    }
    terms = meter.terms(world, accept_by=NOON + timedelta(days=3), **customs)
    receipts = [_open(world, terms)]
    receipts.append(meter.note("customs.match", world.by(PLATFORM).customs.match(terms, _papers(world, terms))))
    for key, side, port in ((EXIT, Side.EXIT, "CNSZX"), (ENTRY, Side.ENTRY, "DEHAM")):
        decided = world.by(key).customs.decide(terms, side, Decision.RELEASE, port=port, declaration_no="26-000017")
        receipts.append(meter.note("customs.decide", decided))
    receipts.append(meter.note("escrow.ship", world.by(SELLER).orders.ship(terms, UNIT)))
    receipts.append(meter.note("escrow.deliver.condition", _deliver(world, terms)))
    receipts.append(_release_later(world, terms))
    meter.gas["journey"] = sum(one.gas_used for one in receipts)


def _delivery(meter: Meter, world: World) -> None:
    """What a condition costs: the journey's delivery, which customs had to let through, less one without."""
    world.shipped(terms := meter.terms(world, accept_by=NOON + timedelta(days=3)))
    delivered = meter.note("escrow.deliver", _deliver(world, terms))
    meter.gas["escrow.condition"] = meter.gas["escrow.deliver.condition"] - delivered.gas_used
    orders = [_later(meter, world) for _ in range(BATCH)]
    for order in orders:
        world.opened(order)
    calls = [world.client.contracts.orders.release(order) for order in orders]
    devnet.advance(world.client.chain, 60)
    results = world.by(BUYER).orders.batch(calls)
    meter.gas["escrow.batch.release"] = results[0].receipt.gas_used // BATCH


def _two_currencies(meter: Meter, world: World) -> None:
    """Settlement, pay token and duties in one order; again for each way out."""
    for out in ("release", "refund"):
        terms = _later(meter, world, make=world.with_quote)
        label = "quotes.open" if out == "release" else None
        opened = _open_quoted(world, terms)
        if label:
            meter.note(label, opened)
        by, verb = (BUYER, "release") if out == "release" else (SELLER, "refund")
        devnet.advance(world.client.chain, 60)
        meter.note(f"quotes.{out}", getattr(world.by(by).orders, verb)(terms))
    duties = {"assess_by": NOON + timedelta(days=60), "token": world.second_token, "amount": Decimal(21)}
    clause = {"duties": {**duties, "payee": sdk_kit.TAX_PAYEE.address}, "entry_authority": world.entry_customs}
    world.opened(terms := _later(meter, world, **clause))
    assessment = world.client.orders.assessment(terms, Decimal(20), "0x" + "5e" * 32)
    signature = world.by(ENTRY).orders.sign_assessment(terms, assessment)
    meter.note("duties.assess", world.by(ENTRY).orders.assess_duties(terms, assessment, ENTRY.address, signature))


def _operators(meter: Meter, world: World) -> None:
    world.delivered(terms := _later(meter, world, make=world.with_returns))
    meter.note("returns.request", world.by(BUYER).orders.request_return(terms))
    receipt = world.client.orders.return_receipt(terms, UNIT, EVENT)
    signature = world.by(sdk_kit.PLACE).orders.sign_return_receipt(receipt)
    received = world.by(SELLER).orders.receive_return(terms, receipt, sdk_kit.PLACE.address, signature)
    meter.note("returns.receive", received)
    refund = world.client.orders.policy_refund(terms)
    devnet.advance(world.client.chain, 60)
    meter.note("returns.settle", world.by(SELLER).orders.settle_return(terms, refund))

    world.delivered(terms := _later(meter, world, make=world.with_arbitration))
    meter.note("disputes.dispute", world.by(BUYER).orders.dispute(terms, "0x" + "5e" * 32))
    devnet.advance(world.client.chain, 60)
    ruled = world.by(sdk_kit.ARBITER).orders.rule(terms, Decimal(10), Fault.NOBODY, "0x" + "5e" * 32)
    meter.note("disputes.rule", ruled)

    world.delivered(terms := _later(meter, world))
    proposed = world.by(BUYER).orders.propose_split(terms, Decimal(10), NOON + timedelta(days=30))
    meter.note("disputes.propose", proposed)
    devnet.advance(world.client.chain, 60)
    meter.note("disputes.agree", world.by(SELLER).orders.accept_split(terms, Decimal(10)))

    world.opened(terms := _later(meter, world))
    meter.note("escrow.assign", world.by(SELLER).orders.assign(terms, sdk_kit.FINANCIER.address, Decimal(40)))


def _claims(meter: Meter, world: World) -> None:
    """Last, so that no other number knows of it. Code and salt are fixed, for each zero byte of them costs less."""
    brand, serial, code = world.ids[Role.BRAND], "S1", bytes(range(1, 17))
    world.client.participants.bind_prefix(brand, PREFIX)
    goods, claims = world.by(BRAND).goods, world.by(BUYER).claims
    goods.register_class(GTIN)
    leaf = seal_of(GTIN, serial, code)
    tree = MerkleTree([leaf.hash(), *(number.to_bytes(32, "big") for number in range(1, SEALS))])
    index = goods.head(brand).next_index
    batch = Batch(root="0x" + tree.root.hex(), items_root="0x" + WORD.hex(), writer=BRAND.address, count=SEALS)
    goods.anchor(brand, index, batch.root, batch.items_root, batch.count)
    seal = SealProof(gtin=GTIN, serial=serial, seal_hash=leaf.seal_hash, index=index, batch=batch, proof=tree.proof(0))
    opening = claims.opening(GTIN, serial, code).model_copy(update={"salt": "0x" + WORD.hex()})
    meter.note("claims.commit", claims.commit(opening, seal))
    devnet.advance(world.client.chain, 60)
    meter.note("claims.open", claims.claim(opening, seal))


def _later(meter: Meter, world: World, make: Any = None, **changed: Any) -> OrderTerms:
    """Terms whose times the calls before have not passed, from `world.terms` or `make`."""
    return meter.terms(world, make=make, **{"accept_by": NOON + timedelta(days=3), **changed})


def _open_quoted(world: World, terms: OrderTerms) -> Receipt:
    expiry, lock = NOON + timedelta(days=30), timedelta(days=365)
    quote = world.by(sdk_kit.PROVIDER).orders.quote(terms, expiry=expiry, longest_lock=lock)
    consent = world.by(SELLER).orders.sign_accept(terms)
    return world.by(BUYER).orders.open(terms, seller_consent=consent, quote=quote)


def _deliver(world: World, terms: OrderTerms) -> Receipt:
    receipt = world.client.orders.receipt(terms, UNIT, EVENT)
    signature = world.by(CARRIER).orders.sign_receipt(receipt)
    return world.by(CARRIER).orders.deliver(terms, receipt, CARRIER.address, signature)


def _papers(world: World, terms: OrderTerms) -> Papers:
    order_id = bytes.fromhex(world.client.orders.id(terms)[2:])
    secrets = SharedSecrets(WORD, WORD, WORD)
    order = parse_order(papers.ORDER).document(order_id, secrets, WORD)
    payment = parse_payment(papers.PAYMENT).document(order_id, secrets.for_payment_provider(), WORD)
    waybill = parse_waybill(papers.WAYBILL).document(order_id, secrets.for_carrier(), WORD)
    signed = [
        world.by(key).customs.sign(document)
        for key, document in ((PLATFORM, order), (PAYMENT, payment), (CARRIER, waybill))
    ]
    return Papers(order, signed[0], payment, signed[1], waybill, signed[2])


if __name__ == "__main__":
    FILE.write_text(json.dumps(measure(), indent=2) + "\n", encoding="utf-8")
