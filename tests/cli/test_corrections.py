"""An event about an item was declared wrong, and what stands for it is about other goods: the bundle holds both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_kit import Cli
from sdk_kit import BRAND, CONTROLLER, World

from lading.enums import Role
from lading.epcis.event_id import event_id
from lading.relayer.anchoring.anchoring import anchor
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.run import identity_of

ITEM, OTHER = (f"urn:epc:id:sgtin:9521141.012345.C{serial}" for serial in (1, 2))
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def event(minute: int, action: str, step: str, item: str, **more: Any) -> dict[str, Any]:
    when = {"eventTime": f"2026-03-03T01:{minute:02d}:00.000Z", "eventTimeZoneOffset": "+00:00"}
    return {"type": "ObjectEvent", **when, "action": action, "bizStep": step, "epcList": [item], **more}


@pytest.fixture(scope="module")
def box(shell: Cli, world: World) -> Path:
    """The wrong event, three minutes later what it should have been, and then the declaration."""
    brand = world.ids[Role.BRAND]
    world.by(CONTROLLER).goods.set_writer(brand, BRAND.address)
    wrong, right = event(1, "OBSERVE", "receiving", ITEM), event(4, "OBSERVE", "receiving", OTHER)
    stated = {"declarationTime": "2026-03-04T01:00:00.000Z", "correctiveEventIDs": [event_id(right)]}
    made = [event(0, "ADD", "commissioning", ITEM), wrong, right, wrong | {"errorDeclaration": stated}]
    path = shell.folder / "corrected.sqlite3"
    with Outbox.open(path, identity_of(world.client, brand)) as outbox:
        for one in made:
            outbox.add(one, CONTEXT)
            anchor(outbox, world.by(BRAND), 100)
    return path


def reasons(shell: Cli, out: Path) -> list[str]:
    words = f"verify {ITEM} --bundle {out} --rpc {shell.environment['LADING_NETWORK']} --json"
    found: list[str] = json.loads(shell(words).out)["reasons"]
    return found


def test_what_stands_for_a_wrong_event_is_in_the_bundle(shell: Cli, box: Path, tmp_path: Path):
    out = tmp_path / "bundle.json"
    shell.json(f"proof export {ITEM} --outbox {box} --out {out}")
    bundle = json.loads(out.read_text())
    assert [one["event"]["epcList"] for one in bundle["entries"]] == [[ITEM], [ITEM], [OTHER], [ITEM]]
    assert "correction-missing" not in reasons(shell, out)


def test_without_its_name_it_is_missed(shell: Cli, box: Path, tmp_path: Path, world: World):
    with Outbox.open(box, identity_of(world.client, world.ids[Role.BRAND])) as outbox:
        kept = outbox.store.rows("SELECT name, event FROM event_names")
        outbox.store.execute("DELETE FROM event_names")
        out = tmp_path / "bundle.json"
        shell.json(f"proof export {ITEM} --outbox {box} --out {out}")
        outbox.store.many("INSERT INTO event_names (name, event) VALUES (?, ?)", kept)
    assert len(json.loads(out.read_text())["entries"]) == 3
    assert "correction-missing" in reasons(shell, out)
