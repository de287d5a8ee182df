"""`lading epcis`: documents of events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lading.cli.documents import read_json
from lading.cli.options import Json
from lading.cli.output import emit, printable

app = typer.Typer(name="epcis", help="EPCIS 2.0 documents.", no_args_is_help=True)

Document = Annotated[Path, typer.Argument(metavar="FILE", help="EPCIS 2.0 JSON-LD document.")]


@app.command("check")
def check(document: Document, as_json: Json = False) -> None:
    """Name every fault of a document by its path and rule."""
    from lading.epcis.check import check_document, check_report

    content = read_json(document)
    faults = check_document(content)
    lines = [printable(f"{fault.path}: {fault.message} ({fault.rule})") for fault in faults]
    lines.append(f"{len(faults)} faults" if faults else "No fault.")
    emit(check_report(content), as_json=as_json, lines=lines)
    if faults:
        raise typer.Exit(1)


@app.command("hash")
def hash_ids(document: Document, as_json: Json = False) -> None:
    """Give the CBV 2.0 ids of a document's events, in its order."""
    from lading.epcis import document_event_ids

    ids = document_event_ids(read_json(document))
    emit(ids, as_json=as_json, lines=ids)
