"""The brand's own service for SUN messages: its keys from a file, the last counter of each tag, and what a message
shows. What a message is stands in `lading.provenance.sun`.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from lading.epcis.digital_link import from_link
from lading.epcis.errors import EpcError
from lading.errors import InputError, LadingError
from lading.files import create_private
from lading.provenance import sun
from lading.provenance.bundle import first_fault
from lading.provenance.item import item_of
from lading.provenance.reasons import Level
from lading.provenance.sun import KEY_BYTES, UID_BYTES, KeyService, Mirror, SunKeys

Reason = Literal["not-a-tag", "tag-unknown", "mac-differs", "item-differs", "counter-not-grown"]

SENTENCES: Final[dict[Reason, str]] = {
    "not-a-tag": "No tag of the brand's wrote this message.",
    "tag-unknown": "The brand has no tag with this UID.",
    "mac-differs": "The message was not made by the tag that it names.",
    "item-differs": "The tag was fixed to another item than the URL names.",
    "counter-not-grown": "This read, or a later one, was shown before: the message is a copy.",
}
NOT_PROVEN: Final[dict[str, str]] = {
    "tag-moved": "That the tag is still on the item that it was fixed to.",
    "read-earlier": "That the tag was read just now: a message that was read earlier and never shown passes once.",
}

APPLICATION_ID: Final = 0x4C645355
"""PRAGMA application_id of a file of counters: "LdSU"."""

BUSY_SECONDS: Final = 5.0
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyFileError(InputError):
    """A key file that is not used. Its keys are never repeated in a message."""


class CountersError(LadingError):
    """The file of counters refuses; no counter was changed."""


def _hex(size: int) -> BeforeValidator:
    def read(value: object) -> bytes:
        try:
            data = bytes.fromhex(value) if isinstance(value, str) else b""
        except ValueError:
            data = b""
        if len(data) != size and size:
            raise ValueError(f"it should be {2 * size} hexadecimal digits")
        return data

    return BeforeValidator(read)


_Key = Annotated[bytes, _hex(KEY_BYTES)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr__(self) -> str:
        return type(self).__name__  # its fields are keys


class _Mirror(_Part):
    mac: str
    picc: str | None = None
    uid: str | None = None
    counter: str | None = None
    covered_from: str | None = None


class _Tag(_Part):
    file_read: _Key | None = None
    item: str | None = None


class _Master(_Part):
    key: _Key
    system: Annotated[bytes, _hex(0)]


class _File(_Part):
    format: Literal["lading-sun-keys/1"]
    mirror: _Mirror
    meta_read: _Key | None = None
    master: _Master | None = None
    tags: dict[Annotated[bytes, _hex(UID_BYTES)], _Tag]


@dataclass(frozen=True, slots=True)
class Keys:
    """How the brand's tags write, and their keys."""

    mirror: Mirror
    meta_read: bytes | None
    service: KeyService

    def __repr__(self) -> str:
        return f"Keys({self.mirror})"

    @classmethod
    def load(cls, path: Path) -> Keys:
        """From a key file, which its owner alone may read: `docs/sun.md` has its form.

        Raises:
            KeyFileError: others may read it, it cannot be read, or is no key file.
            SunError, EpcError, ItemError: what it says of keys, mirror or items is none.
        """
        try:
            content = _File.model_validate_json(_private(path))
        except ValidationError as error:
            place, fault = first_fault(error)
            raise KeyFileError(f"{path} is no key file: at {place}, {fault}.", hint="See docs/sun.md.") from None
        tags = {uid: _keys_of(content, uid, tag) for uid, tag in content.tags.items()}
        return cls(Mirror(**content.mirror.model_dump()), content.meta_read, tags.get)


def _keys_of(content: _File, uid: bytes, tag: _Tag) -> SunKeys:
    item = None if tag.item is None else item_of(tag.item).key
    if tag.file_read is not None:
        return SunKeys(tag.file_read, item)
    if content.master is None:
        raise KeyFileError(f"Tag {uid.hex().upper()} has no key, and there is no master key.", hint="See docs/sun.md.")
    return SunKeys(sun.diversified(content.master.key, uid, content.master.system), item)


def _private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & _OTHERS:
                raise KeyFileError(f"Others than its owner may use {path}.", hint=f"Run: chmod 600 {path}")
            return file.read()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror or error}.", hint="Check the path.") from error


class Counters:
    """The highest counter of each tag that was shown, in one SQLite file that processes may share."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Counters]:
        """Opens the file, or makes it for its owner alone.

        Raises:
            CountersError: it cannot be opened, or is another program's.
        """
        with _translated(path):
            create_private(path)
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            store = cls(connection, path)
            with _translated(path):
                store._prepare()
            yield store
        finally:
            connection.close()

    def _prepare(self) -> None:
        execute = self._connection.execute
        execute("PRAGMA synchronous = FULL")
        execute("BEGIN IMMEDIATE")
        empty = execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
        if empty:
            execute(f"PRAGMA application_id = {APPLICATION_ID}")
            execute("CREATE TABLE counters (uid BLOB PRIMARY KEY, counter INTEGER NOT NULL) STRICT, WITHOUT ROWID")
        execute("COMMIT")
        if execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
            raise CountersError(f"{self._path} is another program's database.", hint="Name another file.")

    def last(self, uid: bytes) -> int | None:
        """None before the first read."""
        with _translated(self._path):
            row = self._connection.execute("SELECT counter FROM counters WHERE uid = ?", (uid,)).fetchone()
        return None if row is None else int(row[0])

    def advance(self, uid: bytes, counter: int) -> bool:
        """Sets the counter of a tag if it grows. One statement: of two that show the same read, one gets True."""
        statement = (
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (uid) DO UPDATE SET counter = excluded.counter"
            " WHERE excluded.counter > counters.counter RETURNING uid"
        )
        with _translated(self._path):
            return len(self._connection.execute(statement, (uid, counter)).fetchall()) == 1


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise CountersError(
            f"The counters in {path} cannot be used: {error}.", hint="Check the path, and that it is a file of ours."
        ) from error


@dataclass(frozen=True, slots=True)
class Tapped:
    """What a message shows: `reason` is None if the tag made it and it is newer than all that were shown before. `uid`
    and `counter` are None where none can be read; `item` is the thing that the brand fixed the tag to, as far as the
    message is the tag's."""

    reason: Reason | None
    uid: bytes | None = None
    counter: int | None = None
    item: str | None = None

    def document(self) -> dict[str, Any]:
        """The JSON document of `lading sun check --json`."""
        return {
            "verdict": "suspect" if self.reason else "authentic",
            "reason": self.reason,
            "uid": None if self.uid is None else self.uid.hex().upper(),
            "counter": self.counter,
            "item": self.item,
            "not_proven": list(NOT_PROVEN.values()),
        }


def with_tap(verdict: Level, *, doubted: bool) -> Level:
    """The verdict on an item whose tag was read too: a message that is not the tag's, or a copy, makes it `suspect`;
    a recall outranks that, and a genuine message betters nothing."""
    return "suspect" if doubted and verdict != "recalled" else verdict


def check(url: str, keys: Keys, counters: Counters) -> Tapped:
    """Checks the message in a URL, and if it is genuine keeps its counter.

    Raises:
        SunError: there is no message in the URL, or what stands there has not the form that tags write.
        CountersError: the counter could not be kept; the message is then not accepted.
    """
    message = sun.read(url, keys.mirror, keys.meta_read)
    if message is None:
        return Tapped("not-a-tag")
    known = keys.service(message.uid)
    if known is None:
        return Tapped("tag-unknown", message.uid, message.counter)
    if not sun.is_from_tag(message, known):
        return Tapped("mac-differs", message.uid, message.counter)
    # First, so that a URL with another's path around it does not use up the tag's own message.
    if known.item is not None and _named(url) not in (None, known.item):
        return Tapped("item-differs", message.uid, message.counter, known.item)
    grown = counters.advance(message.uid, message.counter)
    return Tapped(None if grown else "counter-not-grown", message.uid, message.counter, known.item)


def _named(url: str) -> str | None:
    """The thing whose Digital Link the URL is; None if it is none."""
    try:
        return from_link(url.partition("?")[0]).digital_link
    except EpcError:
        return None
