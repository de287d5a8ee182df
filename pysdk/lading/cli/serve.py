"""`lading serve`: the consumer's web page."""

from __future__ import annotations

import logging
import os
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.options import Json, open_chain, refuse_several_chains
from lading.cli.output import emit
from lading.errors import InputError, NoDeployment, ToolchainError, UsageError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from lading.chain.node import Chain
    from lading.deploy.registry import Deployment
    from lading.web.taps import Taps

Bundles = Annotated[Path, typer.Option("--bundles", metavar="DIR", help="Folder of proof bundles (*.json).")]
FaultFolder = Annotated[
    Path | None,
    typer.Option("--faults", metavar="DIR", help="Folder of fault documents (*.json): their publishers are suspect."),
]
Rpc = Annotated[
    list[str] | None,
    typer.Option("--rpc", metavar="URL", help="A node that you believe; may be repeated: all are asked."),
]
DeploymentFile = Annotated[
    Path | None,
    typer.Option(
        "--deployment",
        envvar="LADING_DEPLOYMENT",
        metavar="FILE",
        help="Record of the deployment that you trust; default: the one in ./deployments for the node's chain.",
    ),
]
SunKeys = Annotated[
    Path | None,
    typer.Option("--sun-keys", metavar="FILE", help="The brand's key file: messages of its tags are checked as well."),
]
SunCounters = Annotated[
    Path | None,
    typer.Option("--sun-counters", metavar="FILE", help="Keeps the last counter of each tag, with --sun-keys."),
]
Host = Annotated[str, typer.Option("--host", help="Address to listen on; 0.0.0.0 for every one of this machine.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")]

MAX_CONNECTIONS = 400
IDLE_SECONDS = 5
MAX_HEADER_BYTES = 16 << 10


class WebMissing(ToolchainError):
    """The libraries of the extra `web` are not installed."""


class CannotListen(InputError):
    """The address is taken, or not this machine's."""


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(
    bundles: Bundles,
    faults: FaultFolder = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    sun_keys: SunKeys = None,
    sun_counters: SunCounters = None,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    as_json: Json = False,
) -> None:
    """Serve a page for each item at its GS1 Digital Link path, until stopped. Put a server with TLS in front of it."""
    require_web("serve", "fastapi", "uvicorn", "jinja2")
    from lading.facts import TrustedDeployment
    from lading.web.app import create_app
    from lading.web.desk import Desk
    from lading.web.faults import FaultShelf
    from lading.web.shelf import Shelf

    nodes = rpc or []
    chains = [open_chain(url) for url in nodes]
    record = _record(chains, deployment)
    trusted = None if record is None else TrustedDeployment.of_record(record)
    shelf = Shelf(bundles)
    accused = None if faults is None else FaultShelf(faults)
    taps = _taps(sun_keys, sun_counters)
    desk = Desk(shelf, nodes, trusted, accused)
    with _listening(host, port) as listener:
        url = f"http://{'[' + host + ']' if ':' in host else host}:{listener.getsockname()[1]}"
        document = {
            "url": url,
            "bundles": shelf.bundles,
            "refused": shelf.refused,
            "faults": accused.held if accused else 0,
            "faults_refused": accused.refused if accused else 0,
            "chain_id": trusted and trusted.trusted.chain_id,
        }
        said = [f"{shelf.bundles} items at {url}/01/…/21/…  (Ctrl-C stops)"]
        if not chains:
            said.append("No --rpc: without a node no verdict is better than unknown.")
        emit(document, as_json=as_json, lines=said)
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
        _run(create_app(desk, taps), listener)


def _run(app: FastAPI, listener: socket.socket) -> None:
    """Until it is stopped."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )
    uvicorn.Server(config).run(sockets=[listener])


def require_web(command: str, *modules: str) -> None:
    """
    Raises:
        WebMissing: one of the extra's modules is not installed.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise WebMissing(
            f"lading {command} needs {', '.join(missing)}.", hint="Install the extra: pip install 'lading[web]'."
        )


def _record(chains: list[Chain], path: Path | None) -> Deployment | None:
    """The deployment to trust; all nodes have to be on its chain.

    Raises:
        UsageError: nodes without a deployment.
        WrongChain: two nodes are on different chains, or on another than the record.
    """
    from lading.deploy import registry

    if not chains:
        return None if path is None else registry.read(path)
    refuse_several_chains(chains)
    first = chains[0]
    try:
        return registry.find(first.chain_id, first.genesis, path)
    except NoDeployment as error:
        raise UsageError(
            "It is not said which deployment to trust.", hint="Give its record with --deployment FILE."
        ) from error


def _taps(keys: Path | None, counters: Path | None) -> Taps | None:
    """The brand's key service. Both files are looked at now, so that nobody finds out by a visitor.

    Raises:
        UsageError: one of the two is missing. KeyFileError, CountersError: one is not usable.
    """
    if keys is None and counters is None:
        return None
    if keys is None or counters is None:
        raise UsageError("Messages of tags need keys and counters.", hint="Give --sun-keys and --sun-counters.")
    from lading.sun import Counters, Keys
    from lading.web.taps import Taps

    found = Keys.load(keys)
    with Counters.open(counters):
        return Taps(found, counters)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(min(MAX_CONNECTIONS, socket.SOMAXCONN))
    except OSError as error:
        listener.close()
        raise CannotListen(
            f"{host}:{port} cannot be listened on: {os.strerror(error.errno or 0)}.",
            hint="Choose another --port or --host.",
        ) from error
    return listener
