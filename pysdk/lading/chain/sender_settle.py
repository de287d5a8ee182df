"""What became of signed transactions. That something is there is believed of one node; that it is not, only of all of
them, and twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from lading.chain import transactions
from lading.chain.node import Chain, TransactionReceipt
from lading.chain.sender_errors import ChainWentBack, to_text
from lading.chain.sender_state import LOG, Change, Changes, Sending, View
from lading.chain.sender_tables import Attempt, Submission
from lading.errors import BadResponse, LadingError, NetworkError, RequestRefused, TransactionReplaced


def settle(sending: Sending, view: View, changes: Changes) -> None:
    """Blocks that are gone, receipts that are there, nonces that went elsewhere, and what is deep enough."""
    newest = sending.store.newest_in_block()
    _check_blocks(sending, newest, changes)
    found = [_look_up(sending, one, changes) for one in sending.store.sent() if (one.nonce or 0) < view.latest]
    if any(found):
        # A reorg between the two looks would leave an old block hidden below a new one.
        _check_blocks(sending, newest, changes)
    _confirm(sending, view, changes)


def canonical_receipt(chain: Chain, tx_hash: str) -> TransactionReceipt | None:
    """None while it is not mined.

    Raises:
        BadResponse: it names a block that the node itself does not have there.
    """
    receipt = chain.receipt(tx_hash)
    if receipt is None:
        return None
    if _hash_at(chain, receipt.block_number) != receipt.block_hash:
        raise BadResponse(f"{chain.network.name} sent a receipt of {tx_hash} from a block that it does not have.")
    return receipt


def _hash_at(chain: Chain, number: int) -> str | None:
    """None where the node has no such block (yet)."""
    try:
        return chain.block(number).hash
    except RequestRefused:
        return None


# -- blocks that may be gone


def _check_blocks(sending: Sending, newest: Submission | None, changes: Changes) -> None:
    """The newest block with something of ours vouches for those below it, so that one question is enough."""
    if newest is None:
        return
    there = sending.endpoints.ask(lambda chain: _hash_at(chain, newest.block or 0))
    if there == newest.block_hash:
        sending.doubts.pop("head", None)
        return
    if there is None and not _all_shorter(sending, newest, changes):
        return
    for one in sending.store.in_blocks():
        number = one.block or 0
        if sending.endpoints.ask(lambda chain, number=number: _hash_at(chain, number)) != one.block_hash:  # type: ignore[misc]
            _moved_or_gone(sending, one, changes)


def _all_shorter(sending: Sending, newest: Submission, changes: Changes) -> bool:
    """A node that lags is no reorg; a chain that is shorter on every node is one."""
    try:
        heads = sending.endpoints.unanimous(lambda chain: chain.block().number)
    except NetworkError as error:
        changes.trouble = error
        return False
    return max(heads) < (newest.block or 0) and sending.doubted_enough("head")


def _moved_or_gone(sending: Sending, one: Submission, changes: Changes) -> None:
    attempts = sending.store.attempts(one)
    answers = sending.endpoints.each(lambda chain: _receipt_of(chain, attempts))
    receipts = [answer for answer in answers if isinstance(answer, TransactionReceipt)]
    if any(receipt.block_hash == one.block_hash for receipt in receipts):
        # One node has it where it was: they do not agree yet.
        return
    if receipts:
        _record(sending, one, attempts, receipts[0])
        return
    silent = [answer for answer in answers if isinstance(answer, NetworkError)]
    if silent:
        # Its bytes may go out again: a node that used the nonce gets nothing. What is stored stays as it is.
        changes.trouble = silent[0]
        sending.endpoints.broadcast(attempts[-1].signed)
        return
    LOG.warning("transaction %s of %r vanished from block %s: it is sent again", one.tx_hash, one.key, one.block)
    sending.store.unmine(one)
    changes.add("vanished", sending.store.the(one.key))


# -- receipts, and nonces that went elsewhere


def _receipt_of(chain: Chain, attempts: Sequence[Attempt]) -> TransactionReceipt | None:
    """Of whichever attempt is in a block; the newest is the likeliest."""
    for attempt in reversed(attempts):
        if (receipt := canonical_receipt(chain, attempt.signed.hash)) is not None:
            return receipt
    return None


def _look_up(sending: Sending, one: Submission, changes: Changes) -> bool:
    """A sent row whose nonce is used: whether it was found in a block."""
    attempts = sending.store.attempts(one)
    receipt = sending.endpoints.ask(lambda chain: _receipt_of(chain, attempts))
    if receipt is None:
        receipt = _used_elsewhere(sending, one, attempts, changes)
    if receipt is not None:
        _record(sending, one, attempts, receipt)
    return receipt is not None


def _used_elsewhere(
    sending: Sending, one: Submission, attempts: Sequence[Attempt], changes: Changes
) -> TransactionReceipt | None:
    """Asks every node. A receipt if one of them has it after all; else, if all of them have the nonce used as deep as a
    confirmation needs, it was replaced."""
    nonce = one.nonce or 0

    def told(chain: Chain) -> tuple[bool, TransactionReceipt | None]:
        deep = max(chain.block().number - sending.policy.confirmations + 1, 0)
        # In this order: mined between the two questions, it has a receipt.
        used = chain.nonce(sending.sender, deep) > nonce
        return used, _receipt_of(chain, attempts)

    answers = sending.endpoints.each(told)
    sure = True
    for answer in answers:
        if isinstance(answer, NetworkError):
            changes.trouble = answer
            sure = False
        elif answer[1] is not None:
            return answer[1]
        else:
            sure = sure and answer[0]
    if sure and sending.doubted_enough(f"{one.id}/{nonce}"):
        _replaced(sending, one, attempts, changes)
    return None


def _replaced(sending: Sending, one: Submission, attempts: Sequence[Attempt], changes: Changes) -> None:
    if one.filler or attempts[-1].noop:
        # It was to use up the nonce, and the nonce is used up; why it had to be is kept.
        _end(sending, one, attempts, one.error, changes)
        return
    LOG.warning("nonce %s of %s was used elsewhere: %r is replaced", one.nonce, sending.sender, one.key)
    if sending.effect is None:
        _end(sending, one, attempts, transactions.replaced(attempts[-1].signed), changes)
        return
    try:
        there = sending.effect(one)
    except LadingError as error:
        changes.trouble = error
        return
    if there:
        _end(sending, one, attempts, None, changes)
    else:
        sending.forget(attempts)
        sending.store.queue_again(one)
        changes.add("planned_again", sending.store.the(one.key))


def _end(
    sending: Sending, one: Submission, attempts: Sequence[Attempt], error: LadingError | None, changes: Changes
) -> None:
    """Settled without a block of its own."""
    state: Literal["done", "failed", "replaced"] = "done" if error is None else "failed"
    change: Change = "mined" if error is None else "failed"
    if isinstance(error, TransactionReplaced):
        state = change = "replaced"
    sending.forget(attempts)
    sending.store.settle(one, state, None if error is None else to_text(error))
    sending.store.close(one)
    changes.add(change, sending.store.the(one.key))


def _record(sending: Sending, one: Submission, attempts: Sequence[Attempt], receipt: TransactionReceipt) -> None:
    """It is in a block."""
    sending.checkpoint("receipt")
    attempt = next(attempt for attempt in attempts if attempt.signed.hash == receipt.tx_hash)
    failure: LadingError | None = one.error if attempt.noop else None
    if not receipt.succeeded:
        failure = sending.endpoints.ask(lambda chain: transactions.failure_of(chain, attempt.signed, receipt))
    sending.store.mine(one, receipt, None if failure is None else to_text(failure))
    sending.forget(attempts)
    sending.doubts.pop(f"{one.id}/{one.nonce}", None)


# -- what is deep enough


def _confirm(sending: Sending, view: View, changes: Changes) -> None:
    """Each block, and the one that makes it deep enough, is looked at once more before what it holds is called mined,
    and before it is called final: the head alone may be a lie."""
    deep, finality = sending.policy.confirmations - 1, max(sending.endpoints.finality_depth, 1)
    confirmed = view.head.number - deep
    final = min(view.head.number - finality, confirmed)
    there: dict[int, str | None] = {}

    def hash_at(number: int) -> str | None:
        if number not in there:
            there[number] = sending.endpoints.ask(lambda chain: _hash_at(chain, number))
        return there[number]

    for one in sending.store.deep(confirmed, final):
        number = one.block or 0
        if hash_at(number) != one.block_hash or hash_at(number + deep) is None:
            continue
        if one.state == "mined":
            error = None if one.error is None else to_text(one.error)
            sending.store.settle(one, "failed" if error else "done", error)
            changes.add("failed" if error else "mined", sending.store.the(one.key))
        if number <= final and hash_at(number + finality) is not None:
            sending.store.close(one)


def check_history(sending: Sending, view: View) -> None:
    """What is final was never undone.

    Raises:
        ChainWentBack: the node has not used a nonce that a final transaction used.
    """
    top = sending.store.nonces.slots().top_final
    if view.latest <= top:
        raise ChainWentBack(
            f"Nonce {top} of {sending.sender} was used by a transaction that is final; the node is at {view.latest}.",
            hint="Wait until it has caught up, or ask another node; nothing is sent until then.",
        )
