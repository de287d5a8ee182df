"""`lading sun`: what the brand's own server does with the message that a tag writes at each read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lading.cli.options import Json
from lading.cli.output import emit, pairs

app = typer.Typer(name="sun", help="Messages of NTAG 424 DNA tags.", no_args_is_help=True)

Url = Annotated[str, typer.Argument(metavar="URL", help="As the phone read it from the tag, whole.")]
KeyFile = Annotated[Path, typer.Option("--keys", metavar="FILE", help="The brand's key file, for its owner alone.")]
CounterFile = Annotated[
    Path, typer.Option("--counters", metavar="FILE", help="Keeps the last counter of each tag; made if missing.")
]


@app.callback()
def group() -> None:
    """Messages of NTAG 424 DNA tags."""


@app.command("check")
def check(url: Url, keys: KeyFile, counters: CounterFile, as_json: Json = False) -> None:
    """Say whether the tag made this message, and it is newer than all that were shown: exit 0, or 10 for suspect."""
    from lading.sun import NOT_PROVEN, SENTENCES, Counters, Keys
    from lading.sun import check as checked

    known = Keys.load(keys)
    with Counters.open(counters) as store:
        tapped = checked(url, known, store)
    document = tapped.document()
    said = SENTENCES[tapped.reason] if tapped.reason else "The brand's tag made this message, and it is new."
    facts = {name: document[name] for name in ("uid", "counter", "item") if document[name] is not None}
    lines = [
        f"{document['verdict'].upper()}: {said}",
        *pairs(facts),
        "Not proven:",
        *(f"- {one}" for one in NOT_PROVEN),
    ]
    emit(document, as_json=as_json, lines=lines)
    if tapped.reason:
        raise typer.Exit(10)
