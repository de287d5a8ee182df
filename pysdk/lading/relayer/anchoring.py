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
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.errors import ContractError, OutOfGas, TransactionReplaced
from lading.relayer.errors import LogAhead, LogDiffers
from lading.relayer.outbox import Batch, Outbox

if TYPE_CHECKING:
    from lading.chain.transactions import SignedTransaction
    from lading.client import Lading

_LOG = logging.getLogger(__name__)

Checkpoint = Callable[[str], None]
"""Called with the name of each step that was just done; tests end the process there."""


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


def go_on(_step: str) -> None:
    """The checkpoint that does nothing."""


def anchor(outbox: Outbox, client: Lading, max_events: int, checkpoint: Checkpoint = go_on) -> tuple[Anchored, ...]:
    """Finishes what an earlier run began, then anchors all that waits, in batches of at most `max_events`.

    Raises:
        LogAhead, LogDiffers: somebody else anchored in this log.
        ContractError: the registry refuses, such as `NotWriter` if the client's signer is not the log's writer.
        TransactionTimeout, NetworkError: run again; what is stored is sent again, and nothing twice.
        OutboxError: the outbox cannot be written.
    """
    _reconcile(outbox, client)
    done = [_anchor(outbox, client, batch, checkpoint) for batch in outbox.unanchored()]
    while (batch := outbox.close_batch(max_events)) is not None:
        checkpoint("persist")
        done.append(_anchor(outbox, client, batch, checkpoint))
    return tuple(done)


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


def _anchor(outbox: Outbox, client: Lading, batch: Batch, checkpoint: Checkpoint) -> Anchored:
    found = _found_on_chain(outbox, client, batch)
    if found is not None:
        return found
    signed = batch.transaction or _sign_and_store(outbox, client, batch, checkpoint)
    try:
        client.broadcast(signed)
        checkpoint("broadcast")
        receipt = client.wait(signed)
    except (ContractError, OutOfGas):
        # Mined without effect. These bytes are used up; the next run signs new ones, if that still makes sense.
        outbox.drop_transaction(batch.index)
        raise
    except TransactionReplaced:
        outbox.drop_transaction(batch.index)
        if batch.transaction is None:
            raise
        # Signed by an earlier run, and its nonce went to something else meanwhile: plan anew if its effect is absent.
        return _anchor(outbox, client, replace(batch, transaction=None), checkpoint)
    checkpoint("receipt")
    outbox.mark_anchored(batch.index, receipt.block, bytes.fromhex(signed.sender[2:]))
    return Anchored(batch.index, batch.root, batch.count, receipt.block, receipt.tx_hash, receipt.gas_used)


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


def _sign_and_store(outbox: Outbox, client: Lading, batch: Batch, checkpoint: Checkpoint) -> SignedTransaction:
    roots = ["0x" + root.hex() for root in (batch.root, batch.items_root)]
    signed = client.plan(
        client.contracts.goods.anchor(outbox.identity.publisher, batch.index, roots[0], roots[1], batch.count)
    )
    checkpoint("sign")
    outbox.store_transaction(batch.index, signed)
    checkpoint("store")
    return signed
