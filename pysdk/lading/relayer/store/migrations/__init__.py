"""The tables of an outbox, as alembic revisions. `lading.relayer.store.database` runs them when it opens one."""

from typing import Final

REVISIONS: Final = ("0001", "0002", "0003", "0004")
"""What this program knows, oldest first; kept here so that an outbox that is up to date is opened without alembic."""

VERSION_TABLE: Final = "store_version"
