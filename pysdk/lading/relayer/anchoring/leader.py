"""One process at a time anchors for an outbox. On SQLite the lock is the operating system's, on a file beside it, on
PostgreSQL one of the session; both end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lading.relayer.errors import NotLeader, OutboxUnreadable
from lading.relayer.store.database import MEMORY, Database

ANCHORING: Final = "leader"


class Leader:
    """Whether this process is the one that anchors, or does whatever else `name` stands for. Not taken before
    `take`."""

    def __init__(self, database: Database, name: str = ANCHORING) -> None:
        self._database = database
        self._name = name
        self._file: int | None = None
        self._session: int | None = None
        self.term = 0
        """How often it was taken: where this has changed, another may have anchored meanwhile."""

    def take(self) -> bool:
        """Takes the lock if nobody has it; whether this process has it now. Asked again, it stays with whoever has it.

        Raises:
            OutboxError: the database, or the lock's file, cannot be used.
        """
        return self._take_session() if self._database.shared else self._take_file()

    def release(self) -> None:
        """Lets another take it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._session is not None and self._session == self._database.session:
            self._database.rows("SELECT pg_advisory_unlock(?)", (self._database.lock_number(self._name),))
        self._session = None

    def _take_session(self) -> bool:
        number = self._database.lock_number(self._name)
        # The question also finds out whether the session, and with it the lock, is still there.
        self._database.one("SELECT 1")
        if self._session == self._database.session:
            return True
        (taken,) = self._database.one("SELECT pg_try_advisory_lock(?)", (number,))
        self._session = self._database.session if taken else None
        self.term += bool(taken)
        return bool(taken)

    def _take_file(self) -> bool:
        if self._file is not None or self._database.path == MEMORY:
            self.term = self.term or 1
            return True
        path = f"{self._database.path}.{self._name}"
        try:
            file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise OutboxUnreadable(path, f"{error.strerror}", hint="Check the folder and its permissions.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        self.term += 1
        return True


@contextmanager
def leading(database: Database) -> Iterator[None]:
    """Holds the lock within the block.

    Raises:
        NotLeader: another process has it.
    """
    leader = Leader(database)
    if not leader.take():
        raise NotLeader(database.path)
    try:
        yield
    finally:
        leader.release()
