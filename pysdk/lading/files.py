"""Files that a crash must not leave half written, and what stands for a file on chain."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path


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
