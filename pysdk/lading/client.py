"""The central file: connects to a chain, finds the deployment, checks that it stands, and offers the verbs.

from lading import Lading, Signer

client = Lading.connect("anvil", signer=Signer.from_env())
client.participants … .goods … .claims … .disclosures … .customs … .orders … .credit …
"""

from __future__ import annotations

from pathlib import Path

from lading.chain import transactions
from lading.chain.contract import Call
from lading.chain.networks import Network
from lading.chain.node import Chain, Provider
from lading.chain.signer import Signer
from lading.chain.transactions import SignedTransaction
from lading.deploy import registry
from lading.deploy.registry import Deployment
from lading.errors import CodeDiffers, WrongChain
from lading.groups.claims import Claims
from lading.groups.credit import Credit
from lading.groups.customs import Customs
from lading.groups.disclosures import Disclosures
from lading.groups.goods import Goods
from lading.groups.orders import Orders
from lading.groups.participants import Participants
from lading.groups.session import Contracts, Receipt, Session
from lading.groups.token import Token


class Lading:
    """One deployment on one chain, seen by at most one signer. Made by `connect`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.chain = session.chain
        self.deployment = session.deployment
        self.contracts = session.contracts
        self.signer = session.signer
        self.participants = Participants(session)
        self.goods = Goods(session)
        self.claims = Claims(session)
        self.disclosures = Disclosures(session)
        self.customs = Customs(session)
        self.orders = Orders(session)
        self.credit = Credit(session)

    @classmethod
    def connect(
        cls,
        target: Chain | Network | str | Provider,
        *,
        signer: Signer | None = None,
        deployment: Deployment | Path | str | None = None,
    ) -> Lading:
        """Connects to a network's name ("embedded", "anvil", "ganache"), an http(s) URL, a web3 provider or a chain
        that is open already. The deployment is the one given (record or file), else that of LADING_DEPLOYMENT, else the
        one under `deployments/`; the code at each of its addresses has to have the recorded hash. Without `signer` the
        client reads.

        Raises:
            UnknownNetwork, NotReachable: as they say.
            NoDeployment: nothing is recorded for this chain.
            WrongChain: the record is of another chain.
            CodeDiffers: the chain does not hold the recorded contracts.
        """
        chain = target if isinstance(target, Chain) else Chain.open(target)
        found = _deployment(chain, deployment)
        _check(chain, found)
        return cls(Session(chain, found, Contracts(chain, found), signer))

    def using(self, signer: Signer | None) -> Lading:
        """The same chain and deployment with another signer, or none; asks the chain nothing."""
        return Lading(self._session.using(signer))

    def token(self, address: str | None = None) -> Token:
        """A token by its address; without one, the deployment's DevDollar.

        Raises:
            NoDeployment: none is given, and this deployment has no DevDollar.
        """
        return Token(self._session, address or self.deployment.address("DevDollar"))

    def plan(self, call: Call, *, nonce: int | None = None, gas: int | None = None) -> SignedTransaction:
        """Signs a call of `client.contracts` and sends nothing; as `lading.chain.transactions.plan`."""
        return self._session.plan(call, nonce=nonce, gas=gas)

    def broadcast(self, signed: SignedTransaction) -> None:
        """As `lading.chain.transactions.broadcast`; may be repeated with the same bytes, on Ganache too, which executes
        mined bytes again if they are handed to it without a look."""
        self._session.broadcast(signed)

    def wait(self, signed: SignedTransaction, *, timeout: float = transactions.DEFAULT_TIMEOUT_SECONDS) -> Receipt:
        """As `lading.chain.transactions.wait`, with the events decoded; `timeout` in seconds."""
        return self._session.wait(signed, timeout=timeout)

    def send(self, call: Call) -> Receipt:
        """Plan, broadcast and wait in one."""
        return self._session.send(call)

    def __repr__(self) -> str:
        return f"Lading({self.chain.network.name}, chain {self.chain.chain_id}, signer {self.signer})"


def _deployment(chain: Chain, given: Deployment | Path | str | None) -> Deployment:
    if isinstance(given, Deployment):
        return given
    return registry.find(chain.chain_id, chain.genesis, None if given is None else Path(given))


def _check(chain: Chain, deployment: Deployment) -> None:
    """The record is of this chain, and the chain holds what the record says."""
    if (deployment.chain_id, deployment.genesis) != (chain.chain_id, chain.genesis):
        raise WrongChain(
            f"The deployment is of chain {deployment.chain_id} (genesis {deployment.genesis[:10]}…), but "
            f"{chain.network.name} is chain {chain.chain_id} (genesis {chain.genesis[:10]}…).",
            hint="Connect to the other chain, or name this chain's own record.",
        )
    for name, contract in deployment.contracts.items():
        if chain.code_hash(contract.address) != contract.code_hash:
            raise CodeDiffers(
                f"The code at {contract.address} is not the recorded {name}.",
                hint="The devnet was reset, or the record was changed: run `lading deploy --fresh`.",
            )
