"""The verbs of `lading order` about a delivery that the carrier anchors in its own log, in place of a receipt."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli.documents import FileUnreadable, read_json, write_public
from lading.cli.options import OUTBOX_URL
from lading.cli.order_sign import EventId, Unit
from lading.cli.output import Shown, pairs
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.values import Out, Participant, moment, participant_id, resolved
from lading.cli.verbs import reading, signing
from lading.errors import InputError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt
    from lading.models import Batch, OrderTerms
    from lading.provenance.leaf import DeliveryLeaf

When = Annotated[datetime, typer.Option("--time", parser=moment, metavar="TIME", help="Of the event: RFC 3339.")]
ProofFile = Annotated[Path, typer.Option("--proof", metavar="FILE", help="From 'order delivery-proof'.")]
Index = Annotated[
    int | None, typer.Option("--index", min=0, help="Of the batch in the carrier's log, if the proof does not say.")
]
OutboxPlace = Annotated[
    str | None,
    typer.Option("--outbox", metavar="FILE|URL", help="Of the carrier's log; made if missing. " + OUTBOX_URL),
]
FIELDS = ("order_id", "logistic_unit", "event_id")
PANEL = "Anchored deliveries"


def register(app: typer.Typer) -> None:
    reading(app, "delivery-proof", PANEL)(delivery_proof)
    signing(app, "deliver-anchored", PANEL)(deliver_anchored)
    signing(app, "trust-from", PANEL)(trust_from)


def delivery_proof(
    client: Lading,
    unit: Unit,
    event_id: EventId,
    time: When,
    out: Out,
    order: OrderId = None,
    file: TermsFile = None,
    outbox: OutboxPlace = None,
) -> Shown:
    """Write a delivery, as the carrier, and the batch that says so: with --outbox one of the log's own, which holds it
    among events; else a batch of this leaf alone, to be anchored by 'goods anchor'. Sends nothing."""
    terms = terms_of(client, order, file)
    leaf = client.orders.delivery_leaf(terms, unit, event_id, resolved(client, time))
    carrier = _carrier(client, terms)
    stated = {name: "0x" + getattr(leaf, name).hex() for name in FIELDS} | {"time": leaf.time}
    document: dict[str, Any] = {"delivery": stated, "index": None, "batch": None, "proof": []}
    document |= _alone(client, carrier, leaf) if outbox is None else _from_outbox(client, carrier, leaf, outbox)
    batch = document["batch"]
    if batch is None:
        after = "It waits in the outbox. Anchor it with 'lading relay', then run this again for the proof."
        return Shown(document | {"file": None}, [*pairs({"order": stated["order_id"]}), after])
    write_public(out, json.dumps(document, indent=2) + "\n")
    roots = f"--root {batch['root']} --items-root {batch['items_root']}"
    after = f"Anchor it: lading goods anchor CARRIER INDEX {roots} --count 1" if outbox is None else "It is anchored."
    shown = {"order": stated["order_id"], **batch, "proof": str(out)}
    return Shown(document | {"file": str(out)}, [*pairs(shown), after])


def _carrier(client: Lading, terms: OrderTerms) -> str:
    """
    Raises:
        InputError: the terms name no carrier that is registered.
    """
    key = client.participants.key(terms.carrier)
    if key is None:
        raise InputError("The terms name no registered carrier.", hint="Only a participant has a log.")
    return key.participant


def _alone(client: Lading, carrier: str, leaf: DeliveryLeaf) -> dict[str, Any]:
    """The batch of this leaf alone that the log's writer of now is to anchor next.

    Raises:
        InputError: nobody may write into the log.
    """
    head = client.goods.head(carrier)
    if head.writer is None:
        raise InputError(
            "Nobody may write into the carrier's log yet.",
            hint="Have its controller run 'lading goods set-writer' (goods.set_writer).",
        )
    items_root = client.goods.items_root(carrier, head.next_index)
    batch = {"root": "0x" + leaf.hash().hex(), "items_root": items_root, "writer": head.writer, "count": 1}
    return {"batch": batch}


def _from_outbox(client: Lading, carrier: str, leaf: DeliveryLeaf, place: str) -> dict[str, Any]:
    """Puts the leaf in, if it is new; index, batch and proof once it is anchored.

    Raises:
        OutboxError: it cannot be used, or is not that of the carrier's log.
    """
    from lading.relayer.outbox.outbox import Outbox
    from lading.relayer.run import identity_of

    with Outbox.open(place, identity_of(client, carrier)) as outbox:
        outbox.put_leaf(leaf)
        found = outbox.leaf_proof(leaf)
    if found is None:
        return {}
    siblings = ["0x" + word.hex() for word in found.proof]
    return {"index": found.index, "batch": found.batch.model_dump(mode="json"), "proof": siblings}


def deliver_anchored(
    client: Lading, proof: ProofFile, index: Index = None, order: OrderId = None, file: TermsFile = None
) -> Receipt:
    """Bring the proof that the carrier anchored the delivery in its log; by anyone."""
    leaf, stated, batch, siblings = _read(proof)
    place = stated if index is None else index
    if place is None:
        raise InputError("The proof does not say where in the log the batch is.", hint="Give --index.")
    return client.orders.deliver_anchored(terms_of(client, order, file), leaf, place, batch, siblings)


def trust_from(
    client: Lading,
    carrier: Participant,
    index: Annotated[int, typer.Argument(metavar="INDEX", min=1, help="The first batch that counts again.")],
) -> Receipt:
    """Let no earlier batch of a carrier's log prove a delivery, for good, after a theft. Signs as its controller."""
    return client.orders.trust_from(participant_id(client, carrier), index)


def _read(path: Path) -> tuple[DeliveryLeaf, int | None, Batch, list[bytes]]:
    """Leaf, index if it is known, batch and siblings.

    Raises:
        FileUnreadable: it cannot be read, or is no proof of a delivery.
    """
    from lading.fields import parse_word
    from lading.models import Batch
    from lading.provenance.leaf import DeliveryLeaf

    content = read_json(path)
    try:
        stated = content["delivery"]
        order_id, unit, event_id = (bytes.fromhex(parse_word(stated[name])[2:]) for name in FIELDS)
        siblings = [bytes.fromhex(parse_word(word)[2:]) for word in content["proof"]]
        leaf = DeliveryLeaf(order_id, unit, event_id, int(stated["time"]))
        index = None if content["index"] is None else int(content["index"])
        return leaf, index, Batch.model_validate(content["batch"]), siblings
    except (TypeError, KeyError, ValueError, InputError) as error:
        raise FileUnreadable(
            f"{path} is no proof of a delivery.", hint="Make it with 'lading order delivery-proof'."
        ) from error
