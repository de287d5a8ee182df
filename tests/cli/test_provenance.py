"""`lading provenance audit` on a real node: honest logs, altered ones, and maps that leave something out."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from cli_kit import Cli
from sdk_kit import GOVERNOR

from lading.chain import devnet
from lading.client import Lading
from lading.demo import cast
from lading.demo.diary import Diary
from lading.provenance import faults
from lading.provenance.bundle import build_bundle, dump
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.store.database import owner_of

WHO, DOCUMENT, ACCOUNT = "GLN:9521141000106", "factory.json", 1


@pytest.fixture(scope="module")
def published(root: Path, shell: Cli, node: devnet.Devnet) -> Cli:
    """A folder with the outbox of a brand whose events are anchored in one batch."""
    (record,) = (shell.folder / "deployments").glob("31337-????????.json")
    cast.admit(Lading.connect(node.url, signer=GOVERNOR, deployment=record), Diary(lambda _: None))
    words = f"relay publish {root / 'examples/demo' / DOCUMENT} --publisher {WHO} --outbox brand.sqlite3"
    shell.json(f"{words} --dev-account {ACCOUNT}")
    return shell


def test_an_honest_log_agrees_and_exits_0(published: Cli):
    found = published.json("provenance audit --outbox brand.sqlite3")
    assert (found["verdict"], found["batches"], found["anchored"], found["missing"]) == ("consistent", 1, 1, 0)
    assert found["things"] > 0
    assert "agree" in published("provenance audit --outbox brand.sqlite3").out


def test_events_that_were_altered_are_told_by_their_batch(published: Cli):
    shutil.copy(published.folder / "brand.sqlite3", published.folder / "altered.sqlite3")
    with sqlite3.connect(published.folder / "altered.sqlite3") as altered:
        altered.execute("UPDATE events SET salt = zeroblob(32) WHERE id = 1")
    done = published("provenance audit --outbox altered.sqlite3 --json")
    assert done.code == 10
    found = json.loads(done.out)
    assert (found["verdict"], found["difference"], found["index"]) == ("suspect", "root-differs", 0)


@pytest.fixture(scope="module")
def lying(published: Cli, root: Path) -> Path:
    """The fault document of a publisher that lied to its own map before it anchored the next batch."""
    shutil.copy(published.folder / "brand.sqlite3", published.folder / "lying.sqlite3")
    with sqlite3.connect(published.folder / "lying.sqlite3") as told:
        told.execute(
            "CREATE TRIGGER forget AFTER INSERT ON events BEGIN UPDATE events SET things = '' WHERE id = new.id; END"
        )
    document = json.loads((root / "examples/demo" / DOCUMENT).read_text(encoding="utf-8"))
    for number, event in enumerate(document["epcisBody"]["eventList"]):
        event["eventTime"] = f"2026-03-03T01:00:{number:02d}.000Z"
        event.pop("eventID", None)
    (published.folder / "more.json").write_text(json.dumps(document), encoding="utf-8")
    published.json(f"relay publish more.json --publisher {WHO} --outbox lying.sqlite3 --dev-account {ACCOUNT}")
    done = published("provenance audit --outbox lying.sqlite3 --out fault.json --json")
    assert done.code == 10
    found = json.loads(done.out)
    assert (found["difference"], found["index"], found["fault"]) == ("items-root-differs", 1, "lacks")
    return published.folder / found["file"]


def test_a_map_that_leaves_a_thing_out_is_proven_in_a_file_and_by_bundles(published: Cli, lying: Path):
    fault = faults.parse(lying.read_bytes())
    assert isinstance(fault, faults.Lacks)

    with Outbox.open(published.folder / "brand.sqlite3", owner_of(published.folder / "brand.sqlite3")) as outbox:
        counted = outbox.entries(fault.map.thing)
    item = fault.entry.event["epcList"][0]
    shown = {
        "one": build_bundle(item, fault.chain, [fault.entry]),
        "two": build_bundle(item, fault.chain, counted, [fault.map]),
    }
    for name, bundle in shown.items():
        (published.folder / f"{name}.json").write_bytes(dump(bundle))
    assert published("provenance audit --bundle two.json").code == 0
    done = published("provenance audit --bundle one.json --bundle two.json --out both.json --json")
    assert done.code == 10
    assert [one["kind"] for one in json.loads(done.out)["faults"]] == ["lacks"]
    assert faults.parse((published.folder / "both.json").read_bytes()) == fault

    behind = published("provenance audit --outbox brand.sqlite3 --json")
    assert (behind.code, json.loads(behind.out)["missing"]) == (12, 1)


def test_verify_honours_a_fault_document(published: Cli, node: devnet.Devnet, lying: Path):
    fault = faults.parse(lying.read_bytes())
    assert isinstance(fault, faults.Lacks)
    item = published.folder / "item.json"
    item.write_bytes(dump(build_bundle(fault.entry.event["epcList"][0], fault.chain, [fault.entry])))
    words = f"verify {item} --rpc {node.url}"
    assert published.json(words, code=12)["reasons"] == ["map-missing", "class-unknown"]

    for more in ("", " --state-proof"):
        found = published.json(f"{words} --fault fault.json{more}", code=10)
        assert found["reasons"][0] == "publisher-faulty"
        assert "no-fault-proven" in found["checked"]
    shown = published(f"{words} --fault fault.json --fault fault.json")
    assert (shown.code, shown.out.count("Fault document fault.json holds: batch")) == (10, 2)
    offline = published(f"verify {item} --fault fault.json")
    assert "Fault document fault.json was not judged" in offline.out


def test_verify_ignores_a_fault_of_others_and_says_so(published: Cli, node: devnet.Devnet, lying: Path):
    fault = faults.parse(lying.read_bytes())
    chain = fault.chain.model_copy(update={"chain_id": 5})
    (published.folder / "far.json").write_bytes(faults.dump(fault.model_copy(update={"chain": chain})))
    item = published.folder / "none.json"
    item.write_bytes(dump(build_bundle("urn:epc:id:sgtin:9521141.012345.1001", fault.chain, [])))
    own = published.folder / "item.json"
    for bundle, document, said in ((item, "fault.json", "bundle has nothing"), (own, "far.json", "another chain")):
        words = f"verify {bundle} --rpc {node.url} --fault {document}"
        assert f"{document} was ignored" in (shown := published(words)).out
        assert said in shown.out
        machine = published(f"{words} --json")
        assert "publisher-faulty" not in json.loads(machine.out)["reasons"]
        assert f"{document} was ignored" in machine.err


def test_verify_refuses_a_fault_document_that_does_not_hold(published: Cli, node: devnet.Devnet, lying: Path):
    fault = faults.parse(lying.read_bytes())
    false = fault.model_copy(update={"leaves": (b"\x01" * 32,)})
    for name, data, said in (
        ("false.json", faults.dump(false), "false.json proves no fault: the leaves are not what the map counts"),
        ("torn.json", lying.read_bytes()[:-2], "torn.json is no fault document"),
        ("loose.json", lying.read_bytes() + b"\n", "loose.json is no fault document"),
    ):
        (published.folder / name).write_bytes(data)
        error = published.refused(f"verify item.json --rpc {node.url} --fault {name}", 1)
        assert error["type"] == "FaultRefused"
        assert said in error["message"]


def test_what_to_audit_has_to_be_said_once(published: Cli):
    for words in ("", " --outbox brand.sqlite3 --bundle bundle.json"):
        assert published(f"provenance audit{words}").code == 2
