"""What SQLite and PostgreSQL refuse, as errors of ours; None for what only a bug of ours can do (syntax,
constraints, misuse)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

from lading.errors import LadingError
from lading.relayer.errors import OutboxAway, OutboxError, OutboxFull, OutboxLocked, OutboxUnreadable

_FULL: Final = ("53100", "58030")
_LOCKED: Final = ("40", "55")
"""Classes of SQLSTATE: rolled back for another's sake, or what it needs is in use."""
_AWAY: Final = ("08", "53", "57")
_REFUSED: Final = ("25006", "28", "3D", "42501", "XX")
"""A standby or a session that may only read; who we are, the database's name, our rights; damage."""


Refusal = Callable[[str, Exception], LadingError | None]
"""(path, what a driver raised) -> ours."""


def refusal(path: str, error: Exception) -> OutboxError | None:
    """Ours for what either driver, or SQLAlchemy around it, raised."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return sqlite_error(path, cause)
    return postgres_error(path, cause) if hasattr(cause, "sqlstate") else None


def sqlite_error(path: str, error: sqlite3.Error) -> OutboxError | None:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF  # the low byte is the primary code
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _locked(path)
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return _full(path, error)
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return OutboxUnreadable(path, f"SQLite says: {error}", hint="Restore a copy, or check permissions.")
    return None


def postgres_error(path: str, error: Any) -> OutboxError | None:  # noqa: ANN401 - psycopg is optional
    """Of a `psycopg.Error`. One without an SQLSTATE comes from the connection, not from the server."""
    state: str = error.sqlstate or ("08000" if type(error).__name__ == "OperationalError" else "")
    said = (str(error).splitlines() or ["it gave no reason"])[0]
    if state in _FULL:
        return _full(path, said)
    if state.startswith(_LOCKED):
        return _locked(path)
    if state.startswith(_AWAY):
        return OutboxAway(
            path,
            f"its server does not answer ({said})",
            hint="Start it or check the network; what was not stored is tried again.",
            retryable=True,
        )
    if state.startswith(_REFUSED):
        return OutboxUnreadable(
            path, f"PostgreSQL says: {said}", hint="Check the server, the database's name, and the user's rights."
        )
    return None


def _locked(path: str) -> OutboxLocked:
    return OutboxLocked(
        path, "another process is writing to it", hint="Let that one end or stop it; run again.", retryable=True
    )


def _full(path: str, said: object) -> OutboxFull:
    return OutboxFull(
        path,
        f"it cannot be written ({said})",
        hint="Make room on the disk: nothing was lost. A running service goes on by itself; else run again.",
        retryable=True,
    )
