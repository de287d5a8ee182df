"""The life of an order: consent, acceptance, shipment, delivery, release and refund (ITradeEscrow, IDeliveries)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from lading import fields
from lading.chain import abi, typed_data
from lading.chain.contract import Call
from lading.contracts.token import Token
from lading.enums import State
from lading.groups import order_history
from lading.groups.order_base import NO_SIGNATURE, OrderVerbs, event_hash, unit_hash
from lading.groups.session import Receipt
from lading.models import Batch, DeliveryReceipt, OrderTerms, Quote
from lading.provenance.leaf import DeliveryLeaf
from lading.reverts.orders import AlreadyOpened


class LifeVerbs(OrderVerbs):
    # What parties sign, off chain and without gas.

    def sign_open(self, terms: OrderTerms) -> str:
        """The signer, as buyer, consents to this order; for `open` by another, beside an allowance."""
        return self._session.key.sign_typed(typed_data.open_order(self._domain(), self.id(terms)))

    def sign_accept(self, terms: OrderTerms) -> str:
        """The signer, as seller, takes this order on."""
        return self._session.key.sign_typed(typed_data.accept_order(self._domain(), self.id(terms)))

    def authorize(self, terms: OrderTerms, *, valid_until: datetime | None = None) -> str:
        """The signer, as buyer, pays for this order and no other (ERC-3009, nonce = the order's id), until
        `valid_until` or else the order's `accept_by`; for `open_with_authorization`. Duties in another token come from
        an allowance all the same, to which the buyer's `sign_open` is then added."""
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
        payment = "0x" + abi.encode(["uint256", "uint256", "uint8", "bytes32", "bytes32"], values).hex()
        return payment if terms.separate_duties() is None else payment + self.sign_open(terms)[2:]

    def receipt(self, terms: OrderTerms, logistic_unit: str, event_id: str) -> DeliveryReceipt:
        """A receipt for the carrier to sign: `logistic_unit` is the SSCC as EPC URI (urn:epc:id:sscc:…), `event_id` the
        CBV id of the `accepting` event (ni:///sha-256;…?ver=CBV2.0). Raises InputError for anything else."""
        unit, event = unit_hash(logistic_unit), event_hash(event_id)
        return DeliveryReceipt(order_id=self.id(terms), logistic_unit=unit, event_id=event)

    def sign_receipt(self, receipt: DeliveryReceipt) -> str:
        """The signer, as a key of the carrier, hands the goods over."""
        key = self._session.key
        stated = (receipt.order_id, receipt.logistic_unit, receipt.event_id, key.address)
        return key.sign_typed(typed_data.receipt(self._domain(), *stated))

    def delivery_leaf(self, terms: OrderTerms, logistic_unit: str, event_id: str, time: datetime) -> DeliveryLeaf:
        """What the carrier may anchor in its own log instead of signing a receipt: unit and event as in `receipt`,
        `time` that of the event. Its `hash()` is a leaf of the batch. Raises InputError."""
        words = (self.id(terms), unit_hash(logistic_unit), event_hash(event_id))
        order_id, unit, event = (bytes.fromhex(word[2:]) for word in words)
        return DeliveryLeaf(order_id, unit, event, fields.seconds(time, "time"))

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

    def deliver_anchored(
        self, terms: OrderTerms, leaf: DeliveryLeaf, index: int, batch: Batch, proof: Sequence[bytes]
    ) -> Receipt:
        """Submits the proof that the carrier anchored its delivery in batch `index` of its log; by anyone. `proof` are
        the siblings from the leaf to the batch's root (`lading.provenance.merkle`).

        Raises:
            LeafForeign, WriterForeign, WriterNotValidThen, BatchDistrusted, StateWrong, DefaultOpen: as they say.
            DeliveryNotAnchored: retryable; the batch may not be there yet.
        """
        call = self._session.contracts.deliveries.deliver_anchored(terms, leaf, index, batch, proof)
        return self._change(terms, call)

    def trust_from(self, carrier: str, index: int) -> Receipt:
        """The signer, as controller of the participant `carrier`, no longer stands by the batches of its log before
        `index`, for good, after a theft of the writer's key: they prove no delivery any more. Raises NotController,
        TrustMovesBack."""
        who = fields.word(carrier, "carrier")
        return self._session.send(self._session.contracts.deliveries.trust_from(who, index))

    def trusted_from(self, carrier: str) -> int:
        """The first batch of a carrier's log that can prove a delivery."""
        return self._session.contracts.deliveries.trusted_from(fields.word(carrier, "carrier"))

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
            if seller_consent != NO_SIGNATURE and self._contract.get(self.id(terms)).state is State.FUNDED:
                return self.accept(terms, seller_consent=seller_consent)
            event = order_history.opened(self._session, self.id(terms))
            mined = None if event is None else self._session.chain.receipt(event.tx_hash)
            if refusal.id != self.id(terms) or mined is None:
                raise
            return replace(self._session.receipt(mined), id=refusal.id)
