"""What the parts of a sender share for as long as the process lives. Nothing here is needed to go on after a kill."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from lading.chain.endpoints import Endpoints
from lading.chain.node import Block
from lading.chain.sender_policy import Policy, Step
from lading.chain.sender_store import SenderStore
from lading.chain.sender_tables import Attempt, Submission
from lading.chain.signer import Signer
from lading.errors import LadingError

LOG: Final = logging.getLogger("lading.chain.sender")

Checkpoint = Callable[[str], None]
"""Called with the name of each step that was just done (`persist`, `sign`, `store`, `broadcast`, `receipt`); tests end
the process there."""

Effect = Callable[[Submission], bool]
"""Whether what a transaction was to do is on the chain, whoever did it. It may raise any `LadingError`: asked later."""

Change = Literal["mined", "failed", "replaced", "planned_again", "vanished", "bumped", "capped"]


def go_on(_step: str) -> None:
    """The checkpoint that does nothing."""


@dataclass
class Sending:
    """`doubts`: how often in a row something was seen that would be hard to take back. `broadcast_at`, `offered_at` by
    attempt, on the monotonic clock, and `offered_head` the newest block then; `too_low` are attempts that a node
    refused for their fees, `unfit` those that it refused for another reason; `warned`: of submissions at the cap."""

    endpoints: Endpoints
    signer: Signer
    store: SenderStore
    policy: Policy
    effect: Effect | None
    checkpoint: Checkpoint
    clock: Callable[[], float]
    doubts: Counter[str] = field(default_factory=Counter)
    broadcast_at: dict[int, float] = field(default_factory=dict)
    offered_at: dict[int, float] = field(default_factory=dict)
    offered_head: dict[int, int] = field(default_factory=dict)
    too_low: set[int] = field(default_factory=set)
    unfit: set[int] = field(default_factory=set)
    warned: set[int] = field(default_factory=set)
    fee_bumps: int = 0
    broadcasts: int = 0
    nonce_gap: int = 0

    @property
    def sender(self) -> str:
        return self.signer.address

    def note_offer(self, attempt: Attempt, view: View) -> None:
        """From now on it waits for a block."""
        self.offered_at.setdefault(attempt.id, self.clock())
        self.offered_head.setdefault(attempt.id, view.head.number)

    def forget(self, attempts: Sequence[Attempt]) -> None:
        """They are in a block, or never will be."""
        for attempt in attempts:
            for timer in (self.broadcast_at, self.offered_at, self.offered_head):
                timer.pop(attempt.id, None)
            self.too_low.discard(attempt.id)
            self.unfit.discard(attempt.id)

    def doubted_enough(self, what: str) -> bool:
        """Whether this was seen in two rounds: an answer given once may be a slip."""
        self.doubts[what] += 1
        return self.doubts[what] > 1


@dataclass(frozen=True)
class View:
    """The chain at the start of a round: newest block, nonces used in blocks, and with the pool counted in."""

    head: Block
    latest: int
    pending: int


class Changes:
    """Collects what a round changed."""

    def __init__(self) -> None:
        self._found: dict[Change, list[Submission]] = {}
        self.trouble: LadingError | None = None
        """Of the last thing that could not be decided, or could not be done; the others were gone on with."""

    def add(self, what: Change, one: Submission) -> None:
        self._found.setdefault(what, []).append(one)

    def step(self, waiting: int) -> Step:
        """Without the fillers, which nobody asked for."""
        told = {name: tuple(one for one in ones if not one.filler) for name, ones in self._found.items()}
        return Step(**told, waiting=waiting, trouble=self.trouble)
