"""`lading epcis`: documents of events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import FileUnreadable, read_bytes, write_public
from lading.cli.options import Json
from lading.cli.output import emit, printable

if TYPE_CHECKING:
    from lading.epcis.text import NotJson

app = typer.Typer(name="epcis", help="EPCIS documents: JSON-LD of 2.0, XML of 1.2 and 2.0.", no_args_is_help=True)

Document = Annotated[Path, typer.Argument(metavar="FILE", help="EPCIS 2.0 JSON-LD, or EPCIS 1.2 or 2.0 XML.")]
Target = Annotated[Path | None, typer.Option("--out", help="Write the JSON-LD here instead of to stdout.")]


@app.command("check")
def check(document: Document, as_json: Json = False) -> None:
    """Name every fault of a document by its path and rule."""
    from lading.epcis.check import report_of
    from lading.epcis.read import check_bytes
    from lading.epcis.text import NotJson

    try:
        faults = check_bytes(read_bytes(document))
    except NotJson as problem:
        raise _unreadable(document, problem) from problem
    lines = [printable(str(fault)) for fault in faults]
    lines.append(f"{len(faults)} faults" if faults else "No fault.")
    emit(report_of(faults), as_json=as_json, lines=lines)
    if faults:
        raise typer.Exit(1)


@app.command("hash")
def hash_ids(document: Document, as_json: Json = False) -> None:
    """Give the CBV 2.0 ids of a document's events, in its order."""
    from lading.epcis import document_event_ids
    from lading.epcis.read import read_document
    from lading.epcis.text import NotJson

    try:
        content = read_document(read_bytes(document))
    except NotJson as problem:
        raise _unreadable(document, problem) from problem
    ids = document_event_ids(content)
    emit(ids, as_json=as_json, lines=ids)


@app.command("convert")
def convert(document: Document, out: Target = None, as_json: Json = False) -> None:
    """Write a document as EPCIS 2.0 JSON-LD, with the same event ids; one with faults is refused whole.

    With --out and --json the answer is {"events", "out"}; without --out it is the document itself.
    """
    from lading.epcis.read import convert as converted
    from lading.epcis.text import NotJson

    try:
        content, events = converted(read_bytes(document))
    except NotJson as problem:
        raise _unreadable(document, problem) from problem
    if out is None:
        emit(content, as_json=as_json, lines=json.dumps(content, ensure_ascii=False, indent=2).splitlines())
        return
    write_public(out, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    emit({"events": events, "out": str(out)}, as_json=as_json, lines=[f"{events} events in {out}"])


def _unreadable(path: Path, problem: NotJson) -> FileUnreadable:
    return FileUnreadable(f"{path}: {problem.found[0].message}.", hint="Is it the file that you meant?")
