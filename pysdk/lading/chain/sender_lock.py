"""That one process alone sends with a signer and a store. No clock is in it: the lock ends with the process or its
session, at once, and nobody waits for a lease to run out."""

from __future__ import annotations

import fcntl
import hashlib
import os

from lading.chain.sender_errors import SenderTaken
from lading.chain.sender_tables import Database

_MEMORY = ":memory:"


class SenderLock:
    """A session's advisory lock on PostgreSQL, a locked file beside the database on SQLite."""

    def __init__(self, database: Database, sender: str) -> None:
        self._database = database
        self._sender = sender
        digest = hashlib.sha256(f"lading sender {sender}".encode()).digest()
        self._number = int.from_bytes(digest[:8], "big", signed=True)
        self._session: int | None = None
        self._file: int | None = None

    def hold(self) -> None:
        """Takes it, or sees that it is still held: a lock of PostgreSQL is lost with the connection.

        Raises:
            SenderTaken: another process, or another sender of this one, has it.
        """
        if self._database.shared:
            self._hold_session()
        elif self._file is None and self._database.path != _MEMORY:
            self._file = self._hold_file(f"{self._database.path}.{self._sender[2:10].lower()}.lock")

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._session is not None and self._session == self._database.session:
            self._database.rows("SELECT pg_advisory_unlock(?)", (self._number,))
        self._session = None

    def _hold_session(self) -> None:
        # A transaction connects anew if need be, and so says which session this is.
        with self._database.transaction():
            self._database.rows("SELECT 1")
            if self._session == self._database.session:
                return
            if not self._database.rows("SELECT pg_try_advisory_lock(?)", (self._number,))[0][0]:
                raise self._taken()
            self._session = self._database.session

    def _hold_file(self, path: str) -> int:
        opened = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(opened)
            raise self._taken() from None
        return opened

    def _taken(self) -> SenderTaken:
        return SenderTaken(
            f"Another process sends for {self._sender} from {self._database.path}.",
            hint="Let one process do it; its lock ends with it.",
            retryable=True,
        )
