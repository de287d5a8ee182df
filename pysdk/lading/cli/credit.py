"""`lading credit`: what a seller's settled orders say, whether the chain says it rightly, and what it costs to fake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import write_public
from lading.cli.options import DEFAULT_NETWORK, DeploymentFile, Json, Network, connect
from lading.cli.output import Shown, emit, progress
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.values import Participant, participant_id
from lading.cli.verbs import reading, signing
from lading.errors import UsageError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.governance import Governed
    from lading.groups.session import Receipt

PICTURES = (".png", ".svg")
DIFFERS = 1

app = typer.Typer(
    name="credit", help="A seller's score, from the outcomes of its orders, and its price.", no_args_is_help=True
)

Plot = Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Draw the history: a .png or .svg.")]
AtBlock = Annotated[int | None, typer.Option("--block", min=0, help="As of this block; else the newest.")]
OneSeller = Annotated[
    str | None,
    typer.Option("--seller", metavar="PARTICIPANT", help="This seller's alone; else everybody's."),
]
Token = Annotated[str, typer.Argument(metavar="TOKEN", help="Address.")]
Rate = Annotated[
    int,
    typer.Argument(min=0, help="Millionths of the reference unit for 10^18 smallest units; 0: none."),
]
Prices = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Prices, and other `rules` (YAML); else those shipped."),
]


@reading(app, "show")
def show(client: Lading, seller: Participant, plot: Plot = None, block: AtBlock = None) -> Shown:
    """Show a seller's score and its history: what raised and lowered it, and what would raise it next."""
    from lading.cli.credit_show import shown

    _check_picture(plot)
    who = participant_id(client, seller)
    story = client.credit.story(who, block=block)
    score = client.credit.score(who, at=story.block)
    witnessed = client.credit.witnessed_score(who, at=story.block)
    if plot is not None:
        from lading.cli.credit_plot import picture

        write_public(plot, picture(story, plot.suffix[1:].lower()))
        progress(f"Drawn: {plot}")
    return shown(story, score, witnessed)


@reading(app, "audit")
def audit(client: Lading, seller: OneSeller = None, block: AtBlock = None) -> Shown:
    """Rebuild every score from the logs and compare it with the contract, bit for bit; ends with 1 if one differs."""
    from lading.cli.credit_audit import shown

    who = None if seller is None else participant_id(client, seller)
    found = client.credit.audit(who, block=block)
    return shown(found, 0 if found.agrees else DIFFERS)


@app.command("attack-cost")
def attack_cost(
    config: Prices = None, network: Network = DEFAULT_NETWORK, deployment: DeploymentFile = None, as_json: Json = False
) -> None:
    """What +50 and +200 points cost an attacker who owns the platform, the carrier and any number of buyers."""
    from lading.cli.credit_attack import document, lines
    from lading.cli.credit_market import load
    from lading.credit.attacks import study

    read = load(config)
    market, rules = read.market(), read.parameters()
    if rules is None:
        rules = connect(network, deployment).credit.rules()
    found = study(rules, market)
    emit(document(found), as_json=as_json, lines=lines(found))


@signing(app, "set-rate")
def set_rate(client: Lading, token: Token, rate: Rate) -> Governed:
    """Set what orders in a token count. Signs as the governor. Where there is a delay: call it again after."""
    return client.credit.set_rate(token, rate)


@signing(app, "report")
def report(client: Lading, order: OrderId = None, terms: TermsFile = None) -> Receipt:
    """Bring in an outcome that was missed when the order ended. By anyone."""
    return client.credit.report(terms_of(client, order, terms))


def _check_picture(plot: Path | None) -> None:
    """Before anything is asked of the chain."""
    if plot is None:
        return
    if plot.suffix.lower() not in PICTURES:
        raise UsageError(f"{plot}: pictures are {' or '.join(PICTURES)}.", hint="Name the file by its kind.")
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise UsageError("--plot needs matplotlib.", hint='Install the extra: pip install "lading[plot]"')
