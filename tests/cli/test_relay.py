"""`lading relay` without a chain: what a configuration makes of a sample, what waits, and what stands in quarantine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_kit import Cli

from lading.relayer.config.settings import load
from lading.relayer.intake.intake import take_in
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.store.database import LogIdentity

IDENTITY = LogIdentity(31337, "0x" + "11" * 32, "0x" + "22" * 20, "0x" + "ab" * 32)
CONFIG = """
publisher: "0x{publisher}"
source: reads.ndjson
outbox: relay.sqlite3
smoothing: {{gap_seconds: 30}}
batch: {{max_events: 100}}
read_points:
  - reader: dock
    antenna: any
    sgln: urn:epc:id:sgln:9524321.00001.1
    biz_location: urn:epc:id:sgln:9524321.00001.0
    biz_step: receiving
    disposition: in_progress
"""


def read(number: int, reader: str = "dock") -> str:
    epc = f"3036451FD40C0E4{number:09X}"
    return json.dumps({"reader": reader, "epc": epc, "time": f"2026-03-02T08:15:{number:02d}Z", "sequence": number})


@pytest.fixture
def relay(cli: Cli) -> Cli:
    """A folder with a configuration and a log of six reads of a known reader, one of another, and a bad line."""
    (cli.folder / "relay.yaml").write_text(CONFIG.format(publisher="ab" * 32))
    lines = [*(read(number) for number in range(1, 7)), read(7, "gate"), "no line"]
    (cli.folder / "reads.ndjson").write_text("\n".join(lines))
    return cli


@pytest.fixture
def relayed(relay: Cli) -> Cli:
    """The same after the log was taken in, by a version that anchored nothing yet."""
    config = load(relay.folder / "relay.yaml")
    with Outbox.open(config.outbox, IDENTITY) as outbox:
        take_in(outbox, [(relay.folder / "reads.ndjson").read_bytes()], config, "reads.ndjson")
    return relay


def test_check_shows_people_a_few_events_in_short_lines(relay: Cli):
    done = relay("relay check relay.yaml")
    assert done.code == 0, done.err
    shown = [line for line in done.out.splitlines() if "urn:epc:id:sgtin:" in line]
    assert len(shown) == 5
    assert shown[0].split()[:2] == ["2026-03-02T08:15:01.000Z", "receiving"]
    assert shown[0].endswith("at urn:epc:id:sgln:9524321.00001.1")
    assert "… and 1 more" in done.out
    assert "the first events" in done.out


def test_check_gives_machines_the_counts_and_events_only_if_asked(relay: Cli):
    counts = {"reads": 6, "events": 6, "duplicates": 0, "quarantined": 2, "gaps": 0, "batches": 0}
    checked = relay.json("relay check relay.yaml")
    refused = checked.pop("refused")
    assert checked == counts
    assert sorted((one["reason"], one["lines"]) for one in refused) == [("not-json", 1), ("reader-unknown", 1)]
    sampled = relay.json("relay check relay.yaml --events 2")
    sample = sampled.pop("sample")
    assert sampled == counts | {"refused": refused}
    assert [event["type"] for event in sample] == ["ObjectEvent"] * 2


def test_check_takes_a_sample_from_stdin(relay: Cli):
    (relay.folder / "reads.ndjson").unlink()
    done = relay("relay check relay.yaml --input - --json", stdin="\n".join((read(1), read(2))))
    assert done.code == 0, done.err
    assert json.loads(done.out)["events"] == 2
    assert {path.name for path in relay.folder.iterdir()} == {"relay.yaml"}


def test_status_says_what_waits_without_a_chain(relayed: Cli):
    status = relayed.json("relay status --config relay.yaml")
    told = {name: status[name] for name in ("reads", "events", "waiting_events", "quarantined", "gaps", "batches")}
    assert told == {"reads": 6, "events": 6, "waiting_events": 6, "quarantined": 2, "gaps": 0, "batches": 0}
    assert (status["last_batch"], status["nonce_gap"], status["inbox_reads"]) == (None, None, 0)
    done = relayed("relay status --config relay.yaml")
    rows = {tuple(line.rsplit(maxsplit=1)) for line in done.out.splitlines() if line.strip()}
    assert {("reads", "6"), ("in quarantine", "2"), ("batches on the chain", "0")} <= {
        (name.strip(), value) for name, value in rows
    }


def test_status_of_a_relay_that_never_ran_says_so_and_makes_no_outbox(relay: Cli):
    done = relay("relay status --config relay.yaml --json")
    assert (done.code, done.error["type"]) == (1, "OutboxUnreadable")
    assert not (relay.folder / "relay.sqlite3").exists()


def test_what_stands_in_quarantine_is_listed_shown_and_read_again_after_a_fix(relayed: Cli):
    rows = relayed.json("relay quarantine list --config relay.yaml")["rows"]
    assert [(row["reason"], row["origin"], row["line"], row["state"]) for row in rows] == [
        ("reader-unknown", "reads.ndjson", 7, "kept"),
        ("not-json", "reads.ndjson", 8, "kept"),
    ]
    assert "'gate'" in relayed("relay quarantine list --config relay.yaml").out
    shown = relayed.json(("relay", "quarantine", "show", rows[0]["id"], "--config", "relay.yaml"))
    assert bytes.fromhex(shown["head"][2:]).decode() == read(7, "gate")
    assert shown["length"] == len(read(7, "gate"))
    people = relayed(("relay", "quarantine", "show", rows[0]["id"], "--config", "relay.yaml")).out
    assert "reads.ndjson:7" in people
    assert read(7, "gate") in people
    path = relayed.folder / "relay.yaml"
    point = path.read_text().split("read_points:\n")[1]
    path.write_text(path.read_text() + point.replace("dock", "gate").replace("00001", "00002"))
    done = relayed.json("relay quarantine replay --config relay.yaml")
    assert done == {"read": [rows[0]["id"]], "refused": [rows[1]["id"]], "cut": []}
    assert relayed.json("relay status --config relay.yaml")["inbox_reads"] == 1
    left = relayed.json("relay quarantine list --config relay.yaml")["rows"]
    assert [row["id"] for row in left] == [rows[1]["id"]]
    assert len(relayed.json("relay quarantine list --all --config relay.yaml")["rows"]) == 2
    assert relayed.json("relay quarantine replay --config relay.yaml")["read"] == []


def test_control_signs_in_a_bad_line_do_not_reach_the_terminal(relay: Cli):
    (relay.folder / "reads.ndjson").write_bytes(b"\x1b[2Jgone\x07")
    config = load(relay.folder / "relay.yaml")
    with Outbox.open(config.outbox, IDENTITY) as outbox:
        take_in(outbox, [(relay.folder / "reads.ndjson").read_bytes()], config, "reads.ndjson")
    shown = relay("relay quarantine show 1 --config relay.yaml").out
    assert "gone" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_what_is_not_in_quarantine_is_said_to_be_so(relayed: Cli):
    done = relayed("relay quarantine show 99 --config relay.yaml --json")
    assert (done.code, done.error["type"]) == (1, "NotInQuarantine")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("relay run --config nothing.yaml --json", "RelayConfigError"),
        ("relay run --config sources.yaml --worker a/b --dev-account 0 --json", "UsageError"),
        ("relay run --config stdin.yaml --key-stdin --json", "UsageError"),
        ("relay run --config sources.yaml --json", "NoSigner"),
        ("relay run --config sources.yaml --network embedded --dev-account 0 --json", "UsageError"),
        ("relay quarantine replay 0 --config relay.yaml --json", "UsageError"),
    ],
)
def test_a_wrong_start_is_a_sentence(relay: Cli, words: str, kind: str):
    text = (relay.folder / "relay.yaml").read_text()
    folder: Path = relay.folder
    (folder / "sources.yaml").write_text(text + "sources: [{file: reads.ndjson}]\n")
    (folder / "stdin.yaml").write_text(text + "sources: [{stdin: true}]\n")
    done = relay(words)
    assert done.error["type"] == kind
