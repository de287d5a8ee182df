"""`lading order terms`: the terms of an order to be. The clauses that only some orders have are added to the same file,
each by a command of its own."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli.documents import write_public
from lading.cli.order_limits import refuse_impossible
from lading.cli.output import Shown, pairs
from lading.cli.terms import read_terms
from lading.cli.values import Out, amount, moment, participant_id, resolved, window
from lading.cli.verbs import reading

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.models import OrderTerms

Address = Annotated[str, typer.Option(metavar="ADDRESS")]
Moment = Annotated[datetime, typer.Option(parser=moment, metavar="TIME", help="RFC 3339, or from now: 3d.")]
Window = Annotated[timedelta, typer.Option(parser=window, metavar="LENGTH", help="Such as 12h or 7d.")]
Money = Annotated[Decimal, typer.Option(parser=amount, metavar="AMOUNT", help="In units of the token.")]
Authority = Annotated[str | None, typer.Option(metavar="PARTICIPANT", help="Customs of that border.")]
Token = Annotated[str, typer.Option("--token", metavar="ADDRESS", help="The token that it is counted in.")]
Changed = Annotated[Path, typer.Option("--terms", metavar="FILE", help="Terms that nobody signed yet; rewritten.")]
Bps = Annotated[int, typer.Option(help="In hundredths of a percent of the price.")]
CUSTOMS = "customs"

PANEL = "Before it opens"


def register(app: typer.Typer) -> None:
    reading(app, "terms", PANEL)(make)
    reading(app, "add-quote", PANEL)(add_quote)
    reading(app, "add-duties", PANEL)(add_duties)
    reading(app, "add-returns", PANEL)(add_returns)
    reading(app, "add-arbiter", PANEL)(add_arbiter)


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
    fee_ceiling: Annotated[Decimal | None, typer.Option(parser=amount, metavar="AMOUNT", help="Its most.")] = None,
    token: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Default: the dev dollar.")] = None,
    condition: Annotated[
        str | None, typer.Option(metavar="customs|ADDRESS", help="What release waits for; 'customs': the papers.")
    ] = None,
    condition_by: Annotated[datetime | None, typer.Option(parser=moment, metavar="TIME", help="Its deadline.")] = None,
    exit_authority: Authority = None,
    entry_authority: Authority = None,
    group: Annotated[str | None, typer.Option(metavar="0x…", help="Joins the parts of one purchase.")] = None,
) -> Shown:
    """Write the terms of an order to be. Times are the chain's. Sends nothing."""
    parties = {"buyer": buyer, "seller": seller, "platform": platform, "carrier": carrier}
    times = {"accept_by": accept_by, "ship_by": ship_by, "condition_by": condition_by, "deliver_by": deliver_by}
    borders = {"exit_authority": exit_authority, "entry_authority": entry_authority}
    terms = client.orders.terms(
        **parties,
        **{name: None if time is None else resolved(client, time) for name, time in times.items()},
        **{name: None if who is None else participant_id(client, who) for name, who in borders.items()},
        token=token or client.token().address,
        price=price,
        freight=freight,
        fee_bps=fee_bps,
        fee_ceiling=fee_ceiling,
        claim_window=claim_window,
        inspection_window=inspection_window,
        condition=client.customs.address if condition == CUSTOMS else condition,
        group=group,
    )
    return _written(client, terms, out)


def add_quote(
    client: Lading,
    file: Changed,
    provider: Annotated[str, typer.Option(metavar="ADDRESS", help="Who locks the order's token.")],
    token: Annotated[str, typer.Option("--token", metavar="ADDRESS", help="The token that the buyer pays with.")],
    paid: Annotated[
        Decimal, typer.Option("--amount", parser=amount, metavar="AMOUNT", help="For price and freight together.")
    ],
    premium: Annotated[
        Decimal, typer.Option(parser=amount, metavar="AMOUNT", help="On top, to the provider, however it ends.")
    ] = Decimal(0),
) -> Shown:
    """Have the buyer pay in another token, at a provider's rate. The file is rewritten; the order's id changes."""
    clause = {"provider": provider, "token": token, "amount": paid, "premium": premium}
    return _with(client, file, quote=clause)


def add_duties(
    client: Lading,
    file: Changed,
    token: Token,
    most: Annotated[
        Decimal, typer.Option("--amount", parser=amount, metavar="AMOUNT", help="The most that may be assessed.")
    ],
    payee: Annotated[str, typer.Option(metavar="ADDRESS", help="Who collects the tax.")],
    assess_by: Moment,
) -> Shown:
    """Put money aside for taxes at the border. The file is rewritten; the order's id changes."""
    clause = {"token": token, "amount": most, "payee": payee, "assess_by": resolved(client, assess_by)}
    return _with(client, file, duties=clause)


def add_returns(
    client: Lading,
    file: Changed,
    place: Annotated[str, typer.Option(metavar="PARTICIPANT", help="Warehouse that takes them back.")],
    receive_window: Annotated[
        timedelta, typer.Option(parser=window, metavar="LENGTH", help="After the request, for the way back.")
    ],
    settle_window: Annotated[
        timedelta, typer.Option(parser=window, metavar="LENGTH", help="After the receipt, for the seller to look.")
    ],
    restocking_bps: Bps = 0,
    freight: Annotated[
        Decimal, typer.Option(parser=amount, metavar="AMOUNT", help="Of the way back, borne by the buyer.")
    ] = Decimal(0),
) -> Shown:
    """Say on which terms goods may come back. The file is rewritten; the order's id changes."""
    clause = {
        "place": participant_id(client, place),
        "receive_window": receive_window,
        "settle_window": settle_window,
        "restocking_bps": restocking_bps,
        "freight": freight,
    }
    return _with(client, file, returns=clause)


def add_arbiter(
    client: Lading,
    file: Changed,
    arbiter: Annotated[str, typer.Option(metavar="ADDRESS", help="A key of it; is paid the fee.")],
    ruling_window: Annotated[
        timedelta, typer.Option("--window", parser=window, metavar="LENGTH", help="After the dispute, to rule in.")
    ],
    silent_buyer_bps: Annotated[
        int, typer.Option(help="The buyer's share if the arbiter is silent, in hundredths of a percent.")
    ],
    fee: Annotated[
        Decimal, typer.Option(parser=amount, metavar="AMOUNT", help="For a ruling, out of what is disputed.")
    ] = Decimal(0),
) -> Shown:
    """Name who rules a dispute. The file is rewritten; the order's id changes."""
    clause = {"arbiter": arbiter, "fee": fee, "window": ruling_window, "silent_buyer_bps": silent_buyer_bps}
    return _with(client, file, arbitration=clause)


def _with(client: Lading, file: Path, **clause: dict[str, Any]) -> Shown:
    # The decimals are read anew: they are the token's, whatever a file says.
    values = read_terms(file).model_dump(exclude={"token_decimals"})
    return _written(client, client.orders.terms(**{**values, **clause}), file)


def _written(client: Lading, terms: OrderTerms, out: Path) -> Shown:
    refuse_impossible(client, terms)
    document = terms.model_dump(mode="json")
    write_public(out, json.dumps(document, indent=2) + "\n")
    order = client.orders.id(terms)
    return Shown({"order": order, "file": str(out), "terms": document}, pairs({"order": order, "terms": str(out)}))
