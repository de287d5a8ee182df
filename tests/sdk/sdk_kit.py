"""The cast of the SDK's tests: keys, participants, terms."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from eth_account import Account

from lading import artifacts
from lading.chain import devnet, transactions
from lading.chain.signer import Signer
from lading.client import Lading
from lading.enums import IdentifierScheme, Role
from lading.models import Order, OrderTerms, Quote

GOVERNOR, BUYER, SELLER, PLATFORM, CARRIER, EXIT, ENTRY, PAYMENT, BRAND, STRANGER = (Signer.dev(i) for i in range(10))
CONTROLLER, PLACE, ARBITER, PROVIDER, FINANCIER, TAX_PAYEE = (Signer.dev(i) for i in range(10, 16))
PRICE, FREIGHT = Decimal("120.50"), Decimal("9.99")
UNIT = "urn:epc:id:sscc:0614141.1234567890"
EVENT = "ni:///sha-256;" + "5e" * 32 + "?ver=CBV2.0"


@dataclass(frozen=True)
class World:
    """Admitted participants by role, each with one key, and a buyer with money and an allowance for the escrow."""

    client: Lading
    ids: dict[Role, str]
    exit_customs: str
    entry_customs: str
    #: Another token with six decimals, of which the buyer has plenty.
    second_token: str

    def by(self, signer: Signer) -> Lading:
        return self.client.using(signer)

    def by_new_arbiter(self) -> Lading:
        """A key of an arbiter that no terms name."""
        key = funded_signer(self.client)
        admit(self.client, {Role.ARBITER}, key)
        return self.by(key)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.client.chain.block().time, UTC)

    def terms(self, **changed: Any) -> OrderTerms:
        """An order that is due over the next days, counted from the chain's clock."""
        now = self.now()
        fields: dict[str, Any] = {
            "buyer": BUYER.address,
            "seller": SELLER.address,
            "platform": PLATFORM.address,
            "carrier": CARRIER.address,
            "token": self.client.token().address,
            "price": PRICE,
            "freight": FREIGHT,
            "fee_bps": 250,
            "accept_by": now + timedelta(hours=1),
            "ship_by": now + timedelta(days=1),
            "deliver_by": now + timedelta(days=5),
            "claim_window": timedelta(days=1),
            "inspection_window": timedelta(days=2),
        }
        return self.client.orders.terms(**{**fields, **changed})

    def with_customs(self, **changed: Any) -> OrderTerms:
        """The same, released only once customs have let the goods through."""
        return self.terms(
            condition=self.client.customs.address,
            condition_by=self.now() + timedelta(days=4),
            exit_authority=self.exit_customs,
            entry_authority=self.entry_customs,
            **changed,
        )

    def with_returns(self, **changed: Any) -> OrderTerms:
        """Goods may come back to PLACE: 10 % and 4.00 for the way are kept."""
        returns = {
            "place": self.ids[Role.WAREHOUSE],
            "receive_window": timedelta(days=14),
            "settle_window": timedelta(days=5),
            "restocking_bps": 1_000,
            "freight": Decimal(4),
        }
        return self.terms(**{"returns": returns, **changed})

    def with_arbitration(self, **changed: Any) -> OrderTerms:
        """ARBITER rules within 20 days for 5.00; if it is silent, the buyer gets 60 %."""
        window = timedelta(days=20)
        arbitration = {"arbiter": ARBITER.address, "fee": Decimal(5), "window": window, "silent_buyer_bps": 6_000}
        return self.terms(**{"arbitration": arbitration, **changed})

    def with_quote(self, **changed: Any) -> OrderTerms:
        """The buyer pays 900.00 of the second token and a premium of 3.00 to PROVIDER."""
        amounts = {"amount": Decimal(900), "premium": Decimal(3)}
        return self.terms(**{"quote": {"provider": PROVIDER.address, "token": self.second_token, **amounts}, **changed})

    def with_duties(self, **changed: Any) -> OrderTerms:
        """21.00 of the second token put aside for duties, which ENTRY assesses."""
        duties = {
            "token": self.second_token,
            "amount": Decimal(21),
            "payee": TAX_PAYEE.address,
            "assess_by": self.now() + timedelta(days=40),
        }
        return self.terms(**{"duties": duties, "entry_authority": self.entry_customs, **changed})

    def quote(self, terms: OrderTerms) -> Quote | None:
        """The provider's, good for an hour and a year; None for terms that ask for none."""
        if terms.quote is None:
            return None
        until = self.now() + timedelta(hours=1)
        return self.by(PROVIDER).orders.quote(terms, expiry=until, longest_lock=timedelta(days=365))

    def opened(self, terms: OrderTerms) -> OrderTerms:
        """Open and accepted, by both parties' consent."""
        consent = self.by(SELLER).orders.sign_accept(terms)
        self.by(BUYER).orders.open(terms, seller_consent=consent, quote=self.quote(terms))
        return terms

    def shipped(self, terms: OrderTerms) -> OrderTerms:
        self.by(SELLER).orders.ship(self.opened(terms), UNIT)
        return terms

    def delivered(self, terms: OrderTerms) -> OrderTerms:
        """Shipped, and handed over by the carrier."""
        self.shipped(terms)
        receipt = self.client.orders.receipt(terms, UNIT, EVENT)
        signature = self.by(CARRIER).orders.sign_receipt(receipt)
        self.by(STRANGER).orders.deliver(terms, receipt, CARRIER.address, signature)
        return terms

    def returned(self, terms: OrderTerms) -> OrderTerms:
        """Delivered, asked back by the buyer, and received by the place of return."""
        self.by(BUYER).orders.request_return(self.delivered(terms))
        receipt = self.client.orders.return_receipt(terms, UNIT, EVENT)
        signature = self.by(PLACE).orders.sign_return_receipt(receipt)
        self.by(STRANGER).orders.receive_return(terms, receipt, PLACE.address, signature)
        return terms

    def order(self, terms: OrderTerms) -> Order:
        return self.client.orders.get(self.client.orders.id(terms))

    def wait(self, time: datetime) -> None:
        """Until the chain's clock has reached that time."""
        devnet.advance(self.client.chain, max(1, int((time - self.now()).total_seconds())))


def build_world(client: Lading) -> World:
    ids = {
        Role.BRAND: admit(client, {Role.BRAND}, BRAND),
        Role.PLATFORM: admit(client, {Role.PLATFORM}, PLATFORM),
        Role.CARRIER: admit(client, {Role.CARRIER}, CARRIER),
        Role.PAYMENT_PROVIDER: admit(client, {Role.PAYMENT_PROVIDER}, PAYMENT),
        Role.WAREHOUSE: admit(client, {Role.WAREHOUSE}, PLACE),
        Role.ARBITER: admit(client, {Role.ARBITER}, ARBITER),
    }
    exit_customs = admit(client, {Role.CUSTOMS}, EXIT, country="CN")
    entry_customs = admit(client, {Role.CUSTOMS}, ENTRY, country="DE")
    admitted = client.using(PLATFORM).participants.admit_seller(
        controller=CONTROLLER.address,
        country="CN",
        scheme=IdentifierScheme.NATIONAL_REGISTER,
        identifier=identifier("CN"),
    )
    assert admitted.id is not None
    ids[Role.SELLER] = admitted.id
    give_key(client, admitted.id, SELLER)
    dollars = client.token()
    dollars.mint(BUYER.address, Decimal(1_000_000))
    client.using(BUYER).token().approve(client.contracts.orders.address)
    second = deploy_token(client)
    client.token(second).mint(BUYER.address, Decimal(1_000_000))
    client.using(BUYER).token(second).approve(client.contracts.orders.address)
    dollars.mint(PROVIDER.address, Decimal(1_000_000))
    client.using(PROVIDER).token().approve(client.contracts.orders.address)
    client.using(PROVIDER).orders.set_quote_cap(dollars.address, Decimal(1_000_000))
    return World(client, ids, exit_customs, entry_customs, second)


def deploy_token(client: Lading) -> str:
    """A DevDollar of its own."""
    bytecode = bytes.fromhex(artifacts.load("DevDollar").bytecode[2:])
    return str(transactions.send(client.chain, GOVERNOR, None, bytecode).contract_address)


def identifier(country: str = "CN") -> str:
    """A number of that country's register that nobody has."""
    return f"{country}-{secrets.token_hex(9).upper()}"


def admit(client: Lading, roles: set[Role], key: Signer | None = None, country: str = "CN") -> str:
    """A new participant with these roles, money roles granted after admission, and that key."""
    money = client.participants.money_roles()
    receipt = client.participants.admit(
        controller=CONTROLLER.address,
        roles=roles - money,
        country=country,
        scheme=IdentifierScheme.NATIONAL_REGISTER,
        identifier=identifier(country),
    )
    assert receipt.id is not None
    if roles & money:
        client.participants.grant_roles(receipt.id, roles & money)
    if key is not None:
        give_key(client, receipt.id, key)
    return receipt.id


def give_key(client: Lading, participant: str, key: Signer) -> None:
    consent = client.using(key).participants.sign_key_consent(participant)
    client.using(CONTROLLER).participants.add_key(participant, key.address, consent)


def fresh_signer() -> Signer:
    """A key that nobody has, without money."""
    return Signer.unsafe_from_key(secrets.token_bytes(32))


def funded_signer(client: Lading) -> Signer:
    """A key that nobody has, with an ether for gas."""
    signer = fresh_signer()
    transactions.send(client.chain, GOVERNOR, signer.address, b"", value=10**18)
    return signer


def keystore(folder: Path, signer_key: bytes, password: str) -> Path:
    """An encrypted key file with a cheap work factor, for tests."""
    path = folder / "key.json"
    path.write_text(json.dumps(Account.encrypt(signer_key, password, kdf="pbkdf2", iterations=2)), encoding="utf-8")
    return path
