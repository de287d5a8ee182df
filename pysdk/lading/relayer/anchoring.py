"""Waiting events -> batches on the chain, in an order that a kill at any step does not harm.

    persist     the batch is closed: its index, root, count and members are stored
    sign        its transaction is signed, in memory
    store       the signed bytes, hash and nonce are stored
    broadcast   the node took the bytes
    receipt     the transaction is mined; after this the batch is marked anchored

Whatever was stored is taken up again by the next run: the same bytes are sent, and the contract takes a batch that it
has for a no-op. One process at a time anchors for one outbox.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.relayer.closing import Closing
from lading.relayer.errors import LogAhead, LogDiffers
from lading.relayer.leader import Leader, leading
from lading.relayer.outbox import Batch, Outbox
from lading.relayer.sending import Checkpoint, ClientSending, Sending, go_on

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.relayer.config import Batching

__all__ = ["Anchored", "Anchoring", "Checkpoint", "anchor", "go_on"]

_LOG = logging.getLogger(__name__)


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


def anchor(
    outbox: Outbox,
    client: Lading,
    max_events: int,
    checkpoint: Checkpoint = go_on,
    *,
    max_bytes: int | None = None,
) -> tuple[Anchored, ...]:
    """Finishes what an earlier run began, then anchors all that waits, in batches of at most `max_events`, and of about
    `max_bytes` if that is given.

    Raises:
        NotLeader: another process anchors for this outbox.
        LogAhead, LogDiffers: somebody else anchored in this log.
        ContractError: the registry refuses, such as `NotWriter` if the client's signer is not the log's writer.
        TransactionTimeout, NetworkError: run again; what is stored is sent again, and nothing twice.
        OutboxError: the outbox cannot be written.
    """
    with leading(outbox.store):
        _reconcile(outbox, client)
        sending = ClientSending(outbox, client, checkpoint)
        done = [_anchor(outbox, client, sending, batch) for batch in outbox.unanchored()]
        while (batch := outbox.close_batch(max_events, max_bytes)) is not None:
            checkpoint("persist")
            done.append(_anchor(outbox, client, sending, batch))
    return tuple(done)


class Anchoring:
    """The same for a service that runs on: a step at a time, by whichever process leads."""

    def __init__(self, outbox: Outbox, client: Lading, bounds: Batching, checkpoint: Checkpoint = go_on) -> None:
        self._outbox = outbox
        self._client = client
        self._checkpoint = checkpoint
        self._closing = Closing(outbox, bounds)
        self._sending = ClientSending(outbox, client, checkpoint)
        self._leader = Leader(outbox.store)
        self._term: int | None = None

    def step(self, *, all_of_it: bool = False) -> tuple[Anchored, ...]:
        """Closes a batch if one is due (`Closing`), or with `all_of_it` if anything waits, and anchors it; after it
        came to lead, or a step failed, first what was left. What it anchored: nothing if another leads.

        Raises as `anchor` does, but for `NotLeader`; the next step tries again.
        """
        if not self._leader.take():
            return ()
        if self._term != self._leader.term:
            return self._resume()
        self._term = None  # until this step is done
        batch = self._closing.close(all_of_it=all_of_it)
        done: tuple[Anchored, ...] = ()
        if batch is not None:
            self._checkpoint("persist")
            done = (_anchor(self._outbox, self._client, self._sending, batch),)
        self._term = self._leader.term
        return done

    def _resume(self) -> tuple[Anchored, ...]:
        _reconcile(self._outbox, self._client)
        left = self._outbox.unanchored()
        done = tuple(_anchor(self._outbox, self._client, self._sending, batch) for batch in left)
        self._term = self._leader.term
        return done

    def stop(self) -> None:
        """Lets another process lead."""
        self._leader.release()
        self._term = None


def _reconcile(outbox: Outbox, client: Lading) -> None:
    """The log's head on chain decides what is anchored; the outbox only remembers."""
    head = client.goods.head(outbox.identity.publisher).next_index
    begun = outbox.begun()
    first = outbox.begin_log(head)
    if first and not begun:
        _LOG.warning(
            "This outbox is new, and its log holds %d batches already. If they came from another outbox that is lost, "
            "restore it: this one cannot prove their events, anchors again what it takes in again, and its item map "
            "counts anew, which verifiers take for a fault of the publisher.",
            first,
        )
    expected = outbox.next_index()
    if head > expected:
        raise LogAhead(head, expected)
    outbox.reopen(head)


def _anchor(outbox: Outbox, client: Lading, sending: Sending, batch: Batch) -> Anchored:
    found = _found_on_chain(outbox, client, batch)
    if found is not None:
        return found
    sent = sending.send(batch)
    if sent is None:
        return _anchor(outbox, client, sending, replace(batch, transaction=None))
    outbox.mark_anchored(batch.index, sent.block, sent.writer)
    return Anchored(batch.index, batch.root, batch.count, sent.block, sent.tx_hash, sent.gas_used)


def _found_on_chain(outbox: Outbox, client: Lading, batch: Batch) -> Anchored | None:
    anchor = client.goods.anchor_of(outbox.identity.publisher, batch.index)
    if anchor is None:
        return None
    writer = _writer_of(outbox, client, batch, bytes.fromhex(anchor.digest[2:]))
    receipt = client.chain.receipt(batch.transaction.hash) if batch.transaction else None
    if receipt is None or not receipt.succeeded:
        block, tx_hash, gas_used = client.chain.block().number, None, None
    else:
        block, tx_hash, gas_used = receipt.block_number, receipt.tx_hash, receipt.gas_used
    outbox.mark_anchored(batch.index, block, writer)
    return Anchored(batch.index, batch.root, batch.count, block, tx_hash, gas_used)


def _writer_of(outbox: Outbox, client: Lading, batch: Batch, digest: bytes) -> bytes:
    """Whose key anchored our batch. It is the one that was recorded when the batch was signed, whoever writes the log
    now; but where this file is an older copy, only the log's own event knows it.

    Raises:
        LogDiffers: what is anchored there is not ours.
    """
    if batch.writer is not None and batch.digest(batch.writer) == digest:
        return batch.writer
    for event in client.goods.anchors(outbox.identity.publisher, index=batch.index):
        writer = bytes.fromhex(event.writer[2:])
        if batch.digest(writer) == digest:
            return writer
    raise LogDiffers(batch.index, batch.root, digest)
