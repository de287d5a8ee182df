"""All that waits in an outbox -> the chain, by the same steps as a service takes (`lading.relayer.anchoring.loop`)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from lading.chain.endpoints import Endpoints
from lading.chain.transactions import DEFAULT_TIMEOUT_SECONDS
from lading.errors import LadingError, NoSigner, RequestRefused, TransactionTimeout
from lading.relayer.anchoring.chain_log import ChainLog
from lading.relayer.anchoring.loop import Anchored, AnchorLoop, Checkpoint, Round, go_on
from lading.relayer.config.settings import Batching
from lading.relayer.errors import NotLeader
from lading.relayer.outbox.outbox import Outbox

if TYPE_CHECKING:
    from lading.client import Lading

__all__ = ["Anchored", "Checkpoint", "anchor", "go_on"]

_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 1.0
_ANY_SIZE: Final = 1_000_000_000


def anchor(
    outbox: Outbox,
    client: Lading,
    max_events: int,
    checkpoint: Checkpoint = go_on,
    *,
    max_bytes: int | None = None,
    confirmations: int = 1,
) -> tuple[Anchored, ...]:
    """Finishes what an earlier run began, then anchors all that waits, in batches of at most `max_events`, and of about
    `max_bytes` if that is given. In the order of the log.

    Raises:
        NoSigner: the client signs nothing.
        NotLeader: another process anchors for this outbox.
        LogAhead, LogDiffers: somebody else anchored in this log.
        ContractError: the registry refuses, such as `NotWriter` if the client's signer is not the log's writer.
        TransactionTimeout, NetworkError: run again; what is stored is sent again, and nothing twice.
        OutboxError: the outbox cannot be written.
    """
    if client.signer is None:
        raise NoSigner("Nothing signs for this client.", hint="Connect it with the signer that writes the log.")
    log = ChainLog(Endpoints([client.chain]), client.deployment, outbox.identity.publisher, [client])
    bounds = Batching(max_events=max_events, max_bytes=max_bytes or _ANY_SIZE)
    loop = AnchorLoop(outbox, log, client.signer, bounds, confirmations=confirmations, checkpoint=checkpoint)
    try:
        return tuple(sorted(_all(loop, outbox), key=lambda one: one.index))
    finally:
        loop.stop()


def _all(loop: AnchorLoop, outbox: Outbox) -> list[Anchored]:
    done: list[Anchored] = []
    pause, progress = _FIRST_PAUSE, time.monotonic()
    while True:
        made = loop.step(all_of_it=True)
        if not made.leading:
            raise NotLeader(outbox.store.path)
        done += made.anchored
        if made.on_the_way == 0 and outbox.waiting_size(1)[0] == 0:
            return done
        if made.anchored or made.closed:
            pause, progress = _FIRST_PAUSE, time.monotonic()
            continue
        _check(made, time.monotonic() - progress)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _check(made: Round, seconds: float) -> None:
    """Whether to go on."""
    trouble: LadingError | None = made.trouble
    # What a node refuses, such as a fee too low, the next step mends.
    if trouble is not None and not isinstance(trouble, RequestRefused):
        raise trouble
    if seconds >= DEFAULT_TIMEOUT_SECONDS:
        why = "" if trouble is None else f" {trouble.message}"
        raise TransactionTimeout(
            f"No batch was mined within {DEFAULT_TIMEOUT_SECONDS:g} s.{why}",
            tx_hash="",
            hint="Run again: what is stored is sent again.",
            retryable=True,
        )
