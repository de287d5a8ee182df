"""The transaction sender: what was submitted takes effect once, whatever happens to this process, to the nodes, or to
the chain.

    sender = Sender(Endpoints([url, other_url]), signer, SqliteDatabase.open("transactions.sqlite3"))
    sender.submit("batch-7", to, data)       # stored, with its nonce; the same key again is the same submission
    step = sender.step()                     # one round: what became of what was sent, and what has to be sent now
    done = sender.wait("batch-7")            # rounds until it is settled

The bytes that are signed, their hash and nonce are stored before a node sees them, so that a restart goes on with the
same bytes. The labels of a `Checkpoint` are `persist`, `sign`, `store`, `broadcast`, `receipt`. One process sends for
one signer and store; one thread at a time. `step` and `wait` must not be called inside a transaction of the caller's,
since what they store has to be on the disk before it is sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from eth_utils.address import to_checksum_address

from lading.chain.endpoints import Endpoints
from lading.chain.sender_errors import NonceGap
from lading.chain.sender_lock import SenderLock
from lading.chain.sender_policy import Figures, Policy, Step
from lading.chain.sender_push import push
from lading.chain.sender_settle import check_history, settle
from lading.chain.sender_sign import mend
from lading.chain.sender_state import Changes, Checkpoint, Effect, Sending, View, go_on
from lading.chain.sender_store import SenderStore
from lading.chain.sender_tables import NOOP_PREFIX, Database, Submission
from lading.chain.signer import Signer
from lading.chain.transactions import DEFAULT_TIMEOUT_SECONDS
from lading.errors import InputError, InsufficientFunds, LadingError, NetworkError, TransactionTimeout

__all__ = ["Checkpoint", "Effect", "Figures", "Policy", "Sender", "Step", "Submission"]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0
_MAX_UINT256 = 2**256 - 1


class Sender:
    """`store` is the database with the tables of `lading.chain.sender_tables.tables`. `effect` says of a transaction
    whose nonce went elsewhere whether what it was to do is done; without it such a transaction stays `replaced`.
    Nothing is asked before the first call."""

    def __init__(
        self,
        endpoints: Endpoints,
        signer: Signer,
        store: Database,
        policy: Policy | None = None,
        *,
        effect: Effect | None = None,
        checkpoint: Checkpoint = go_on,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._lock = SenderLock(store, signer.address)
        self._store = SenderStore(store, signer.address, self._lock.hold)
        self._sending = Sending(
            endpoints, signer, self._store, policy or Policy(), effect=effect, checkpoint=checkpoint, clock=clock
        )
        self._sleep = sleep

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Lets another process send. What is in flight goes on by itself or with the next sender."""
        self._lock.release()

    def submit(self, key: str, to: str | None, data: bytes, *, value: int = 0, gas: int | None = None) -> Submission:
        """Stores a transaction under a key of the caller's, with its nonce, inside the transaction that the caller has
        open, if any. It is signed and sent by a later `step`, in the order of submission. `to` None creates a contract;
        `value` in wei; `gas` is the limit, where an estimate cannot know it.

        Only the very first submission of a signer asks a node (for the nonce to begin with).

        Raises:
            KeyReused: the key stands for another transaction.
            SenderTaken: another process sends with this signer and store.
            StoreForeign: the store holds this signer's transactions for another chain.
        """
        _check(key, value)
        target = None if to is None else to_checksum_address(to)
        self._lock.hold()
        self._enrol()
        found, new = self._store.add(key, target, data, value, gas)
        if new:
            self._sending.checkpoint("persist")
        return found

    def retry(self, key: str) -> Submission:
        """Submits again what has failed or was replaced, under its key and with a new nonce.

        Raises:
            InputError: there is no such submission, or it has not failed.
        """
        one = self._store.the(key)
        if one.state not in ("failed", "replaced"):
            raise InputError(f"{key!r} has not failed: it is {one.state}.", hint="Only what has failed is tried again.")
        self._lock.hold()
        self._store.queue_again(one)
        return self._store.the(key)

    def get(self, key: str) -> Submission | None:
        """What is stored under that key; asks no node."""
        return self._store.get(key)

    def step(self) -> Step:
        """One round: what became of what was sent, then what has to be sent now. That no node answers is told in
        `trouble`, and the next round goes on.

        Raises:
            SenderTaken: another process sends with this signer and store.
            StoreForeign: the store holds this signer's transactions for another chain.
            LadingError: the database cannot be used.
        """
        self._lock.hold()
        changes = Changes()
        try:
            self._enrol()
            view = self._look()
            check_history(self._sending, view)
            settle(self._sending, view, changes)
            push(self._sending, view, changes, new=self._mended(view, changes))
        except (NetworkError, InsufficientFunds) as error:
            changes.trouble = error
        return changes.step(self._store.waiting())

    def wait(self, key: str, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> Submission:
        """Rounds until it is mined, deep enough; `timeout` in seconds.

        Raises:
            ContractError, OutOfGas: it failed, or was refused before it was signed.
            TransactionReplaced: its nonce was used elsewhere, and no effect probe was given.
            TransactionTimeout: not yet; it goes on with the next `step`.
            InputError: nothing was submitted under that key.
        """
        end = self._sending.clock() + timeout
        pause = _FIRST_PAUSE
        while not (one := self._store.the(key)).settled:
            trouble = self.step().trouble
            if (one := self._store.the(key)).settled:
                break
            if self._sending.clock() >= end:
                raise self._late(one, timeout, trouble)
            self._sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        if one.error is not None:
            raise one.error
        return one

    def figures(self) -> Figures:
        """For metrics; asks no node."""
        now = self._sending
        return Figures(self._store.waiting(), now.nonce_gap, now.fee_bumps, now.broadcasts)

    def _enrol(self) -> None:
        identity = self._sending.endpoints.identity
        if not self._store.nonces.enrolled(identity):
            sender = self._sending.sender
            self._store.nonces.enrol(identity, self._sending.endpoints.ask(lambda chain: chain.nonce(sender)))

    def _mended(self, view: View, changes: Changes) -> bool:
        """Whether the nonces are in order; what is signed may go out even if it is not known."""
        try:
            mend(self._sending, view)
        except (NetworkError, NonceGap) as error:
            changes.trouble = error
            return False
        return True

    def _look(self) -> View:
        endpoints, sender = self._sending.endpoints, self._sending.sender
        return View(
            endpoints.head(),
            endpoints.ask(lambda chain: chain.nonce(sender, "latest")),
            endpoints.ask(lambda chain: chain.nonce(sender)),
        )

    def _late(self, one: Submission, timeout: float, trouble: LadingError | None) -> TransactionTimeout:
        attempts = self._store.attempts(one)
        why = f" {trouble.message}" if trouble is not None else ""
        return TransactionTimeout(
            f"{one.key!r} was not mined within {timeout:g} s.{why}",
            tx_hash=attempts[-1].signed.hash if attempts else "",
            hint="It is stored and goes on with the next `step` or `wait`.",
            retryable=True,
        )


def _check(key: str, value: int) -> None:
    if not key or key.startswith(NOOP_PREFIX):
        raise InputError(f"{key!r} cannot be a key: it is empty or begins with {NOOP_PREFIX!r}, which is ours.")
    if not 0 <= value <= _MAX_UINT256:
        raise InputError(f"value has to be from 0 to 2^256 - 1 wei, not {value}.")
