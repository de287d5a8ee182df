"""Waiting events -> batches on the chain, a step at a time, in an order that a kill anywhere does not harm.

    persist     the batch is closed, and its transaction submitted, in one transaction of the database
    sign, store, broadcast, receipt: the sender's (`lading.chain.sender`)

Several batches may be on their way at once. What was stored is taken up again by whoever leads next: the same bytes are
sent, and where a nonce went elsewhere, the log says whether the batch is there. One process at a time leads.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.chain.sender import Policy, Sender, Step
from lading.errors import LadingError
from lading.relayer.anchoring.chain_log import ChainLog
from lading.relayer.anchoring.closing import Closing
from lading.relayer.anchoring.leader import Leader
from lading.relayer.errors import LogAhead, LogError
from lading.relayer.outbox.outbox import Batch, Outbox
from lading.reverts.goods import IndexGap

if TYPE_CHECKING:
    from lading.chain.sender import Submission
    from lading.chain.signer import Signer
    from lading.relayer.config.settings import Batching

MOST_IN_FLIGHT: Final = 16
"""Closed batches that are not on the chain; while there are so many, events wait and the next batch grows."""
LOOK_SECONDS: Final = 2.0
"""How often the chain is looked at while nothing is on its way: a reorg may have taken something back."""

_KEY: Final = re.compile(r"anchor/(\d+)/0x[0-9a-f]{40}")
_LOG = logging.getLogger(__name__)

Checkpoint = Callable[[str], None]
"""Called with the name of each step that was just done; tests end the process there."""


def go_on(_step: str) -> None:
    """The checkpoint that does nothing."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """A batch that is on the chain. `tx_hash` and `gas_used` are None if it was found there without a receipt of
    ours."""

    index: int
    root: bytes
    count: int
    block: int
    tx_hash: str | None
    gas_used: int | None


@dataclass(frozen=True, slots=True)
class Round:
    """What one step did. `closed`: whether it closed a batch, so that the next may be due at once. `on_the_way`: closed
    batches that are not on the chain. `trouble`: what could not be done or decided now; the next step goes on."""

    leading: bool = False
    anchored: tuple[Anchored, ...] = ()
    closed: bool = False
    on_the_way: int = 0
    trouble: LadingError | None = None


class AnchorLoop:
    """Of one outbox, in one process. Nothing is locked or asked before the first step."""

    def __init__(
        self,
        outbox: Outbox,
        log: ChainLog,
        signer: Signer,
        bounds: Batching,
        *,
        confirmations: int = 1,
        checkpoint: Checkpoint = go_on,
    ) -> None:
        self._outbox, self._log, self._checkpoint = outbox, log, checkpoint
        self._address = signer.address.lower()
        self._closing = Closing(outbox, bounds)
        self._leader = Leader(outbox.store)
        self._term: int | None = None
        self._looked = float("-inf")
        self.sender = Sender(
            log.endpoints,
            signer,
            outbox.store,
            Policy(confirmations=confirmations),
            effect=self._is_there,
            # The sender says so inside the transaction that stores the batch.
            checkpoint=lambda step: None if step == "persist" else checkpoint(step),
        )

    def step(self, *, all_of_it: bool = False) -> Round:
        """Closes a batch if one is due, or with `all_of_it` if anything waits, and has what is on its way go on; after
        it came to lead, or a step failed, first compares outbox and log.

        Raises:
            LogAhead, LogDiffers: somebody else anchored in this log.
            ContractError: the registry refuses, such as `NotWriter` if the signer is not the log's writer. The batch is
                submitted again by the next step.
            NetworkError: no node answers.
            OutboxError: the outbox cannot be used.
        """
        if not self._leader.take():
            self._term = None
            self.sender.close()
            return Round()
        if self._term != self._leader.term:
            self._resume()
        term, self._term = self._leader.term, None  # until this step is done
        trouble = self._send() if self._due() else None
        done = self._take_done()
        if closed := self._close(all_of_it):
            trouble = self._send()
        self._term = term
        return Round(True, done, closed, self._on_the_way(), trouble)

    def waited(self) -> float:
        """For how many seconds the oldest event that is not on the chain has waited, as far as this process knows."""
        left = self._outbox.unanchored()
        closed = (time.time_ns() - left[0].closed_ns) / 1e9 if left else 0.0
        return max(closed, self._closing.waited)

    def stop(self) -> None:
        """Lets another process lead; what is on its way goes on by itself, or with that one."""
        self.sender.close()
        self._leader.release()
        self._term = None

    # -- parts of a step

    def _resume(self) -> None:
        """The log's head on chain decides what is anchored; the outbox only remembers."""
        outbox = self._outbox
        head = self._log.next_index(*self._known())
        begun = outbox.begun()
        first = outbox.begin_log(head)
        if first and not begun:
            _LOG.warning(
                "This outbox is new, and its log holds %d batches already. If they came from another outbox that is "
                "lost, restore it: this one cannot prove their events, anchors again what it takes in again, and its "
                "item map counts anew, which verifiers take for a fault of the publisher.",
                first,
            )
        expected = outbox.next_index()
        if head > expected:
            raise LogAhead(head, expected)
        outbox.reopen(head)
        for batch in outbox.unanchored():
            submitted = self.sender.get(self._key(batch.index))
            on_its_way = submitted is not None and submitted.state not in ("failed", "replaced")
            digest = self._log.digest(batch.index, sure=not on_its_way)
            if digest is not None:
                self._log.writer(batch, digest)  # refuses what is not ours; `_take_done` marks what is
            elif submitted is None:
                with outbox.transaction():
                    self._submit(batch)
            elif not on_its_way:
                self.sender.retry(submitted.key)
        self._looked = float("-inf")

    def _known(self) -> tuple[int | None, int | None]:
        """The next indices of what the outbox believes on the chain, and of what it closed."""
        if not self._outbox.begun():
            return None, None
        closed, left = self._outbox.next_index(), self._outbox.unanchored()
        return (left[0].index if left else closed), closed

    def _close(self, all_of_it: bool) -> bool:
        """Whether it closed one. Never two in a step, so that the chain has the first while the second is made."""
        if self._on_the_way() >= MOST_IN_FLIGHT or not self._closing.close(all_of_it=all_of_it, also=self._submit):
            return False
        self._checkpoint("persist")
        return True

    def _due(self) -> bool:
        """Whether there is something to ask the chain."""
        return self._on_the_way() > 0 or time.monotonic() - self._looked >= LOOK_SECONDS

    def _send(self) -> LadingError | None:
        self._looked = time.monotonic()
        told: Step = self.sender.step()
        for one in told.vanished:
            if (index := index_of(one.key)) is not None:
                _LOG.warning("batch %d vanished from its block; it is sent again", index)
                self._outbox.reopen(index)
        if isinstance(told.trouble, LogError):
            raise told.trouble
        return told.trouble

    def _submit(self, batch: Batch) -> None:
        to, data = self._log.call(batch)
        self._outbox.set_writer(batch.index, bytes.fromhex(self._address[2:]))
        self.sender.submit(self._key(batch.index), to, data)

    def _take_done(self) -> tuple[Anchored, ...]:
        done = []
        for batch in self._outbox.unanchored():
            found = self._done(batch)
            if found is None:
                # Those behind it wait for it: where it lost its nonce, they were refused as a gap.
                break
            done.append(found)
        return tuple(done)

    def _done(self, batch: Batch) -> Anchored | None:
        """Marked as anchored, if it is; None if not yet."""
        submitted = self.sender.get(self._key(batch.index))
        if submitted is not None and submitted.state == "done" and submitted.block is not None:
            writer = bytes.fromhex(self._address[2:])
            return self._mark(batch, submitted.block, writer, submitted)
        if submitted is not None and not submitted.settled:
            return None
        # Failed, or found by its effect, or never ours to send: the log knows.
        digest = self._log.digest(batch.index)
        if digest is not None:
            writer = self._log.writer(batch, digest)
            head = self._log.endpoints.head().number
            return self._mark(batch, head, writer, None)
        if submitted is None or submitted.error is None:
            return None
        if isinstance(submitted.error, IndexGap) and self._log.next_index(0) == batch.index:
            self.sender.retry(submitted.key)  # by now all those before it are there
            return None
        raise submitted.error

    def _mark(self, batch: Batch, block: int, writer: bytes, by: Submission | None) -> Anchored:
        self._outbox.mark_anchored(batch.index, block, writer)
        hashes = (None, None) if by is None else (by.tx_hash, by.gas_used)
        return Anchored(batch.index, batch.root, batch.count, block, *hashes)

    def _is_there(self, submitted: Submission) -> bool:
        """Whether the log has the batch of a submission whose nonce went elsewhere."""
        index = index_of(submitted.key)
        found = () if index is None else self._outbox.batches(index)[:1]
        if not found or (digest := self._log.digest(found[0].index)) is None:
            return False
        self._log.writer(found[0], digest)
        return True

    def _on_the_way(self) -> int:
        return len(self._outbox.unanchored())

    def _key(self, index: int) -> str:
        # With the signer, since a log's writer may be changed while a batch is on its way.
        return f"anchor/{index}/{self._address}"


def index_of(key: str) -> int | None:
    """The batch of a submission of ours."""
    found = _KEY.fullmatch(key)
    return None if found is None else int(found[1])
