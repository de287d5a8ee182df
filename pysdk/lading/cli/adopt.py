"""`lading adopt`: the game of platforms and technology providers, with a platform's own numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import write_public
from lading.cli.options import DEFAULT_NETWORK, DeploymentFile, Json, Network, connect
from lading.cli.output import emit, progress
from lading.errors import UsageError

if TYPE_CHECKING:
    from lading.adopt.config import AdoptConfig
    from lading.adopt.estimate import Estimate

PICTURES = (".png", ".svg")

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The game's figures (YAML).")]
Plot = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE", help="Draw phase portrait and paths: a .png or .svg.")
]
WithSensitivity = Annotated[bool, typer.Option("--sensitivity", help="Also what each parameter moves.")]
FromLedger = Annotated[
    bool,
    typer.Option("--from-ledger", help="Estimate what the file leaves out, as far as the orders on the ledger tell."),
]


def register(app: typer.Typer) -> None:
    app.command("adopt")(adopt)


def adopt(
    config: Config,
    plot: Plot = None,
    with_sensitivity: WithSensitivity = False,
    from_ledger: FromLedger = False,
    network: Network = DEFAULT_NETWORK,
    deployment: DeploymentFile = None,
    as_json: Json = False,
) -> None:
    """Is it worth joining? Equilibria and their stability, which starts end in adoption, and what tips the market."""
    from lading.adopt.config import load
    from lading.adopt.errors import require

    if plot is not None and plot.suffix.lower() not in PICTURES:
        raise UsageError(f"{plot}: pictures are {' or '.join(PICTURES)}.", hint="Name the file by its kind.")
    require("sympy", "scipy", "numpy", *(["matplotlib"] if plot else []))
    read = load(config, from_ledger=from_ledger)
    estimates = _estimates(read, network, deployment) if from_ledger else ()
    # After the file is read: the libraries take seconds to load, and a fault in the file needs none of them.
    from lading.adopt.study import study
    from lading.cli.adopt_show import lines_of

    found = study(read, estimates, with_sensitivity=with_sensitivity)
    if plot is not None:
        from lading.adopt.plot import picture

        write_public(plot, picture(found, plot.suffix[1:].lower()))
        progress(f"Drawn: {plot}")
    emit(found.document(), as_json=as_json, lines=lines_of(found))


def _estimates(config: AdoptConfig, network: str, deployment: Path | None) -> tuple[Estimate, ...]:
    from datetime import UTC, datetime

    from lading.adopt.estimate import endings, estimate

    if config.ledger is None:
        return ()
    client = connect(network, deployment)
    now = datetime.fromtimestamp(client.chain.block().time, UTC)
    return estimate(tuple(endings(client)), config.ledger, config.period_days, now)
