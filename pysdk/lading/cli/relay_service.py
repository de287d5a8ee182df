"""What `lading relay run` needs around the relayer: which nodes, whose key, which log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from lading.chain.devnet import recorded_url
from lading.chain.endpoints import Endpoints
from lading.chain.networks import resolve
from lading.chain.signer import Signer
from lading.cli.options import DEFAULT_NETWORK, connect, signer_from
from lading.client import Lading
from lading.errors import InputError, UsageError
from lading.relayer.anchorage import Anchorage
from lading.relayer.config import RelayConfig
from lading.relayer.config_feeds import StdinFeed
from lading.relayer.database import LogIdentity, owner_of
from lading.relayer.errors import OutboxUnreadable, RelayConfigError
from lading.relayer.run import Summary, log_identity, run_once
from lading.relayer.status import Status, status_at


@dataclass(frozen=True, slots=True)
class Start:
    """The command's options."""

    config: RelayConfig
    network: str | None
    deployment: Path | None
    key_stdin: bool
    dev_account: int | None


def one_pass(start: Start, source: Path | None) -> Summary:
    """As `run_once`."""
    signer = signer_from(start.key_stdin, start.dev_account)
    settings = start.config.chain
    if start.network is not None or settings is None or start.dev_account is not None:
        network = start.network or (settings.endpoints[0] if settings else DEFAULT_NETWORK)
        client = connect(network, start.deployment, signer, start.dev_account)
    else:
        client = _client(settings.endpoints, start.deployment).using(signer)
    return run_once(start.config, client, source)


def serve(start: Start, worker: str) -> Status:
    """Runs the service until it is told to end; what its outbox holds then.

    Raises:
        UsageError: there is nothing to listen to, or stdin is to be a key and a source.
        SignerError, OutboxError, RelayConfigError, NetworkError: as they say.
    """
    config = start.config
    if not config.sources:
        raise RelayConfigError("", [("sources", "is missing: a service listens to them; --once takes `source` in")])
    if start.key_stdin and any(isinstance(one, StdinFeed) for one in config.sources):
        raise UsageError("stdin cannot be the key and a source of reads.", hint="Give the key by LADING_KEYSTORE.")
    if not worker or not worker.isascii() or not worker.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"{worker!r} is no name of a worker.", hint="Use letters, digits, - and _.")
    signer = signer_from(start.key_stdin, start.dev_account)
    endpoints = _endpoints(start)
    identity = _identity(start, endpoints, signer)
    _run(Anchorage(config, identity, endpoints, start.deployment, signer.unsafe_key()), worker)
    return status_at(config.outbox)


class ExtraMissing(InputError):
    """What only a service needs is not installed."""


def _run(anchorage: Anchorage, worker: str) -> None:
    try:
        from lading.relayer import logs
        from lading.relayer.service import Service, Settings
    except ImportError as error:
        raise ExtraMissing(
            f"The service needs {error.name}, which is not installed.", hint="Install it: pip install 'lading[relay]'."
        ) from error
    logs.configure()

    async def run() -> None:
        await Service(Settings(anchorage, worker)).run()

    asyncio.run(run())


def _endpoints(start: Start) -> tuple[str, ...]:
    if start.network is None and start.config.chain is not None:
        return start.config.chain.endpoints
    network = resolve(start.network or DEFAULT_NETWORK)
    if network.kind == "embedded":
        raise UsageError("The embedded chain lives for one process.", hint="Name a node's URL, or run a devnet.")
    url = recorded_url(network.kind) if network.kind in ("anvil", "ganache") else None
    return (url or network.url or "",)


def _identity(start: Start, endpoints: tuple[str, ...], signer: Signer) -> LogIdentity:
    """Of the outbox that is there, so that a relay starts while the chain is away; else the chain is asked. The
    anchoring process compares both."""
    if start.dev_account is not None:
        client = connect(endpoints[0], start.deployment, signer, start.dev_account)
        return log_identity(start.config, client)
    try:
        found = owner_of(start.config.outbox)
    except OutboxUnreadable:
        return log_identity(start.config, _client(endpoints, start.deployment))
    publisher = start.config.publisher
    if isinstance(publisher, str) and publisher.lower() != found.publisher:
        return LogIdentity(found.chain_id, found.genesis, found.registry, publisher)
    return found


def _client(endpoints: tuple[str, ...], deployment: Path | None) -> Lading:
    return Endpoints(endpoints).ask(lambda chain: Lading.connect(chain, deployment=deployment))
