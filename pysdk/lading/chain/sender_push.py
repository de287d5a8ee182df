"""Getting signed bytes into blocks: new ones, lost ones, and those that offer too little. Nothing is handed to a node
that is not stored."""

from __future__ import annotations

from typing import Final

from lading.chain import outbid, transactions
from lading.chain.sender_errors import to_text
from lading.chain.sender_sign import gas_for, signed_anew, store_raised, store_refitted, wanted
from lading.chain.sender_state import LOG, Changes, Sending, View
from lading.chain.sender_tables import Attempt, Submission
from lading.errors import ContractError, InsufficientFunds, RequestRefused, TransactionReplaced

#: Geth, Anvil, Ganache, Nethermind, Erigon, Besu: raise the fees; and: it is a matter of what the pool holds, so wait.
_TOO_LOW: Final = ("underpriced", "base fee", "fee too low", "feetoolow", "gas price below", "price too low")
_WAIT: Final = ("nonce", "pool is full", "in-flight", "limit exceeded")


def push(sending: Sending, view: View, changes: Changes, *, new: bool) -> None:
    """Raises fees, sends again what was lost, and, with `new`, signs what is queued, in the order of the nonces."""
    waiting = [one for one in sending.store.sent() if (one.nonce or 0) >= view.latest]
    attempts = [(one, sending.store.attempts(one)[-1]) for one in waiting]
    lost = _first_lost(sending, view, attempts)
    sending.nonce_gap = len([one for one in waiting if (one.nonce or 0) >= lost])
    for place, (one, attempt) in enumerate(attempts):
        attempt = _refitted(sending, view, one, attempt, changes)  # noqa: PLW2901 - what takes its place
        attempt = _raised(sending, view, one, attempt, changes, first=place == 0)  # noqa: PLW2901
        if _due(sending, view, attempt, lost) and not _hand_out(sending, view, attempt, changes):
            return
    in_flight: int | None = len(waiting) if new else None
    while in_flight is not None and in_flight < sending.policy.max_in_flight:
        in_flight = _next_queued(sending, view, in_flight, changes)


def _first_lost(sending: Sending, view: View, attempts: list[tuple[Submission, Attempt]]) -> int:
    """The lowest nonce of ours that the pool lacks, and so all above it that it cannot order; or beyond all of them."""
    for _, attempt in attempts:
        nonce, tx_hash = attempt.signed.nonce, attempt.signed.hash
        if nonce >= view.pending and not sending.endpoints.ask(lambda chain, tx_hash=tx_hash: chain.knows(tx_hash)):  # type: ignore[misc]
            return nonce
    return max((attempt.signed.nonce + 1 for _, attempt in attempts), default=0)


def _due(sending: Sending, view: View, attempt: Attempt, lost: int) -> bool:
    """Not with the node, or not heard of for long."""
    if attempt.signed.nonce >= lost or not attempt.tried:
        return True
    last = sending.broadcast_at.get(attempt.id)
    if last is None:
        # From before a restart, and in the pool.
        sending.note_offer(attempt, view)
        last = sending.broadcast_at[attempt.id] = sending.clock()
    return sending.clock() - last >= sending.policy.resend_seconds


def _hand_out(sending: Sending, view: View, attempt: Attempt, changes: Changes) -> bool:
    """Whether to go on with the next nonce. What a node refuses is remembered, and decided in the next round. Bytes
    that some node had already go to every node: one may have kept them to itself."""
    sending.note_offer(attempt, view)
    try:
        sending.endpoints.broadcast(attempt.signed, everywhere=attempt.tried)
    except TransactionReplaced:
        # Used meanwhile, by this or by another: the next round finds out.
        return True
    except InsufficientFunds as error:
        changes.trouble = error
        return False
    except RequestRefused as refusal:
        changes.trouble = refusal
        _remember(sending, attempt, refusal)
        return False
    sending.broadcasts += 1
    sending.broadcast_at[attempt.id] = sending.clock()
    sending.store.note_broadcast(attempt)
    sending.checkpoint("broadcast")
    return True


def _remember(sending: Sending, attempt: Attempt, refusal: RequestRefused) -> None:
    said = refusal.message.lower()
    if any(words in said for words in _TOO_LOW):
        sending.too_low.add(attempt.id)
    elif attempt.id not in sending.unfit and not any(words in said for words in _WAIT):
        LOG.warning("%s is refused: %s", attempt.signed.hash, refusal.message)
        sending.unfit.add(attempt.id)


# -- higher fees


def _raised(
    sending: Sending, view: View, one: Submission, attempt: Attempt, changes: Changes, *, first: bool
) -> Attempt:
    """The attempt, or one in its place that offers more: if it offers less than a block costs or than the pool takes,
    or is the first in line and was passed over for long."""
    low = attempt.fees.maximum < view.head.base_fee or attempt.id in sending.too_low
    if not low and not (first and _passed_over(sending, view, attempt)):
        sending.warned.discard(one.id)
        return attempt
    fees = outbid.raised(attempt.fees, wanted(sending, view), sending.policy.max_fee)
    if fees is None:
        if low:
            _tell_capped(sending, view, one, attempt, changes)
        return attempt
    sending.fee_bumps += 1
    changes.add("bumped", one)
    return store_raised(sending, one, attempt, fees)


def _passed_over(sending: Sending, view: View, attempt: Attempt) -> bool:
    """Blocks were made without it. While there are none, no fee would help."""
    since = sending.offered_at.get(attempt.id)
    waited = since is not None and sending.clock() - since >= sending.policy.bump_seconds
    return waited and view.head.number > sending.offered_head[attempt.id]


def _tell_capped(sending: Sending, view: View, one: Submission, attempt: Attempt, changes: Changes) -> None:
    changes.add("capped", one)
    if one.id not in sending.warned:
        sending.warned.add(one.id)
        LOG.warning(
            "%r offers %s wei per gas of at most %s, and a block costs %s: it waits until fees fall",
            one.key,
            attempt.fees.maximum,
            sending.policy.max_fee,
            view.head.base_fee,
        )


def _refitted(sending: Sending, view: View, one: Submission, attempt: Attempt, changes: Changes) -> Attempt:
    """What was refused for itself is made anew after `bump_seconds`, as long as there are higher fees to tell it by."""
    since = sending.offered_at.get(attempt.id, sending.clock())
    if attempt.noop or attempt.id not in sending.unfit or sending.clock() - since < sending.policy.bump_seconds:
        return attempt
    fees = outbid.raised(attempt.fees, wanted(sending, view), sending.policy.max_fee)
    if fees is None:
        return attempt
    changes.add("bumped", one)
    return store_refitted(sending, view, one, fees)


# -- what is queued


def _next_queued(sending: Sending, view: View, in_flight: int, changes: Changes) -> int | None:
    """Signs and sends the next; how many are in flight then, None if the round ends here. One that is refused while
    others are in flight may depend on them (not every node counts its pool in), and is asked about again."""
    if (one := sending.store.first_queued()) is None:
        return None
    fees = wanted(sending, view)
    try:
        gas = gas_for(sending, one)
        sending.endpoints.ask(
            lambda chain: transactions.check_funds(chain, sending.sender, gas * fees.maximum + one.value)
        )
    except ContractError as refusal:
        if in_flight:
            return None
        sending.store.refuse(one, to_text(refusal))
        changes.add("failed", sending.store.the(one.key))
        return in_flight
    except InsufficientFunds as error:
        changes.trouble = error
        return None
    signed = signed_anew(sending, view, one, gas, fees)
    sending.checkpoint("sign")
    attempt = sending.store.add_attempt(one, signed, fees)
    sending.checkpoint("store")
    return in_flight + 1 if _hand_out(sending, view, attempt, changes) else None
