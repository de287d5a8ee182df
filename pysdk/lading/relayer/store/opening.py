"""Whose a database is, of which version, and how it is made: all that happens before an outbox is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Final

from lading.relayer.errors import OutboxForeign, OutboxUnreadable
from lading.relayer.store.migrations import REVISIONS, VERSION_TABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lading.relayer.store.database import Database

APPLICATION_ID: Final = 0x4C644F42  # "LdOB"; PRAGMA application_id tells an outbox from any other SQLite file
_MIGRATION_LOCK: Final = APPLICATION_ID
_OWNER: Final = "SELECT chain_id, genesis, registry, publisher FROM store"

Migrate = Callable[[Callable[["Connection"], None]], None]
"""Runs a function in one transaction of SQLAlchemy's."""


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


def prepare(database: Database, migrate: Migrate, identity: LogIdentity) -> None:
    """Makes what is new, brings what is older to this version, and refuses what is not this log's.

    Raises:
        OutboxUnreadable, OutboxForeign: as `Database.open` says.
    """
    if not database.shared:
        _prepare_file(database)
    if (version := version_of(database)) != REVISIONS[-1]:
        _refuse_unknown(database, version)
        _create_or_migrate(database, migrate, identity)
    _check_owner(database, identity)


def owner(database: Database) -> LogIdentity:
    """Whose a database is that may be none of ours. Raises `OutboxUnreadable` if it is not."""
    foreign = not database.shared and database.one("PRAGMA application_id")[0] != APPLICATION_ID
    if foreign or version_of(database) is None:
        raise OutboxUnreadable(database.path, "this is no outbox", hint="Name another file or database.")
    return LogIdentity(*database.one(_OWNER))


def version_of(database: Database) -> str | None:
    """The revision of its tables; None if there are none."""
    # Not `to_regclass`: after waiting for another's commit, it may still answer from the time before.
    asked = (
        "SELECT 1 FROM pg_catalog.pg_class WHERE relname = ? AND pg_catalog.pg_table_is_visible(oid)"
        if database.shared
        else "SELECT 1 FROM sqlite_schema WHERE name = ?"
    )
    there = database.rows(asked, (VERSION_TABLE,))
    found = database.rows(f"SELECT version_num FROM {VERSION_TABLE}") if there else []  # noqa: S608 - a constant
    return found[0][0] if found else None


def _prepare_file(database: Database) -> None:
    """Refuses others' files before anything in them changes."""
    with database.snapshot():
        application = database.one("PRAGMA application_id")[0]
        tables = database.one("SELECT count(*) FROM sqlite_schema")[0]
        version = version_of(database)
    if application != APPLICATION_ID and (application or tables):
        raise OutboxUnreadable(database.path, "this is another program's database", hint="Name another file.")
    if tables and version is None:
        raise OutboxUnreadable(
            database.path,
            "it was written before this program's first release",
            hint="Use the version of lading that wrote it.",
        )
    if database.one("PRAGMA journal_mode")[0] not in ("wal", "memory"):
        database.rows("PRAGMA journal_mode = WAL")


def _refuse_unknown(database: Database, version: str | None) -> None:
    if version is not None and version not in REVISIONS:
        raise OutboxUnreadable(
            database.path,
            f"it has version {version}, this program knows {REVISIONS[-1]}",
            hint="Use the version of lading that wrote it.",
        )


def _create_or_migrate(database: Database, migrate: Migrate, identity: LogIdentity) -> None:
    """All in one transaction, which whoever opens it at the same time waits for."""
    from lading.relayer.store.migrations.upgrade import upgrade

    def change(connection: Connection) -> None:
        if database.shared:
            database.execute("SET LOCAL lock_timeout = 0")  # another may be at it, and that takes as long as it takes
            database.execute("SELECT pg_advisory_xact_lock(?)", (_MIGRATION_LOCK,))
        version = version_of(database)
        _refuse_unknown(database, version)
        if version != REVISIONS[-1]:
            upgrade(connection, REVISIONS[-1])
        if version is None:
            database.execute(
                "INSERT INTO store (id, chain_id, genesis, registry, publisher) VALUES (1, ?, ?, ?, ?)",
                astuple(identity),
            )
            if not database.shared:
                database.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    migrate(change)


def _check_owner(database: Database, identity: LogIdentity) -> None:
    found = LogIdentity(*database.one(_OWNER))
    if found == identity:
        return
    differing = [name for name in LogIdentity.__slots__ if getattr(found, name) != getattr(identity, name)]
    told = ", ".join(f"{name} {getattr(found, name)}, not {getattr(identity, name)}" for name in differing)
    raise OutboxForeign(
        database.path,
        f"it belongs to another log ({told})",
        hint="Use one outbox for each log: name another file, or connect to the chain that this one serves.",
    )
