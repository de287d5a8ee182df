"""One deployment from parameters to record: checked, locked, journaled, carried out, read back, recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eth_utils.crypto import keccak

from lading import artifacts
from lading.artifacts import Artifact
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.deploy import registry
from lading.deploy.errors import DeploymentExists, DeploymentUnverified
from lading.deploy.journal import Begun, Journal, Recorded, locked, set_aside
from lading.deploy.params import DEPLOYER, DEV_TOKEN, Params
from lading.deploy.plan import Governance, Mined, Step, make_steps
from lading.deploy.registry import ContractRecord, Deployment
from lading.deploy.runner import ROUND_SECONDS, OnStep, Progress, Runner
from lading.deploy.verify import checks

CONTRACTS = (
    "AccessManager",
    "ParticipantRegistry",
    "ProvenanceRegistry",
    "TradeEscrow",
    "Deliveries",
    "Quotes",
    "Returns",
    "Disputes",
    "Duties",
    "SellerCredit",
    "CustomsClearance",
    "ItemClaims",
    DEV_TOKEN,
)


def deploy(
    chain: Chain,
    signer: Signer,
    params: Params | None = None,
    *,
    directory: Path = registry.FOLDER,
    fresh: bool = False,
    on_step: OnStep | None = None,
    round_seconds: float = ROUND_SECONDS,
) -> Deployment:
    """Deploys all contracts and records them in `directory`; the same call resumes a run that was ended at any point,
    and after a finished one reads everything back and changes nothing. On the embedded chain nothing is written.

    `fresh` sets the journal of an earlier deployment aside and begins anew; its record stands until the new one does.
    `round_seconds` is how long a transaction may wait before its fee is looked at again. `on_step` is told of every
    stage.

    Raises:
        ParamsInvalid: before anything is sent.
        InsufficientFunds: before anything is sent, with the numbers.
        DeploymentBusy, DeploymentExists, JournalDamaged, JournalMismatch, CannotWrite: nothing is sent.
        ContractError, TransactionError, NetworkError: run it again to go on.
        DeploymentUnverified: what stands on the chain is not as planned; no record is written.
    """
    wanted = params or Params.default()
    steps, begun = _plan(chain, signer, wanted)
    tell = on_step or _silent
    if chain.network.kind == "embedded":
        runner = Runner(chain, signer, steps, Journal.open(None, begun), on_step=tell, round_seconds=round_seconds)
        return _carry_out(chain, steps, begun, runner, tell)
    record = registry.record_path(directory, chain.chain_id, chain.genesis)
    path = record.with_suffix(".journal.jsonl")
    with locked(record.with_suffix(".lock")):
        if fresh:
            # Before the journal of what stands is touched: who cannot pay changes nothing.
            Runner(chain, signer, steps, Journal.open(None, begun), on_step=tell).check_funds()
            set_aside(path)
        elif record.exists() and not path.exists():
            raise DeploymentExists(record)
        journal = Journal.open(path, begun)
        runner = Runner(chain, signer, steps, journal, on_step=tell, round_seconds=round_seconds)
        deployment = _carry_out(chain, steps, begun, runner, tell)
        _write_record(deployment, record, journal)
    return deployment


def _write_record(deployment: Deployment, path: Path, journal: Journal) -> None:
    """An older record stands until this one is whole, and is kept beside it."""
    if path.exists() and path.read_bytes() == registry.render(deployment).encode():
        return
    set_aside(path)
    registry.write(deployment, path)
    journal.append(Recorded(path=str(path)))


def _plan(chain: Chain, signer: Signer, params: Params) -> tuple[tuple[Step, ...], Begun]:
    """The steps, and the journal's first line, which says what they are made from."""
    shipped = {name: artifacts.load(name) for name in CONTRACTS}
    arguments = params.check(chain.chain_id, {name: artifact.abi for name, artifact in shipped.items()})
    used = {name: shipped[name] for name in arguments}
    steps = make_steps(
        arguments,
        {name: bytes.fromhex(artifact.bytecode.removeprefix("0x")) for name, artifact in used.items()},
        {name: artifact.abi for name, artifact in used.items()},
        _governance(params, signer.address),
        signer.address,
        tuple(params.rates_on(chain.chain_id).items()),
    )
    return steps, _begun(chain, signer, params, used)


def _carry_out(chain: Chain, steps: tuple[Step, ...], begun: Begun, runner: Runner, tell: OnStep) -> Deployment:
    mined = runner.run()
    deployment = Deployment(
        chain_id=chain.chain_id,
        genesis=chain.genesis,
        network=chain.network.name,
        deployer=begun.deployer,
        block=min(item.block for item in mined.values()),
        contracts={step.contract: _record(chain, step, mined[step.id]) for step in steps if step.creates},
        params=begun.params,
    )
    found = checks(chain, deployment)
    if failed := [f"{check.name}: expected {check.expected}, found {check.found}" for check in found if not check.ok]:
        raise DeploymentUnverified(failed)
    tell(Progress("verify", "done", len(steps), len(steps), f"{len(found)} checks of code, wiring and roles hold"))
    return deployment


def _record(chain: Chain, step: Step, mined: Mined) -> ContractRecord:
    return ContractRecord(
        address=mined.address,
        code_hash=chain.code_hash(mined.address),
        abi_hash=artifacts.load(step.contract).abi_sha256,
        block=mined.block,
        tx=mined.tx_hash,
    )


def _begun(chain: Chain, signer: Signer, params: Params, used: Mapping[str, Artifact]) -> Begun:
    return Begun(
        chain_id=chain.chain_id,
        genesis=chain.genesis,
        deployer=signer.address,
        params=params.model_dump(mode="json"),
        code={name: "0x" + keccak(hexstr=artifact.bytecode).hex() for name, artifact in used.items()},
    )


def _governance(params: Params, deployer: str) -> Governance:
    admin, registrar, governor = (
        deployer if account == DEPLOYER else account for account in (params.admin, params.registrar, params.governor)
    )
    return Governance(admin, registrar, governor, params.governance_delay)


def _silent(_: Progress) -> None:
    """For callers that want no progress."""
