"""Files that the user names: read with a sentence if they cannot be, written whole or not at all."""

from __future__ import annotations

import json
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from lading.errors import InputError, LadingError
from lading.files import content_hash as hash_of
from lading.files import write_atomically

#: Whatever a JSON text may hold.
JsonValue: TypeAlias = Any
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")


class FileUnreadable(InputError):
    """A file cannot be read, or is not of the kind that the command needs."""


class FileNotWritten(LadingError):
    """A file could not be written; what was there before stands."""


def read_bytes(path: Path) -> bytes:
    """
    Raises:
        FileUnreadable: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror or error}.", hint="Check the path.") from error


def content_hash(text: str) -> str:
    """The SHA-256 of a file's content, by its path; or that hash itself, as 0x and 64 hex digits.

    Raises:
        FileUnreadable: it is neither.
    """
    if _HASH.fullmatch(text):
        return text.lower()
    try:
        return hash_of(Path(text))
    except OSError as error:
        raise FileUnreadable(
            f"{text[:200]} cannot be read: {error.strerror or error}.",
            hint="Give the file, or its SHA-256 as 0x and 64 hex digits.",
        ) from error


def read_json(path: Path, *, exact: bool = False) -> JsonValue:
    """A JSON document. `exact`: numbers with a fraction as Decimal, for money; else as Python's own parser gives them,
    over which event ids are defined.

    Raises:
        FileUnreadable: it cannot be read, or is no JSON.
    """
    try:
        return json.loads(read_bytes(path), parse_float=Decimal if exact else None)
    except (ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise FileUnreadable(f"{path} is no JSON ({problem}).", hint="Is it the file that you meant?") from error


def write_public(path: Path, content: str | bytes) -> None:
    """For others to read, as the user's umask has it.

    Raises:
        FileNotWritten: it could not be written; what was there before stands.
    """
    _write(path, content)
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def write_secret(path: Path, text: str) -> None:
    """For its owner alone (mode 0600). Refuses to replace a file: secrets that were used cannot be made again.

    Raises:
        FileNotWritten: there is one already, or it could not be written.
    """
    if path.exists():
        raise FileNotWritten(
            f"{path} is there already and is not replaced.", hint="Name another file, or move it away."
        )
    _write(path, text)


def _write(path: Path, content: str | bytes) -> None:
    try:
        write_atomically(path, content)
    except OSError as error:
        raise FileNotWritten(
            f"{path} cannot be written: {error.strerror or error}.", hint="Check the folder and its permissions."
        ) from error
