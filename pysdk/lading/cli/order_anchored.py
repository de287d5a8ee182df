"""The verbs of `lading order` about a delivery that the carrier anchors in its own log, in place of a receipt."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli.documents import FileUnreadable, read_json, write_public
from lading.cli.order_sign import EventId, Unit
from lading.cli.output import Shown, pairs
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.values import Out, Participant, moment, participant_id, resolved
from lading.cli.verbs import reading, signing
from lading.errors import InputError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt
    from lading.models import Batch
    from lading.provenance.leaf import DeliveryLeaf

When = Annotated[datetime, typer.Option("--time", parser=moment, metavar="TIME", help="Of the event: RFC 3339.")]
ProofFile = Annotated[Path, typer.Option("--proof", metavar="FILE", help="From 'order delivery-proof'.")]
Index = Annotated[int, typer.Option("--index", min=0, help="Of the batch in the carrier's log.")]
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
) -> Shown:
    """Write a delivery, as the carrier, and the batch of one leaf that says so. Sends nothing: 'goods anchor' does."""
    leaf = client.orders.delivery_leaf(terms_of(client, order, file), unit, event_id, resolved(client, time))
    batch = {"root": "0x" + leaf.hash().hex(), "count": 1}
    stated = {name: "0x" + getattr(leaf, name).hex() for name in FIELDS} | {"time": leaf.time}
    document: dict[str, Any] = {"delivery": stated, "batch": batch, "proof": []}
    write_public(out, json.dumps(document, indent=2) + "\n")
    shown = {"order": stated["order_id"], "root": batch["root"], "count": 1, "proof": str(out)}
    after = f"Anchor it: lading goods anchor CARRIER INDEX --root {batch['root']} --count 1"
    return Shown(document | {"file": str(out)}, [*pairs(shown), after])


def deliver_anchored(
    client: Lading, proof: ProofFile, index: Index, order: OrderId = None, file: TermsFile = None
) -> Receipt:
    """Bring the proof that the carrier anchored the delivery in its log; by anyone."""
    leaf, batch, siblings = _read(proof)
    return client.orders.deliver_anchored(terms_of(client, order, file), leaf, index, batch, siblings)


def trust_from(
    client: Lading,
    carrier: Participant,
    index: Annotated[int, typer.Argument(metavar="INDEX", min=1, help="The first batch that counts again.")],
) -> Receipt:
    """Let no earlier batch of a carrier's log prove a delivery, for good, after a theft. Signs as its controller."""
    return client.orders.trust_from(participant_id(client, carrier), index)


def _read(path: Path) -> tuple[DeliveryLeaf, Batch, list[bytes]]:
    """
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
        return leaf, Batch.model_validate(content["batch"]), siblings
    except (TypeError, KeyError, ValueError, InputError) as error:
        raise FileUnreadable(
            f"{path} is no proof of a delivery.", hint="Make it with 'lading order delivery-proof'."
        ) from error
