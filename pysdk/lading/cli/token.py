"""`lading token`: the money of orders. Without --token it is the devnet's own dollar."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.output import Shown, money
from lading.cli.values import amount
from lading.cli.verbs import reading, signing

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt

app = typer.Typer(name="token", help="The money of orders.", no_args_is_help=True)

TokenAddress = Annotated[str | None, typer.Option("--token", metavar="ADDRESS", help="Default: the dev dollar.")]
Account = Annotated[str, typer.Argument(metavar="ADDRESS")]
Amount = Annotated[Decimal, typer.Argument(metavar="AMOUNT", parser=amount, help="In units, such as 120.50.")]


class Spender(StrEnum):
    """Who takes from an allowance: the escrow at opening, Duties when a tax payee passes duty on."""

    ESCROW = "escrow"
    DUTIES = "duties"


SpenderOption = Annotated[Spender, typer.Option("--for", help="duties: for 'order refund-duties'.")]


@reading(app, "balance")
def balance(client: Lading, account: Account, token: TokenAddress = None) -> Shown:
    """Show what an account has, and what the escrow may take of it."""
    coin = client.token(token)
    held, allowed = coin.balance(account), coin.allowance(account, client.contracts.orders.address)
    document = {
        "token": coin.address,
        "symbol": coin.symbol(),
        "account": account,
        "balance": str(held),
        "escrow_allowance": str(allowed),
    }
    return Shown(document, [f"{money(held)} {document['symbol']}"])


@signing(app, "approve")
def approve(
    client: Lading, most: Amount, token: TokenAddress = None, spender: SpenderOption = Spender.ESCROW
) -> Receipt:
    """Let the escrow take up to that much of the signer's money, for orders that it pays for or quotes."""
    contracts = client.contracts
    taker = contracts.orders if spender is Spender.ESCROW else contracts.duties
    return client.token(token).approve(taker.address, most)


@signing(app, "transfer")
def transfer(client: Lading, to: Account, sent: Amount, token: TokenAddress = None) -> Receipt:
    """Send money."""
    return client.token(token).transfer(to, sent)


@signing(app, "mint")
def mint(client: Lading, to: Account, made: Amount) -> Receipt:
    """Make dev dollars out of nothing. Devnets only."""
    return client.token().mint(to, made)
