"""`lading goods`: product classes, logs, recalls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.output import Shown, pairs, plain, table
from lading.cli.values import Participant, choice, gtin, participant_id
from lading.cli.verbs import reading, signing
from lading.enums import RecallScope
from lading.errors import InputError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt

app = typer.Typer(name="goods", help="Product classes, logs of events, recalls.", no_args_is_help=True)

Gtin = Annotated[str, typer.Argument(metavar="GTIN", parser=gtin, help="8, 12, 13 or 14 digits.")]
Index = Annotated[int, typer.Argument(metavar="INDEX", min=0, help="Place in the log, gapless from 0.")]
Writer = Annotated[str | None, typer.Option("--writer", metavar="ADDRESS", help="The key that may anchor.")]
Nobody = Annotated[bool, typer.Option("--nobody", help="Stop the log.")]
Scope = Annotated[RecallScope, choice(RecallScope, "--scope", text="How far it reaches.")]
Value = Annotated[str, typer.Option("--value", help="The lot (AI 10) or serial (AI 21); nothing for a class.")]
Reason = Annotated[str, typer.Option("--reason", help="For the consumer, in public and for good.")]
Lot = Annotated[str, typer.Option("--lot", help="Ask for this lot too.")]
Serial = Annotated[str, typer.Option("--serial", help="Ask for this serial too.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="The newest so many.")]


@signing(app, "register-class")
def register_class(client: Lading, number: Gtin) -> Receipt:
    """Register a product class. Signs as a key of the brand that holds the prefix."""
    return client.goods.register_class(number)


@signing(app, "set-writer")
def set_writer(client: Lading, participant: Participant, writer: Writer = None, nobody: Nobody = False) -> Receipt:
    """Name the only key that may anchor in a log, or --nobody. Signs as the controller."""
    if (writer is None) is not nobody:
        raise typer.BadParameter("give either --writer or --nobody.")
    return client.goods.set_writer(participant_id(client, participant), writer)


@signing(app, "anchor")
def anchor(
    client: Lading,
    participant: Participant,
    index: Index,
    root: Annotated[str, typer.Option("--root", metavar="0x…", help="Merkle root of the batch.")],
    count: Annotated[int, typer.Option("--count", min=1, help="Leaves below it.")],
    items_root: Annotated[
        str | None,
        typer.Option("--items-root", metavar="0x…", help="Root of the item map after it; default: as after INDEX - 1."),
    ] = None,
) -> Receipt:
    """Anchor a batch made elsewhere ('lading relay' makes and anchors them by itself). Signs as the writer."""
    who = participant_id(client, participant)
    counted = items_root or client.goods.items_root(who, index)
    return client.goods.anchor(who, index, root, counted, count)


@signing(app, "recall")
def recall(client: Lading, number: Gtin, scope: Scope, reason: Reason, value: Value = "") -> Receipt:
    """Recall a class, lot or serial, for good. Signs as a key of the brand."""
    if not reason.strip():
        raise InputError("--reason is empty.", hint="Say in a sentence what the consumer should know and do.")
    return client.goods.recall(number, scope, value, reason=reason)


@reading(app, "show")
def show(client: Lading, number: Gtin, lot: Lot = "", serial: Serial = "") -> Shown:
    """Show a product class: its brand, and what is recalled."""
    brand, times = client.goods.brand_of(number), client.goods.recall_times(number, lot=lot, serial=serial)
    recalled = {"class": times.of_class, "lot": times.of_lot, "serial": times.of_serial}
    document = {"gtin": number, "brand": brand, "recalled": plain(recalled)}
    asked = {"class": True, "lot": bool(lot), "serial": bool(serial)}
    facts: dict[str, object] = {"GTIN": number, "brand": brand or "nobody registered this class"}
    for name, time in recalled.items():
        if asked[name]:
            facts[f"{name} recalled"] = plain(time) or "no"
    return Shown(document, pairs(facts))


@reading(app, "log")
def log(client: Lading, participant: Participant, limit: Limit = 50) -> Shown:
    """Show a participant's log: who may write, and what is anchored."""
    who = participant_id(client, participant)
    head, batches = client.goods.head(who), list(client.goods.anchors(who))[-limit:]
    document = {
        "participant": who,
        "writer": head.writer,
        "next_index": head.next_index,
        "last_anchored_at": plain(head.last_anchored_at),
        "batches": [plain(batch.model_dump()) for batch in batches],
    }
    lines = pairs({"participant": who, "writer": head.writer or "nobody", "batches": head.next_index})
    rows = [(batch.index, batch.count, batch.block, batch.root) for batch in batches]
    return Shown(document, [*lines, "", *table(("index", "events", "block", "root"), rows)] if rows else lines)
