"""SQLAlchemy engines for outboxes: whose file or server, and how its connections are set up."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from lading.relayer.errors import OutboxUnreadable

MEMORY: Final = ":memory:"
POSTGRESQL: Final = "postgresql"
BUSY_SECONDS = 5.0
"""How long a writer waits for another's transaction in the same file."""

_SCHEMES: Final = ("postgresql://", "postgres://", "postgresql+psycopg://")
_SETTINGS: Final = ("synchronous = FULL", "foreign_keys = ON", "cache_size = -65536", "wal_autocheckpoint = 16000")
_PG_CONNECT: Final = {"connect_timeout": 5, "application_name": "lading"}
_PG_OPTIONS: Final = (
    "-c lock_timeout=10s"
    # A session whose machine is gone ends, and its locks with it, before others have to wait for long.
    " -c tcp_keepalives_idle=3 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3 -c tcp_user_timeout=6000"
    # Also one that is busy, or waits for a lock, and so does not read that its client has gone.
    " -c client_connection_check_interval=1000"
)


def engine_of(where: str | Path, *, existing: bool = False) -> Engine:
    """The engine of a file, of `MEMORY` or of a `postgresql://` URL. A password that the URL lacks comes from the
    environment (PGPASSWORD, PGPASSFILE). `existing`: for reading, and a file that is missing is not made.

    Raises:
        OutboxUnreadable: the URL cannot be read, the driver is not installed, or there is no such file.
    """
    if is_url(where):
        return _server(str(where))
    if existing and not Path(where).is_file():
        raise OutboxUnreadable(str(where), "there is no such file", hint="Check the path.")
    return file_engine(where, _SETTINGS, existing=existing)


def file_engine(where: str | Path, settings: Sequence[str], *, existing: bool = False) -> Engine:
    """The engine of an SQLite file, whose connections begin with these PRAGMAs. `existing`: to read only."""

    def connect() -> sqlite3.Connection:
        name = f"file:{quote(str(Path(where).resolve()))}?mode=ro" if existing else str(where)
        # Transactions are begun by us, and a lock of `Database` keeps threads apart.
        opened = sqlite3.connect(
            name, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=existing
        )
        for setting in settings:
            opened.execute(f"PRAGMA {setting}")
        return opened

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def is_url(where: str | Path) -> bool:
    return isinstance(where, str) and where.startswith(_SCHEMES)


def shown(where: str | Path) -> str:
    """For people and logs: without a password."""
    if not is_url(where):
        return str(where)
    url = _url(str(where))
    place = url.host or url.query.get("host") or "localhost"
    return f"postgresql://{place}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        # Without the text: it may hold a password.
        raise OutboxUnreadable(
            "postgresql://…", "its URL cannot be read", hint="Write postgresql://user@host/name."
        ) from error
    return url.set(drivername="postgresql+psycopg")


def _server(text: str) -> Engine:
    url = _url(text)
    given: dict[str, Any] = {name: value for name, value in _PG_CONNECT.items() if name not in url.query}
    # What the URL says comes later, and wins.
    given["options"] = f"{_PG_OPTIONS} {url.query.get('options', '')}"
    url = url.difference_update_query(["options"])
    try:
        # Transactions are begun by us.
        return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=given)
    except (ImportError, NoSuchModuleError) as error:
        raise OutboxUnreadable(
            shown(text), "psycopg is not installed", hint="Install it: pip install 'lading[relay]'."
        ) from error
