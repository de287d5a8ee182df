"""Both databases for tests: SQLite in a file, and a real PostgreSQL in which every test has a schema of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pytest

from lading.relayer.store.database import Database, LogIdentity

IDENTITY = LogIdentity(31337, "0x" + "11" * 32, "0x" + "22" * 20, "0x" + "ab" * 32)
_numbers = itertools.count(1)


@contextmanager
def _running() -> Iterator[Any]:
    pgserver = pytest.importorskip("pgserver", reason="pgserver is not in this environment")
    # Not under pytest's folder: started by root, the server runs as another user, who may not look into that.
    with TemporaryDirectory(prefix="lading-pg-") as folder:
        found = pgserver.get_server(folder, cleanup_mode="stop")
        yield found
        found.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server of the tests' own."""
    with _running() as found:
        yield found.get_uri()


@pytest.fixture
def server() -> Iterator[Any]:
    """A PostgreSQL that no other test uses, so that it can be shot."""
    with _running() as found:
        yield found


def shoot(server: Any) -> None:
    """All of its processes, at once."""
    psutil = pytest.importorskip("psutil", reason="psutil is not in this environment")
    main = psutil.Process(server.get_pid())
    family = [main, *main.children(recursive=True)]
    for process in family:
        with suppress(psutil.NoSuchProcess):  # one that served a single connection may have ended by itself
            process.kill()
    psutil.wait_procs(family)


@pytest.fixture
def schema(postgres: str) -> Iterator[str]:
    """The URL of an empty schema."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not in this environment")
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        yield f"{postgres}&options={quote(f'-csearch_path={name} -clock_timeout=500ms')}"
        connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an outbox may stand: a file, then a schema."""
    if request.param == "sqlite":
        return str(tmp_path / "outbox.sqlite3")
    url: str = request.getfixturevalue("schema")
    return url


@pytest.fixture
def connect(where: str) -> Iterator[Callable[[], Database]]:
    """Opens the same database, each time by a connection of its own."""
    opened: list[Database] = []

    def open_one() -> Database:
        opened.append(Database.open(where, IDENTITY))
        return opened[-1]

    yield open_one
    for one in opened:
        with suppress(Exception):
            one.close()
