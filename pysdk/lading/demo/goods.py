"""The goods: documents and tag reads into anchored logs, and verdicts out of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from lading import facts
from lading.client import Lading
from lading.demo import cast
from lading.demo.cast import GTIN, Cast, Part
from lading.demo.diary import Diary
from lading.enums import RecallScope
from lading.epcis import event_id
from lading.provenance.bundle import Bundle, dump, parse
from lading.provenance.gather import bundle_of
from lading.provenance.verdict import Verdict
from lading.relayer import run as relay
from lading.relayer.anchoring.anchoring import anchor
from lading.relayer.config.settings import load
from lading.relayer.intake.intake import take_document
from lading.relayer.outbox.export import OutboxSource
from lading.relayer.outbox.outbox import Outbox

GENUINE = "urn:epc:id:sgtin:9521141.012345.1001"
CLONED = "urn:epc:id:sgtin:9521141.012345.1002"
RECALLED = "urn:epc:id:sgtin:9521141.012345.2001"
UNIT = "urn:epc:id:sscc:9521141.0000000077"
RECALLED_LOT = "L26-0417"
MAX_EVENTS = 1000

#: What each publisher brings beside the readers' log: files of `examples/demo`.
DOCUMENTS = {
    cast.BRAND: "factory.json",
    cast.CARRIER: "port.json",
    cast.CHINA_CUSTOMS: "customs-export.json",
    cast.DUTCH_CUSTOMS: "customs-import.json",
}


def publish(folder: Path, players: Cast, examples: Path, diary: Diary) -> None:
    """Takes in the EPCIS documents of factory, port and both customs, and anchors each in its publisher's log."""
    diary.sent(f"brand registers the class {GTIN}", players[cast.BRAND].client.goods.register_class(GTIN))
    for part, name in DOCUMENTS.items():
        document = json.loads((examples / name).read_text(encoding="utf-8"))
        with _outbox(folder, part, players) as outbox:
            taken = take_document(outbox, document)
            for batch in anchor(outbox, players[part].client, MAX_EVENTS):
                diary.note(f"{part.name} anchors {taken} events of {name}", batch.tx_hash, batch.gas_used)


def relay_reads(folder: Path, players: Cast, examples: Path, diary: Diary) -> None:
    """Runs the relayer over the readers' log, as `lading relay run --once` does."""
    config = load(examples / "relay.yaml").model_copy(update={"outbox": _path(folder, cast.WAREHOUSE)})
    done = relay.run_once(config, players[cast.WAREHOUSE].client)
    found = done.intake
    diary.note(
        f"{found.reads} reads: {found.events} events, {found.duplicates} reads again, {found.quarantined} in "
        f"quarantine, {found.gaps} missing"
    )
    for batch in done.anchored:
        diary.note(f"warehouse anchors {batch.count} events", batch.tx_hash, batch.gas_used)


def arrival(folder: Path, players: Cast) -> str:
    """The CBV id of the warehouse's event that accepted the unit at its destination."""
    with _outbox(folder, cast.WAREHOUSE, players) as outbox:
        accepting = [one.event for one in outbox.entries(UNIT) if one.event.get("bizStep") == "accepting"]
    return event_id(accepting[-1])


def recall(players: Cast, diary: Diary) -> None:
    goods = players[cast.BRAND].client.goods
    receipt = goods.recall(GTIN, RecallScope.LOT, RECALLED_LOT, reason="The battery may overheat.")
    diary.sent(f"brand recalls lot {RECALLED_LOT}", receipt)


def verify(item: str, folder: Path, players: Cast, reader: Lading) -> Verdict:
    """What a consumer does: the bundle goes through its file form, and the verdict trusts nothing in it."""
    exported = dump(_bundle(item, folder, players, reader))
    trusted = facts.TrustedDeployment.of_record(reader.deployment)
    return facts.verify(parse(exported), chain=reader.chain, deployment=trusted)


def _bundle(item: str, folder: Path, players: Cast, reader: Lading) -> Bundle:
    with ExitStack() as stack:
        boxes = [stack.enter_context(_outbox(folder, part, players)) for part in _publishers(players)]
        return bundle_of(item, facts.chain_ref(reader.deployment), map(OutboxSource, boxes))


def _publishers(players: Cast) -> Iterable[Part]:
    return (part for part in players if part.publishes)


def _outbox(folder: Path, part: Part, players: Cast) -> AbstractContextManager[Outbox]:
    player = players[part]
    return Outbox.open(_path(folder, part), relay.identity_of(player.client, player.id))


def _path(folder: Path, part: Part) -> Path:
    return folder / f"{part.name.replace(' ', '-')}.sqlite3"
