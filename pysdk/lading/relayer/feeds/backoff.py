"""Waiting between attempts: longer each time, and never two workers at the same moment."""

from __future__ import annotations

import asyncio
import random


class Backoff:
    """Waits that double from `first` to `most` seconds; after a refusal, which only people mend, `refused` seconds.
    Each is drawn between half of that and all of it, so that many clients of one broker that restarted do not come back
    together."""

    def __init__(self, first: float = 0.25, most: float = 30.0, refused: float = 120.0) -> None:
        self._first, self._most, self._refused = first, most, refused
        self._next = first

    def reset(self) -> None:
        """After an attempt that got through."""
        self._next = self._first

    def seconds(self, at_least: float = 0.0) -> float:
        """How long to wait now; `at_least`: what the other side asked for, held to be no longer than the longest
        wait of our own."""
        ceiling, self._next = self._next, min(2 * self._next, self._most)
        drawn = random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads attempts, guards nothing
        return max(drawn, min(at_least, self._most))

    async def wait(self, at_least: float = 0.0, *, refused: bool = False) -> None:
        slow = random.uniform(self._refused / 2, self._refused) if refused else 0.0  # noqa: S311 - as above
        await asyncio.sleep(max(self.seconds(at_least), slow))
