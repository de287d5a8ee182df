"""The item map on PostgreSQL: what `ItemStore` asks of a database, on a connection of psycopg 3.

    items = ItemStore(PostgresItems(connection), POSTGRES)

The statements are those of SQLite, with `%s` for `?`. Two publishers need two schemas (`search_path`). Two workers of
one publisher may both try: of two batches that begin from the same map, the second is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, TypeAlias

from lading.relayer.errors import OutboxError, OutboxLocked, OutboxUnreadable

#: `psycopg.Connection` and `psycopg.Error`: the driver is no dependency of the package.
Connection: TypeAlias = Any
Error: TypeAlias = Any

POSTGRES: Final = (
    "CREATE TABLE IF NOT EXISTS item_pages (number BIGINT PRIMARY KEY, records BYTEA NOT NULL)",
    "CREATE TABLE IF NOT EXISTS item_root (id INTEGER PRIMARY KEY CHECK (id = 1), root BYTEA NOT NULL)",
)
_CONFLICT = ("40", "55")
"""Classes of SQLSTATE: the transaction was rolled back for another's sake, or what it needs is in use."""


class PostgresItems:
    """One connection of psycopg 3, opened with `autocommit=True`. Errors of the server are `OutboxError`s."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.path = f"postgresql {connection.info.host}/{connection.info.dbname}"

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another transaction, a part of that one."""
        with self._within("BEGIN"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads that see one state; inside a transaction, a part of that one."""
        with self._within("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"):
            yield

    @contextmanager
    def _within(self, begin: str) -> Iterator[None]:
        if self._in_transaction():
            yield
            return
        self.execute(begin)
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self._in_transaction() and not self._connection.broken:
                self.execute("ROLLBACK")
            raise

    def _in_transaction(self) -> bool:
        idle = import_module("psycopg").pq.TransactionStatus.IDLE
        return bool(self._connection.info.transaction_status != idle)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        with self._translated():
            return int(self._connection.execute(_positional(sql), values).rowcount)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._translated(), self._connection.cursor() as cursor:
            cursor.executemany(_positional(sql), rows)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._translated():
            return list(self._connection.execute(_positional(sql), values).fetchall())

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Only for what the world does to a server: a statement that is wrong is a bug of ours."""
        psycopg = import_module("psycopg")
        try:
            yield
        except psycopg.ProgrammingError:
            raise
        except psycopg.DatabaseError as error:
            raise self._outbox_error(error) from error

    def _outbox_error(self, error: Error) -> OutboxError:
        if (error.sqlstate or "").startswith(_CONFLICT):
            return OutboxLocked(
                self.path, "another process is writing to it", hint="Let that one end; run again.", retryable=True
            )
        return OutboxUnreadable(
            self.path, f"PostgreSQL says: {str(error).splitlines()[0]}", hint="Check the server and its disk."
        )


def _positional(sql: str) -> bytes:
    """As bytes, because psycopg's types take only literals for text. No statement of ours holds a `%`, and no `?` that
    is not a parameter."""
    return sql.replace("?", "%s").encode()
