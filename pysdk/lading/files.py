"""Files that a crash must not leave half written, and what stands for a file on chain."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from pathlib import Path
from threading import Lock

_CREATING = Lock()


def write_atomically(path: Path, content: str | bytes) -> None:
    """The file holds the old content or the new one after a crash at any point, never a part: temporary file, fsync,
    rename, fsync of the folder. Makes the folder. An OSError leaves the old one; text goes as UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def create_private(path: str | Path) -> None:
    """A file of its owner's alone (mode 0600), if there is none. An OSError where there can be none, or where what is
    there cannot be read and written.

    One that is there is not opened: whoever closes any descriptor of a file gives up every POSIX lock that its process
    has on it, SQLite's among them. Then the next process that closes the database takes itself for the last one, and
    deletes the log into which this process goes on writing (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    whole = os.path.realpath(path)
    with _CREATING:  # another thread, which finds the file made, locks it only once this one has closed it
        try:
            os.close(os.open(whole, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            if Path(whole).is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path)) from None
            if not os.access(whole, os.R_OK | os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path)) from None


def sync_folder(folder: Path) -> None:
    """Makes a file's creation or renaming in `folder` last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def content_hash(content: bytes | Path) -> str:
    """SHA-256 of bytes or of a file, as 0x hex: what evidence, reasons and declarations are named by on chain. An
    OSError passes."""
    return "0x" + hashlib.sha256(content if isinstance(content, bytes) else content.read_bytes()).hexdigest()
