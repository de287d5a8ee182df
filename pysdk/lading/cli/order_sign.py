"""The verbs of `lading order` by which a party signs and sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.output import Shown
from lading.cli.signed_files import write_signed
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.values import Out
from lading.cli.verbs import signing

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.models import OrderTerms

Unit = Annotated[str, typer.Option("--unit", metavar="URI", help="The logistic unit: urn:epc:id:sscc:…")]
EventId = Annotated[str, typer.Option("--event-id", metavar="NI", help="CBV id of the EPCIS event at that place.")]
PANEL = "Signatures, without gas"


def register(app: typer.Typer) -> None:
    signing(app, "authorize", PANEL)(authorize)
    signing(app, "sign-open", PANEL)(sign_open)
    signing(app, "sign-accept", PANEL)(sign_accept)
    signing(app, "receipt", PANEL)(receipt)


def authorize(client: Lading, order: OrderId = None, file: TermsFile = None) -> Shown:
    """Print the buyer's authorization to pay for this order and no other (ERC-3009), until its accept-by."""
    terms = terms_of(client, order, file)
    return _signed(client, terms, client.orders.authorize(terms))


def sign_open(client: Lading, order: OrderId = None, file: TermsFile = None) -> Shown:
    """Print the buyer's consent to this order, for use beside an allowance."""
    terms = terms_of(client, order, file)
    return _signed(client, terms, client.orders.sign_open(terms))


def sign_accept(client: Lading, order: OrderId = None, file: TermsFile = None) -> Shown:
    """Print the seller's consent to this order."""
    terms = terms_of(client, order, file)
    return _signed(client, terms, client.orders.sign_accept(terms))


def receipt(
    client: Lading, unit: Unit, event_id: EventId, out: Out, order: OrderId = None, file: TermsFile = None
) -> Shown:
    """Write a delivery receipt that the signer, a key of the carrier, signed."""
    stated = client.orders.receipt(terms_of(client, order, file), unit, event_id)
    return write_signed(client, out, "receipt", stated.order_id, stated, client.orders.sign_receipt(stated))


def _signed(client: Lading, terms: OrderTerms, signature: str) -> Shown:
    """For people only the signature, so that `$(lading order sign-accept …)` can stand in another command."""
    signer = "" if client.signer is None else client.signer.address
    document = {"order": client.orders.id(terms), "signer": signer, "signature": signature}
    return Shown(document, [signature])
