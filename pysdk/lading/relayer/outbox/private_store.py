"""The secrets of private fields, in an SQLite file of their publisher's, until they are forgotten.

Forgetting has to leave nothing in the file. `secure_delete` overwrites what is deleted; SQLite does not say as much of
copies in unused parts of pages, from which rows once moved to others. So each forgetting also writes the file anew from
what is left (VACUUM). There is no write-ahead log, which would keep old pages, and the rollback journal is gone when a
transaction ends. Blocks of a disk that once held a file, and backups, are out of reach here.
"""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy.exc import DBAPIError

from lading.epcis.canonical import canonical_json
from lading.files import create_private
from lading.provenance.private import Secret
from lading.provenance.private_documents import Sealed
from lading.relayer.errors import PrivateStoreError
from lading.relayer.store.database import Database
from lading.relayer.store.engines import file_engine

APPLICATION_ID = 0x4C645053  # "LdPS"
SCHEMA_VERSION = 1
_SETTINGS = (
    "journal_mode = DELETE",
    "secure_delete = ON",
    "synchronous = FULL",
    "foreign_keys = ON",
    # VACUUM's copy of what is left stays in memory, not in a file elsewhere.
    "temp_store = MEMORY",
)
_SCHEMA = (
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        event_id TEXT NOT NULL UNIQUE,
        content_hash BLOB NOT NULL CHECK (length(content_hash) = 32)
    ) STRICT""",
    """CREATE TABLE secrets (
        event INTEGER NOT NULL REFERENCES events,
        name TEXT NOT NULL,
        value BLOB NOT NULL,
        salt BLOB NOT NULL CHECK (length(salt) = 32),
        PRIMARY KEY (event, name)
    ) STRICT""",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
    f"PRAGMA application_id = {APPLICATION_ID}",
)


@dataclass(frozen=True, slots=True)
class Held:
    """What is left of an event's secrets, ascending by name, and its content hash (32 bytes)."""

    content_hash: bytes
    secrets: tuple[Secret, ...]


class PrivateStore:
    """One connection to the file. Every call raises `PrivateStoreError` where SQLite refuses."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.path = database.path

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Self:
        """Opens it, or makes it, for its owner alone (mode 0600).

        Raises:
            PrivateStoreError: there is none, it is another program's, others can read it, or it cannot be opened.
        """
        _prepare_file(path, create)
        store = cls(Database(file_engine(path, _SETTINGS), str(path), _refusal))
        try:
            store._prepare()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def put(self, sealed: Sequence[Sealed]) -> None:
        """Takes in what opens the private fields of sealed events: all of it or, on an error, nothing."""
        with self._database.transaction():
            for one in sealed:
                row = self._database.insert(
                    "INSERT INTO events (event_id, content_hash) VALUES (?, ?)", (one.event_id, one.content_hash)
                )
                self._database.many(
                    "INSERT INTO secrets (event, name, value, salt) VALUES (?, ?, ?, ?)",
                    [(row, secret.name, canonical_json(secret.value), secret.salt) for secret in one.secrets],
                )

    def get(self, event_id: str) -> Held | None:
        """None for an event of which it holds no secret."""
        rows = self._database.rows(
            "SELECT content_hash, name, value, salt FROM events JOIN secrets ON event = id WHERE event_id = ?"
            " ORDER BY name",
            (event_id,),
        )
        if not rows:
            return None
        found = (
            Secret.model_validate({"name": name, "value": json.loads(value), "salt": salt})
            for _, name, value, salt in rows
        )
        return Held(rows[0][0], tuple(found))

    def forget(self, event_id: str, name: str | None = None) -> int:
        """Erases the value and salt of one field, or of all fields of the event; how many there were. Salt and value
        stand nowhere in the file or beside it afterwards. Time and memory grow with the whole store. If it fails, call
        it again: it also finishes what an earlier call left.

        Raises:
            PrivateStoreError: another process reads or writes the store, or the disk is full.
        """
        with self._database.transaction():
            count = self._database.execute(
                "DELETE FROM secrets"
                " WHERE event = (SELECT id FROM events WHERE event_id = ?) AND name = ifnull(?, name)",
                (event_id, name),
            )
            self._database.execute("DELETE FROM events WHERE id NOT IN (SELECT event FROM secrets)")
        self._database.rows("VACUUM")
        return count

    def _prepare(self) -> None:
        with self._database.transaction():
            if self._one("PRAGMA application_id") == 0 and self._one("SELECT count(*) FROM sqlite_schema") == 0:
                for statement in _SCHEMA:
                    self._database.execute(statement)
        if (self._one("PRAGMA application_id"), self._one("PRAGMA user_version")) != (APPLICATION_ID, SCHEMA_VERSION):
            raise PrivateStoreError(
                self.path, "it is another program's file, or of another version", hint="Name another file."
            )

    def _one(self, sql: str) -> Any:  # noqa: ANN401 - whatever type the column has
        return self._database.one(sql)[0]


def _prepare_file(path: Path, create: bool) -> None:
    try:
        if create:
            create_private(path)
        mode = path.stat().st_mode
    except OSError as error:
        raise PrivateStoreError(str(path), f"{error.strerror}", hint="Check the path and its permissions.") from error
    if stat.S_IMODE(mode) & 0o077:
        raise PrivateStoreError(
            str(path), "others can read or write it", hint="It holds secrets: make it yours alone with chmod 600."
        )


def _refusal(path: str, error: Exception) -> PrivateStoreError | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.DatabaseError):
        return None
    code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF  # the low byte is the primary code
    busy = code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return PrivateStoreError(
        path,
        f"SQLite says: {cause}",
        hint="Another process uses it: let that one end, and run again." if busy else "Check the file and the disk.",
        retryable=busy,
    )
