"""What every group of verbs shares: chain, key, deployment, wrappers, and the one way to send."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from lading.chain import transactions
from lading.chain.contract import Call, Contract, Event
from lading.chain.node import Chain, Log, TransactionReceipt
from lading.chain.signer import Signer
from lading.chain.transactions import SignedTransaction
from lading.contracts.access_manager import AccessManager
from lading.contracts.customs_clearance import CustomsClearance
from lading.contracts.deliveries import Deliveries
from lading.contracts.disputes import Disputes
from lading.contracts.duties import Duties
from lading.contracts.item_claims import ItemClaims
from lading.contracts.participant_registry import ParticipantRegistry
from lading.contracts.provenance_registry import ProvenanceRegistry
from lading.contracts.quotes import Quotes
from lading.contracts.returns import Returns
from lading.contracts.seller_credit import SellerCredit
from lading.contracts.token import Token
from lading.contracts.trade_escrow import TradeEscrow
from lading.deploy.registry import Deployment
from lading.errors import NoSigner


@dataclass(frozen=True)
class Receipt:
    """A mined call. `gas_price` in wei; `events` of our contracts and of the token, in the order of the logs; `id` is
    the participant or order that the call made, else None."""

    tx_hash: str
    block: int
    block_hash: str
    gas_used: int
    gas_price: int
    events: tuple[Event, ...]
    id: str | None = None

    def event(self, name: str) -> Event | None:
        """The first event of that name."""
        return next((event for event in self.events if event.name == name), None)


class Contracts:
    """The wrappers, at the deployment's addresses."""

    def __init__(self, chain: Chain, deployment: Deployment) -> None:
        self.participants = ParticipantRegistry(chain, deployment.address("ParticipantRegistry"))
        self.goods = ProvenanceRegistry(chain, deployment.address("ProvenanceRegistry"))
        self.claims = ItemClaims(chain, deployment.address("ItemClaims"))
        self.orders = TradeEscrow(chain, deployment.address("TradeEscrow"))
        self.deliveries = Deliveries(chain, deployment.address("Deliveries"))
        self.quotes = Quotes(chain, deployment.address("Quotes"))
        self.returns = Returns(chain, deployment.address("Returns"))
        self.disputes = Disputes(chain, deployment.address("Disputes"))
        self.duties = Duties(chain, deployment.address("Duties"))
        self.customs = CustomsClearance(chain, deployment.address("CustomsClearance"))
        self.credit = SellerCredit(chain, deployment.address("SellerCredit"))
        self.access = AccessManager(chain, deployment.address("AccessManager"))
        known = [
            self.participants.contract,
            self.goods.contract,
            self.claims.contract,
            self.orders.contract,
            *(operator.contract for operator in self.operators),
            self.customs.contract,
            self.credit.contract,
            self.access.contract,
        ]
        if "DevDollar" in deployment.contracts:
            known.append(Token(chain, deployment.address("DevDollar")).contract)
        self._by_address: dict[str, Contract] = {contract.address: contract for contract in known}

    @property
    def operators(self) -> tuple[Deliveries | Quotes | Returns | Disputes | Duties, ...]:
        """The contracts that hold and settle the escrow's orders."""
        return (self.deliveries, self.quotes, self.returns, self.disputes, self.duties)

    def events(self, logs: Iterable[Log]) -> tuple[Event, ...]:
        """The logs of our contracts, decoded; foreign ones are left out."""
        found = (self._by_address[log.address].event(log) for log in logs if log.address in self._by_address)
        return tuple(event for event in found if event is not None)


@dataclass(frozen=True)
class Session:
    """One chain, one deployment, at most one key."""

    chain: Chain
    deployment: Deployment
    contracts: Contracts
    signer: Signer | None

    def using(self, signer: Signer | None) -> Session:
        return replace(self, signer=signer)

    @cached_property
    def key(self) -> Signer:
        """The signer. Raises NoSigner."""
        if self.signer is None:
            raise NoSigner(
                "This call has to be signed, and the client has no signer.",
                hint="Give one: Lading.connect(…, signer=Signer.from_env()), or `client.using(signer)`.",
            )
        return self.signer

    def plan(self, call: Call, *, nonce: int | None = None, gas: int | None = None) -> SignedTransaction:
        """As `lading.chain.transactions.plan`."""
        return transactions.plan(self.chain, self.key, call.to, call.data, nonce=nonce, gas=gas)

    def broadcast(self, signed: SignedTransaction) -> None:
        """As `lading.chain.transactions.broadcast`."""
        transactions.broadcast(self.chain, signed)

    def wait(self, signed: SignedTransaction, *, timeout: float = transactions.DEFAULT_TIMEOUT_SECONDS) -> Receipt:
        """As `lading.chain.transactions.wait`, with the events decoded."""
        return self.receipt(transactions.wait(self.chain, signed, timeout=timeout))

    def send(self, call: Call) -> Receipt:
        """Plan, broadcast, wait."""
        signed = self.plan(call)
        self.broadcast(signed)
        return self.wait(signed)

    def receipt(self, mined: TransactionReceipt) -> Receipt:
        return Receipt(
            mined.tx_hash,
            mined.block_number,
            mined.block_hash,
            mined.gas_used,
            mined.gas_price,
            self.contracts.events(mined.logs),
        )
