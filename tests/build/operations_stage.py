"""The vault and its operators on the embedded chain, with everything that a verb can be tried with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from operations_pages import OPERATORS, VAULT
from sdk_kit import (
    BRAND,
    BUYER,
    CARRIER,
    CONTROLLER,
    EXIT,
    GOVERNOR,
    PAYMENT,
    World,
    admit,
    build_world,
    fresh_signer,
    funded_signer,
)

from lading import artifacts
from lading.chain import abi, transactions
from lading.chain.contract import Call
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.client import Lading
from lading.contracts.trade_escrow import TradeEscrow
from lading.deploy import ContractRecord, Deployment, Params, deploy
from lading.deploy.abi import create_address
from lading.enums import Fault, Role, State
from lading.errors import ContractError
from lading.groups.orders import unit_hash
from lading.groups.session import Contracts, Receipt
from lading.models import OrderTerms
from lading.provenance.leaf import DeliveryLeaf
from lading.values import ZERO_WORD

UNIT = "urn:epc:id:sscc:0614141.1234567890"
EVENT = "ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0"
ASSIGNEE, TAX_PAYEE, PROVIDER = BRAND, EXIT, PAYMENT
GAS = 3_000_000


def runtime(code: str) -> bytes:
    """Creation code that puts this code on the chain: CODECOPY, RETURN."""
    body = bytes.fromhex(code)
    return bytes.fromhex(f"60{len(body):02x}600a5f3960{len(body):02x}5ff3") + body


#: `status(bytes32)` answers two words, always these.
CONDITION = "60{status:02x}5f5260{reason:02x}60205260405ff3"
#: An observer that refuses until it is called without data: `if calldatasize == 0 {{ set }} else if !set {{ revert }}`.
OBSERVER = "36600957" + "60015f5500" + "5b5f54601257" + "5f5ffd" + "5b00"
#: DevDollar behind a gate: called without data it toggles slot 255; while that is set, `transfer` is refused; all else
#: goes to DevDollar's code by DELEGATECALL.
TOKEN = (
    "36600c57" + "60ff541560ff5500" + "5b5f3560e01c63a9059cbb1460ff541660"
    "4c57365f5f375f5f365f73{dollar}5af43d5f5f3e604857" + "3d5ffd" + "5b3d5ff3" + "5b5f5ffd"
)


@dataclass(frozen=True)
class Stage:
    """The cast on an embedded chain, with an observer and a token that refuse or do not, as told."""

    world: World
    observer: str
    token: str
    conditions: dict[str, str]
    arbiter: Signer
    #: A key of the participant `place`, which takes goods back.
    warehouse: Signer
    place: str

    @property
    def chain(self) -> Chain:
        return self.world.client.chain

    @property
    def contracts(self) -> Contracts:
        return self.world.client.contracts

    @property
    def vault(self) -> TradeEscrow:
        return self.contracts.orders

    def poke_at(self, address: str) -> None:
        """A call without data: the observer begins to answer, the token changes its mind."""
        transactions.send(self.chain, GOVERNOR, address, b"")

    def restoring(self) -> Restoring:
        return Restoring(self.chain)

    def order(self, condition: str = "met", **changed: Any) -> OrderTerms:
        if self.conditions[condition]:
            changed |= {
                "condition": self.conditions[condition],
                "condition_by": self.world.now() + timedelta(days=3),
            }
        return self.world.terms(**changed)

    def full_order(self, condition: str = "met") -> OrderTerms:
        """One with duties, a return policy and an arbiter."""
        dollar, now = self.world.client.token().address, self.world.now()
        assess_by = now + timedelta(days=8)
        return self.order(
            condition,
            entry_authority=self.world.entry_customs,
            duties={"token": dollar, "amount": Decimal(30), "payee": TAX_PAYEE.address, "assess_by": assess_by},
            returns={
                "place": self.place,
                "receive_window": timedelta(days=3),
                "settle_window": timedelta(days=2),
                "restocking_bps": 1000,
                "freight": Decimal(5),
            },
            arbitration={
                "arbiter": self.arbiter.address,
                "fee": Decimal(10),
                "window": timedelta(days=10),
                "silent_buyer_bps": 5000,
            },
        )

    def quoted_order(self) -> OrderTerms:
        """One that the buyer pays in the other token; buyer and provider can pay, and the provider may lock it."""
        settlement, paid = self.world.by(PROVIDER).token(), self.world.by(BUYER).token(self.token)
        settlement.mint(PROVIDER.address, Decimal(1000))
        settlement.approve(self.vault.address)
        paid.mint(BUYER.address, Decimal(1000))
        paid.approve(self.vault.address)
        self.send(PROVIDER, self.contracts.quotes.set_cap(settlement.address, 10**9))
        quote = {"provider": PROVIDER.address, "token": self.token, "amount": Decimal(118), "premium": Decimal("1.2")}
        return self.order(quote=quote)

    def send(self, signer: Signer, call: Call) -> Receipt:
        """With gas for the dearest verb: the embedded chain's estimate runs a transaction some twenty times."""
        client = self.world.by(signer)
        signed = client.plan(call, gas=GAS)
        client.broadcast(signed)
        return client.wait(signed)

    def refuses(self, signer: Signer, call: Call) -> bool:
        try:
            self.chain.call(call.to, call.data, sender=signer.address)
        except ContractError:
            return True
        return False

    def anchor_delivery(self, terms: OrderTerms) -> None:
        """The carrier's first batch: this delivery."""
        carrier, root = self.world.ids[Role.CARRIER], "0x" + self.leaf(terms).hash().hex()
        self.world.by(CARRIER).goods.anchor(carrier, 0, root, ZERO_WORD, 1)

    def leaf(self, terms: OrderTerms) -> DeliveryLeaf:
        words = (self.vault.order_id(terms)[2:], unit_hash(UNIT)[2:], "ab" * 32)
        return DeliveryLeaf(*(bytes.fromhex(word) for word in words), time=1_700_000_000)

    def state(self, terms: OrderTerms) -> State:
        return self.vault.get(self.vault.order_id(terms)).state

    def moment(self, words: str, terms: OrderTerms) -> int:
        """Seconds, from a sum of the terms' fields, `since` and numbers."""
        seconds = {
            "acceptBy": terms.accept_by.timestamp(),
            "shipBy": terms.ship_by.timestamp(),
            "conditionBy": terms.condition_by.timestamp() if terms.condition_by else None,
            "deliverBy": terms.deliver_by.timestamp(),
            "assessBy": terms.duties.assess_by.timestamp() if terms.duties else None,
            "claimWindow": terms.claim_window.total_seconds(),
            "inspectionWindow": terms.inspection_window.total_seconds(),
            "receiveWindow": terms.returns.receive_window.total_seconds() if terms.returns else None,
            "settleWindow": terms.returns.settle_window.total_seconds() if terms.returns else None,
            "arbitrationWindow": terms.arbitration.window.total_seconds() if terms.arbitration else None,
            "since": self._since(terms),
        }
        parts = [seconds[part] if part in seconds else int(part) for part in words.split(" + ")]
        return int(sum(part for part in parts if part is not None))

    def wait(self, seconds: int) -> None:
        self.world.wait(datetime.fromtimestamp(seconds, UTC))

    def _since(self, terms: OrderTerms) -> float | None:
        since = self.vault.get(self.vault.order_id(terms)).since
        return None if since is None else since.timestamp()


class Restoring:
    """The chain, its clock too, is afterwards what it was before."""

    def __init__(self, chain: Chain) -> None:
        self._tester: Any = chain.web3.provider.ethereum_tester

    def __enter__(self) -> None:
        self._snapshot = self._tester.take_snapshot()

    def __exit__(self, *_: object) -> None:
        self._tester.revert_to_snapshot(self._snapshot)


def build_stage() -> Stage:
    chain = Chain.open("embedded")
    usual = deploy(chain, GOVERNOR, Params.default(governance_delay=0))
    observer = create(chain, runtime(OBSERVER))
    client = Lading.connect(chain, signer=GOVERNOR, deployment=with_vault(usual, chain, observer))
    token = create(chain, runtime(TOKEN.format(dollar=usual.address("DevDollar")[2:])))
    conditions = {
        name: create(chain, runtime(CONDITION.format(status=status, reason=reason)))
        for name, status, reason in (("pending", 0, Fault.CARRIER), ("met", 1, 0), ("rejected", 2, Fault.BUYER))
    }
    world = build_world(client)
    arbiter, warehouse = funded_signer(client), fresh_signer()
    admit(client, {Role.ARBITER}, arbiter)
    place = admit(client, {Role.WAREHOUSE}, warehouse)
    client.using(CONTROLLER).goods.set_writer(world.ids[Role.CARRIER], CARRIER.address)
    client.token().mint(TAX_PAYEE.address, Decimal(100))
    client.using(TAX_PAYEE).token().approve(client.contracts.duties.address)
    return Stage(world, observer, token, {"none": "", **conditions}, arbiter, warehouse, place)


def create(chain: Chain, code: bytes) -> str:
    mined = transactions.send(chain, GOVERNOR, None, code)
    assert mined.contract_address is not None
    return mined.contract_address


def with_vault(usual: Deployment, chain: Chain, observer: str) -> Deployment:
    """The same deployment with another vault, which tells this observer of outcomes, and operators of its own."""
    nonce = chain.web3.eth.get_transaction_count(GOVERNOR.address)
    names = (VAULT, *OPERATORS)
    at = {name: create_address(GOVERNOR.address, nonce + place) for place, name in enumerate(names)}
    registry = usual.address("ParticipantRegistry")
    arguments: dict[str, tuple[list[str], list[Any]]] = {
        VAULT: (
            ["address", "(address,address,address,address,address)", "address"],
            [registry, tuple(at[name] for name in OPERATORS), observer],
        ),
        "Deliveries": (["address"] * 3, [registry, usual.address("ProvenanceRegistry"), at[VAULT]]),
        "Quotes": (["address"], [at[VAULT]]),
        **{name: (["address"] * 2, [registry, at[VAULT]]) for name in ("Returns", "Disputes", "Duties")},
    }
    records = {}
    for name in names:
        code = bytes.fromhex(artifacts.load(name).bytecode[2:]) + abi.encode(*arguments[name])
        assert create(chain, code) == at[name]
        old = usual.contracts[name].model_dump()
        records[name] = ContractRecord(**{**old, "address": at[name], "code_hash": chain.code_hash(at[name])})
    return usual.model_copy(update={"contracts": {**usual.contracts, **records}})
