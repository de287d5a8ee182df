"""What a relay has done and what waits, read from its database: beside a running service, or without one, and whether
or not the chain is there. It costs the same after a day and after a year."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from lading.relayer.anchoring import backlog
from lading.relayer.intake.others import by_source
from lading.relayer.reads.sequences import missing
from lading.relayer.service.leases import now_ms
from lading.relayer.store.database import Database, owner_of

_ANSWER_SECONDS = 3.0
_NS = 1_000_000_000
_SIGNED = "SELECT coalesce(sum(sequence), 0) FROM capture_heads"
_PENDING = "SELECT count(*) FROM transactions WHERE watched = 1 AND state IN ('queued', 'sent', 'mined')"


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """`holder`: the worker that holds it now, None if nobody does; `lag_seconds`: how far its watermark is behind the
    clock, None before its first read."""

    name: str
    holder: str | None
    lag_seconds: float | None


@dataclass(frozen=True, slots=True)
class LastBatch:
    """`block`: None until it is anchored."""

    index: int
    events: int
    age_seconds: float
    block: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """Reads: all that were accepted; of them `duplicates` were delivered before and `late` came out of order by more
    than the lateness. `events`: new ones, `events_by_source` of reads, documents and captures; `quarantined`:
    deliveries that are no reads. `gaps`: sequence numbers missing now. `waiting_events`: not on the chain; the oldest
    for `outbox_age_seconds`. `batches`: on the chain from this outbox. `captures_signed`: of all readers, 0 where none
    are. `nonce_gap` to `rpc_errors` are what the anchoring process told last: None, or empty, if none ever did."""

    reads: int
    events: int
    events_by_source: dict[str, int]
    duplicates: int
    late: int
    quarantined: int
    gaps: int
    inbox_reads: int
    waiting_events: int
    outbox_age_seconds: float
    batches: int
    open_batches: int
    last_batch: LastBatch | None
    pending_transactions: int
    lanes: tuple[LaneStatus, ...]
    nonce_gap: int | None
    fee_bumps: int | None
    head_lag_seconds: float | None
    rpc_errors: dict[str, int]
    captures_signed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def status_at(where: str | Path) -> Status:
    """Of the outbox there.

    Raises:
        OutboxUnreadable: there is none.
        OutboxAway: its server does not answer.
    """
    database = Database.open(where, owner_of(where))
    try:
        return status_of(database)
    finally:
        database.close()


def reasons_at(address: str) -> list[dict[str, Any]] | None:
    """Why the service there is not well, as its /readyz says; None if none answers."""
    try:
        with urllib.request.urlopen(f"http://{address}/readyz", timeout=_ANSWER_SECONDS) as answer:
            said = answer.read()
    except urllib.error.HTTPError as error:
        said = error.read()
    except (OSError, HTTPException):
        return None
    try:
        reasons: list[dict[str, Any]] = json.loads(said)["reasons"]
    except (ValueError, KeyError, TypeError):
        return None  # something else listens there
    return reasons


def status_of(database: Database) -> Status:
    """One view of it, at one moment. Raises `OutboxError`."""
    with database.snapshot():
        counted = backlog.counts(database)
        figures = backlog.figures_of(database)
        batches, still_open = _batches(database)
        waiting = backlog.open_events(database)
        return Status(
            reads=counted.get("reads", 0),
            events=counted.get("events", 0),
            events_by_source=by_source(database),
            duplicates=counted.get("redelivered", 0),
            late=counted.get("late", 0),
            quarantined=counted.get("quarantined", 0),
            gaps=missing(database),
            inbox_reads=backlog.inbox_reads(database),
            waiting_events=waiting,
            outbox_age_seconds=max(_age(database, figures), 0.0) if waiting or still_open else 0.0,
            batches=batches,
            open_batches=still_open,
            last_batch=_last(database),
            pending_transactions=int(database.one(_PENDING)[0]),
            lanes=_lanes(database),
            nonce_gap=None if figures is None else figures.nonce_gap,
            fee_bumps=None if figures is None else figures.fee_bumps,
            head_lag_seconds=None if figures is None else max(time.time() - figures.head_time, 0.0),
            rpc_errors={} if figures is None else figures.rpc_errors or {},
            captures_signed=int(database.one(_SIGNED)[0]),
        )


def _batches(database: Database) -> tuple[int, int]:
    """(anchored, closed and not anchored): indices have no gaps."""
    (first,) = database.one("SELECT first_index FROM store")
    (last,) = database.one("SELECT max(idx) FROM batches")
    if first is None or last is None:
        return 0, 0
    (still_open,) = database.one("SELECT count(*) FROM batches WHERE anchored_block IS NULL")
    return int(last) - int(first) + 1 - int(still_open), int(still_open)


def _last(database: Database) -> LastBatch | None:
    rows = database.rows("SELECT idx, count, closed_ns, anchored_block FROM batches ORDER BY idx DESC LIMIT 1")
    for index, count, closed_ns, block in rows:
        return LastBatch(index, count, max((time.time_ns() - closed_ns) / _NS, 0.0), block)
    return None


def _age(database: Database, figures: backlog.Figures | None) -> float:
    """Since a batch waits, or since the anchoring process saw the first event of the next; where it never did, since
    that event happened."""
    (closed,) = database.one("SELECT min(closed_ns) FROM batches WHERE anchored_block IS NULL")
    ages = [] if closed is None else [(time.time_ns() - int(closed)) / _NS]
    if figures is not None and figures.since_ms:
        ages.append(time.time() - figures.since_ms / 1000)
    if not ages:
        after = backlog.last_closed(database)
        first = database.rows("SELECT time_ms FROM events WHERE id > ? ORDER BY id LIMIT 1", (after,))
        ages = [time.time() - int(time_ms) / 1000 for (time_ms,) in first]
    return max(ages, default=0.0)


def _lanes(database: Database) -> tuple[LaneStatus, ...]:
    now = now_ms(database)
    rows = database.rows("SELECT lane, holder, lease_until, watermark_ns FROM lanes ORDER BY lane")
    wanted = _configured(database)
    return tuple(
        LaneStatus(
            lane,
            holder if holder is not None and until is not None and until >= now else None,
            None if mark is None else round((time.time_ns() - mark) / _NS, 3),
        )
        for lane, holder, until, mark in rows
        if not lane.startswith("\t") and (wanted is None or lane in wanted)
    )


def _configured(database: Database) -> set[str] | None:
    """The lanes of the configuration with which this outbox was last used, and those in which reads wait; None if it is
    not known. What is stored of others stays, since a reader may come back, and what it delivers again."""
    stored = database.rows("SELECT grouping FROM lane_grouping")
    waiting = {lane for (lane,) in database.rows("SELECT DISTINCT lane FROM inbox")}
    return {lane for (text,) in stored for *_, lane in json.loads(text)} | waiting if stored else None
