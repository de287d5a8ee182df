"""What a sender has stored: its submissions, each with its nonce, and the signed bytes of each attempt.

The tables stand in whatever database the caller has, and are written inside the transaction that the caller has open,
if there is one: a row of the caller's and the submission that follows from it are stored together or not at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from lading.chain.node import TransactionReceipt
from lading.chain.sender_errors import KeyReused, from_text
from lading.chain.sender_nonces import Nonces, Slots
from lading.chain.sender_tables import NOOP_PREFIX, Attempt, Database, State, Submission
from lading.chain.transactions import Fees, SignedTransaction
from lading.errors import InputError

_COLUMNS: Final = (
    'id, key, sender, nonce, "to", data, value, gas, state, watched, mined_block, mined_hash, mined_tx, mined_gas, '
    "error"
)
_IN_NO_BLOCK: Final = "error = NULL, mined_block = NULL, mined_hash = NULL, mined_tx = NULL, mined_gas = NULL"


class SenderStore:
    """The rows of one sender (checksummed address). `guard` is called inside every transaction that takes a nonce or
    keeps signed bytes, and raises where another process has taken over."""

    def __init__(self, database: Database, sender: str, guard: Callable[[], None]) -> None:
        self.database = database
        self.sender = sender
        self.nonces = Nonces(database, sender)
        self._guard = guard

    def renumber(self, first: int, slots: Slots) -> None:
        """Queued rows get the nonces from `first` on."""
        with self._writing():
            self.nonces.renumber(first, slots)

    # -- submissions

    def add(self, key: str, to: str | None, data: bytes, value: int, gas: int | None) -> tuple[Submission, bool]:
        """The submission of that key, and whether it is new.

        Raises:
            KeyReused: there is one with other content.
        """
        with self._writing():
            nonce = self.nonces.take()
            if (there := self.get(key)) is not None:
                self.nonces.give_back(nonce)
                _refuse_another(there, self.sender, to, data, value)
                return there, False
            self.database.execute(
                'INSERT INTO transactions (key, sender, nonce, "to", data, value, gas, state) '
                "VALUES (?, ?, ?, ?, ?, ?, ?, 'queued')",
                (key, self.sender, nonce, to, data, str(value), gas),
            )
            return self.the(key), True

    def get(self, key: str) -> Submission | None:
        found = self._submissions("key = ?", (key,))
        return found[0] if found else None

    def the(self, key: str) -> Submission:
        """A submission that is known to be stored.

        Raises:
            InputError: it is not.
        """
        if (found := self.get(key)) is None:
            raise InputError(f"Nothing was submitted under the key {key!r}.", hint="Submit it first.")
        return found

    def first_queued(self) -> Submission | None:
        """The next to be signed."""
        found = self._submissions(
            "sender = ? AND watched = 1 AND state = 'queued' ORDER BY nonce LIMIT 1", (self.sender,)
        )
        return found[0] if found else None

    def sent(self) -> list[Submission]:
        return self._submissions("sender = ? AND watched = 1 AND state = 'sent' ORDER BY nonce", (self.sender,))

    def in_blocks(self) -> list[Submission]:
        """What is mined and not final, oldest block first."""
        return self._submissions(
            "sender = ? AND watched = 1 AND mined_block IS NOT NULL ORDER BY mined_block, nonce", (self.sender,)
        )

    def newest_in_block(self) -> Submission | None:
        found = self._submissions(
            "sender = ? AND watched = 1 AND mined_block IS NOT NULL ORDER BY mined_block DESC LIMIT 1", (self.sender,)
        )
        return found[0] if found else None

    def deep(self, confirmed: int, final: int) -> list[Submission]:
        """What is mined up to block `confirmed` and not said to be, and what is up to block `final`."""
        return self._submissions(
            "sender = ? AND watched = 1 AND (mined_block <= ? OR (mined_block <= ? AND state = 'mined')) "
            "ORDER BY mined_block, nonce",
            (self.sender, final, confirmed),
        )

    def waiting(self) -> int:
        """How many are not settled."""
        sql = "SELECT count(*) FROM transactions WHERE sender = ? AND watched = 1 AND state IN (?, ?, ?)"
        return int(self._one(sql, (self.sender, "queued", "sent", "mined"))[0])

    def refuse(self, one: Submission, error: str) -> None:
        """Nothing is signed, and nothing will be: the nonce goes to whoever is queued behind it."""
        with self._writing():
            self._set(one, "state = 'failed', watched = 0, nonce = NULL, error = ?", (error,))
            assert one.nonce is not None  # noqa: S101 - a queued row has one
            self.nonces.shift(one.nonce + 1, -1)

    def queue_again(self, one: Submission) -> None:
        """With a new nonce, as if it had been submitted now."""
        with self._writing():
            self._set(
                one,
                f"state = 'queued', watched = 1, nonce = ?, {_IN_NO_BLOCK}",
                (self.nonces.take(),),
            )

    # -- attempts

    def add_attempt(
        self, one: Submission, signed: SignedTransaction, fees: Fees, *, noop: bool = False, error: str | None = None
    ) -> Attempt:
        """Before the first broadcast. `error`: why only the nonce is used up."""
        raw = bytes.fromhex(signed.raw[2:])
        with self._writing():
            self.database.execute(
                "INSERT INTO attempts (transaction_id, nonce, raw, hash, priority_fee, max_fee, noop) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (one.id, signed.nonce, raw, signed.hash, fees.priority, fees.maximum, int(noop)),
            )
            self._set(one, "state = 'sent', error = ?", (error,))
            (row,) = self.database.rows("SELECT id FROM attempts WHERE hash = ?", (signed.hash,))
        return Attempt(row[0], signed, fees, noop)

    def add_filler(self, signed: SignedTransaction, fees: Fees) -> None:
        """A nonce below signed ones that no row has."""
        key = f"{NOOP_PREFIX}{self.sender}/{signed.nonce}"
        with self._writing():
            self.database.execute(
                'INSERT INTO transactions (key, sender, nonce, "to", data, value, state) '
                "VALUES (?, ?, ?, ?, ?, '0', 'sent')",
                (key, self.sender, signed.nonce, self.sender, b""),
            )
            self.add_attempt(self.the(key), signed, fees, noop=True)

    def attempts(self, one: Submission) -> list[Attempt]:
        """Of its present nonce, oldest first."""
        found = self.database.rows(
            "SELECT id, raw, hash, nonce, priority_fee, max_fee, noop, last_broadcast_ns FROM attempts "
            "WHERE transaction_id = ? AND nonce = ? ORDER BY id",
            (one.id, one.nonce),
        )
        return [self._attempt(one, row) for row in found]

    def _attempt(self, one: Submission, row: tuple[Any, ...]) -> Attempt:
        number, raw, tx_hash, nonce, priority, maximum, noop, last = row
        to = self.sender if noop else one.to
        signed = SignedTransaction("0x" + bytes(raw).hex(), tx_hash, nonce, self.sender, to)
        return Attempt(number, signed, Fees(priority, maximum), bool(noop), last is not None)

    def note_broadcast(self, attempt: Attempt) -> None:
        now = time.time_ns()
        self.database.execute(
            "UPDATE attempts SET first_broadcast_ns = COALESCE(first_broadcast_ns, ?), last_broadcast_ns = ? "
            "WHERE id = ?",
            (now, now, attempt.id),
        )

    # -- what became of them

    def mine(self, one: Submission, receipt: TransactionReceipt, error: str | None) -> None:
        self._set(
            one,
            "state = 'mined', mined_block = ?, mined_hash = ?, mined_tx = ?, mined_gas = ?, error = ?",
            (receipt.block_number, receipt.block_hash, receipt.tx_hash, receipt.gas_used, error),
        )

    def unmine(self, one: Submission) -> None:
        self._set(one, f"state = 'sent', {_IN_NO_BLOCK}", ())

    def settle(self, one: Submission, state: State, error: str | None) -> None:
        self._set(one, "state = ?, error = ?", (state, error))

    def close(self, one: Submission) -> None:
        """It is final."""
        self._set(one, "watched = 0", ())

    # -- statements

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self.database.transaction():
            self._guard()
            yield

    def _set(self, one: Submission, assignments: str, values: tuple[Any, ...]) -> None:
        self.database.execute(f"UPDATE transactions SET {assignments} WHERE id = ?", (*values, one.id))  # noqa: S608 - ours

    def _one(self, sql: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
        (row,) = self.database.rows(sql, values)
        return row

    def _submissions(self, where: str, values: tuple[Any, ...]) -> list[Submission]:
        sql = f"SELECT {_COLUMNS} FROM transactions WHERE {where}"  # noqa: S608 - both are ours
        return [_submission(row) for row in self.database.rows(sql, values)]


def _submission(row: tuple[Any, ...]) -> Submission:
    number, key, sender, nonce, to, data, value, gas, state, watched, block, block_hash, tx_hash, gas_used, error = row
    return Submission(
        number,
        key,
        sender,
        nonce,
        to,
        bytes(data),
        int(value),
        gas,
        state,
        bool(watched),
        block,
        block_hash,
        tx_hash,
        gas_used,
        None if error is None else from_text(error, tx_hash or ""),
    )


def _refuse_another(there: Submission, sender: str, to: str | None, data: bytes, value: int) -> None:
    differing = [
        name
        for name, stored, given in (
            ("sender", there.sender, sender),
            ("to", there.to, to),
            ("data", there.data, data),
            ("value", there.value, value),
        )
        if stored != given
    ]
    if differing:
        raise KeyReused(
            f"The key {there.key!r} stands for another transaction already: {', '.join(differing)} differ.",
            hint="Give each transaction a key of its own; the same key is for the same content.",
        )
