"""The options that several commands share, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.errors import NoSigner, NotReachable, UsageError, WrongChain

if TYPE_CHECKING:
    from lading.chain.node import Chain
    from lading.chain.signer import Signer
    from lading.client import Lading

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Network = Annotated[
    str,
    typer.Option("--network", "-n", envvar="LADING_NETWORK", help="anvil, ganache, or the URL of a node."),
]
DeploymentFile = Annotated[
    Path | None,
    typer.Option("--deployment", envvar="LADING_DEPLOYMENT", help="Deployment record; default: ./deployments."),
]
KeyStdin = Annotated[bool, typer.Option("--key-stdin", help="Read the private key from stdin.")]
DevAccount = Annotated[
    int | None,
    typer.Option("--dev-account", min=0, max=19, help="Sign as account N of a devnet (its key is public)."),
]
#: What else an outbox may be; it is given as text, since a path has no two slashes.
OUTBOX_URL = "Or postgresql://user@host/name, its password in PGPASSWORD."

DEFAULT_NETWORK = "anvil"
START = {"anvil": "lading devnet up", "ganache": "lading devnet up --kind ganache"}


def signer_from(key_stdin: bool, dev_account: int | None) -> Signer:
    """The key that a command signs with: stdin, a devnet's account, or the environment.

    Raises:
        UsageError: both were asked for.
        SignerError: none can be had.
    """
    from lading.chain.signer import Signer

    if key_stdin and dev_account is not None:
        raise UsageError("--key-stdin and --dev-account exclude each other.", hint="Give one of them.")
    if key_stdin:
        return Signer.from_stdin()
    if dev_account is not None:
        return Signer.dev(dev_account)
    try:
        return Signer.from_env()
    except NoSigner as error:
        raise NoSigner(error.message, hint=f"{error.hint} On a devnet, --dev-account N does.") from None


def open_chain(network: str, dev_account: int | None = None) -> Chain:
    """A chain that outlives this process; `anvil` and `ganache` where this folder's devnet listens.

    Raises:
        UsageError: the embedded chain, or an account of a devnet on a chain that is none.
        UnknownNetwork, NotReachable: as they say.
    """
    if network == "embedded":
        raise UsageError(
            "The embedded chain lives for one process: what this command would do is gone when it ends.",
            hint="Start a node with 'lading devnet up' and use --network anvil, or run 'lading demo'.",
        )
    from lading.chain.devnet import recorded_url
    from lading.chain.networks import at_url, resolve
    from lading.chain.node import Chain

    meant = resolve(network)
    url = recorded_url(meant.kind) if meant.kind in ("anvil", "ganache") else None
    try:
        chain = Chain.open(at_url(meant, url) if url else meant)
    except NotReachable as error:
        if meant.kind not in START:
            raise
        raise NotReachable(error.message, hint=f"Start it with `{START[meant.kind]}`.") from error
    if dev_account is not None:
        _refuse_public_key(chain)
    return chain


def refuse_several_chains(chains: Sequence[Chain]) -> None:
    """
    Raises:
        WrongChain: two nodes are on different chains, by id or by block 0, so that none of them chooses a record.
    """
    for first, other in ((chains[0], one) for one in chains[1:]):
        if (other.chain_id, other.genesis) != (first.chain_id, first.genesis):
            each = " and ".join(
                f"{one.network.name} on {one.chain_id} (block 0 is {one.genesis})" for one in (first, other)
            )
            raise WrongChain(
                f"The nodes are on different chains: {each}.",
                hint="Name nodes of one chain, that of the deployment that you trust.",
            )


def _refuse_public_key(chain: Chain) -> None:
    from lading.deploy.params import DEVNET_CHAIN_IDS

    if chain.chain_id not in DEVNET_CHAIN_IDS:
        raise UsageError(
            f"--dev-account signs with a key that the whole world has, and chain {chain.chain_id} is no devnet.",
            hint="Use a key of your own: LADING_KEYSTORE, LADING_KEY or --key-stdin.",
        )


def connect(
    network: str, deployment: Path | None, signer: Signer | None = None, dev_account: int | None = None
) -> Lading:
    """A client on a chain that outlives this process. Raises as `open_chain` and `Lading.connect`."""
    from lading.client import Lading

    return Lading.connect(open_chain(network, dev_account), signer=signer, deployment=deployment)
