"""`lading sun`: what the brand's own server does with the message that a tag writes at each read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli.documents import read_bytes
from lading.cli.options import Json
from lading.cli.output import emit, pairs
from lading.cli.verify import DeploymentFile, Rpc

if TYPE_CHECKING:
    from lading.sun import Tapped

app = typer.Typer(name="sun", help="Messages of NTAG 424 DNA tags.", no_args_is_help=True)

Url = Annotated[str, typer.Argument(metavar="URL", help="As the phone read it from the tag, whole.")]
KeyFile = Annotated[Path, typer.Option("--keys", metavar="FILE", help="The brand's key file, for its owner alone.")]
BundleFile = Annotated[Path, typer.Option("--bundle", metavar="FILE", help="The item's proof bundle.")]
CounterFile = Annotated[
    Path, typer.Option("--counters", metavar="FILE", help="Keeps the last counter of each tag; made if missing.")
]


@app.callback()
def group() -> None:
    """Messages of NTAG 424 DNA tags."""


@app.command("check")
def check(url: Url, keys: KeyFile, counters: CounterFile, as_json: Json = False) -> None:
    """Say whether the tag made this message, and it is newer than all that were shown: exit 0, or 10 for suspect."""
    tapped = _checked(url, keys, counters)
    emit(tapped.document(), as_json=as_json, lines=_lines(tapped))
    if tapped.reason:
        raise typer.Exit(10)


@app.command("verify")
def verify(
    url: Url,
    bundle: BundleFile,
    keys: KeyFile,
    counters: CounterFile,
    rpc: Rpc = [],  # noqa: B006 - typer makes a new one each time
    deployment: DeploymentFile = None,
    as_json: Json = False,
) -> None:
    """Check tag and item in one go: `lading verify` for the item that the URL names, and the tag's message in it. Exits
    as `lading verify`; a message that is not the tag's, or a copy, makes the item suspect."""
    from lading import facts
    from lading.cli.verify import open_nodes, recorded
    from lading.provenance.bundle import parse
    from lading.provenance.item import item_of
    from lading.provenance.verdict import EXIT_CODES
    from lading.sun import with_tap

    item, content = item_of(url.partition("?")[0]), parse(read_bytes(bundle))
    chains, silent = open_nodes(rpc)
    trusted, _ = recorded(chains[0] if chains else None, deployment)
    verdict = facts.verify_among(content, chains, silent=silent, deployment=trusted, item=item)
    # Last, since a message passes only once: what fails before can be asked again.
    tapped = _checked(url, keys, counters)
    level = with_tap(verdict.verdict, doubted=tapped.reason is not None)
    document: dict[str, Any] = {"verdict": level, "item": verdict.document(), "tag": tapped.document()}
    lines = [
        f"{level.upper()}, by the item's record and its tag.",
        "",
        *verdict.explain(),
        "",
        "The tag's message:",
        *_lines(tapped),
    ]
    emit(document, as_json=as_json, lines=lines)
    if code := EXIT_CODES[level]:
        raise typer.Exit(code)


def _checked(url: str, keys: Path, counters: Path) -> Tapped:
    from lading.sun import Counters, Keys, check

    known = Keys.load(keys)
    with Counters.open(counters) as store:
        return check(url, known, store)


def _lines(tapped: Tapped) -> list[str]:
    from lading.sun import NOT_PROVEN, SENTENCES

    document = tapped.document()
    said = SENTENCES[tapped.reason] if tapped.reason else "The brand's tag made this message, and it is new."
    facts = {name: document[name] for name in ("uid", "counter", "item") if document[name] is not None}
    return [
        f"{document['verdict'].upper()}: {said}",
        *pairs(facts),
        "Not proven:",
        *(f"- {one}" for one in NOT_PROVEN.values()),
    ]
