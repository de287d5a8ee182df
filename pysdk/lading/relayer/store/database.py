"""The one SQL layer under the outbox: SQLite in a file of its own, or PostgreSQL where several workers share it.

    database = Database.open("relay.sqlite3", identity)          # or "postgresql://user@host/name"
    with database.transaction():
        database.execute("UPDATE lanes SET position = ? WHERE lane = ?", (position, lane))

Statements have `?` for values on both, and run as they are: nothing is built, and rows are plain tuples of int, str,
bytes and None (a PostgreSQL sum is a Decimal). It is one connection. Threads may share it: a transaction of one holds
the others up. Do not await inside a transaction: another task of the thread would be part of it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import astuple
from functools import lru_cache
from pathlib import Path
from threading import RLock
from time import monotonic, sleep
from typing import Any, Final

from sqlalchemy import Connection, Engine

from lading.errors import LadingError
from lading.files import create_private
from lading.relayer.errors import OutboxAway, OutboxUnreadable
from lading.relayer.store.engines import BUSY_SECONDS, MEMORY, POSTGRESQL, engine_of, shown
from lading.relayer.store.errors import Refusal, refusal
from lading.relayer.store.opening import LogIdentity, owner, prepare

_IMMEDIATE: Final = "BEGIN IMMEDIATE"
_LOOK_SECONDS: Final = 0.001
_BEGIN: Final = {"sqlite": _IMMEDIATE, POSTGRESQL: "BEGIN"}
_NOW_MS: Final = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    POSTGRESQL: "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
}
_SNAPSHOT: Final = {"sqlite": "BEGIN", POSTGRESQL: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}

__all__ = ["MEMORY", "Database", "LogIdentity", "owner_of"]


class Database:
    """One connection. Every call raises `OutboxError` where the database refuses; a transaction that failed left no
    trace. Where a server was away (`OutboxAway`), the next transaction connects anew."""

    def __init__(self, engine: Engine, path: str, refuse: Refusal = refusal) -> None:
        self.path = path
        """As messages name it: the file, or the server without its password."""
        self.shared = engine.dialect.name == POSTGRESQL
        """Whether it is PostgreSQL, which others may write to inside of one's transaction."""
        self.now_ms = _NOW_MS[engine.dialect.name]
        """The database's own clock in SQL: Unix time in milliseconds."""
        self.session = 0
        """How often it connected: locks of a session are lost where this has changed."""
        self.patience = BUSY_SECONDS
        """How many seconds one waits for another's transaction on SQLite, before `OutboxLocked`."""
        self._engine = engine
        self._refusal = refuse
        self._lock = RLock()
        self._inside = False
        self._connection: Connection | None = None
        self._driver: Any = None
        self._keys = b""

    @classmethod
    def open(cls, where: str | Path, identity: LogIdentity) -> Database:
        """Opens or creates, and brings its tables to this version. A file is readable by its owner alone, since whoever
        has the salts can guess neighbours.

        Raises:
            OutboxUnreadable: it cannot be opened, is no outbox, or was written by a later version.
            OutboxForeign: it belongs to another log.
            OutboxAway: the server does not answer.
        """
        engine = engine_of(where)
        database = cls(engine, shown(where))
        if not database.shared and str(where) != MEMORY:
            _create_private(Path(where))
        try:
            database._connect()
            prepare(database, database._migrate, identity)
            database._keys = repr(astuple(identity)).encode()
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                if self._inside or self.shared:
                    self._connection.invalidate()
                self._connection.close()
            self._connection = self._driver = None
            self._engine.dispose()

    def _migrate(self, change: Callable[[Connection], None]) -> None:
        """Calls `change` with the connection of a transaction that nobody else's statements are in."""
        with self._lock, self._translated():
            connection = self._connection
            if connection is None:
                raise self._gone()
            with connection.begin():  # SQLAlchemy's: it commits, or rolls back, what is begun here
                self._run(_BEGIN[self._engine.dialect.name])
                change(connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another transaction, a part of that one."""
        with self._within(_BEGIN):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads that see one state, whatever others write meanwhile, and hold nobody up; inside a transaction, a part
        of that one."""
        with self._within(_SNAPSHOT):
            yield

    @contextmanager
    def _within(self, begin: dict[str, str]) -> Iterator[None]:
        with self._lock:
            if self._inside:
                yield
                return
            self._begin(begin[self._engine.dialect.name])
            try:
                yield
                self._commit()
            except BaseException:
                self._roll_back()
                raise
            finally:
                self._inside = False

    def _begin(self, statement: str) -> None:
        begin = self._begin_to_write if statement == _IMMEDIATE else self._run
        try:
            begin(statement)
        except OutboxAway:
            # The server was started anew since the last transaction: nothing is lost by asking again.
            self._run(statement)
        self._inside = True

    def _begin_to_write(self, statement: str) -> None:
        """SQLite wakes nobody: who waits for another's transaction looks again, by itself after up to 100 ms, in which
        a process of short transactions has begun the next. So we look oftener."""
        until = monotonic() + self.patience
        self._run("PRAGMA busy_timeout = 0")
        try:
            with self._translated():
                while not self._begun(statement, last_try=monotonic() > until):
                    sleep(_LOOK_SECONDS)
        finally:
            self._run(f"PRAGMA busy_timeout = {self.patience * 1000:.0f}")

    def _begun(self, statement: str, *, last_try: bool) -> bool:
        try:
            self._connected().execute(statement)
        except sqlite3.OperationalError as error:
            if last_try or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    def _commit(self) -> None:
        if self.shared and self._driver.info.transaction_status.name == "INERROR":
            raise RuntimeError("an error inside this transaction was swallowed; PostgreSQL has given it up")
        self._run("COMMIT")

    def _roll_back(self) -> None:
        """After some errors the database has rolled back by itself, or is gone."""
        if self._driver is None:
            return
        idle = self._driver.info.transaction_status.name == "IDLE" if self.shared else not self._driver.in_transaction
        if not idle:
            self._run("ROLLBACK")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """For one statement that writes."""
        with self._lock, nullcontext() if self.shared or self._connected().in_transaction else self.transaction():
            yield

    def lock(self, name: str, *, together: bool = False) -> None:
        """Until the transaction ends, nobody else holds this lock of the log's; with `together`, nobody but others who
        hold it together. On SQLite a transaction is alone anyway."""
        if self.shared:
            how = "_shared" if together else ""
            self.execute(f"SELECT pg_advisory_xact_lock{how}(?)", (self.lock_number(name),))

    def lock_number(self, name: str) -> int:
        """The number of an advisory lock, another one for each log of a database."""
        digest = hashlib.sha256(self._keys + name.encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Runs one statement; the number of rows that it changed."""
        with self._alone():
            return int(self._run(sql, values).rowcount)

    def insert(self, sql: str, values: Sequence[Any]) -> int | None:
        """Runs one INSERT of one row into a table with an `id`, which it returns; None if a conflict was ignored."""
        with self._alone(), self._translated():
            row = self._run(sql + " RETURNING id", values).fetchone()
            return None if row is None else int(row[0])

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Runs one statement for each of the rows; how many rows it changed in all."""
        with self._alone(), self._translated():
            cursor = self._connected().cursor()
            cursor.executemany(_positional(sql) if self.shared else sql, rows)
            return int(cursor.rowcount)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query finds. A statement that is none of a transaction, such as a PRAGMA, is run by this one too."""
        with self._lock, self._translated():
            found: list[tuple[Any, ...]] = self._run(sql, values).fetchall()
            return found

    def one(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The only row of a query that always has one."""
        (row,) = self.rows(sql, values)
        return row

    def _run(self, sql: str, values: Sequence[Any] = ()) -> Any:  # noqa: ANN401 - a cursor of either driver
        with self._translated():
            driver = self._connected()
            if self.shared:
                return driver.execute(_positional(sql), values, binary=True)
            return driver.execute(sql, values)

    def _connected(self) -> Any:  # noqa: ANN401 - a connection of either driver
        if self._driver is None:
            if self._inside:
                raise self._gone()
            self._connect()
        return self._driver

    def _connect(self) -> None:
        with self._translated():
            self._connection = self._engine.connect()
            self._driver = self._connection.connection.driver_connection
            self.session += 1

    def _gone(self) -> OutboxAway:
        return OutboxAway(self.path, "the connection broke", hint="Run again: nothing was stored.", retryable=True)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except LadingError:
            raise
        except Exception as error:
            found = self._refusal(self.path, error)
            if isinstance(found, OutboxAway):
                self._drop()
            if found is None:
                raise
            raise found from error

    def _drop(self) -> None:
        """Forgets a connection that is of no more use."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
        self._connection = self._driver = None


def owner_of(where: str | Path) -> LogIdentity:
    """The log that an outbox belongs to, read without changing it.

    Raises:
        OutboxUnreadable: there is no such file, or it is no outbox.
        OutboxAway: the server does not answer.
    """
    engine = engine_of(where, existing=True)
    database = Database(engine, shown(where))
    try:
        return owner(database)
    finally:
        database.close()


@lru_cache(1024)
def _positional(sql: str) -> str:
    """No statement of ours holds a `?` that is not a value."""
    return sql.replace("%", "%%").replace("?", "%s")


def _create_private(path: Path) -> None:
    try:
        create_private(path)
    except OSError as error:
        raise OutboxUnreadable(str(path), f"{error.strerror}", hint="Check the folder and its permissions.") from error
