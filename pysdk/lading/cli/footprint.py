"""`lading proof footprint`: what the events of a bundle state of the item's greenhouse gases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import read_bytes
from lading.cli.options import DeploymentFile, Json, connect
from lading.cli.output import emit

if TYPE_CHECKING:
    from lading.provenance.bundle import Bundle
    from lading.provenance.footprint import Checks

BundleFile = Annotated[Path, typer.Argument(metavar="BUNDLE", help="The item's proof bundle.")]
Inputs = Annotated[
    list[Path], typer.Option("--input", metavar="BUNDLE", help="Of what it was made of; may be repeated.")
]
Rpc = Annotated[
    str | None, typer.Option("--rpc", metavar="URL", help="A node that you believe; without one nothing is verified.")
]


def register(app: typer.Typer) -> None:
    app.command("footprint")(footprint)


def footprint(
    bundle: BundleFile,
    inputs: Inputs = [],  # noqa: B006 - typer makes a new one each time
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    as_json: Json = False,
) -> None:
    """Add up an item's kg CO2e: its share of what its events and its containers' state, verified and stated apart."""
    from lading.provenance.bundle import parse
    from lading.provenance.footprint import footprint_of

    first, *others = (parse(read_bytes(path)) for path in (bundle, *inputs))
    found = footprint_of(first, *others, checks=None if rpc is None else _checks(rpc, deployment, first, *others))
    emit(found.document(), as_json=as_json, lines=found.explain())


def _checks(rpc: str, deployment: Path | None, *bundles: Bundle) -> Checks:
    from lading.facts import TrustedDeployment
    from lading.facts.carbon import checks

    client = connect(rpc, deployment)
    return checks(client.chain, TrustedDeployment.of_record(client.deployment), *bundles)
