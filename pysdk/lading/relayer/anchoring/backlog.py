"""What waits between readers and chain, and what the anchoring process tells of itself. Nothing here costs more the
longer a relay has run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lading.relayer.store.database import Database

_CHAIN: Final = "\tchain"
"""The lane under which the figures stand in `counters`; no reader's name begins with a tab."""
_RPC: Final = "rpc_errors/"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the process that anchors, as of its last look. `since_ms`: Unix time since which the oldest event has waited
    that is not on the chain, 0 if none does; `head_time`: Unix time of the newest block; `fee_bumps` and `rpc_errors`
    since that process started."""

    since_ms: int = 0
    nonce_gap: int = 0
    fee_bumps: int = 0
    head_number: int = 0
    head_time: int = 0
    rpc_errors: dict[str, int] | None = None


def keep_figures(database: Database, figures: Figures) -> None:
    """In place of those of before."""
    values = {name: int(getattr(figures, name)) for name in Figures.__slots__ if name != "rpc_errors"}
    values |= {_RPC + kind: count for kind, count in (figures.rpc_errors or {}).items()}
    with database.transaction():
        database.execute("DELETE FROM counters WHERE lane = ?", (_CHAIN,))
        database.many(
            "INSERT INTO counters (lane, name, value) VALUES (?, ?, ?)",
            [(_CHAIN, name, value) for name, value in values.items()],
        )


def figures_of(database: Database) -> Figures | None:
    """None if nothing was ever anchored from here by a service."""
    found = {name: int(value) for name, value in database.rows(
        "SELECT name, value FROM counters WHERE lane = ?", (_CHAIN,)
    )}  # fmt: skip
    if not found:
        return None
    errors = {name.removeprefix(_RPC): found.pop(name) for name in list(found) if name.startswith(_RPC)}
    return Figures(
        **{name: found.get(name, 0) for name in Figures.__slots__ if name != "rpc_errors"}, rpc_errors=errors
    )


def counts(database: Database) -> dict[str, int]:
    """What all lanes and feeds count together, by name."""
    rows = database.rows("SELECT name, sum(value) FROM counters WHERE lane <> ? GROUP BY name", (_CHAIN,))
    return {name: int(value) for name, value in rows}


def inbox_reads(database: Database) -> int:
    """Reads that are stored and not in observations yet."""
    return int(database.one("SELECT coalesce(sum(count), 0) FROM inbox")[0])


def open_events(database: Database) -> int:
    """Events that are not on the chain. On PostgreSQL a few too many may be told: numbers that were never used."""
    (newest,) = database.one("SELECT coalesce(max(id), 0) FROM events")
    # Each by an index that holds just these rows, or by the end of one.
    (waiting,) = database.one("SELECT min(first_event) FROM batches WHERE anchored_block IS NULL")
    if waiting is not None:
        return int(newest) - int(waiting) + 1
    return int(newest) - last_closed(database)


def last_closed(database: Database) -> int:
    """The last event that is in a batch; 0 if none is."""
    return int(database.one("SELECT coalesce(max(last_event), 0) FROM batches WHERE last_event IS NOT NULL")[0])
