"""`lading proof footprint` on a real node: an inspector's signature counts, and no other; without a node, none does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_kit import Cli
from sdk_kit import BRAND, CONTROLLER, World, admit, funded_signer

from lading.chain.signer import Signer
from lading.enums import Role
from lading.facts import chain_ref
from lading.provenance.carbon import Statement, to_sign
from lading.relayer.anchoring.anchoring import anchor
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.run import identity_of

ITEM, OTHER = (f"urn:epc:id:sgtin:9521141.012345.{serial}" for serial in ("S1", "S2"))
CASE = "urn:epc:id:sscc:9521141.0000000001"
CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"lading": "https://lading.example/voc/"},
]


def event(kind: str, minute: int, action: str, step: str, **more: Any) -> dict[str, Any]:
    when = {"eventTime": f"2026-03-03T01:{minute:02d}:00.000Z", "eventTimeZoneOffset": "+00:00"}
    return {"@context": CONTEXT, "type": kind, **when, "action": action, "bizStep": step, **more}


def leg(minute: int) -> dict[str, Any]:
    return event("ObjectEvent", minute, "OBSERVE", "transporting", epcList=[CASE])


@pytest.fixture(scope="module")
def bundle(shell: Cli, world: World) -> Path:
    """Two items in a case on four legs: verified by an inspector, by a seller, under a foreign key, by nobody."""
    brand, client = world.ids[Role.BRAND], world.client
    who = {role: funded_signer(client) for role in (Role.INSPECTOR, Role.SELLER)}
    ids = {role: bytes.fromhex(admit(client, {role}, key)[2:]) for role, key in who.items()}
    publisher, where = bytes.fromhex(brand[2:]), chain_ref(client.deployment)

    def stated(told: dict[str, Any], mg: int, role: Role | None = None, key: Signer | None = None) -> dict[str, Any]:
        bare = Statement(mg, "ISO 14083:2023", "lorry, well to wheel")
        if role is None:
            return told | {"lading:carbon": bare.extension()}
        signature = (key or who[role]).sign_typed(to_sign(told, publisher, bare, ids[role], where))
        full = Statement(bare.mg, bare.method, bare.scope, ids[role], signature)
        return told | {"lading:carbon": full.extension()}

    events = [
        event("ObjectEvent", 0, "ADD", "commissioning", epcList=[ITEM, OTHER]),
        event("AggregationEvent", 1, "ADD", "packing", parentID=CASE, childEPCs=[ITEM, OTHER]),
        stated(leg(2), 1_000_001, Role.INSPECTOR),
        stated(leg(3), 200, Role.SELLER),
        stated(leg(4), 30, Role.INSPECTOR, who[Role.SELLER]),
        stated(leg(5), 4),
    ]
    world.by(CONTROLLER).goods.set_writer(brand, BRAND.address)
    path = shell.folder / "carbon.sqlite3"
    with Outbox.open(path, identity_of(client, brand)) as outbox:
        with outbox.transaction():
            for one in events:
                outbox.add(one, None)
        anchor(outbox, world.by(BRAND), 100)
    shell.json(f"proof export {ITEM} --outbox {path} --out {shell.folder / 'carbon.json'}")
    return shell.folder / "carbon.json"


def test_only_the_inspectors_own_signature_verifies(shell: Cli, bundle: Path):
    found = shell.json(f"proof footprint {bundle} --rpc {shell.environment['LADING_NETWORK']}")
    assert (found["verified_mg"], found["stated_mg"]) == ("500001", str(100 + 15 + 2))
    assert [part["problem"] for part in found["parts"]] == [
        None,
        "verifier-no-inspector",
        "signature-foreign",
        "unsigned",
    ]
    assert (found["complete"], found["events"], found["stating"]) == (True, 6, 4)


def test_without_a_node_nothing_is_verified(shell: Cli, bundle: Path):
    found = shell.json(f"proof footprint {bundle}")
    assert (found["verified_mg"], found["stated_mg"]) == ("0", str(500_001 + 100 + 15 + 2))
    assert [part["problem"] for part in found["parts"]] == [*["not-checked"] * 3, "unsigned"]
    said = shell(f"proof footprint {bundle}").out
    assert "0.500118 kg CO2e stated, not verified" in said


def test_another_deployments_bundle_is_not_verified(shell: Cli, bundle: Path, tmp_path: Path):
    content = json.loads(bundle.read_text())
    content["chain"]["participant_registry"] = "0x" + "11" * 20
    other = tmp_path / "other.json"
    other.write_text(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    found = shell.json(f"proof footprint {other} --rpc {shell.environment['LADING_NETWORK']}")
    assert found["verified_mg"] == "0"
    assert {part["problem"] for part in found["parts"]} == {"not-checked", "unsigned"}


def test_the_other_items_bundle_shows_the_other_half(shell: Cli, bundle: Path):
    assert bundle.exists()
    out = shell.folder / "other-half.json"
    shell.json(f"proof export {OTHER} --outbox {shell.folder / 'carbon.sqlite3'} --out {out}")
    found = shell.json(f"proof footprint {out} --rpc {shell.environment['LADING_NETWORK']}")
    assert (found["verified_mg"], found["stated_mg"]) == ("500000", "117")


def test_what_is_no_bundle_is_an_error(shell: Cli, tmp_path: Path):
    (tmp_path / "none.json").write_text("{}")
    assert shell.refused(f"proof footprint {tmp_path / 'none.json'}", 1)["type"] == "BundleError"
    assert shell.refused(f"proof footprint {tmp_path / 'missing.json'}", 1)["type"] == "FileUnreadable"
