"""Messages of NFC tags on the page: checked once, at the first look, and remembered by the visitor's own link.

A message passes once (`lading.sun`), and a page is looked at more often: reloaded, or in the other language. So the
first look leads to the item's plain path with what came out of it, under this server's seal, good for some minutes.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl

from lading.provenance.errors import SunError
from lading.sun import SENTENCES, Counters, CountersError, Keys, Reason, check

TAP_SECONDS = 600
"""How long a link says what the tag said. Who gets the link passed on sees the time."""

SECRET_BYTES = 32
SEAL_DIGITS = 32
_TOKEN = re.compile(r"([a-z-]{1,20})\.(\d{1,8}|x)\.([01])\.(\d{1,11})\.([0-9a-f]{32})", re.ASCII)
_GENUINE = "ok"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tap:
    """What a tag's message showed at that time (seconds since 1970): `reason` is None if it is genuine and new. `bound`
    says whether the brand's record has the tag on this item."""

    reason: Reason | None
    counter: int | None
    bound: bool
    time: int


class Taps:
    """The brand's key service behind the page. Safe for several threads."""

    def __init__(self, keys: Keys, counters: Path, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._counters = counters
        self._clock = clock
        self._secret = secrets.token_bytes(SECRET_BYTES)

    def has_message(self, query: str) -> bool:
        """Whether the query has what a tag writes, or what shall pass for it."""
        return any(name == self._keys.mirror.mac for name, _ in parse_qsl(query, keep_blank_values=True))

    def take(self, url: str) -> Tap | None:
        """Checks the message in a URL, and keeps its counter; None if the counter cannot be kept, so that nothing can
        be said."""
        now = int(self._clock())
        try:
            with Counters.open(self._counters) as counters:
                found = check(url, self._keys, counters)
        except SunError:
            # Something stands where the message should, and no tag writes like that.
            return Tap("not-a-tag", None, False, now)
        except CountersError as problem:
            _LOG.error("no tag can be checked: %s", problem.message)
            return None
        return Tap(found.reason, found.counter, found.item is not None, now)

    def token(self, item: str, tap: Tap) -> str:
        """What the link to the item's page carries on; `item` is its `Item.key`."""
        counter = "x" if tap.counter is None else str(tap.counter)
        said = f"{tap.reason or _GENUINE}.{counter}.{int(tap.bound)}.{tap.time}"
        return f"{said}.{self._seal(item, said)}"

    def read(self, item: str, token: str) -> Tap | None:
        """What this server said of the item's tag; None for another's word, of another item, or too old."""
        found = _TOKEN.fullmatch(token)
        if found is None:
            return None
        said, _, seal = token.rpartition(".")
        when = int(found[4])
        if not hmac.compare_digest(seal, self._seal(item, said)) or self._clock() - when > TAP_SECONDS:
            return None
        reason = next((one for one in SENTENCES if one == found[1]), None)
        return Tap(reason, None if found[2] == "x" else int(found[2]), found[3] == "1", when)

    def _seal(self, item: str, said: str) -> str:
        return hmac.new(self._secret, f"{item}\n{said}".encode(), sha256).hexdigest()[:SEAL_DIGITS]
