"""The folder of bundles that the page serves from: which item is where.

A bundle is found by its item and never by a name that a visitor gave, so there is no path to escape from. What is on
the shelf is not trusted: a bundle is parsed and judged anew when it is asked for.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lading.errors import LadingError
from lading.provenance.bundle import FORMAT, MAX_BYTES
from lading.provenance.errors import BundleError
from lading.provenance.item import item_of
from lading.web.errors import NoBundles

MAX_BUNDLES = 100_000
"""Some 30 MB of index; whoever has more puts several servers behind one address."""

REFRESH_SECONDS = 2.0
"""How long a bundle that was added, changed or removed may go unnoticed."""

_ITEM = f'"format":"{FORMAT}","item":"'.encode()

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What says that a file is still the one that was read."""

    path: Path
    modified_ns: int
    size: int


class Shelf:
    """Bundles of one folder (`*.json` in it, none below), by item. Where two files are about one item, the newer one
    counts. Safe for several threads.

    Raises:
        NoBundles: the folder cannot be listed.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._items: dict[Stamp, str | None] = {}
        self._by_item: dict[str, Stamp] = {}
        self._refreshed = -REFRESH_SECONDS
        self._refresh()

    @property
    def bundles(self) -> int:
        """How many items can be served."""
        return len(self._by_item)

    @property
    def refused(self) -> int:
        """How many files are no bundle of a single item."""
        return sum(item is None for item in self._items.values())

    def find(self, key: str) -> Stamp | None:
        """Where the bundle of that item lies; `key` is its canonical Digital Link (`Item.key`)."""
        with self._lock:
            self._refresh()
            return self._by_item.get(key)

    def read(self, stamp: Stamp) -> bytes:
        """The file's bytes, at most one more than a bundle may have, so that `parse` refuses what is longer."""
        with stamp.path.open("rb") as file:
            return file.read(MAX_BYTES + 1)

    def _refresh(self) -> None:
        now = self._clock()
        if now - self._refreshed < REFRESH_SECONDS:
            return
        self._refreshed = now
        stamps = listed(self._folder, "--bundles", MAX_BUNDLES)
        self._items = {stamp: self._items[stamp] if stamp in self._items else _item_in(stamp) for stamp in stamps}
        oldest_first = sorted(self._items, key=lambda stamp: (stamp.modified_ns, stamp.path))
        self._by_item = {item: stamp for stamp in oldest_first if (item := self._items[stamp]) is not None}


def listed(folder: Path, option: str, most: int) -> list[Stamp]:
    """The `*.json` of a folder, at most so many; `option` is what names the folder.

    Raises:
        NoBundles: it cannot be listed.
    """
    found = []
    try:
        with os.scandir(folder) as files:
            for file in files:
                if not file.name.endswith(".json") or not file.is_file(follow_symlinks=False):
                    continue
                state = file.stat(follow_symlinks=False)
                found.append(Stamp(Path(file.path), state.st_mtime_ns, state.st_size))
                if len(found) == most:
                    _LOG.warning("only %d files of %s are served", most, folder)
                    break
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise NoBundles(f"There is no folder {folder}.", hint=f"Name one with {option}.") from error
        # A file went while the folder was being listed; the next look sees the rest.
    except OSError as error:
        raise NoBundles(f"The folder {folder} cannot be listed: {error.strerror}.") from error
    return found


def _item_in(stamp: Stamp) -> str | None:
    """The item that the file says it is about, None if it is no bundle. Only looked at: `parse` judges later."""
    try:
        if stamp.size > MAX_BYTES:
            raise BundleError("$", f"it has {stamp.size} bytes; at most {MAX_BYTES} are read")
        return item_of(_named(stamp.path.read_bytes())).key
    except (OSError, LadingError) as problem:
        _LOG.warning("%s is not served: %s", stamp.path.name, problem)
        return None


def _named(data: bytes) -> str:
    """Without a parser, since a folder may hold many files, and some made to hurt one. In canonical form `item` follows
    `format`, and what comes after both are maps, whose texts cannot hold a bare quotation mark: so the last pair is the
    bundle's own, whatever its events hold."""
    start = data.rfind(_ITEM)
    end = data.find(b'"', start + len(_ITEM))
    if start < 0 or end < 0:
        raise BundleError("$", "it names no item, or is not in canonical form (RFC 8785)")
    return data[start + len(_ITEM) : end].decode("utf-8", "replace")
