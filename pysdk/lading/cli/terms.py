"""The terms of an order on the command line: from a file, from the chain by the order's id, or made from options."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import FileUnreadable, read_json, write_public
from lading.cli.output import Shown, pairs, utc
from lading.cli.values import Out, amount, moment, participant_id, resolved, window
from lading.errors import InputError, UsageError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.models import OrderTerms

OrderId = Annotated[str | None, typer.Argument(metavar="[ORDER]", help="The order's id (0x…), once it is open.")]
TermsFile = Annotated[
    Path | None, typer.Option("--terms", metavar="FILE", help="Its terms, as 'order terms' wrote them.")
]
MadeTerms = Annotated[Path, typer.Option("--terms", metavar="FILE", help="Terms, as 'order terms' wrote them.")]
Address = Annotated[str, typer.Option(metavar="ADDRESS")]
Moment = Annotated[datetime, typer.Option(parser=moment, metavar="TIME", help="RFC 3339, or from now: 3d.")]
Window = Annotated[timedelta, typer.Option(parser=window, metavar="LENGTH", help="Such as 12h or 7d.")]
Money = Annotated[Decimal, typer.Option(parser=amount, metavar="AMOUNT", help="In units of the token.")]
Authority = Annotated[str | None, typer.Option(metavar="PARTICIPANT", help="Customs of that border.")]
CUSTOMS = "customs"


def read_terms(path: Path) -> OrderTerms:
    """
    Raises:
        FileUnreadable: it cannot be read, or is no JSON object.
        InputError: a field is missing or malformed.
    """
    from lading.models import OrderTerms

    document = read_json(path, exact=True)
    if not isinstance(document, dict):
        raise FileUnreadable(f"{path} holds no terms of an order.", hint="Make them with 'lading order terms'.")
    return OrderTerms.model_validate(document)


def terms_of(client: Lading, order: str | None, path: Path | None) -> OrderTerms:
    """
    Raises:
        UsageError: neither or both are given.
        InputError: no order of this id was opened.
    """
    if (order is None) is (path is None):
        raise UsageError("It is not said which order.", hint="Give either its id or --terms FILE.")
    if path is not None:
        return read_terms(path)
    opened = client.orders.find(str(order))
    if opened is None:
        raise InputError(f"No order {order} was opened in this deployment.", hint="'lading order list' shows all.")
    return opened.terms


def _refuse_impossible(client: Lading, terms: OrderTerms) -> None:
    """What could never be opened, or would wait for customs that nobody decides for.

    Raises:
        InputError: naming the options.
    """
    if terms.condition and terms.condition_by is None:
        raise InputError("--condition has no deadline.", hint="Give --condition-by, not before --ship-by.")
    if terms.condition_by is not None and not terms.condition:
        raise InputError("--condition-by belongs to no condition.", hint="Give --condition too, or leave both out.")
    if terms.condition == client.customs.address and not (terms.exit_authority or terms.entry_authority):
        raise InputError(
            "--condition customs names no customs: the goods would count as cleared once the papers match.",
            hint="Give --exit-authority, --entry-authority or both.",
        )
    _refuse_disorder(resolved(client, timedelta(0)), terms)


def _refuse_disorder(now: datetime, terms: OrderTerms) -> None:
    """As the escrow does when the order is opened."""
    deadlines = {
        "--accept-by": terms.accept_by,
        "--ship-by": terms.ship_by,
        "--condition-by": terms.condition_by,
        "--deliver-by": terms.deliver_by,
    }
    if terms.accept_by < now:
        raise InputError(
            f"--accept-by {utc(terms.accept_by)} is over: the chain's clock shows {utc(now)}.",
            hint="Give a later time, or how long from now, such as 3d.",
        )
    given = [(option, time) for option, time in deadlines.items() if time is not None]
    for (before, earlier), (option, later) in pairwise(given):
        if later < earlier:
            raise InputError(
                f"{option} ({utc(later)}) comes before {before} ({utc(earlier)}).",
                hint=f"Their order is {', '.join(option for option, _ in given)}.",
            )


def make(
    client: Lading,
    buyer: Address,
    seller: Address,
    platform: Address,
    carrier: Address,
    price: Money,
    accept_by: Moment,
    ship_by: Moment,
    deliver_by: Moment,
    claim_window: Window,
    inspection_window: Window,
    out: Out,
    freight: Money = Decimal(0),
    fee_bps: Annotated[int, typer.Option(help="The platform's share, in hundredths of a percent.")] = 0,
    token: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Default: the dev dollar.")] = None,
    condition: Annotated[
        str | None, typer.Option(metavar="customs|ADDRESS", help="What release waits for; 'customs': the papers.")
    ] = None,
    condition_by: Annotated[datetime | None, typer.Option(parser=moment, metavar="TIME", help="Its deadline.")] = None,
    exit_authority: Authority = None,
    entry_authority: Authority = None,
) -> Shown:
    """Write the terms of an order to be. Times are the chain's. Sends nothing."""
    authorities = [None if one is None else participant_id(client, one) for one in (exit_authority, entry_authority)]
    terms = client.orders.terms(
        buyer=buyer,
        seller=seller,
        platform=platform,
        carrier=carrier,
        token=token or client.token().address,
        price=price,
        freight=freight,
        fee_bps=fee_bps,
        accept_by=resolved(client, accept_by),
        ship_by=resolved(client, ship_by),
        condition_by=None if condition_by is None else resolved(client, condition_by),
        deliver_by=resolved(client, deliver_by),
        claim_window=claim_window,
        inspection_window=inspection_window,
        condition=client.customs.address if condition == CUSTOMS else condition,
        exit_authority=authorities[0],
        entry_authority=authorities[1],
    )
    _refuse_impossible(client, terms)
    document = terms.model_dump(mode="json")
    write_public(out, json.dumps(document, indent=2) + "\n")
    order = client.orders.id(terms)
    return Shown({"order": order, "file": str(out), "terms": document}, pairs({"order": order, "terms": str(out)}))
