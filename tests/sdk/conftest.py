"""Two chains and one deployment on each: every test of a verb runs on both."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# pytest's importlib mode puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from sdk_kit import GOVERNOR, World, build_world
from sender_fixtures import anvil, bench, held, two  # noqa: F401 - fixtures

from lading.chain import devnet
from lading.chain.node import Chain
from lading.client import Lading
from lading.deploy import Deployment, Params, deploy


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Under `ape test` there is one chain, the one that ape started; else there are two of our own."""
    if "chain" in metafunc.fixturenames:
        under_ape = bool(metafunc.config.getoption("--network", default=None))
        metafunc.parametrize("chain", ["ape"] if under_ape else ["embedded", "anvil"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    if request.param == "ape":
        import ape

        yield Chain.open(ape.chain.provider.web3.provider)
        return
    if request.param == "embedded":
        yield Chain.open("embedded")
        return
    with devnet.running("anvil") as node:
        yield Chain.open(node.url)


@pytest.fixture(scope="session")
def deployment(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return deploy(chain, GOVERNOR, Params.default(governance_delay=0), directory=tmp_path_factory.mktemp("deployments"))


@pytest.fixture(scope="session")
def client(chain: Chain, deployment: Deployment) -> Lading:
    """Signed by the registrar and governor."""
    return Lading.connect(chain, signer=GOVERNOR, deployment=deployment)


@pytest.fixture(scope="session")
def world(client: Lading) -> World:
    return build_world(client)
