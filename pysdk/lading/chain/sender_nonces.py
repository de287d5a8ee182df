"""The nonces of a sender, each taken in the transaction that stores what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lading.chain.sender_errors import StoreForeign
from lading.chain.sender_tables import Database


@dataclass(frozen=True, slots=True)
class Slots:
    """The nonces in use: `next` is the next submission's, `first_queued` the lowest of those with nothing signed (None:
    there are none), `top_signed` the highest with signed bytes, `top_final` the highest that is final; -1 for none."""

    next: int
    first_queued: int | None
    top_signed: int
    top_final: int


class Nonces:
    """Of one sender (checksummed address). Writes happen inside the transaction that the caller has open."""

    def __init__(self, database: Database, sender: str) -> None:
        self._database = database
        self._sender = sender

    def enrolled(self, identity: tuple[int, str]) -> bool:
        """Whether this sender has a counter here.

        Raises:
            StoreForeign: it was made for another chain.
        """
        found = self._database.rows("SELECT chain_id, genesis FROM senders WHERE sender = ?", (self._sender,))
        if found and tuple(found[0]) != identity:
            raise StoreForeign(
                f"What {self._database.path} holds of {self._sender} is for chain {found[0][0]} (genesis "
                f"{found[0][1][:10]}…), not for chain {identity[0]} (genesis {identity[1][:10]}…).",
                hint="Use another database for each chain; a devnet that was reset is another chain.",
            )
        return bool(found)

    def enrol(self, identity: tuple[int, str], nonce: int) -> None:
        self._database.execute(
            "INSERT INTO senders (sender, chain_id, genesis, next_nonce) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (self._sender, *identity, nonce),
        )

    def slots(self) -> Slots:
        counter = self._one("SELECT next_nonce FROM senders WHERE sender = ?", (self._sender,))[0]
        queued = self._one(
            "SELECT min(nonce) FROM transactions WHERE sender = ? AND watched = 1 AND state = 'queued'", (self._sender,)
        )[0]
        below = counter if queued is None else queued
        top = self._highest("nonce < ?", (below,))
        return Slots(counter, queued, top, self._highest("watched = 0 AND mined_block IS NOT NULL", ()))

    def _highest(self, where: str, values: tuple[Any, ...]) -> int:
        """The highest nonce of such a row, from the index's end; -1 if there is none."""
        found = self._database.rows(
            f"SELECT nonce FROM transactions WHERE sender = ? AND nonce IS NOT NULL AND {where} "  # noqa: S608 - ours
            "ORDER BY nonce DESC LIMIT 1",
            (self._sender, *values),
        )
        return int(found[0][0]) if found else -1

    def missing(self, first: int, last: int) -> list[int]:
        """The nonces from `first` to `last`, both inclusive, that no row has."""
        found = self._database.rows(
            "SELECT nonce FROM transactions WHERE sender = ? AND nonce BETWEEN ? AND ?", (self._sender, first, last)
        )
        return sorted(set(range(first, last + 1)) - {nonce for (nonce,) in found})

    def renumber(self, first: int, slots: Slots) -> None:
        """Queued rows get the nonces from `first` on, in their order; they are moved together, since nothing of theirs
        is signed."""
        old = slots.next if slots.first_queued is None else slots.first_queued
        if old == first:
            return
        self.shift(old, first - old)

    def give_back(self, nonce: int) -> None:
        """Of the transaction that took it."""
        self._database.execute("UPDATE senders SET next_nonce = ? WHERE sender = ?", (nonce, self._sender))

    def shift(self, above: int, by: int) -> None:
        """Queued rows from nonce `above` on. By way of negative numbers: the unique constraint holds row by row."""
        self._database.execute(
            "UPDATE transactions SET nonce = -1 - (nonce + ?) WHERE sender = ? AND state = 'queued' AND nonce >= ?",
            (by, self._sender, above),
        )
        self._database.execute(
            "UPDATE transactions SET nonce = -1 - nonce WHERE sender = ? AND state = 'queued' AND nonce < 0",
            (self._sender,),
        )
        self._database.execute("UPDATE senders SET next_nonce = next_nonce + ? WHERE sender = ?", (by, self._sender))

    def take(self) -> int:
        """The update holds the sender's row until the transaction ends, so that no two take the same."""
        self._database.execute("UPDATE senders SET next_nonce = next_nonce + 1 WHERE sender = ?", (self._sender,))
        return int(self._one("SELECT next_nonce - 1 FROM senders WHERE sender = ?", (self._sender,))[0])

    def _one(self, sql: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
        (row,) = self._database.rows(sql, values)
        return row
