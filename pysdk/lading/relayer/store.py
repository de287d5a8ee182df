"""The SQLite file under the outbox: opening it, whose it is, transactions, and SQLite's errors as ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lading.relayer.errors import OutboxError, OutboxForeign, OutboxFull, OutboxLocked, OutboxUnreadable

APPLICATION_ID = 0x4C644F42  # "LdOB"; PRAGMA application_id tells an outbox from any other SQLite file
SCHEMA_VERSION = 2
BUSY_SECONDS = 1.0

MEMORY = ":memory:"
OWNER = "SELECT chain_id, genesis, registry, publisher FROM store"


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """The one log that an outbox serves. Hashes, ids and addresses as 0x and lower-case hex."""

    chain_id: int
    genesis: str
    registry: str
    publisher: str

    def __post_init__(self) -> None:
        for name in ("genesis", "registry", "publisher"):
            object.__setattr__(self, name, getattr(self, name).lower())


class Store:
    """One connection. Every call raises `OutboxError` where SQLite refuses; a transaction that failed left no
    trace."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self.path = path

    @classmethod
    def open(cls, path: str, identity: LogIdentity) -> Store:
        """Opens or creates. The file is readable by its owner alone, since whoever has the salts can guess
        neighbours.

        Raises:
            OutboxUnreadable: it cannot be opened or is no outbox of this version.
            OutboxForeign: it belongs to another log.
        """
        with _translated(path):
            if path != MEMORY:
                _create_private(Path(path))
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        store = cls(connection, path)
        try:
            store._prepare(identity)
        except BaseException:
            connection.close()
            raise
        return store

    def close(self) -> None:
        self._connection.close()

    def _prepare(self, identity: LogIdentity) -> None:
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = FULL")
        self.execute("PRAGMA foreign_keys = ON")
        with self.transaction():
            if self.one("PRAGMA application_id")[0] == 0 and self.one("SELECT count(*) FROM sqlite_schema")[0] == 0:
                self._create(identity)
        if self.one("PRAGMA application_id")[0] != APPLICATION_ID:
            raise OutboxUnreadable(self.path, "this is another program's database", hint="Name another file.")
        if (version := self.one("PRAGMA user_version")[0]) != SCHEMA_VERSION:
            raise OutboxUnreadable(
                self.path,
                f"it has version {version}, this program writes {SCHEMA_VERSION}",
                hint="Use the version of lading that wrote it.",
            )
        self._check_owner(identity)

    def _create(self, identity: LogIdentity) -> None:
        schema = resources.files("lading.relayer").joinpath("schema.sql").read_text(encoding="utf-8")
        for statement in schema.split(";\n"):
            self.execute(statement)
        self.execute(
            "INSERT INTO store (only, chain_id, genesis, registry, publisher) VALUES (1, ?, ?, ?, ?)", astuple(identity)
        )
        self.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    def _check_owner(self, identity: LogIdentity) -> None:
        owner = LogIdentity(*self.one(OWNER))
        if owner == identity:
            return
        differing = [name for name in LogIdentity.__slots__ if getattr(owner, name) != getattr(identity, name)]
        shown = ", ".join(f"{name} {getattr(owner, name)}, not {getattr(identity, name)}" for name in differing)
        raise OutboxForeign(
            self.path,
            f"it belongs to another log ({shown})",
            hint="Use one outbox for each log: name another file, or connect to the chain that this one serves.",
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another transaction, a part of that one."""
        with self._within("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads that see one state, whatever others write meanwhile, and hold nobody up; inside a transaction, a part
        of that one."""
        with self._within("BEGIN"):
            yield

    @contextmanager
    def _within(self, begin: str) -> Iterator[None]:
        if self._connection.in_transaction:
            yield
            return
        self.execute(begin)
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            # After some errors SQLite has rolled back by itself.
            if self._connection.in_transaction:
                self.execute("ROLLBACK")
            raise

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Runs one statement; the number of rows that it changed."""
        with _translated(self.path):
            return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, values: Sequence[Any]) -> int | None:
        """Runs one INSERT; the new row's id, None if a conflict was ignored."""
        with _translated(self.path):
            cursor = self._connection.execute(sql, values)
            return cursor.lastrowid if cursor.rowcount == 1 else None

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with _translated(self.path):
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with _translated(self.path):
            return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The only row of a query that always has one."""
        (row,) = self.rows(sql, values)
        return row


def owner_of(path: Path) -> LogIdentity:
    """The log that an outbox belongs to, read without changing it.

    Raises:
        OutboxUnreadable: there is no such file, or it is no outbox.
    """
    if not path.is_file():
        raise OutboxUnreadable(str(path), "there is no such file", hint="Check the path.")
    with _translated(str(path)):
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        try:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise OutboxUnreadable(str(path), "this is no outbox", hint="Name another file.")
            return LogIdentity(*connection.execute(OWNER).fetchone())
        finally:
            connection.close()


def _create_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise OutboxUnreadable(str(path), f"{error.strerror}", hint="Check the folder and its permissions.") from error


@contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        found = _outbox_error(path, error)
        if found is None:
            raise
        raise found from error


def _outbox_error(path: str, error: sqlite3.DatabaseError) -> OutboxError | None:
    """Ours for what the world does to a file; None for what only a bug of ours can do (syntax, constraints,
    misuse)."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF  # the low byte is the primary code
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return OutboxLocked(
            path, "another process is writing to it", hint="Let that one end or stop it; run again.", retryable=True
        )
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return OutboxFull(
            path,
            f"it cannot be written ({error})",
            hint="Make room on the disk, then run again: nothing was lost.",
            retryable=True,
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return OutboxUnreadable(path, f"SQLite says: {error}", hint="Restore a copy, or check permissions.")
    return None
