"""The verbs of `lading order` about who finances an order: a provider's quote, and an assignment of the proceeds."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import FileUnreadable, read_json, write_public
from lading.cli.output import Shown, money, pairs, utc
from lading.cli.terms import MadeTerms, OrderId, TermsFile, read_terms, terms_of
from lading.cli.values import Out, amount, moment, resolved, window
from lading.cli.verbs import reading, signing
from lading.errors import UsageError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt
    from lading.models import OrderTerms, Quote

Settled = Annotated[
    str | None, typer.Option("--token", metavar="ADDRESS", help="Settlement token; default: the dev dollar.")
]
PANEL = "Finance"


def register(app: typer.Typer) -> None:
    signing(app, "quote", PANEL)(quote)
    signing(app, "quote-cap", PANEL)(quote_cap)
    signing(app, "cancel-quote", PANEL)(cancel_quote)
    reading(app, "exposure", PANEL)(exposure)
    signing(app, "assign", PANEL)(assign)
    signing(app, "consent-to-refund", PANEL)(consent_to_refund)


def quote(
    client: Lading,
    file: MadeTerms,
    expiry: Annotated[datetime, typer.Option(parser=moment, metavar="TIME", help="Last moment to open with it.")],
    longest_lock: Annotated[
        timedelta, typer.Option(parser=window, metavar="LENGTH", help="From opening to the order's end, at most.")
    ],
    out: Out,
) -> Shown:
    """Write the signed quote of the provider that the terms name. Sends nothing."""
    terms = read_terms(file)
    made = client.orders.quote(terms, expiry=resolved(client, expiry), longest_lock=longest_lock)
    document = {"order": client.orders.id(terms), "quote": made.model_dump(mode="json")}
    write_public(out, json.dumps(document, indent=2) + "\n")
    shown = {"order": document["order"], "expiry": utc(made.expiry), "quote": str(out)}
    return Shown(document | {"file": str(out)}, pairs(shown))


def read_quote(client: Lading, terms: OrderTerms, path: Path) -> Quote:
    """
    Raises:
        FileUnreadable: it cannot be read, or is no quote for this order.
        InputError: a field is malformed.
    """
    from lading.models import Quote

    content = read_json(path)
    if not isinstance(content, dict) or content.keys() != {"order", "quote"}:
        raise FileUnreadable(f"{path} is no provider's quote.", hint="Its provider makes it with 'lading order quote'.")
    if content["order"] != client.orders.id(terms):
        raise FileUnreadable(
            f"{path} is a quote for another order ({str(content['order'])[:80]}).",
            hint="Have the provider quote these terms as they are now: any change makes another order.",
        )
    return Quote.model_validate(content["quote"])


def quote_cap(
    client: Lading,
    cap: Annotated[Decimal, typer.Option(parser=amount, metavar="AMOUNT", help="0 locks nothing, as at first.")],
    token: Settled = None,
) -> Receipt:
    """Say how much the signer, as a provider, will have locked at most."""
    return client.orders.set_quote_cap(token or client.token().address, cap)


def cancel_quote(client: Lading, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Take a quote back, as its provider, before its order is open."""
    if (order is None) is (file is None):
        raise UsageError("It is not said which order.", hint="Give either its id or --terms FILE.")
    return client.orders.cancel_quote(read_terms(file) if file is not None else str(order))


def exposure(
    client: Lading,
    provider: Annotated[str, typer.Option(metavar="ADDRESS", help="Whose.")],
    token: Settled = None,
) -> Shown:
    """Show what a provider has locked, and may lock."""
    coin = client.token(token)
    found = client.orders.exposure(provider, coin.address)
    locked, cap = coin.amount(found.locked), coin.amount(found.cap)
    document = {"provider": provider, "token": coin.address, "locked": str(locked), "cap": str(cap)}
    return Shown(document, pairs({"locked": money(locked), "cap": money(cap), "token": coin.address}))


def assign(
    client: Lading,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Whoever finances the order.")],
    part: Annotated[Decimal, typer.Option("--amount", parser=amount, metavar="AMOUNT", help="The price at most.")],
    order: OrderId = None,
    file: TermsFile = None,
) -> Receipt:
    """Make the first part of the proceeds over, as the seller: once, before delivery, for good."""
    return client.orders.assign(terms_of(client, order, file), to, part)


def consent_to_refund(client: Lading, order: OrderId = None, file: TermsFile = None) -> Receipt:
    """Let the seller refund, as the assignee; it cannot be taken back."""
    return client.orders.consent_to_refund(terms_of(client, order, file))
