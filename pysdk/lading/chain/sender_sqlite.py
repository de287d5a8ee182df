"""A database file for a sender that stands alone. A relayer or a shop keeps the same tables in its own database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lading.chain.sender_errors import StoreError
from lading.chain.sender_tables import tables
from lading.files import create_private

MEMORY = ":memory:"
BUSY_SECONDS = 5.0


class SqliteDatabase:
    """One connection, made by `open`; a `lading.chain.sender_tables.Database`. Another thread may use it after this
    one, not beside it."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.path = path
        self.shared = False
        self.session = 1
        self._connection = connection

    @classmethod
    def open(cls, path: str | Path) -> SqliteDatabase:
        """Opens or creates; every commit is on the disk before it returns. The file is readable by its owner alone.

        Raises:
            StoreError: it cannot be opened, or is another program's.
        """
        where = str(path)
        try:
            if where != MEMORY:
                create_private(where)
        except OSError as error:
            raise StoreError(f"{where} cannot be opened: {error.strerror}.", hint="Check the path.") from error
        with _translated(where):
            connection = sqlite3.connect(where, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        database = cls(connection, where)
        try:
            database._prepare()
        except BaseException:
            connection.close()
            raise
        return database

    def _prepare(self) -> None:
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = FULL")
        self.execute("PRAGMA foreign_keys = ON")
        with self.transaction():
            there = {name for (name,) in self.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            if "senders" not in there:
                if "transactions" in there:
                    raise StoreError(
                        f"{self.path} is another program's database.", hint="Name another file for the transactions."
                    )
                for statement in tables(postgresql=False):
                    self.execute(statement)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another transaction, a part of that one."""
        if self._connection.in_transaction:
            yield
            return
        self.execute("BEGIN IMMEDIATE")
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

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with _translated(self.path):
            return self._connection.execute(sql, values).fetchall()


@contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.NotSupportedError) as error:
        raise StoreError(
            f"{path} cannot be used: {error}.", hint="Check the disk and who else writes to it.", retryable=True
        ) from error
    except sqlite3.IntegrityError:
        raise  # a bug of ours, and no user's
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} is no database: {error}.", hint="Name another file.") from error
