"""The verbs of `lading order` by which a party signs and sends nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import write_public
from lading.cli.output import Shown, pairs, plain
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.values import Out
from lading.cli.verbs import signing

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.models import OrderTerms

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
    client: Lading,
    unit: Annotated[str, typer.Option("--unit", metavar="URI", help="The logistic unit: urn:epc:id:sscc:…")],
    event_id: Annotated[str, typer.Option("--event-id", metavar="NI", help="CBV id of the accepting event.")],
    out: Out,
    order: OrderId = None,
    file: TermsFile = None,
) -> Shown:
    """Write a delivery receipt that the signer, a key of the carrier, signed."""
    stated = client.orders.receipt(terms_of(client, order, file), unit, event_id)
    signed = {"signer": _signer(client), "signature": client.orders.sign_receipt(stated)}
    document = {"receipt": plain(stated.model_dump()), "signed": signed}
    write_public(out, json.dumps(document, indent=2) + "\n")
    shown = {"order": stated.order_id, "signer": signed["signer"], "receipt": str(out)}
    return Shown(document | {"file": str(out)}, pairs(shown))


def _signed(client: Lading, terms: OrderTerms, signature: str) -> Shown:
    """For people only the signature, so that `$(lading order sign-accept …)` can stand in another command."""
    document = {"order": client.orders.id(terms), "signer": _signer(client), "signature": signature}
    return Shown(document, [signature])


def _signer(client: Lading) -> str:
    return "" if client.signer is None else client.signer.address
