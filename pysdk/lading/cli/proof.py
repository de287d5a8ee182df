"""`lading proof`: what a consumer is handed."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import write_public
from lading.cli.output import Shown, pairs
from lading.cli.values import Out
from lading.cli.verbs import reading
from lading.errors import InputError

if TYPE_CHECKING:
    from lading.client import Lading

app = typer.Typer(name="proof", help="Proof bundles for consumers.", no_args_is_help=True)

Item = Annotated[str, typer.Argument(metavar="ITEM", help="EPC URI, Digital Link or tag memory.")]
Outboxes = Annotated[
    list[Path], typer.Option("--outbox", metavar="FILE", help="A publisher's outbox; may be repeated.")
]


@reading(app, "export")
def export(client: Lading, item: Item, outboxes: Outboxes, out: Out) -> Shown:
    """Write the bundle of an item: its anchored events, and those of what it was packed in."""
    from lading.facts import chain_ref
    from lading.provenance.bundle import dump
    from lading.provenance.gather import build_bundle, gather
    from lading.relayer.outbox import Outbox
    from lading.relayer.run import identity_of
    from lading.relayer.store import owner_of

    uri = _uri(item)
    with ExitStack() as stack:
        opened = [Outbox.open(path, identity_of(client, owner_of(path).publisher)) for path in outboxes]
        boxes = [stack.enter_context(outbox) for outbox in opened]
        entries = gather(uri, [box.entries for box in boxes])
    if not entries:
        raise InputError(
            f"No anchored event in these outboxes names {uri}.",
            hint="Name the outbox of each publisher with --outbox, and anchor what waits with 'lading relay run'.",
        )
    bundle = build_bundle(uri, chain_ref(client.deployment), entries)
    write_public(out, dump(bundle).decode())
    document = {"item": uri, "file": str(out), "events": len(entries)}
    return Shown(document, pairs(document))


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
