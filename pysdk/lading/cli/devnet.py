"""`lading devnet`: a local node with funded accounts, its chain kept between runs."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli.options import Json
from lading.cli.output import emit, table

if TYPE_CHECKING:
    from lading.chain.devnet import Devnet

app = typer.Typer(name="devnet", help="A local node: start, look, end.", no_args_is_help=True)


class Kind(StrEnum):
    """`lading.chain.devnet.Kind`, as an option has it; a test compares the two."""

    ANVIL = "anvil"
    GANACHE = "ganache"


KindOption = Annotated[Kind, typer.Option("--kind", help="Which node.")]
Port = Annotated[
    int | None, typer.Option("--port", min=1, max=65535, help="Default: 8545 for anvil, 8546 for ganache.")
]


@app.command("up")
def up(kind: KindOption = Kind.ANVIL, port: Port = None, as_json: Json = False) -> None:
    """Start the node, or show the one that runs. It goes on with the chain kept in ./.lading."""
    from lading.chain import devnet
    from lading.chain.signer import DEV_MNEMONIC

    node = devnet.up(kind.value, port)
    document = _document(node) | {"accounts": list(node.accounts), "mnemonic": DEV_MNEMONIC}
    emit(document, as_json=as_json, lines=_welcome(node, DEV_MNEMONIC))


@app.command("status")
def status(as_json: Json = False) -> None:
    """Show the nodes that were started from this folder."""
    from lading.chain import devnet

    nodes = devnet.status()
    states = {True: "running", False: "ended"}
    rows = [(node.kind, states[node.running], node.url, str(node.chain_id), str(node.pid)) for node in nodes]
    lines = table(("kind", "state", "url", "chain", "process"), rows) if rows else ["No node was started from here."]
    emit({"nodes": [_document(node) for node in nodes]}, as_json=as_json, lines=lines)


@app.command("down")
def down(kind: KindOption = Kind.ANVIL, as_json: Json = False) -> None:
    """End the node; its chain is kept."""
    from lading.chain import devnet

    node = devnet.down(kind.value)
    said = f"No {kind.value} was running." if node is None else f"{kind.value} ended; its chain is kept in .lading."
    emit({"ended": None if node is None else _document(node)}, as_json=as_json, lines=[said])


def _document(node: Devnet) -> dict[str, Any]:
    whole = asdict(node)
    return {name: whole[name] for name in ("kind", "url", "port", "chain_id", "pid", "running", "log")}


def _welcome(node: Devnet, mnemonic: str) -> list[str]:
    return [
        f"{node.kind} listens at {node.url} (chain {node.chain_id}, process {node.pid}).",
        "",
        *table(("--dev-account", "address"), [(str(index), address) for index, address in enumerate(node.accounts)]),
        "",
        "The keys of these accounts are PUBLIC: everybody has them. Use them on a devnet only.",
        f"They come from the mnemonic: {mnemonic}",
    ]
