"""What health and metrics may know of a feed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class FeedState:
    """Written by the feed alone. Times are of the monotonic clock, in seconds.

    `problem`: in words, why it is not connected now; None while it is, or before the first attempt ended. `refused`:
    the other side does not want us as we are (a password, a certificate), which does not mend itself.
    """

    connected: bool = False
    problem: str | None = None
    refused: bool = False
    since: float = field(default_factory=time.monotonic)
    connects: int = 0
    messages: int = 0
    bytes: int = 0
    last_message: float | None = None

    def up(self) -> None:
        self.connected, self.problem, self.refused, self.since = True, None, False, time.monotonic()
        self.connects += 1

    def down(self, problem: str, *, refused: bool = False) -> None:
        self.connected, self.refused, self.since = False, refused, time.monotonic()
        self.problem = f"refused: {problem}; it is asked again every minute or two" if refused else problem

    def stored(self, messages: int, size: int) -> None:
        """After that many messages of that many bytes became durable."""
        self.messages += messages
        self.bytes += size
        self.last_message = time.monotonic()
