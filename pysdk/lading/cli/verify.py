"""`lading verify`: is this item genuine? The arguments are those of scripts/verify.py."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import read_bytes
from lading.cli.options import START, Json, open_chain, refuse_several_chains
from lading.cli.output import emit, progress
from lading.errors import (
    ContractError,
    DeploymentError,
    InputError,
    NetworkError,
    NoDeployment,
    NotReachable,
    UnknownNetwork,
    UsageError,
)

if TYPE_CHECKING:
    from lading import facts
    from lading.chain.node import Chain
    from lading.facts import TrustedDeployment
    from lading.provenance.charges import Charge, Heard

Code = Annotated[
    str | None, typer.Argument(metavar="[CODE]", help="EPC or Digital Link on the item, or the bundle's file.")
]
BundleFile = Annotated[Path | None, typer.Option("--bundle", metavar="FILE", help="The proof bundle.")]
# No environment variable here: what is typed as --registry must not meet a record that was not meant.
DeploymentFile = Annotated[
    Path | None,
    typer.Option(
        "--deployment",
        metavar="FILE",
        help="Record of the deployment that you trust; default: the one that LADING_DEPLOYMENT names, else the one in "
        "./deployments for the node's chain.",
    ),
]
Rpc = Annotated[
    list[str],
    typer.Option("--rpc", metavar="URL", help="A node that you believe; several are asked the same and compared."),
]
StateProof = Annotated[
    bool,
    typer.Option("--state-proof", help="Believe no node: prove every answer from its block's state root."),
]
BlockHash = Annotated[
    str | None,
    typer.Option("--block-hash", metavar="HASH", help="With --state-proof: the block that you trust, by its hash."),
]
Registry = Annotated[str | None, typer.Option("--registry", metavar="ADDRESS", help="Or: the ParticipantRegistry,")]
Provenance = Annotated[str | None, typer.Option("--provenance", metavar="ADDRESS", help="the ProvenanceRegistry,")]
ChainId = Annotated[int | None, typer.Option("--chain-id", metavar="N", min=1, help="and their chain.")]


FaultFiles = Annotated[
    list[Path],
    typer.Option("--fault", metavar="FILE", help="A fault document against a publisher; repeat the option."),
]


class FaultRefused(InputError):
    """A fault document that proves nothing."""


class NoRegistry(DeploymentError):
    """Another program stands where the registries should: only addresses that were typed can meet it."""


def register(app: typer.Typer) -> None:
    app.command("verify")(verify)


def verify(
    code: Code = None,
    bundle: BundleFile = None,
    rpc: Rpc = [],  # noqa: B006 - typer makes a new one each time
    state_proof: StateProof = False,
    block_hash: BlockHash = None,
    deployment: DeploymentFile = None,
    registry: Registry = None,
    provenance: Provenance = None,
    chain_id: ChainId = None,
    fault: FaultFiles = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Say whether an item is genuine: exit 0 authentic, 10 suspect, 11 recalled, 12 unknown."""
    from lading import facts
    from lading.provenance.bundle import parse
    from lading.provenance.item import item_of

    if bundle is None and code is not None and Path(code).is_file():
        bundle, code = Path(code), None
    if bundle is None:
        raise UsageError("There is no bundle to verify.", hint="Give --bundle FILE, or the file instead of the code.")
    typed = _typed(registry, provenance, chain_id, deployment)
    proof = _proof(state_proof, block_hash, rpc)
    item = None if code is None else item_of(code)
    content = parse(read_bytes(bundle))
    charges = [_charge(file) for file in fault]
    chains, silent = open_nodes(rpc)
    trusted, record = (typed, None) if typed else recorded(chains[0] if chains else None, deployment)
    try:
        verdict = facts.verify_among(
            content, chains, silent=silent, deployment=trusted, item=item, proof=proof, charges=charges
        )
    except ContractError as error:
        raise NoRegistry(
            "What stands at the addresses that you trust does not answer like the two registries.",
            hint="Compare --registry (ParticipantRegistry) and --provenance (ProvenanceRegistry) with their source.",
        ) from error
    _say(verdict.heard, aloud=as_json)
    lines = verdict.explain() if record is None else [*verdict.explain(), f"Trusted record: {record}"]
    emit(verdict.document(), as_json=as_json, lines=lines)
    if verdict.exit_code:
        raise typer.Exit(verdict.exit_code)


def _charge(file: Path) -> Charge:
    """
    Raises:
        FaultRefused: it is no fault document.
    """
    from lading.provenance import faults
    from lading.provenance.charges import Charge
    from lading.provenance.errors import FaultError

    try:
        return Charge(str(file), faults.parse(read_bytes(file)))
    except FaultError as error:
        raise FaultRefused(
            f"{file} is no fault document, at {error.path}: {error.problem}.", hint=error.hint
        ) from error


def _say(heard: Sequence[Heard], *, aloud: bool) -> None:
    """What became of the fault documents, where the document on stdout has no place for it.

    Raises:
        FaultRefused: one does not hold; a verdict beside it would look as if it had been weighed.
    """
    from lading.provenance.charges import Weight
    from lading.provenance.explain import weighed

    for one in heard:
        if one.weight is Weight.REFUSED:
            raise FaultRefused(
                f"{one.charge.name} proves no fault: {one.because}.",
                hint="Leave it out, and ask whoever gave it to you.",
            )
    for one in heard if aloud else ():
        progress(weighed(one))


def _typed(
    registry: str | None, provenance: str | None, chain_id: int | None, deployment: Path | None
) -> TrustedDeployment | None:
    """What the user trusts, as typed; None if it was not."""
    if (registry, provenance, chain_id) == (None, None, None):
        return None
    if registry is None or provenance is None or chain_id is None or deployment is not None:
        raise UsageError(
            "What to trust is not said in full, or twice.",
            hint="Give --deployment, or all of --registry, --provenance and --chain-id.",
        )
    from lading.facts import TrustedDeployment

    try:
        return TrustedDeployment.of_addresses(chain_id, registry, provenance)
    except InputError as error:
        raise UsageError(error.message, hint="Copy the address anew, from where you trust it.") from None


def _proof(state_proof: bool, block_hash: str | None, rpc: list[str]) -> facts.StateProof | None:
    """
    Raises:
        UsageError: a block without --state-proof, proofs from no node, or what is no hash.
    """
    from lading.facts import StateProof

    if not state_proof:
        if block_hash is not None:
            raise UsageError("--block-hash says from which block to prove.", hint="Give --state-proof with it.")
        return None
    if not rpc:
        raise UsageError("A state proof comes from a node.", hint="Give its URL as --rpc; it need not be believed.")
    if block_hash is None:
        return StateProof()
    if re.fullmatch(r"0x[0-9a-fA-F]{64}", block_hash) is None:
        raise UsageError(
            f"{block_hash[:80]!r} is no block hash.", hint="It is 0x and 64 hex digits, as a block explorer shows it."
        )
    return StateProof(bytes.fromhex(block_hash[2:]))


def open_nodes(urls: list[str]) -> tuple[list[Chain], list[facts.Silent]]:
    """The nodes that answer, and those that do not.

    Raises:
        NotReachable: none does. WrongChain: two of them are on different chains.
    """
    from lading.chain.networks import resolve
    from lading.facts import Silent

    chains, silent = [], []
    for url in urls:
        try:
            chains.append(_node(url))
        except NetworkError as error:
            if len(urls) == 1 or isinstance(error, UnknownNetwork):
                raise
            silent.append(Silent(resolve(url).name, error))
    if silent and not chains:
        raise silent[0].error
    refuse_several_chains(chains)
    return chains, silent


def _node(rpc: str) -> Chain:
    """Who checks an item has a node of others, which no command of ours starts."""
    try:
        return open_chain(rpc)
    except NotReachable as error:
        if rpc in START:
            raise
        raise NotReachable(error.message, hint="Check the URL, or ask another node.") from error


def recorded(chain: Chain | None, path: Path | None) -> tuple[TrustedDeployment | None, Path | None]:
    """From the record that the user named here or in LADING_DEPLOYMENT, or has in ./deployments for the node's chain,
    with its file; None twice if there is none."""
    from lading.deploy import registry
    from lading.facts import TrustedDeployment

    named = os.environ.get(registry.ENVIRONMENT)
    file = path or (Path(named) if named else None)
    if file is not None:
        return TrustedDeployment.of_record(registry.read(file)), file
    if chain is None:
        return None, None
    try:
        found = registry.find(chain.chain_id, chain.genesis)
    except NoDeployment:
        return None, None
    return TrustedDeployment.of_record(found), registry.record_path(registry.FOLDER, chain.chain_id, chain.genesis)
