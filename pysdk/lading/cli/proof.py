"""`lading proof`: what a consumer is handed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from lading.cli.documents import read_bytes, write_public
from lading.cli.options import OUTBOX_URL
from lading.cli.output import Shown, pairs
from lading.cli.verbs import reading
from lading.errors import InputError, UsageError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.provenance.bundle import ChainRef
    from lading.relayer.outbox.export import OutboxSource

app = typer.Typer(name="proof", help="Proof bundles for consumers.", no_args_is_help=True)

Items = Annotated[
    list[str] | None, typer.Argument(metavar="[ITEM]...", help="EPC URI, Digital Link or tag memory; may be repeated.")
]
ItemFile = Annotated[Path | None, typer.Option("--items", metavar="FILE", help="A file of items, one a line.")]
Outboxes = Annotated[
    list[str],
    typer.Option("--outbox", metavar="FILE|URL", help="A publisher's outbox; may be repeated. " + OUTBOX_URL),
]
Out = Annotated[
    Path, typer.Option("--out", metavar="PATH", help="The file to write; for several items, the folder for theirs.")
]
PREFIX = "urn:epc:id:"


@reading(app, "export")
def export(client: Lading, outboxes: Outboxes, out: Out, items: Items = None, item_file: ItemFile = None) -> Shown:
    """Write the bundle of an item, or of each of several: its anchored events, those of what it was packed in, and the
    proofs that none of them is left out."""
    from lading.facts import chain_ref
    from lading.relayer.outbox.export import sources

    codes = [*(items or []), *(_lines(item_file) if item_file else [])]
    if not codes:
        raise UsageError("There is no item to export.", hint="Give its code, or a file of codes as --items.")
    uris = list(dict.fromkeys(map(_uri, codes)))
    where = chain_ref(client.deployment)
    with sources(client, outboxes) as opened:
        if items and len(items) == 1 and item_file is None:
            return _one(uris[0], where, opened, out)
        return _many(uris, where, opened, out)


def _one(uri: str, where: ChainRef, opened: Sequence[OutboxSource], out: Path) -> Shown:
    events = _write(uri, where, opened, out)
    if not events:
        raise InputError(f"No anchored event in these outboxes names {uri}.", hint=_HINT)
    document = {"item": uri, "file": str(out), "events": events}
    return Shown(document, pairs(document))


def _many(uris: Sequence[str], where: ChainRef, opened: Sequence[OutboxSource], folder: Path) -> Shown:
    """Exit 1 if there is nothing to write of some of them; the others' bundles stand."""
    written = {uri: _write(uri, where, opened, folder / file_name(uri)) for uri in uris}
    without = [uri for uri, events in written.items() if not events]
    document = {
        "folder": str(folder),
        "bundles": len(uris) - len(without),
        "events": sum(written.values()),
        "without_events": without,
    }
    missing = [f"No anchored event in these outboxes names {uri}." for uri in without]
    lines = [*pairs({name: document[name] for name in ("folder", "bundles", "events")}), *missing]
    return Shown(document, [*lines, _HINT] if missing else lines, 1 if missing else 0)


_HINT = "Name the outbox of each publisher with --outbox, and anchor what waits with 'lading relay run'."


def _write(uri: str, where: ChainRef, opened: Sequence[OutboxSource], path: Path) -> int:
    """The number of events; 0 if there are none, and no file."""
    from lading.provenance.bundle import dump
    from lading.provenance.gather import bundle_of

    bundle = bundle_of(uri, where, opened)
    if bundle.entries:
        write_public(path, dump(bundle).decode())
    return len(bundle.entries)


def file_name(uri: str) -> str:
    """Of an item's bundle in a folder of many: another one for each item."""
    return quote(uri.removeprefix(PREFIX), safe="") + ".json"


def _lines(path: Path) -> list[str]:
    try:
        text = read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text file (UTF-8).", hint="Give a file with one item a line.") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _uri(code: str) -> str:
    """
    Raises:
        EpcError, CheckDigitError: it names nothing.
        InputError: nothing says how long its company prefix is.
    """
    from lading.epcis import parse

    uri = parse(code).uri
    if uri is None:
        raise InputError(
            f"{code[:120]!r} does not say how long its company prefix is.", hint="Give the EPC URI (urn:epc:id:…)."
        )
    return uri
