"""When a batch is closed: once enough events wait, or enough bytes of them, or the first of them has waited long
enough."""

from __future__ import annotations

import time
from collections.abc import Callable

from lading.relayer.config.settings import Batching
from lading.relayer.outbox.outbox import Batch, Outbox


class Closing:
    """Closes the batches of one outbox. `clock` gives seconds that never go back."""

    def __init__(self, outbox: Outbox, bounds: Batching, clock: Callable[[], float] = time.monotonic) -> None:
        self._outbox = outbox
        self._bounds = bounds
        self._clock = clock
        self._since: float | None = None

    @property
    def waited(self) -> float:
        """For how many seconds something has waited, as of the last call; 0 if nothing does."""
        return 0.0 if self._since is None else self._clock() - self._since

    def close(self, *, all_of_it: bool = False, also: Callable[[Batch], None] | None = None) -> Batch | None:
        """The next batch if one is due, or with `all_of_it` if anything waits; else None. The age of what waits counts
        from the first call that found it. `also` is called inside the transaction that stores the batch."""
        count, size = self._outbox.waiting_size(self._bounds.max_events)
        if count == 0:
            self._since = None
            return None
        if not (all_of_it or self._due(count, size)):
            return None
        batch = self._outbox.close_batch(self._bounds.max_events, self._bounds.max_bytes, also)
        self._since = None
        return batch

    def _due(self, count: int, size: int) -> bool:
        now = self._clock()
        self._since = now if self._since is None else self._since
        old = now - self._since >= self._bounds.max_age_seconds
        return old or count >= self._bounds.max_events or size >= self._bounds.max_bytes
