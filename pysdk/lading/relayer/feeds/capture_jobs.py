"""Jobs of the capture interface as the documents that EPCIS 2.0, section 12.6, describes, and where they are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from lading.relayer.outbox.captured import Judged, Outcome
from lading.relayer.store.database import Database

MOST_JOBS: Final = 1000
"""Kept, the newest; what they captured stays for good."""
MOST_ERRORS: Final = 100
"""Told of one job."""


def job_document(
    capture_id: str, created_at: datetime, behaviour: str, judged: Judged, outcomes: Sequence[Outcome]
) -> dict[str, Any]:
    """A finished job: capturing is done before the answer. Beside what the standard names it counts what became of
    the events."""
    counts = Counter(outcomes)
    return {
        "captureID": capture_id,
        "createdAt": _instant(created_at),
        "finishedAt": _instant(datetime.now(UTC)),
        "running": False,
        "success": not counts[Outcome.REFUSED],
        "captureErrorBehaviour": behaviour,
        "captured": counts[Outcome.CAPTURED],
        "duplicates": counts[Outcome.DUPLICATE],
        "refused": counts[Outcome.REFUSED],
        "errors": [
            {
                "type": "epcisException:ValidationException",
                "title": "The event is refused",
                "status": 400,
                "detail": fault.message,
                "path": fault.path,
                "rule": fault.rule,
            }
            for fault in judged.found[:MOST_ERRORS]
        ],
    }


def results_of(judged: Judged, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Of each event, in the document's order, what became of it."""
    return [
        {
            "status": outcome,
            "eventID": identifier,
            "faults": [{"path": one.path, "rule": one.rule, "message": one.message} for one in faults],
        }
        for outcome, identifier, faults in zip(outcomes, judged.ids, judged.faults, strict=True)
    ]


def keep_job(database: Database, job: dict[str, Any]) -> None:
    """Inside the caller's transaction."""
    row = database.insert(
        "INSERT INTO captures (capture_id, job) VALUES (?, ?)", (job["captureID"], orjson.dumps(job).decode())
    )
    database.execute("DELETE FROM captures WHERE id <= ?", ((row or 0) - MOST_JOBS,))


def job_of(database: Database, capture_id: str) -> str | None:
    """A job's document as JSON text; None if it is not known, or not any more."""
    found = database.rows("SELECT job FROM captures WHERE capture_id = ?", (capture_id,))
    return found[0][0] if found else None


def _instant(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
