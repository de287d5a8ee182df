"""A shell in an empty folder; and one beside a real Anvil, with the contracts deployed by `lading deploy`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# pytest's importlib mode puts no test folder on the path. The SDK's tests have the cast of participants.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "sdk"))

from cli_kit import Cli
from order_kit import PARTIES, TIMES, Order
from sdk_kit import GOVERNOR, World, build_world

from lading.chain import devnet
from lading.client import Lading


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """In an empty folder, with no chain."""
    return Cli(tmp_path)


@pytest.fixture(scope="module")
def node() -> Iterator[devnet.Devnet]:
    with devnet.running("anvil") as found:
        yield found


@pytest.fixture(scope="module")
def shell(node: devnet.Devnet, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """In a folder with a deployment on a devnet, which is its network."""
    found = Cli(tmp_path_factory.mktemp("shell"), LADING_NETWORK=node.url)
    (found.folder / "devnet.yaml").write_text("governance_delay: 0s\n", encoding="utf-8")
    found.json("deploy --params devnet.yaml --dev-account 0")
    return found


@pytest.fixture(scope="module")
def world(node: devnet.Devnet, shell: Cli) -> World:
    """Admitted participants, each with a key that is a devnet's account."""
    (record,) = (shell.folder / "deployments").glob("31337-????????.json")
    return build_world(Lading.connect(node.url, signer=GOVERNOR, deployment=record))


@pytest.fixture
def order(shell: Cli, world: World, tmp_path: Path) -> Order:
    """An order of which nothing is agreed yet."""
    return Order(shell, tmp_path)


@pytest.fixture
def terms(shell: Cli, world: World, tmp_path: Path) -> Path:
    """Terms of a new order without a condition."""
    path = tmp_path / "terms.json"
    made = shell.json(f"order terms {PARTIES} {TIMES} --price 120.50 --freight 9.99 --fee-bps 250 --out {path}")
    assert json.loads(path.read_text(encoding="utf-8")) == made["terms"]
    return path
