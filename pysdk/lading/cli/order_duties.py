"""The verbs of `lading order` about duties at the border."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import content_hash
from lading.cli.output import Shown
from lading.cli.signed_files import read_signed, write_signed
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.values import Out, amount
from lading.cli.verbs import signing

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt

Duty = Annotated[
    Decimal, typer.Option("--amount", parser=amount, metavar="AMOUNT", help="In units of the duties' token.")
]
Declaration = Annotated[
    str,
    typer.Option("--declaration", parser=content_hash, metavar="FILE|0x…", help="Only its hash is signed: keep it."),
]
AssessmentFile = Annotated[Path, typer.Option("--assessment", metavar="FILE", help="From 'order sign-assessment'.")]
PANEL = "Duties"


def register(app: typer.Typer) -> None:
    signing(app, "sign-assessment", PANEL)(sign_assessment)
    signing(app, "assess-duties", PANEL)(assess_duties)
    signing(app, "return-duties", PANEL)(return_duties)
    signing(app, "refund-duties", PANEL)(refund_duties)


def sign_assessment(
    client: Lading,
    duty: Duty,
    declaration: Declaration,
    out: Out,
    order: OrderId = None,
    file: TermsFile = None,
) -> Shown:
    """Write an assessment of duties, signed by a key of the entry authority. Sends nothing."""
    terms = terms_of(client, order, file)
    stated = client.orders.assessment(terms, duty, declaration)
    signature = client.orders.sign_assessment(terms, stated)
    return write_signed(client, out, "assessment", stated.order_id, stated, signature)


def assess_duties(client: Lading, assessment: AssessmentFile, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Pay the assessed duties to the tax payee and the rest back to the buyer; by anyone."""
    from lading.models import Assessment

    stated, signed = read_signed(assessment, "assessment", Assessment)
    return client.orders.assess_duties(terms_of(client, order, file), stated, signed.signer, signed.signature)


def return_duties(client: Lading, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Give duties that nobody assessed in time back to the buyer; by anyone."""
    return client.orders.return_duties(terms_of(client, order, file))


def refund_duties(client: Lading, duty: Duty, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Pass paid duty on to the buyer of goods that came back, as the tax payee, after 'token approve --for duties'."""
    return client.orders.refund_duties(terms_of(client, order, file), duty)
