"""Games to draw from, and a shell for the command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# pytest's importlib mode puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "cli"))
sys.path.insert(0, str(Path(__file__).parent.parent / "sdk"))

from cli_kit import Cli
from sdk_kit import GOVERNOR, World, build_world

from lading.chain.node import Chain
from lading.client import Lading
from lading.deploy import Params, deploy


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """In an empty folder, with no chain."""
    return Cli(tmp_path)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The SDK's cast on a chain in the process."""
    chain = Chain.open("embedded")
    params = Params.default(governance_delay=0)
    deployment = deploy(chain, GOVERNOR, params, directory=tmp_path_factory.mktemp("deployments"))
    return build_world(Lading.connect(chain, signer=GOVERNOR, deployment=deployment))
