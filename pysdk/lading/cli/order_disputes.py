"""The verbs of `lading order` about disputes, rulings and splits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import content_hash
from lading.cli.order_events import amount_of
from lading.cli.output import Shown, money
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.values import amount, choice, moment, resolved
from lading.cli.verbs import sent, signing
from lading.enums import Fault
from lading.errors import UsageError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt

Evidence = Annotated[
    str, typer.Option("--evidence", parser=content_hash, metavar="FILE|0x…", help="Only its hash is sent: keep it.")
]
Reasons = Annotated[
    str, typer.Option("--reasons", parser=content_hash, metavar="FILE|0x…", help="Only their hash is sent: keep them.")
]
Share = Annotated[
    Decimal, typer.Option("--to-buyer", parser=amount, metavar="AMOUNT", help="Of what is disputed, for the buyer.")
]
FaultOption = Annotated[Fault, choice(Fault, "--fault", text="At whose door it lies; the seller's counts for it.")]
PANEL = "Disputes and splits"


def register(app: typer.Typer) -> None:
    signing(app, "dispute", PANEL)(dispute)
    signing(app, "submit-evidence", PANEL)(submit_evidence)
    signing(app, "propose-split", PANEL)(propose_split)
    signing(app, "accept-split", PANEL)(accept_split)
    signing(app, "rule", PANEL)(rule)
    signing(app, "settle-unruled", PANEL)(settle_unruled)


def dispute(client: Lading, evidence: Evidence, order: OrderId = None, file: TermsFile = None) -> Shown:
    """Raise a dispute, as the buyer or the seller: the arbiter rules, or the terms decide."""
    return _with_hash(client.orders.dispute(terms_of(client, order, file), evidence), evidence)


def submit_evidence(client: Lading, evidence: Evidence, order: OrderId = None, file: TermsFile = None) -> Shown:
    """Add evidence to a dispute, as buyer, seller, platform or carrier."""
    return _with_hash(client.orders.submit_evidence(terms_of(client, order, file), evidence), evidence)


def propose_split(
    client: Lading,
    order: OrderId = None,
    file: TermsFile = None,
    to_buyer: Annotated[
        Decimal | None, typer.Option(parser=amount, metavar="AMOUNT", help="Of what is disputed, for the buyer.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(parser=moment, metavar="TIME", help="How long it holds: RFC 3339, or 3d.")
    ] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the signer's offer back.")] = False,
) -> Receipt:
    """Offer to settle, as buyer, seller or assignee; a later offer replaces it. No dispute is needed."""
    if withdraw is not (to_buyer is None and until is None):
        raise UsageError("It is not said what is offered.", hint="Give --to-buyer and --until, or --withdraw alone.")
    terms = terms_of(client, order, file)
    if withdraw:
        return client.orders.propose_split(terms, Decimal(0), None)
    if to_buyer is None or until is None:
        raise UsageError("An offer is an amount and a time.", hint="Give both --to-buyer and --until.")
    return client.orders.propose_split(terms, to_buyer, resolved(client, until))


def accept_split(client: Lading, to_buyer: Share, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Settle with what the other side offers, as the buyer or the seller."""
    return client.orders.accept_split(terms_of(client, order, file), to_buyer)


def rule(
    client: Lading,
    to_buyer: Share,
    fault: FaultOption,
    reasons: Reasons,
    order: OrderId = None,
    file: TermsFile = None,
    counterfeit: Annotated[
        bool, typer.Option("--counterfeit", help="The goods are; only with --fault seller.")
    ] = False,
) -> Shown:
    """Rule a dispute, as a key of the arbiter. Its fee comes out of what is disputed."""
    terms = terms_of(client, order, file)
    receipt = client.orders.rule(terms, to_buyer, fault, reasons, counterfeit=counterfeit)
    shown, ruled = _with_hash(receipt, reasons), receipt.event("Ruled")
    given = None if ruled is None else amount_of(ruled.args["to_buyer"], terms)
    if given is not None and given != to_buyer:
        # The contract cuts a share that leaves no room for the freight of a carrier that delivered.
        cut = f"The buyer gets {money(given)}, not {money(to_buyer)}: what is left beside fee and freight."
        return replace(shown, lines=[*shown.lines, cut])
    return shown


def settle_unruled(client: Lading, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Divide as the terms say, once the arbiter's time is over; by anyone."""
    return client.orders.settle_unruled(terms_of(client, order, file))


def _with_hash(receipt: Receipt, content: str) -> Shown:
    return sent(receipt, [f"On chain as {content}: show it later with the file as it is now."])
