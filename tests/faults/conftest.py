"""What the tests of faults share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "relayer"))
from bed import Ground, ground
from databases import IDENTITY, postgres, schema, server  # noqa: F401 - fixtures

from lading.relayer.store.database import MEMORY, Database


@pytest.fixture(scope="module")
def shared_ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(tmp_path_factory.mktemp("deployments")) as found:
        yield found


@pytest.fixture
def chain(shared_ground: Ground) -> Iterator[Ground]:
    """A publisher whose log is empty, and a chain that forgets the test."""
    with shared_ground.untouched():
        yield shared_ground


@pytest.fixture
def store() -> Iterator[Database]:
    opened = Database.open(MEMORY, IDENTITY)
    yield opened
    opened.close()
