"""`lading deploy` and `lading deployments`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.options import DEFAULT_NETWORK, DevAccount, Json, KeyStdin, Network, open_chain, signer_from
from lading.cli.output import Shown, emit, length, pairs, plain, progress, table

if TYPE_CHECKING:
    from lading.chain.node import Chain
    from lading.deploy import Check, Deployment, Progress

ParamsFile = Annotated[Path | None, typer.Option("--params", help="YAML over the shipped parameters.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Deploy anew; an older record and journal are set aside.")]
#: What a person hears of a run; the stages between are for machines.
TOLD = ("again", "replaced", "outbid", "gap")


def register(app: typer.Typer) -> None:
    app.command("deploy")(deploy)
    app.command("deployments")(deployments)


def deploy(
    network: Network = DEFAULT_NETWORK,
    params: ParamsFile = None,
    fresh: Fresh = False,
    key_stdin: KeyStdin = False,
    dev_account: DevAccount = None,
    as_json: Json = False,
) -> None:
    """Deploy all contracts, wire them, read everything back. Killed at any point, the same command goes on."""
    from lading.deploy import Params, checks
    from lading.deploy import deploy as carry_out

    signer = signer_from(key_stdin, dev_account)
    chain = open_chain(network, dev_account)
    made = carry_out(chain, signer, Params.load(params), fresh=fresh, on_step=_tell)
    shown = _shown(chain, made, checks(chain, made))
    emit(shown.document, as_json=as_json, lines=shown.lines)


def deployments(as_json: Json = False) -> None:
    """List the deployments recorded in ./deployments."""
    from lading.deploy import list_records
    from lading.deploy.registry import FOLDER

    found = list_records(FOLDER)
    rows = [(str(path), str(one.chain_id), one.network, one.block, one.deployer) for path, one in found]
    lines = table(("file", "chain", "network", "block", "deployer"), rows)
    document = {"deployments": [{"file": str(path), "deployment": one.dump()} for path, one in found]}
    emit(document, as_json=as_json, lines=lines if rows else [f"Nothing is recorded in {FOLDER}."])


def _tell(step: Progress) -> None:
    if step.stage == "done":
        cost = "" if step.gas is None else f"{step.gas:>10,} gas  {step.seconds or 0:5.2f} s"
        progress(f"{step.index:>3}/{step.total}  {step.step:<28} {cost}".rstrip())
    elif step.stage in TOLD:
        progress(f"        {step.step}: {step.message}")


def _shown(chain: Chain, made: Deployment, read_back: Iterable[Check]) -> Shown:
    from lading.deploy.registry import FOLDER, record_path

    path = record_path(FOLDER, made.chain_id, made.genesis)
    checked = list(read_back)
    delay = int(made.params["governance_delay"])
    document = {
        "file": str(path),
        "deployment": made.dump(),
        "governance_delay": delay,
        "checks": [plain(asdict(one)) | {"ok": one.ok} for one in checked],
    }
    lines = table(
        ("contract", "address", "block"), [(name, one.address, one.block) for name, one in made.contracts.items()]
    )
    facts = {
        "chain": str(made.chain_id),
        "deployer": made.deployer,
        "record": str(path),
        "read back": f"{len(checked)} facts, {'all' if all(one.ok for one in checked) else 'NOT all'} as planned",
    }
    lines += ["", *pairs(facts), ""]
    if delay == 0:
        lines.append("The governance delay is ZERO: roles that can move money are granted at once. For a devnet only.")
    else:
        lines.append(
            f"Roles that can move money are granted after a delay of {length(timedelta(seconds=delay))}, in public."
        )
    return Shown(document, lines)
