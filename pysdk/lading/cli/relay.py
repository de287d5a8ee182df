"""`lading relay`: from a reader's log, or the documents of others, to anchored batches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import FileUnreadable, read_json
from lading.cli.options import Json
from lading.cli.output import Shown, emit, pairs, progress
from lading.cli.values import participant_id
from lading.cli.verbs import signing

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.relayer.run import Summary

app = typer.Typer(name="relay", help="Tag reads into anchored events.", no_args_is_help=True)

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="Relay configuration (YAML).")]
ConfigOption = Annotated[Path, typer.Option("--config", help="Relay configuration (YAML).")]
Input = Annotated[Path | None, typer.Option("--input", help="Reader log; default: the configuration's source.")]
Once = Annotated[bool, typer.Option("--once", help="One pass; the default, and all there is.")]

Document = Annotated[Path, typer.Argument(metavar="FILE", help="EPCIS 2.0 JSON-LD document.")]
Publisher = Annotated[str, typer.Option("--publisher", metavar="PARTICIPANT", help="Whose log: id, or GLN:….")]
OutboxFile = Annotated[Path, typer.Option("--outbox", metavar="FILE", help="The log's outbox; made if missing.")]
#: Events of one batch, as in the shipped example of a configuration.
MAX_EVENTS = 1000

_MEANING = {
    "reads": "well-formed reads",
    "events": "new events",
    "duplicates": "reads that were delivered before",
    "quarantined": "malformed lines, kept in quarantine",
    "gaps": "sequence numbers still missing",
    "batches": "batches anchored",
}


@app.command("check")
def check(config: Config, source: Input = None, as_json: Json = False) -> None:
    """Say what a first run over a log would count; write nothing, ask no chain."""
    from lading.relayer import run as relay
    from lading.relayer.config import load

    shown = _counted(relay.check(load(config), source))
    emit(shown.document, as_json=as_json, lines=shown.lines)


@signing(app, "run")
def run(client: Lading, config: ConfigOption, source: Input = None, once: Once = False) -> Shown:
    """Take a reader log in as it stands, anchor what waits, and end. Safe to repeat. Signs as the log's writer."""
    from lading.relayer import run as relay
    from lading.relayer.config import load

    if not once:
        progress("One pass over the log as it stands: this version does no other (--once says so).")
    return _counted(relay.run_once(load(config), client, source))


@signing(app, "publish")
def publish(client: Lading, document: Document, participant: Publisher, outbox: OutboxFile) -> Shown:
    """Take in an EPCIS document made elsewhere, and anchor its events. Safe to repeat. Signs as the log's writer."""
    from lading.relayer.anchoring import anchor
    from lading.relayer.intake import take_document
    from lading.relayer.outbox import Outbox
    from lading.relayer.run import identity_of

    content, who = read_json(document), participant_id(client, participant)
    if not isinstance(content, dict):
        raise FileUnreadable(f"{document} is no EPCIS document.", hint="'lading epcis check' says what is wrong.")
    with Outbox.open(outbox, identity_of(client, who)) as store:
        events = take_document(store, content)
        anchored = anchor(store, client, MAX_EVENTS)
    lines = pairs({"new events": events, "batches anchored": len(anchored)})
    return Shown({"events": events, "batches": len(anchored)}, lines)


def _counted(summary: Summary) -> Shown:
    document = summary.as_json()
    lines = pairs({_MEANING[name]: count for name, count in document.items()})
    return Shown(document, [*lines, *(f"batch {one.index}: {one.count} events" for one in summary.anchored)])
