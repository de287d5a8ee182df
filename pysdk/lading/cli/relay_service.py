"""What `lading relay run` needs around the relayer: which nodes, whose key, which log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from lading.chain.devnet import recorded_url
from lading.chain.endpoints import Endpoints
from lading.chain.networks import resolve
from lading.chain.signer import Signer
from lading.cli.options import DEFAULT_NETWORK, connect, signer_from
from lading.cli.output import progress
from lading.client import Lading
from lading.errors import InputError, LadingError, NetworkError, UsageError
from lading.relayer.anchoring.anchorage import Anchorage
from lading.relayer.captures.keys import check_registered, signing_key
from lading.relayer.captures.signing import CaptureSigner
from lading.relayer.config.feeds import StdinFeed
from lading.relayer.config.settings import RelayConfig
from lading.relayer.errors import OutboxUnreadable
from lading.relayer.run import Summary, log_identity, run_once
from lading.relayer.service.status import Status, status_at
from lading.relayer.store.database import LogIdentity, owner_of

KEY_SECONDS: Final = 10.0
"""How long a start waits for the chain's word on the key that signs captures."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The options that say which chain, and who signs."""

    network: str | None
    deployment: Path | None
    key_stdin: bool
    dev_account: int | None

    def signer(self) -> Signer:
        """Raises `SignerError`."""
        return signer_from(self.key_stdin, self.dev_account)

    def endpoints(self, config: RelayConfig) -> tuple[str, ...]:
        """The nodes that are meant.

        Raises:
            UsageError, UnknownNetwork: what was named is none.
        """
        if self.network is None and config.chain is not None:
            return config.chain.endpoints
        network = resolve(self.network or DEFAULT_NETWORK)
        if network.kind == "embedded":
            raise UsageError("The embedded chain lives for one process.", hint="Name a node's URL, or run a devnet.")
        url = recorded_url(network.kind) if network.kind in ("anvil", "ganache") else None
        return (url or network.url or "",)

    def client(self, config: RelayConfig | None = None) -> Lading:
        """One that signs. Raises as `Lading.connect`, and `SignerError`."""
        signer = self.signer()
        settings = None if config is None or self.network is not None else config.chain
        if settings is None:
            return connect(self.network or DEFAULT_NETWORK, self.deployment, signer, self.dev_account)
        if self.dev_account is not None:
            return connect(settings.endpoints[0], self.deployment, signer, self.dev_account)
        return reading(settings.endpoints, self.deployment).using(signer)


def reading(endpoints: tuple[str, ...], deployment: Path | None) -> Lading:
    """A client on the first of the nodes that answers."""
    return Endpoints(endpoints).ask(lambda chain: Lading.connect(chain, deployment=deployment))


def one_pass(config: RelayConfig, client: Lading, source: Path | None) -> Summary:
    """As `run_once`."""
    return run_once(config, client, source)


def serve(config: RelayConfig, keys: Keys, worker: str) -> Status:
    """Runs the service until it is told to end; what its outbox holds then.

    Raises:
        UsageError: stdin is to be a key and a source, or the worker's name is none.
        SignerError: also where captures are to be signed, and their key is missing or none of the publisher's.
        OutboxError, RelayConfigError, NetworkError: as they say.
    """
    if keys.key_stdin and any(isinstance(one, StdinFeed) for one in config.sources):
        raise UsageError("stdin cannot be the key and a source of reads.", hint="Give the key by LADING_KEYSTORE.")
    if not worker.isascii() or not worker.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"{worker!r} is no name of a worker.", hint="Use letters, digits, - and _.")
    endpoints, signer = keys.endpoints(config), keys.signer()
    capture_key = None if config.signing is None else signing_key(config.signing)
    identity = _identity(config, keys, endpoints)
    captures = None
    if capture_key is not None:
        _check_capture_key(identity, keys, endpoints, capture_key)
        captures = CaptureSigner(identity, capture_key)
    _run(Anchorage(config, identity, endpoints, keys.deployment, signer.unsafe_key()), worker, captures)
    return status_at(config.outbox)


def _check_capture_key(identity: LogIdentity, keys: Keys, endpoints: tuple[str, ...], key: Signer) -> None:
    """A chain that is away keeps no reads waiting: whoever verifies the captures asks it again.

    Raises:
        SigningKeyRefused: the chain says that the key is none of the publisher's.
        DeploymentError: it is not known which contracts to ask.
    """
    answers: SimpleQueue[LadingError | None] = SimpleQueue()

    def ask() -> None:
        try:
            check_registered(reading(endpoints, keys.deployment), identity.publisher, key.address)
        except LadingError as error:
            answers.put(error)
        else:
            answers.put(None)

    Thread(target=ask, daemon=True).start()
    try:
        refusal = answers.get(timeout=KEY_SECONDS)
    except Empty:
        refusal = NetworkError(f"no node answered within {KEY_SECONDS:g} s.")
    if isinstance(refusal, NetworkError):
        progress(f"Whether {key.address} may sign captures is not checked: {refusal.message}")
    elif refusal is not None:
        raise refusal


def retire(config: RelayConfig, worker: str) -> int:
    """Raises `ExtraMissing`, and as `lading.relayer.service.retire`."""
    with _extra():
        from lading.relayer.service import retire as retiring
    return asyncio.run(retiring.retire(config, worker))


class ExtraMissing(InputError):
    """What only a service needs is not installed."""


@contextmanager
def _extra() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise ExtraMissing(
            f"The service needs {error.name}, which is not installed.", hint="Install it: pip install 'lading[relay]'."
        ) from error


def _run(anchorage: Anchorage, worker: str, captures: CaptureSigner | None) -> None:
    with _extra():
        from lading.relayer import logs
        from lading.relayer.service.service import Service, Settings
    logs.configure()

    async def run() -> None:
        await Service(Settings(anchorage, worker, captures)).run()

    asyncio.run(run())


def _identity(config: RelayConfig, keys: Keys, endpoints: tuple[str, ...]) -> LogIdentity:
    """Of the outbox that is there, so that a relay starts while the chain is away; else the chain is asked. The
    anchoring process compares both."""
    if keys.dev_account is not None:
        return log_identity(config, connect(endpoints[0], keys.deployment, None, keys.dev_account))
    try:
        found = owner_of(config.outbox)
    except OutboxUnreadable:
        return log_identity(config, reading(endpoints, keys.deployment))
    if isinstance(config.publisher, str) and config.publisher.lower() != found.publisher:
        return LogIdentity(found.chain_id, found.genesis, found.registry, config.publisher)
    return found
