"""The folder of fault documents against publishers, which the page's verdicts honour."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lading.provenance import faults
from lading.provenance.bundle import MAX_BYTES
from lading.provenance.charges import Charge
from lading.provenance.errors import FaultError
from lading.web.shelf import REFRESH_SECONDS, Stamp, listed

MAX_FAULTS = 1000
"""One proven fault is enough for a publisher."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Charges:
    """What lies in the folder. `version` is another one whenever anything in it changed."""

    version: int
    all: tuple[Charge, ...]


class FaultShelf:
    """Fault documents (`*.json` of one folder, none below), each read when it is new or changed. What they are worth
    the chain says, for each bundle anew. Safe for several threads.

    Raises:
        NoBundles: the folder cannot be listed.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._charges: dict[Stamp, Charge | None] = {}
        self._version = 0
        self._refreshed = -REFRESH_SECONDS
        self.look()

    @property
    def held(self) -> int:
        """How many files are fault documents."""
        return sum(charge is not None for charge in self._charges.values())

    @property
    def refused(self) -> int:
        """How many files are none."""
        return len(self._charges) - self.held

    def look(self) -> Charges:
        """What there is now, give or take `REFRESH_SECONDS`."""
        with self._lock:
            now = self._clock()
            if now - self._refreshed >= REFRESH_SECONDS:
                self._refreshed = now
                self._refresh(sorted(listed(self._folder, "--faults", MAX_FAULTS), key=lambda stamp: stamp.path))
            return Charges(self._version, tuple(one for one in self._charges.values() if one is not None))

    def _refresh(self, stamps: list[Stamp]) -> None:
        if stamps != list(self._charges):
            known = self._charges
            self._charges = {stamp: known[stamp] if stamp in known else _charge(stamp) for stamp in stamps}
            self._version += 1


def _charge(stamp: Stamp) -> Charge | None:
    name = stamp.path.name
    try:
        with stamp.path.open("rb") as file:
            return Charge(name, faults.parse(file.read(MAX_BYTES + 1)))
    except FaultError as problem:
        _LOG.warning("%s is no fault document, at %s: %s", name, problem.path, problem.problem)
    except OSError as problem:
        _LOG.warning("%s cannot be read: %s", name, problem.strerror)
    return None
