"""`lading order`: the money of an order, from the terms to the last payee."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli import (
    order_anchored,
    order_batch,
    order_disputes,
    order_duties,
    order_finance,
    order_look,
    order_returns,
    order_sign,
    order_terms,
)
from lading.cli.order_finance import read_quote
from lading.cli.order_sign import Unit
from lading.cli.signed_files import read_signed
from lading.cli.terms import MadeTerms, OrderId, TermsFile, read_terms, terms_of
from lading.cli.verbs import signing
from lading.errors import UsageError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt

app = typer.Typer(name="order", help="An order's money: terms, consents, deadlines, payouts.", no_args_is_help=True)

Authorization = Annotated[str | None, typer.Option("--authorization", metavar="0x…", help="From 'order authorize'.")]
BuyerConsent = Annotated[str | None, typer.Option("--buyer-consent", metavar="0x…", help="From 'order sign-open'.")]
SellerConsent = Annotated[str, typer.Option("--seller-consent", metavar="0x…", help="From 'order sign-accept'.")]
ReceiptFile = Annotated[Path, typer.Option("--receipt", metavar="FILE", help="From 'order receipt'.")]
QuoteFile = Annotated[Path | None, typer.Option("--quote", metavar="FILE", help="The provider's, from 'order quote'.")]
NONE = "0x"
PANEL = "The order"

order_terms.register(app)
order_sign.register(app)


@signing(app, "open", PANEL)
def open_order(
    client: Lading,
    file: MadeTerms,
    authorization: Authorization = None,
    buyer_consent: BuyerConsent = None,
    seller_consent: SellerConsent = NONE,
    quote: QuoteFile = None,
) -> Receipt:
    """Open an order: with the buyer's authorization or consent, by anyone; with neither, signing as the buyer."""
    if authorization and buyer_consent:
        raise UsageError("The buyer consents once.", hint="Give --authorization or --buyer-consent.")
    made = read_terms(file)
    given = None if quote is None else read_quote(client, made, quote)
    if authorization:
        return client.orders.open_with_authorization(made, authorization, seller_consent=seller_consent, quote=given)
    consent = buyer_consent or NONE
    return client.orders.open(made, buyer_consent=consent, seller_consent=seller_consent, quote=given)


@signing(app, "accept", PANEL)
def accept(
    client: Lading, order: OrderId = None, file: TermsFile = None, seller_consent: SellerConsent = NONE
) -> Receipt:
    """Take the order on: as the seller, or with its consent by anyone."""
    return client.orders.accept(terms_of(client, order, file), seller_consent=seller_consent)


@signing(app, "cancel", PANEL)
def cancel(client: Lading, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Leave before acceptance, as buyer or seller."""
    return client.orders.cancel(terms_of(client, order, file))


@signing(app, "ship", PANEL)
def ship(client: Lading, unit: Unit, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Say that the goods left, as the seller."""
    return client.orders.ship(terms_of(client, order, file), unit)


@signing(app, "poke", PANEL)
def poke(client: Lading, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Latch a release condition that is met; by anyone."""
    return client.orders.poke(terms_of(client, order, file))


@signing(app, "deliver", PANEL)
def deliver(client: Lading, receipt: ReceiptFile, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Bring the carrier's signed receipt; by anyone."""
    from lading.models import DeliveryReceipt

    stated, signed = read_signed(receipt, "receipt", DeliveryReceipt)
    return client.orders.deliver(terms_of(client, order, file), stated, signed.signer, signed.signature)


@signing(app, "release", PANEL)
def release(client: Lading, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Pay seller, platform and carrier: as the buyer, or by anyone once that default is open."""
    return client.orders.release(terms_of(client, order, file))


@signing(app, "refund", PANEL)
def refund(client: Lading, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Pay the buyer back: as the seller, or by anyone once that default is open."""
    return client.orders.refund(terms_of(client, order, file))


@signing(app, "report", PANEL)
def report(client: Lading, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Tell the credit contract of an outcome that it missed; by anyone."""
    return client.orders.report(terms_of(client, order, file))


@signing(app, "withdraw", PANEL)
def withdraw(
    client: Lading,
    token: Annotated[str | None, typer.Option("--token", metavar="ADDRESS", help="Default: the dev dollar.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="ADDRESS", help="Where the signer's own goes.")] = None,
    payee: Annotated[str | None, typer.Option("--for", metavar="ADDRESS", help="Pay this payee, to itself.")] = None,
) -> Receipt:
    """Pay out what a failed payment left: the signer's own --to anywhere, or that --for another."""
    if (to is None) is (payee is None):
        raise UsageError("It is not said whose money goes where.", hint="Give either --to or --for.")
    money = token or client.token().address
    return client.orders.withdraw(money, to) if to else client.orders.withdraw_for(str(payee), money)


for group in (order_anchored, order_returns, order_disputes, order_duties, order_finance, order_batch, order_look):
    group.register(app)
