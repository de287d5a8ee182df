"""Which process works on which lane. Time is the database's, so that clocks of machines say nothing.

A lease lapses `LEASE_SECONDS` after it was last renewed; whoever asks every `RENEW_SECONDS` has a dead process's lanes
within the sum of both. Nobody who asks waits: a lane in whose transaction somebody is, is left out, and that
transaction renews its worker's lease by itself (`lane_store.advance_state`). A process that was only slow does no harm
when it wakes: a lane's transaction asks whether the lane is still where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lading.relayer.smoothing.lane_store import LEASE_SECONDS
from lading.relayer.store.database import Database

__all__ = ["LEASE_SECONDS", "RENEW_SECONDS", "Leases", "now_ms"]

RENEW_SECONDS: Final = 1.0

_FREE: Final = "(holder IS NULL OR lease_until < {now})"


def now_ms(database: Database) -> int:
    """The database's clock: Unix time in milliseconds."""
    return int(database.one(f"SELECT {database.now_ms}")[0])


class Leases:
    """Of one process, under a name that no other has. `lease_until` is Unix time in milliseconds."""

    def __init__(self, database: Database, holder: str) -> None:
        self.holder = holder
        self._database = database
        self._now = database.now_ms

    def take(self, lanes: Sequence[str], most: int | None = None) -> list[str]:
        """Renews the leases that are held, takes those that are free or lapsed, up to `most` in all, and returns what
        is held now. Its own before others', so that nothing moves without need."""
        database = self._database
        free = _FREE.format(now=self._now)
        self._add([lane for lane in lanes if lane not in self._known()])
        with database.transaction():
            held = set(self.held(lanes))
            for lane in lanes:
                if lane in held:
                    self._claim(lane, "holder = ?", self.holder)
            for lane in lanes:
                if most is not None and len(held) >= most:
                    break
                if lane not in held and self._claim(lane, free):
                    held.add(lane)
            return [lane for lane in lanes if lane in held]

    def held(self, lanes: Sequence[str]) -> list[str]:
        """Those of the lanes whose lease is this process's, and has not lapsed."""
        rows = self._database.rows(
            f"SELECT lane FROM lanes WHERE holder = ? AND lease_until >= {self._now}",  # noqa: S608 - a constant
            (self.holder,),
        )
        mine = {lane for (lane,) in rows}
        return [lane for lane in lanes if lane in mine]

    def give_back(self, lanes: Sequence[str]) -> None:
        """So that another need not wait for them."""
        self._database.many(
            "UPDATE lanes SET holder = NULL, lease_until = NULL WHERE lane = ? AND holder = ?",
            [(lane, self.holder) for lane in lanes],
        )

    def alive(self, prefix: str) -> list[str]:
        """The names with that prefix whose lease anybody holds."""
        rows = self._database.rows(f"SELECT lane FROM lanes WHERE holder IS NOT NULL AND lease_until >= {self._now}")  # noqa: S608
        return sorted(lane for (lane,) in rows if lane.startswith(prefix))

    def release(self) -> None:
        """Gives all leases back, so that another need not wait."""
        self._database.execute("UPDATE lanes SET holder = NULL, lease_until = NULL WHERE holder = ?", (self.holder,))

    def _known(self) -> set[str]:
        return {lane for (lane,) in self._database.rows("SELECT lane FROM lanes")}

    def _add(self, lanes: Sequence[str]) -> None:
        self._database.many(
            "INSERT INTO lanes (lane) VALUES (?) ON CONFLICT (lane) DO NOTHING", [(lane,) for lane in lanes]
        )

    def _claim(self, lane: str, condition: str, *values: str) -> bool:
        """Whether it is this process's now; False also where another is inside of a transaction with it."""
        locked = " FOR UPDATE SKIP LOCKED" if self._database.shared else ""
        claimed = self._database.execute(
            f"UPDATE lanes SET holder = ?, lease_until = {self._now} + ? WHERE lane IN"  # noqa: S608 - constants
            f" (SELECT lane FROM lanes WHERE lane = ? AND {condition}{locked})",
            (self.holder, LEASE_SECONDS * 1000, lane, *values),
        )
        return claimed == 1
