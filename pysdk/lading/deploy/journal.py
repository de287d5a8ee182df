"""The write-ahead journal of one deployment: JSON lines, each on disk before what it announces is done.

    begun   what is deployed: chain, deployer, parameters, hashes of the creation code
    signed  a transaction's bytes with hash, nonce and predicted address, before they are broadcast
    mined   where it ended up
    again   steps whose references no longer hold, and why
    recorded  the deployment was verified and its record written

Only `begun` and `signed` steer a resumed run; what became of a transaction is asked of the chain each time, since a
block can be undone after it was written down here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from eth_utils.crypto import keccak
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from lading.deploy.errors import CannotWrite, DeploymentBusy, JournalDamaged, JournalMismatch
from lading.files import sync_folder


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    # For people. Nothing is decided by it.
    at: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


class Begun(_Line):
    """The first line. `code` maps each contract to keccak256 of its creation code."""

    type: Literal["begun"] = "begun"
    format: Literal["lading-journal/1"] = "lading-journal/1"
    chain_id: int
    genesis: str
    deployer: str
    params: dict[str, Any]
    code: dict[str, str]


class Signed(_Line):
    """`content` is the hash of receiver and data (`plan.content_of`); `to` is None for a creation, whose contract will
    stand at `address`."""

    type: Literal["signed"] = "signed"
    step: str
    content: str
    nonce: int
    hash: str
    raw: str
    to: str | None
    address: str

    @model_validator(mode="after")
    def _hash_is_of_the_bytes(self) -> Signed:
        if "0x" + keccak(hexstr=self.raw).hex() != self.hash:
            raise ValueError("the signed bytes do not have the recorded hash")
        return self


class MinedAt(_Line):
    type: Literal["mined"] = "mined"
    step: str
    hash: str
    block: int


class Again(_Line):
    type: Literal["again"] = "again"
    steps: list[str]
    reason: str


class Recorded(_Line):
    type: Literal["recorded"] = "recorded"
    path: str


Line = Begun | Signed | MinedAt | Again | Recorded
_LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="type")])


class Journal:
    """`path` is None for the embedded chain, which does not outlive the process."""

    def __init__(self, path: Path | None, lines: list[Line]) -> None:
        self.path = path
        self._lines = lines

    @classmethod
    def open(cls, path: Path | None, begun: Begun) -> Journal:
        """Opens the journal, or begins it. The caller holds the lock.

        Raises:
            JournalDamaged: a line before the last cannot be read.
            JournalMismatch: it was begun for something else.
            CannotWrite: disk full, no access.
        """
        lines = load(path) if path is not None and path.exists() else []
        if not lines:
            journal = cls(path, [])
            journal.append(begun)
            return journal
        first = lines[0]
        if path is None or not isinstance(first, Begun) or any(isinstance(line, Begun) for line in lines[1:]):
            raise JournalDamaged(path or Path(), 1, "a journal has one `begun`, as its first line")
        if differs := _differences(first, begun):
            raise JournalMismatch(path, differs)
        return cls(path, lines)

    @property
    def signed(self) -> list[Signed]:
        """Every transaction ever signed, oldest first."""
        return [line for line in self._lines if isinstance(line, Signed)]

    def append(self, line: Line) -> None:
        """On disk when this returns. Raises CannotWrite."""
        if self.path is not None:
            try:
                self._write(self.path, line.model_dump_json().encode() + b"\n")
            except OSError as error:
                raise CannotWrite(self.path, error) from error
        self._lines.append(line)

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        with path.open("ab") as file:
            file.truncate(_whole_length(path))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(path.parent)


def load(path: Path) -> list[Line]:
    """The lines of a journal. What follows the last newline was cut off in writing, so nothing was done on its strength
    and it is left out. Raises JournalDamaged for any other line that cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise JournalDamaged(path, 1, str(error)) from error
    lines = []
    for number, raw in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            lines.append(_LINE.validate_json(raw))
        except ValidationError as error:
            raise JournalDamaged(path, number, error.errors()[0]["msg"]) from error
    return lines


def _whole_length(path: Path) -> int:
    """Bytes up to and with the last newline."""
    return path.read_bytes().rfind(b"\n") + 1


def _differences(old: Begun, new: Begun) -> list[str]:
    differs = [name for name in ("chain_id", "genesis", "deployer") if getattr(old, name) != getattr(new, name)]
    keys = {**old.params, **new.params}
    differs += [f"params.{key}" for key in keys if old.params.get(key) != new.params.get(key)]
    names = {**old.code, **new.code}
    return differs + [f"bytecode of {name}" for name in names if old.code.get(name) != new.code.get(name)]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the lock file. The kernel frees it when its process ends in whatever way, so none is ever stale; the file
    stays and holds the last holder's process id.

    Raises:
        DeploymentBusy: another process holds it.
        CannotWrite: no access.
    """
    # POSIX only, and here, so that records can be read where it is missing.
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise CannotWrite(path, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise DeploymentBusy(path, file.read().strip() or "unknown") from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def set_aside(path: Path) -> Path | None:
    """Renames a file to `<name>.<n>` with the first free number; None if there is no such file. Raises CannotWrite."""
    if not path.exists():
        return None
    number = 1
    while (target := path.with_name(f"{path.name}.{number}")).exists():
        number += 1
    try:
        path.rename(target)
        sync_folder(path.parent)
    except OSError as error:
        raise CannotWrite(path, error) from error
    return target
