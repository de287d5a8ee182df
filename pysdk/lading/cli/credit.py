"""`lading credit`: what a seller's settled orders say."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from lading.cli.output import Shown, pairs, utc
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.values import Participant, participant_id
from lading.cli.verbs import reading, signing

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt

app = typer.Typer(name="credit", help="A seller's score, from the outcomes of its orders.", no_args_is_help=True)


@reading(app, "show")
def show(client: Lading, seller: Participant) -> Shown:
    """Show a seller's score, 0 to 1000, and the sums behind it."""
    from lading.values import time_or_none

    who = participant_id(client, seller)
    at = client.chain.block().number
    score, record = client.credit.score(who, at=at), client.credit.record(who, at=at)
    updated = time_or_none(record.updated_at)
    sums = asdict(record) | {"updated_at": utc(updated) if updated else None}
    facts = {
        "score": f"{score} of 1000",
        "orders": record.orders,
        "good": f"{record.good / 1000:.3f} orders",
        "bad": f"{record.bad / 1000:.3f} orders",
        "updated": sums["updated_at"],
        "as of block": at,
    }
    return Shown({"seller": who, "score": score, "record": sums, "block": at}, pairs(facts))


@signing(app, "report")
def report(client: Lading, order: OrderId = None, terms: TermsFile = None) -> Receipt:
    """Bring in an outcome that was missed when the order ended. By anyone."""
    return client.credit.report(terms_of(client, order, terms))
