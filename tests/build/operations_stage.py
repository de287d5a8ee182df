"""The vault on the embedded chain, with everything that a verb can be tried with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sdk_kit import BUYER, CARRIER, GOVERNOR, SELLER, STRANGER, World, build_world

from lading import artifacts
from lading.chain import transactions
from lading.chain.contract import Call
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.client import Lading
from lading.contracts.trade_escrow import TradeEscrow
from lading.deploy import ContractRecord, Deployment, Params, deploy
from lading.enums import Fault, State
from lading.groups.orders import unit_hash
from lading.models import OrderTerms

UNIT = "urn:epc:id:sscc:0614141.1234567890"
EVENT = "ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0"


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

    @property
    def chain(self) -> Chain:
        return self.world.client.chain

    @property
    def vault(self) -> TradeEscrow:
        return self.world.client.contracts.orders

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

    def send(self, signer: Signer, call: Call) -> None:
        self.world.by(signer).send(call)

    def bring(self, terms: OrderTerms, state: State) -> None:
        """The order to that state, by the shortest way."""
        ways = {
            State.NONE: (),
            State.FUNDED: ("open",),
            State.ACCEPTED: ("open", "accept"),
            State.SHIPPED: ("open", "accept", "ship"),
            State.DELIVERED: ("open", "accept", "ship", "deliver"),
            State.RELEASED: ("open", "accept", "release"),
            State.REFUNDED: ("open", "accept", "refund"),
            State.CANCELLED: ("open", "cancel"),
        }
        by = {"open": BUYER, "cancel": BUYER, "release": BUYER, "deliver": STRANGER}
        for verb in ways[state]:
            bringing = "the carrier's receipt" if verb == "deliver" else ""
            self.send(by.get(verb, SELLER), self.call(terms, verb, bringing))

    def call(self, terms: OrderTerms, verb: str, bringing: str) -> Call:
        """The verb, with what the caller brings, in the words of the table of callers."""
        return ATTEMPTS[verb, bringing](self, terms)

    def consents(self, terms: OrderTerms) -> tuple[str, str, str]:
        """The buyer's authorization, the buyer's consent, the seller's consent."""
        buyer, seller = self.world.by(BUYER).orders, self.world.by(SELLER).orders
        return buyer.authorize(terms), buyer.sign_open(terms), seller.sign_accept(terms)

    def delivery(self, terms: OrderTerms) -> Call:
        receipt = self.world.client.orders.receipt(terms, UNIT, EVENT)
        signature = self.world.by(CARRIER).orders.sign_receipt(receipt)
        return self.vault.deliver(terms, receipt, CARRIER.address, signature)

    def state(self, terms: OrderTerms) -> State:
        return self.vault.get(self.vault.order_id(terms)).state

    def moment(self, words: str, terms: OrderTerms) -> int:
        """Seconds, from a sum of the terms' fields, `since` and numbers."""
        seconds = {
            "acceptBy": terms.accept_by.timestamp(),
            "shipBy": terms.ship_by.timestamp(),
            "conditionBy": terms.condition_by.timestamp() if terms.condition_by else None,
            "deliverBy": terms.deliver_by.timestamp(),
            "claimWindow": terms.claim_window.total_seconds(),
            "inspectionWindow": terms.inspection_window.total_seconds(),
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


NOTHING, AUTHORIZED, CONSENTED, ACCEPTING = (
    "",
    "the buyer's authorization",
    "the buyer's consent",
    "the seller's consent",
)
BOTH_AUTHORIZED, BOTH_CONSENTED = f"{AUTHORIZED} and {ACCEPTING}", f"{CONSENTED} and {ACCEPTING}"
ATTEMPTS: dict[tuple[str, str], Callable[[Stage, OrderTerms], Call]] = {
    ("open", NOTHING): lambda on, terms: on.vault.open(terms, "0x"),
    ("open", ACCEPTING): lambda on, terms: on.vault.open(terms, on.consents(terms)[2]),
    ("openWithAuthorization", AUTHORIZED): lambda on, terms: on.vault.open_with_authorization(
        terms, on.consents(terms)[0], "0x"
    ),
    ("openWithAuthorization", BOTH_AUTHORIZED): lambda on, terms: on.vault.open_with_authorization(
        terms, on.consents(terms)[0], on.consents(terms)[2]
    ),
    ("openWithConsent", CONSENTED): lambda on, terms: on.vault.open_with_consent(terms, on.consents(terms)[1], "0x"),
    ("openWithConsent", BOTH_CONSENTED): lambda on, terms: on.vault.open_with_consent(terms, *on.consents(terms)[1:]),
    ("accept", NOTHING): lambda on, terms: on.vault.accept(terms, "0x"),
    ("accept", ACCEPTING): lambda on, terms: on.vault.accept(terms, on.consents(terms)[2]),
    ("cancel", NOTHING): lambda on, terms: on.vault.cancel(terms),
    ("ship", NOTHING): lambda on, terms: on.vault.ship(terms, unit_hash(UNIT)),
    ("poke", NOTHING): lambda on, terms: on.vault.poke(terms),
    ("deliver", "the carrier's receipt"): lambda on, terms: on.delivery(terms),
    ("release", NOTHING): lambda on, terms: on.vault.release(terms),
    ("refund", NOTHING): lambda on, terms: on.vault.refund(terms),
    ("report", NOTHING): lambda on, terms: on.vault.report(terms),
}


def build_stage() -> Stage:
    chain = Chain.open("embedded")
    usual = deploy(chain, GOVERNOR, Params.default(governance_delay=0))
    observer = create(chain, runtime(OBSERVER))
    arguments = "".join(address[2:].rjust(64, "0") for address in (usual.address("ParticipantRegistry"), observer))
    vault = create(chain, bytes.fromhex(artifacts.load("TradeEscrow").bytecode[2:] + arguments))
    client = Lading.connect(chain, signer=GOVERNOR, deployment=with_vault(usual, chain, vault))
    token = create(chain, runtime(TOKEN.format(dollar=usual.address("DevDollar")[2:])))
    conditions = {
        name: create(chain, runtime(CONDITION.format(status=status, reason=reason)))
        for name, status, reason in (("pending", 0, Fault.CARRIER), ("met", 1, 0), ("rejected", 2, Fault.BUYER))
    }
    return Stage(build_world(client), observer, token, {"none": "", **conditions})


def create(chain: Chain, code: bytes) -> str:
    mined = transactions.send(chain, GOVERNOR, None, code)
    assert mined.contract_address is not None
    return mined.contract_address


def with_vault(usual: Deployment, chain: Chain, address: str) -> Deployment:
    """The same deployment with that vault instead of its own."""
    old = usual.contracts["TradeEscrow"].model_dump()
    record = ContractRecord(**{**old, "address": address, "code_hash": chain.code_hash(address)})
    return usual.model_copy(update={"contracts": {**usual.contracts, "TradeEscrow": record}})
