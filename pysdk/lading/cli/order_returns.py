"""The verbs of `lading order` about goods that come back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import content_hash
from lading.cli.order_sign import EventId, Unit
from lading.cli.output import Shown
from lading.cli.signed_files import read_signed, write_signed
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.values import Out, amount
from lading.cli.verbs import signing
from lading.errors import InputError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt

Reason = Annotated[
    str | None, typer.Option("--reason", parser=content_hash, metavar="FILE|0x…", help="Only its hash is sent.")
]
ReturnFile = Annotated[Path, typer.Option("--receipt", metavar="FILE", help="From 'order return-receipt'.")]
More = Annotated[
    Decimal | None,
    typer.Option("--to-buyer", parser=amount, metavar="AMOUNT", help="More than the policy gives; default: that."),
]
PANEL = "Returns"


def register(app: typer.Typer) -> None:
    signing(app, "request-return", PANEL)(request_return)
    signing(app, "return-receipt", PANEL)(return_receipt)
    signing(app, "receive-return", PANEL)(receive_return)
    signing(app, "settle-return", PANEL)(settle_return)
    signing(app, "settle-by-policy", PANEL)(settle_by_policy)


def request_return(client: Lading, order: OrderId = None, file: TermsFile = None, reason: Reason = None) -> Receipt:
    """Ask to send delivered goods back, as the buyer, while the inspection window lasts."""
    return client.orders.request_return(terms_of(client, order, file), reason)


def return_receipt(
    client: Lading, unit: Unit, event_id: EventId, out: Out, order: OrderId = None, file: TermsFile = None
) -> Shown:
    """Write a receipt for goods that are back, signed by a key of the place of return. Sends nothing."""
    stated = client.orders.return_receipt(terms_of(client, order, file), unit, event_id)
    signature = client.orders.sign_return_receipt(stated)
    return write_signed(client, out, "return_receipt", stated.order_id, stated, signature)


def receive_return(client: Lading, receipt: ReturnFile, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Bring the signed receipt of the place of return; by anyone."""
    from lading.models import ReturnReceipt

    stated, signed = read_signed(receipt, "return_receipt", ReturnReceipt)
    return client.orders.receive_return(terms_of(client, order, file), stated, signed.signer, signed.signature)


def settle_return(client: Lading, order: OrderId = None, file: TermsFile = None, to_buyer: More = None) -> Receipt:
    """Give the buyer its money back for goods that came back, as the seller: what the policy says, or more."""
    terms = terms_of(client, order, file)
    if terms.returns is None:
        raise InputError(
            "The terms have no return policy.",
            hint="Agree with 'order propose-split', or give all with 'order refund'.",
        )
    return client.orders.settle_return(terms, client.orders.policy_refund(terms) if to_buyer is None else to_buyer)


def settle_by_policy(client: Lading, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Give back what the return policy says, once the seller's time to look is over; by anyone."""
    return client.orders.settle_by_policy(terms_of(client, order, file))
