"""Where deployments are recorded: `deployments/<chain id>-<8 hex of genesis>.json`. Reads files only, never a chain."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lading.deploy.errors import CannotWrite, DeploymentDamaged, DeploymentForeign
from lading.errors import NoDeployment
from lading.files import write_atomically

FORMAT = "lading-deployment/1"
ENVIRONMENT = "LADING_DEPLOYMENT"
FOLDER = Path("deployments")

_ADDRESS = Field(pattern=r"^0x[0-9a-fA-F]{40}$")
_HASH = Field(pattern=r"^0x[0-9a-f]{64}$")


class ContractRecord(BaseModel):
    """One contract: checksummed address, keccak256 of its runtime code, hash of its ABI, block and hash of creation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str = _ADDRESS
    code_hash: str = _HASH
    abi_hash: str
    block: int = Field(ge=0)
    tx: str = _HASH


class Deployment(BaseModel):
    """One deployment of all contracts to one chain. `block` is the first block that holds any of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["lading-deployment/1"] = "lading-deployment/1"
    chain_id: int
    genesis: str = _HASH
    network: str
    deployer: str = _ADDRESS
    block: int = Field(ge=0)
    contracts: dict[str, ContractRecord]
    params: dict[str, Any]

    def address(self, name: str) -> str:
        """The checksummed address of a contract by its Solidity name.

        Raises:
            NoDeployment: this deployment has no such contract (DevDollar is on devnets only).
        """
        if name not in self.contracts:
            raise NoDeployment(
                f"The deployment on chain {self.chain_id} has no {name}; it has {', '.join(self.contracts)}.",
                hint="DevDollar exists on devnets only; anything else needs `lading deploy --fresh` of this version.",
            )
        return self.contracts[name].address

    def dump(self) -> dict[str, Any]:
        """The JSON document of this record."""
        return self.model_dump(mode="json")


def record_path(directory: Path, chain_id: int, genesis: str) -> Path:
    """The file for that chain; `genesis` is the hash of block 0 as 0x hex."""
    return directory / f"{chain_id}-{genesis.removeprefix('0x')[:8]}.json"


def find(chain_id: int, genesis: str, explicit_path: Path | None = None, directory: Path = FOLDER) -> Deployment:
    """The deployment on that chain: from `explicit_path` (--deployment), else the file that LADING_DEPLOYMENT names,
    else `directory`. Whether its code still stands is for the caller to ask the chain.

    Raises:
        NoDeployment: there is no such file.
        DeploymentDamaged: it cannot be read.
        DeploymentForeign: it is of another chain.
    """
    named = os.environ.get(ENVIRONMENT)
    path = explicit_path or (Path(named) if named else record_path(directory, chain_id, genesis))
    if not path.is_file():
        raise NoDeployment(
            f"No deployment is recorded for chain {chain_id} (genesis {genesis[:10]}…): there is no file {path}.",
            hint="Run `lading deploy --network …`, or name the record with --deployment or LADING_DEPLOYMENT. A devnet "
            "that was started without its old state is another chain.",
        )
    found = read(path)
    if (found.chain_id, found.genesis) != (chain_id, genesis):
        raise DeploymentForeign(path, f"{found.chain_id} ({found.genesis[:10]}…)", f"{chain_id} ({genesis[:10]}…)")
    return found


def list_records(directory: Path = FOLDER) -> list[tuple[Path, Deployment]]:
    """Every record in the folder with its file, by file name. Raises DeploymentDamaged for one that cannot be read."""
    return [(path, read(path)) for path in sorted(directory.glob("*-????????.json"))]


def read(path: Path) -> Deployment:
    """Raises DeploymentDamaged if the file is not a whole record."""
    try:
        return Deployment.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "document"
        raise DeploymentDamaged(path, f"{where}: {first['msg']}") from error
    except OSError as error:
        raise DeploymentDamaged(path, str(error)) from error


def render(deployment: Deployment) -> str:
    """The text of the file."""
    return json.dumps(deployment.dump(), indent=2) + "\n"


def write(deployment: Deployment, path: Path) -> None:
    """Writes the record whole or not at all. Raises CannotWrite."""
    try:
        write_atomically(path, render(deployment))
    except OSError as error:
        raise CannotWrite(path, error) from error
