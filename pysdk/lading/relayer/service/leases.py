"""Which process works on which lane. Time is the database's, so that clocks of machines say nothing.

A lease lapses `LEASE_SECONDS` after it was last renewed; whoever asks every `RENEW_SECONDS` has a dead process's lanes
within the sum of both. A process that was only slow does no harm when it wakes: a lane's transaction asks whether the
lane is still where it was (`lane_store.advance_state`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lading.relayer.store.database import Database

LEASE_SECONDS: Final = 6
RENEW_SECONDS: Final = 1.5

_NOW = {
    False: "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    True: "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
}


def now_ms(database: Database) -> int:
    """The database's clock: Unix time in milliseconds."""
    return int(database.one(f"SELECT {_NOW[database.shared]}")[0])


class Leases:
    """Of one process, under a name that no other has. `lease_until` is Unix time in milliseconds."""

    def __init__(self, database: Database, holder: str) -> None:
        self.holder = holder
        self._database = database
        self._now = _NOW[database.shared]

    def take(self, lanes: Sequence[str], most: int | None = None) -> list[str]:
        """Renews the leases that are held, takes those that are free or lapsed, up to `most` in all, and returns what
        is held now. Its own before others', so that nothing moves without need."""
        database = self._database
        database.many("INSERT INTO lanes (lane) VALUES (?) ON CONFLICT (lane) DO NOTHING", [(lane,) for lane in lanes])
        with database.transaction():
            for mine in (True, False):
                free = "holder = ?" if mine else f"(holder IS NULL OR lease_until < {self._now} OR holder = ?)"
                for lane in lanes:
                    if not mine and most is not None and len(self.held(lanes)) >= most:
                        break
                    database.execute(
                        f"UPDATE lanes SET holder = ?, lease_until = {self._now} + ? WHERE lane = ? AND {free}",  # noqa: S608
                        (self.holder, LEASE_SECONDS * 1000, lane, self.holder),
                    )
            return self.held(lanes)

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
