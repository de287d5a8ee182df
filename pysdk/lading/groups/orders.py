"""`client.orders`: the money of an order, from the buyer's consent to its last payee (ITradeEscrow).

Every verb takes the order's terms, since the escrow keeps only their hash; `find` gets them back from its events.
Whoever may call a verb, and until when, stands in the interface; what it refuses comes as an error of
`lading.reverts.orders`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from eth_utils.crypto import keccak

from lading import fields
from lading.chain import abi, typed_data
from lading.chain.contract import Call, Event
from lading.chain.node import BlockId
from lading.contracts.token import Token
from lading.enums import State
from lading.errors import InputError
from lading.groups import order_history
from lading.groups.next_actions import Action, next_actions
from lading.groups.session import Receipt, Session
from lading.models import DeliveryReceipt, OpenedOrder, Order, OrderPage, OrderTerms, Quote, StandingDefault
from lading.reverts.orders import AlreadyOpened
from lading.values import AbiValue, at_time

NO_SIGNATURE = "0x"
SSCC = "urn:epc:id:sscc:"
#: CBV 2.0, 8.9.1, and RFC 6920.
EVENT_ID = re.compile(r"ni:///sha-256;([0-9a-f]{64})(\?ver=CBV2\.0)?")


class Orders:
    """`seller_consent` is the seller's `sign_accept`, for an order that opens accepted."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._contract = session.contracts.orders
        self._decimals: dict[str, int] = {}

    # Terms, and what the chain says of an order.

    def terms(self, **values: AbiValue) -> OrderTerms:
        """Terms from the fields of `OrderTerms`; the decimals of tokens come from the chain, also those of `duties` and
        `quote` given as mappings; the salt is random unless given.

        Raises:
            InputError: a field is missing or malformed.
        """
        token = fields.address(values.pop("token", ""), "token")
        for name in ("duties", "quote"):
            if isinstance(clause := values.get(name), Mapping) and "token_decimals" not in clause:
                paid_in = fields.address(clause.get("token", ""), f"{name}.token")
                values[name] = {**clause, "token_decimals": self._decimals_of(paid_in)}
        return OrderTerms(**values, token=token, token_decimals=self._decimals_of(token))

    def id(self, terms: OrderTerms) -> str:
        """The id that these terms have on this chain, opened or not."""
        return self._contract.order_id(terms)

    def get(self, order_id: str, *, at: BlockId = "latest") -> Order:
        """Where it stands; state NONE if it was never opened."""
        return self._contract.get(fields.word(order_id, "order_id"), at=at)

    def default_of(self, terms: OrderTerms, *, at: BlockId = "latest") -> StandingDefault:
        """The default as things stand, and when it opens or opened."""
        return self._contract.default_of(terms, at=at)

    def next_actions(self, terms: OrderTerms, *, at: int | None = None) -> tuple[Action, ...]:
        """Who may do what now, or as of block `at`, and until when; empty for an order that ended or was not opened."""
        chain = self._session.chain
        place, time = ("latest", chain.now()) if at is None else (at, chain.block(at).time)
        order, default = self.get(self.id(terms), at=place), self.default_of(terms, at=place)
        return next_actions(terms, order, default, at_time(time))

    def credit_of(self, payee: str, token: str, *, at: BlockId = "latest") -> int:
        """What waits for `withdraw`, in smallest units."""
        return self._contract.credit_of(fields.address(payee, "payee"), fields.address(token, "token"), at=at)

    def history(self, order_id: str) -> tuple[Event, ...]:
        """Every event of escrow, customs and credit about the order, in the order of the chain."""
        return order_history.events_of(self._session, fields.word(order_id, "order_id"))

    def find(self, order_id: str) -> OpenedOrder | None:
        """Terms and place of an order, by its id; None if it was never opened."""
        event = order_history.opened(self._session, fields.word(order_id, "order_id"))
        return None if event is None else order_history.order_of(event, self._decimals_of)

    def list(self, cursor: str | None = None, *, limit: int = 50) -> OrderPage:
        """Orders by age, oldest first; pass `next` of a page to get the one after it."""
        return order_history.page_of(self._session, cursor, limit, self._decimals_of)

    # What parties sign, off chain and without gas.

    def sign_open(self, terms: OrderTerms) -> str:
        """The signer, as buyer, consents to this order; for `open` by another, beside an allowance."""
        return self._session.key.sign_typed(typed_data.open_order(self._domain(), self.id(terms)))

    def sign_accept(self, terms: OrderTerms) -> str:
        """The signer, as seller, takes this order on."""
        return self._session.key.sign_typed(typed_data.accept_order(self._domain(), self.id(terms)))

    def authorize(self, terms: OrderTerms, *, valid_until: datetime | None = None) -> str:
        """The signer, as buyer, pays for this order and no other (ERC-3009, nonce = the order's id), until
        `valid_until` or else the order's `accept_by`; for `open_with_authorization`."""
        key, before = self._session.key, fields.seconds(valid_until or terms.accept_by, "valid_until")
        token, value = terms.buyer_leg()
        message = typed_data.receive_with_authorization(
            Token(self._session.chain, token).domain(),
            payer=terms.buyer,
            payee=self._contract.address,
            value=value,
            valid_after=0,
            valid_before=before,
            nonce=self.id(terms),
        )
        signature = bytes.fromhex(key.sign_typed(message)[2:])
        values = [0, before, signature[64], signature[:32], signature[32:64]]
        return "0x" + abi.encode(["uint256", "uint256", "uint8", "bytes32", "bytes32"], values).hex()

    def receipt(self, terms: OrderTerms, logistic_unit: str, event_id: str) -> DeliveryReceipt:
        """A receipt for the carrier to sign: `logistic_unit` is the SSCC as EPC URI (urn:epc:id:sscc:…), `event_id` the
        CBV id of the `accepting` event (ni:///sha-256;…?ver=CBV2.0). Raises InputError for anything else."""
        if (found := EVENT_ID.fullmatch(event_id)) is None:
            raise InputError(f"event_id: {event_id!r} is no CBV event id (ni:///sha-256;…?ver=CBV2.0).")
        unit = unit_hash(logistic_unit)
        return DeliveryReceipt(order_id=self.id(terms), logistic_unit=unit, event_id="0x" + found[1])

    def sign_receipt(self, receipt: DeliveryReceipt) -> str:
        """The signer, as a key of the carrier, hands the goods over."""
        key = self._session.key
        stated = (receipt.order_id, receipt.logistic_unit, receipt.event_id, key.address)
        return key.sign_typed(typed_data.receipt(self._domain(), *stated))

    # What changes an order. Each sends, waits, and returns the receipt.

    def open(
        self,
        terms: OrderTerms,
        *,
        buyer_consent: str = NO_SIGNATURE,
        seller_consent: str = NO_SIGNATURE,
        quote: Quote | None = None,
    ) -> Receipt:
        """Opens an order from the buyer's allowance for the escrow: by the buyer, or by anyone with its `sign_open`;
        `receipt.id` is the order's id. Terms that are open already give the receipt of the transaction that opened
        them. `quote` is the provider's, if the terms name one; its leg comes from its own allowance, and duties in
        another token than the buyer pays with come from the buyer's allowance in that token.

        Raises:
            ConsentInvalid, DeadlinesOutOfOrder, QuoteExpired, QuoteInvalid, CapExceeded, ERC20InsufficientAllowance, …
        """
        return self._open(terms, self._contract.open(terms, buyer_consent, seller_consent, quote), seller_consent)

    def open_with_authorization(
        self,
        terms: OrderTerms,
        authorization: str,
        *,
        seller_consent: str = NO_SIGNATURE,
        quote: Quote | None = None,
    ) -> Receipt:
        """Opens an order with the buyer's `authorize`; by anyone. Otherwise as `open`."""
        call = self._contract.open_with_authorization(terms, authorization, seller_consent, quote)
        return self._open(terms, call, seller_consent)

    def accept(self, terms: OrderTerms, *, seller_consent: str = NO_SIGNATURE) -> Receipt:
        """The seller takes the order on: as signer, or by its `sign_accept`, which anyone may bring."""
        return self._change(terms, self._contract.accept(terms, seller_consent))

    def cancel(self, terms: OrderTerms) -> Receipt:
        """Buyer or seller leaves before acceptance; the buyer is paid back."""
        return self._change(terms, self._contract.cancel(terms))

    def ship(self, terms: OrderTerms, logistic_unit: str) -> Receipt:
        """The seller says that the goods left, packed as that unit (urn:epc:id:sscc:…)."""
        return self._change(terms, self._contract.ship(terms, unit_hash(logistic_unit)))

    def poke(self, terms: OrderTerms) -> Receipt:
        """Latches a release condition that is met; by anyone."""
        return self._change(terms, self._contract.poke(terms))

    def deliver(self, terms: OrderTerms, receipt: DeliveryReceipt, signer: str, signature: str) -> Receipt:
        """Submits the receipt that the carrier's key `signer` signed; by anyone."""
        by = fields.address(signer, "signer")
        return self._change(terms, self._contract.deliver(terms, receipt, by, signature))

    def release(self, terms: OrderTerms) -> Receipt:
        """Pays seller, platform and carrier: by the buyer after acceptance, by anyone after the inspection window.

        Raises:
            TooEarly: retryable; `opens_at` says when.
        """
        return self._change(terms, self._contract.release(terms))

    def refund(self, terms: OrderTerms) -> Receipt:
        """Pays the buyer back: by the seller after acceptance, by anyone once that default is open.

        Raises:
            TooEarly: retryable; `opens_at` says when.
            DefaultDiffers: what stands is a release.
        """
        return self._change(terms, self._contract.refund(terms))

    def report(self, terms: OrderTerms) -> Receipt:
        """Tells the credit contract of an outcome that it missed; by anyone. The same as `credit.report`."""
        return self._change(terms, self._contract.report(terms))

    def withdraw(self, token: str, to: str) -> Receipt:
        """Pays out what a failed payment left to the signer, to any address."""
        return self._session.send(self._contract.withdraw(fields.address(token, "token"), fields.address(to, "to")))

    def withdraw_for(self, payee: str, token: str) -> Receipt:
        """Pays out what a failed payment left to `payee`, to it alone; by anyone."""
        owner = fields.address(payee, "payee")
        return self._session.send(self._contract.withdraw_for(owner, fields.address(token, "token")))

    def _open(self, terms: OrderTerms, call: Call, seller_consent: str) -> Receipt:
        try:
            return self._change(terms, call)
        except AlreadyOpened as refusal:
            # Somebody who saw the call may have sent it without the seller's consent: then that is still to be brought.
            if seller_consent != NO_SIGNATURE and self.get(self.id(terms)).state is State.FUNDED:
                return self.accept(terms, seller_consent=seller_consent)
            event = order_history.opened(self._session, self.id(terms))
            mined = None if event is None else self._session.chain.receipt(event.tx_hash)
            if refusal.id != self.id(terms) or mined is None:
                raise
            return replace(self._session.receipt(mined), id=refusal.id)

    def _change(self, terms: OrderTerms, call: Call) -> Receipt:
        return replace(self._session.send(call), id=self.id(terms))

    def _domain(self) -> typed_data.Domain:
        return typed_data.escrow_domain(self._session.chain.chain_id, self._contract.address)

    def _decimals_of(self, token: str) -> int:
        if token not in self._decimals:
            self._decimals[token] = Token(self._session.chain, token).decimals()
        return self._decimals[token]


def unit_hash(logistic_unit: str) -> str:
    """keccak256 of a logistic unit's EPC URI. Raises InputError for anything but an SSCC."""
    if not logistic_unit.startswith(SSCC):
        raise InputError(f"logistic_unit: {logistic_unit!r} is no SSCC as EPC URI ({SSCC}…).")
    return "0x" + keccak(text=logistic_unit).hex()
