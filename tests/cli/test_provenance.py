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
from lading.relayer.outbox import Outbox
from lading.relayer.store import owner_of

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


@pytest.fixture
def lying(published: Cli, root: Path) -> Path:
    """The fault document of a publisher that lied to its own map before it anchored the next batch."""
    shutil.copy(published.folder / "brand.sqlite3", published.folder / "lying.sqlite3")
    with sqlite3.connect(published.folder / "lying.sqlite3") as told:
        told.execute(
            "CREATE TRIGGER forget AFTER INSERT ON event_items"
            " BEGIN DELETE FROM event_items WHERE event = new.event; END"
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


def test_what_to_audit_has_to_be_said_once(published: Cli):
    for words in ("", " --outbox brand.sqlite3 --bundle bundle.json"):
        assert published(f"provenance audit{words}").code == 2
