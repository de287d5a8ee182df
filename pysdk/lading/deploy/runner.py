"""Carries a plan out on a chain: each step signed, stored, broadcast, mined; after a crash, what the chain holds is
found out and the rest is done, by the same call."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from lading.chain.node import Chain
from lading.chain.outbid import fees_of, outbid
from lading.chain.signer import Signer
from lading.chain.transactions import (
    BASE_FEE_MARGIN,
    PRIORITY_FEE,
    SignedTransaction,
    broadcast,
    plan,
    wait,
)
from lading.deploy.journal import Again, Journal, MinedAt, Signed
from lading.deploy.plan import Mined, Resolution, Step, Todo, resolve
from lading.errors import BadResponse, InsufficientFunds, RequestRefused, TransactionReplaced, TransactionTimeout

Stage = Literal["planned", "signed", "stored", "broadcast", "receipt", "done", "again", "replaced", "outbid", "gap"]
ROUND_SECONDS = 60.0
#: After so many rounds without a block that takes the transaction, the run stops; the same command goes on.
ROUNDS = 10
#: A filler of a nonce gap: an empty payment to oneself.
GAP = "fill nonce gap"


@dataclass(frozen=True)
class Progress:
    """What a run is doing. `index` counts the plan's steps from 1; `seconds` is the time since the step was planned."""

    step: str
    stage: Stage
    index: int
    total: int
    message: str
    tx: str | None = None
    gas: int | None = None
    seconds: float | None = None


OnStep = Callable[[Progress], None]


@dataclass(frozen=True)
class Reconciled:
    """What the chain says of every transaction in the journal. `waiting` are unmined ones whose nonce is still free."""

    mined: dict[str, Mined]
    waiting: tuple[Signed, ...]
    latest: int


class Runner:
    """One run of one plan. Holds no state that the journal and the chain do not."""

    def __init__(
        self,
        chain: Chain,
        signer: Signer,
        steps: Sequence[Step],
        journal: Journal,
        *,
        on_step: OnStep,
        round_seconds: float = ROUND_SECONDS,
    ) -> None:
        self._chain, self._signer, self._steps, self._journal = chain, signer, tuple(steps), journal
        self._on_step, self._round_seconds = on_step, round_seconds
        self._index = {step.id: number for number, step in enumerate(self._steps, start=1)}
        self._said: set[str] = set()

    def run(self) -> dict[str, Mined]:
        """Does all that is left; the mined transaction of each step, by step.

        Raises:
            InsufficientFunds: before anything is sent, if the balance cannot cover what is left.
            ContractError: a step is refused.
            TransactionTimeout: a step is not mined; run again to go on.
            BadResponse: the node contradicts itself.
        """
        funded = False
        while True:
            state = self._reconcile()
            if self._close_gap(state):
                continue
            resolution = self._resolve(state)
            if not resolution.todo:
                return state.mined
            if not funded:
                self._check_funds(resolution)
                funded = True
            self._do(resolution.todo[0])

    def check_funds(self) -> None:
        """Raises InsufficientFunds if the balance cannot cover what is left."""
        self._check_funds(self._resolve(self._reconcile()))

    def _reconcile(self) -> Reconciled:
        # The count first: what is mined after it was read only makes `waiting` longer, never a step look replaced.
        latest = self._chain.nonce(self._signer.address, "latest")
        mined: dict[str, Mined] = {}
        taken: set[int] = set()
        unmined: list[Signed] = []
        for entry in self._journal.signed:
            receipt = self._chain.receipt(entry.hash)
            if receipt is None:
                unmined.append(entry)
                continue
            taken.add(entry.nonce)
            if receipt.succeeded:
                content = bytes.fromhex(entry.content)
                mined[entry.step] = Mined(entry.hash, entry.nonce, content, entry.address, receipt.block_number)
        free = [entry for entry in unmined if entry.nonce not in taken]
        for entry in free:
            if entry.nonce < latest:
                self._look_at_replaced(entry)
        return Reconciled(mined, tuple(entry for entry in free if entry.nonce >= latest), latest)

    def _look_at_replaced(self, entry: Signed) -> None:
        if self._chain.knows(entry.hash):
            raise BadResponse(
                f"The node counts nonce {entry.nonce} as used and knows {entry.hash}, but has no receipt of it.",
                hint="It lags behind itself: run the same command again, or ask another node.",
            )
        self._say_once(entry.step, "replaced", f"nonce {entry.nonce} was used by a transaction that is not this plan's")

    def _resolve(self, state: Reconciled) -> Resolution:
        if state.waiting:
            next_nonce = min(entry.nonce for entry in state.waiting)
        else:
            next_nonce = max(state.latest, self._chain.nonce(self._signer.address, "pending"))
        resolution = resolve(self._steps, state.mined, next_nonce, self._signer.address)
        for step in resolution.again:
            reason = "on the chain, but it names an address that was missed: done again, the old one stays unused"
            if self._say_once(step, "again", reason):
                self._journal.append(Again(steps=[step], reason=reason))
        return resolution

    def _close_gap(self, state: Reconciled) -> bool:
        """A node that lost an earlier transaction would hold ours back for ever: fills the lowest nonce that nobody
        uses."""
        if not state.waiting:
            return False
        pending = max(state.latest, self._chain.nonce(self._signer.address, "pending"))
        if min(entry.nonce for entry in state.waiting) <= pending:
            return False
        signed = plan(self._chain, self._signer, self._signer.address, b"", nonce=pending)
        self._tell(GAP, "gap", f"nonce {pending} is used by nothing: an empty payment to the deployer", signed)
        broadcast(self._chain, signed)
        wait(self._chain, signed, timeout=self._round_seconds)
        return True

    def _check_funds(self, resolution: Resolution) -> None:
        gas = sum(_gas_bound(todo) for todo in resolution.todo)
        price = self._chain.block().base_fee * BASE_FEE_MARGIN + PRIORITY_FEE
        balance = self._chain.balance(self._signer.address)
        if balance < gas * price:
            raise InsufficientFunds(
                f"The deployer {self._signer.address} has {balance} wei; what is left to deploy may cost "
                f"{gas * price} wei ({gas} gas at up to {price} wei).",
                hint=f"Send it {gas * price - balance} wei or more and run the same command again; nothing was sent.",
            )

    def _do(self, todo: Todo) -> None:
        started = time.monotonic()
        self._tell(todo.step.id, "planned", f"nonce {todo.nonce}, {todo.address}")
        signed = self._signed_for(todo)
        for _ in range(ROUNDS):
            self._send(signed)
            self._tell(todo.step.id, "broadcast", "sent", signed)
            try:
                receipt = wait(self._chain, signed, timeout=self._round_seconds)
            except TransactionReplaced:
                # By an earlier signature of our own, or by somebody else: the next reconciliation tells.
                return
            except TransactionTimeout:
                signed = self._outbid_if_low(todo, signed)
                continue
            seconds = time.monotonic() - started
            self._tell(
                todo.step.id, "receipt", f"block {receipt.block_number}", signed, gas=receipt.gas_used, seconds=seconds
            )
            self._journal.append(MinedAt(step=todo.step.id, hash=signed.hash, block=receipt.block_number))
            self._tell(todo.step.id, "done", todo.address, signed, gas=receipt.gas_used, seconds=seconds)
            return
        raise TransactionTimeout(
            f"The step `{todo.step.id}` ({signed.hash}) was not mined in {ROUNDS * self._round_seconds:g} s.",
            tx_hash=signed.hash,
            hint="Run the same command again: it goes on with the same transaction.",
            retryable=True,
        )

    def _signed_for(self, todo: Todo) -> SignedTransaction:
        """The bytes that were stored for this very transaction, if any; else new ones, stored before this returns."""
        earlier = [entry for entry in self._journal.signed if entry.nonce == todo.nonce]
        if earlier and (earlier[-1].step, earlier[-1].content) == (todo.step.id, todo.content.hex()):
            return self._restored(earlier[-1])
        signed = plan(self._chain, self._signer, todo.to, todo.data, nonce=todo.nonce)
        if earlier:
            signed = outbid(self._signer, signed, self._restored(earlier[-1]))
        return self._store(todo, signed)

    def _outbid_if_low(self, todo: Todo, signed: SignedTransaction) -> SignedTransaction:
        base_fee = self._chain.block().base_fee
        maximum = fees_of(signed).maximum
        if base_fee <= maximum:
            return signed
        fresh = plan(self._chain, self._signer, todo.to, todo.data, nonce=todo.nonce)
        higher = outbid(self._signer, fresh, signed)
        self._tell(todo.step.id, "outbid", f"the base fee is {base_fee} wei, above the {maximum} offered", higher)
        return self._store(todo, higher)

    def _store(self, todo: Todo, signed: SignedTransaction) -> SignedTransaction:
        self._tell(todo.step.id, "signed", "not sent yet", signed)
        self._journal.append(
            Signed(
                step=todo.step.id,
                content=todo.content.hex(),
                nonce=signed.nonce,
                hash=signed.hash,
                raw=signed.raw,
                to=signed.to,
                address=todo.address,
            )
        )
        self._tell(todo.step.id, "stored", "in the journal", signed)
        return signed

    def _restored(self, entry: Signed) -> SignedTransaction:
        return SignedTransaction(entry.raw, entry.hash, entry.nonce, self._signer.address, entry.to)

    def _send(self, signed: SignedTransaction) -> None:
        try:
            broadcast(self._chain, signed)
        except TransactionReplaced:
            return
        except RequestRefused:
            # Somebody's dearer transaction waits at this nonce. Waiting tells which of the two is mined.
            if self._chain.nonce(signed.sender, "pending") <= signed.nonce:
                raise

    def _say_once(self, step: str, stage: Stage, message: str) -> bool:
        if (key := f"{step}:{stage}:{message}") in self._said:
            return False
        self._said.add(key)
        self._tell(step, stage, message)
        return True

    def _tell(
        self,
        step: str,
        stage: Stage,
        message: str,
        signed: SignedTransaction | None = None,
        *,
        gas: int | None = None,
        seconds: float | None = None,
    ) -> None:
        tx = None if signed is None else signed.hash
        index = self._index.get(step, 0)
        self._on_step(Progress(step, stage, index, len(self._steps), message, tx, gas, seconds))


def _gas_bound(todo: Todo) -> int:
    """Above what a step uses. Creation: 32,000, 200 gas per byte of code left behind (Yellow Paper, appendix G), 2 per
    word of init code (EIP-3860); data: 16 gas per byte (EIP-2028); the rest for what constructor or call do."""
    return 21_000 + (32_000 + 201 * len(todo.data) if todo.to is None else 0) + 16 * len(todo.data) + 400_000
