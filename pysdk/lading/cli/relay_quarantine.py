"""`lading relay quarantine`: what could not be read, why, and once more after it was mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli.options import Json
from lading.cli.output import emit, pairs, printable, table
from lading.errors import InputError, UsageError

if TYPE_CHECKING:
    from lading.relayer.config.settings import RelayConfig
    from lading.relayer.intake.quarantine import Kept
    from lading.relayer.store.database import Database, LogIdentity

app = typer.Typer(name="quarantine", help="Lines and frames that could not be read.", no_args_is_help=True)

ConfigOption = Annotated[Path, typer.Option("--config", help="Relay configuration (YAML).")]
After = Annotated[int, typer.Option("--after", min=0, metavar="ID", help="Only those after this one.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, at most.")]
Everything = Annotated[bool, typer.Option("--all", help="Also those that were replayed.")]
Row = Annotated[int, typer.Argument(metavar="ID", help="As the list has it.")]
Rows = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Which; default: all that are kept.")]

SHOWN_BYTES = 2000


class NotInQuarantine(InputError):
    """There is no such row."""


@app.command("list")
def list_(
    config: ConfigOption, after: After = 0, limit: Limit = 100, everything: Everything = False, as_json: Json = False
) -> None:
    """What could not be read, oldest first, each with its reason and where it came from."""
    from lading.relayer.intake.quarantine import State, listed

    with opened(config) as (_, database, _):
        rows = listed(database, after=after, limit=limit, state=None if everything else State.KEPT)
    told = [
        (one.id, _time(one.received_ns), str(one.state), _place(one), str(one.reason), printable(one.detail))
        for one in rows
    ]
    lines = table(("id", "received", "state", "from", "reason", "which means"), told, right=("id",))
    emit({"rows": [_document(one) for one in rows]}, as_json=as_json, lines=lines if rows else ["nothing"])


@app.command("show")
def show(row: Row, config: ConfigOption, as_json: Json = False) -> None:
    """One of them, with its bytes as they came."""
    from lading.relayer.intake.quarantine import shown

    with opened(config) as (_, database, _):
        found = shown(database, row)
    if found is None:
        raise NotInQuarantine(f"There is no {row} in quarantine.", hint="'lading relay quarantine list' has the ids.")
    kept, head = found
    told = {
        "received": _time(kept.received_ns),
        "from": _place(kept),
        "reason": str(kept.reason),
        "which means": kept.detail,
        "state": str(kept.state),
        "bytes": kept.length,
        "SHA-256": kept.sha256.hex(),
    }
    cut = [f"… {kept.length - SHOWN_BYTES:,} bytes more"] if kept.length > SHOWN_BYTES else []
    lines = [*pairs(told), "", printable(head[:SHOWN_BYTES].decode("utf-8", "backslashreplace")), *cut]
    emit({**_document(kept), "head": "0x" + head.hex()}, as_json=as_json, lines=lines)


@app.command("replay")
def replay(config: ConfigOption, rows: Rows = None, as_json: Json = False) -> None:
    """Read them once more, by the configuration and program of now. May be repeated, and beside a running service.
    Where captures are signed, it needs their key."""
    from lading.relayer.captures.keys import capture_signer
    from lading.relayer.intake.replay import replay as read_again
    from lading.relayer.reads.message_decoder import MessageDecoder
    from lading.relayer.reads.roster import Roster

    if rows is not None and any(row < 1 for row in rows):
        raise UsageError("An id is 1 or more.")
    with opened(config) as (settings, database, identity):
        captures = capture_signer(settings, identity)
        done = read_again(database, MessageDecoder(Roster(settings)), rows or None, captures)
    counted = {"read": len(done.read), "still refused": len(done.refused), "not kept whole": len(done.cut)}
    document = {"read": list(done.read), "refused": list(done.refused), "cut": list(done.cut)}
    hint = ["They are in the inbox: the running service, or the next run, makes events of them."] if done.read else []
    emit(document, as_json=as_json, lines=[*pairs(counted), *hint])


@contextmanager
def opened(path: Path) -> Iterator[tuple[RelayConfig, Database, LogIdentity]]:
    """The configuration, the database that it names and that is there already, and whose that is."""
    from lading.relayer.config.settings import load
    from lading.relayer.store.database import Database, owner_of

    config = load(path)
    identity = owner_of(config.outbox)
    database = Database.open(config.outbox, identity)
    try:
        yield config, database, identity
    finally:
        database.close()


def _place(one: Kept) -> str:
    return f"{one.origin}:{one.line}" if one.line else one.origin


def _time(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _document(one: Kept) -> dict[str, Any]:
    return {
        "id": one.id,
        "received": _time(one.received_ns),
        "origin": one.origin,
        "line": one.line,
        "reason": str(one.reason),
        "detail": one.detail,
        "state": str(one.state),
        "form": str(one.form),
        "length": one.length,
        "sha256": "0x" + one.sha256.hex(),
    }
