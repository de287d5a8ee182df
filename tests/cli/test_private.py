"""Private fields from the publisher's document to its erasure, each step a command on a node."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from cli_kit import Cli, Result
from sdk_kit import GOVERNOR

from lading.chain import devnet
from lading.client import Lading
from lading.demo import cast
from lading.demo.diary import Diary
from lading.epcis.canonical import canonical_json

BRAND, CUSTOMS = "GLN:9521141000106", "GLN:9528001000016"
AS_BRAND, AS_STRANGER = "--dev-account 1", "--dev-account 9"
ITEM = "urn:epc:id:sgtin:9521141.012345.1001"
SUPPLIER, AMOUNT = "Shenzhen Tongda Precision", "41.70"
ACME = {"acme": "https://acme.example/ns/"}
NETWORK = "LADING_NETWORK"


@pytest.fixture(scope="module")
def at_work(root: Path, shell: Cli, node: devnet.Devnet) -> Cli:
    """A folder with the factory's document, in which the first event names its supplier and price."""
    (record,) = (shell.folder / "deployments").glob("31337-????????.json")
    client = Lading.connect(node.url, signer=GOVERNOR, deployment=record)
    devnet.advance(client.chain, 5)  # a chain's first blocks may share one second; the keys come later than block 0
    players = cast.admit(client, Diary(lambda _: None))
    players[cast.BRAND].client.goods.register_class(cast.GTIN)
    document = json.loads((root / "examples/demo/factory.json").read_text(encoding="utf-8"))
    document["@context"].append(ACME)
    document["epcisBody"]["eventList"][0] |= {
        "acme:price": {"amount": AMOUNT, "currency": "CNY"},
        "acme:supplier": SUPPLIER,
        "acme:line": 4,
    }
    (shell.folder / "events.json").write_text(json.dumps(document), encoding="utf-8")
    return shell


@pytest.fixture(scope="module")
def published(at_work: Cli) -> dict[str, Any]:
    """The event, sealed and anchored, with the bundle of its item."""
    words = "private seal events.json --fields acme:price,acme:supplier --store private.sqlite3 --out sealed.json"
    (event,) = at_work.json(words)["events"]
    assert event["fields"] == ["acme:price", "acme:supplier"]
    assert at_work.json("epcis check sealed.json")["valid"]
    assert at_work.json("epcis hash sealed.json")[0] == event["event_id"]
    at_work.json(f"relay publish sealed.json --publisher {BRAND} --outbox brand.sqlite3 {AS_BRAND}")
    at_work.json(f"proof export {ITEM} --outbox brand.sqlite3 --out bundle.json")
    return event


def disclose(shell: Cli, event: dict[str, Any], out: str, fields: str = "acme:price,acme:supplier") -> Path:
    words = f"private disclose --store private.sqlite3 --event {event['event_id']} --fields {fields} --to {CUSTOMS}"
    shell.json(f"{words} --out {out} {AS_BRAND}")
    return shell.folder / out


def check(shell: Cli, file: str, *more: str, code: int = 0) -> dict[str, Any]:
    return shell.json(("private", "check", file, "--bundle", "bundle.json", *more), code=code)


def says_nothing(done: Result) -> None:
    assert SUPPLIER not in done.out + done.err
    assert AMOUNT not in done.out + done.err


def test_from_seal_to_erasure(at_work: Cli, published: dict[str, Any]):
    shell, event = at_work, published
    for name in ("sealed.json", "brand.sqlite3", "bundle.json"):
        data = (shell.folder / name).read_bytes()
        assert SUPPLIER.encode() not in data, name
        assert AMOUNT.encode() not in data, name
    before = shell(f"verify {ITEM} --bundle bundle.json --rpc {shell.environment[NETWORK]} --json")

    handed = disclose(shell, event, "for-customs.json")
    assert stat.S_IMODE(handed.stat().st_mode) == 0o600
    found = check(shell, "for-customs.json")
    assert found["fields"] == [
        {"name": "acme:price", "result": "matches"},
        {"name": "acme:supplier", "result": "matches"},
    ]
    assert (found["event_found"], found["signature"]) == (True, "valid")
    assert check(Cli(shell.folder), "for-customs.json")["signature"] == "key-not-checked"

    document = json.loads(handed.read_bytes())
    document["fields"][0]["value"]["amount"] = "41.71"
    (shell.folder / "altered.json").write_bytes(canonical_json(document))
    altered = check(shell, "altered.json", code=10)
    assert [one["result"] for one in altered["fields"]] == ["differs", "matches"]
    assert altered["signature"] == "forged"

    secrets = json.loads(handed.read_bytes())["fields"]
    assert shell.json(f"private forget --store private.sqlite3 --event {event['event_id']} --field acme:supplier") == {
        "event_id": event["event_id"],
        "forgotten": 1,
        "left": ["acme:price"],
    }
    left = b"".join(one.read_bytes() for one in shell.folder.glob("private.sqlite3*"))
    assert bytes.fromhex(secrets[1]["salt"][2:]) not in left
    assert SUPPLIER.encode() not in left
    assert bytes.fromhex(secrets[0]["salt"][2:]) in left
    words = (
        f"private disclose --store private.sqlite3 --event {event['event_id']} --fields acme:supplier --to {CUSTOMS}"
    )
    gone = shell.refused(f"{words} --out never.json {AS_BRAND}", 1)
    assert "does not hold all of these fields" in gone["message"]
    assert shell.json(f"private forget --store private.sqlite3 --event {event['event_id']}")["left"] == []

    shell.json(f"proof export {ITEM} --outbox brand.sqlite3 --out again.json")
    assert (shell.folder / "again.json").read_bytes() == (shell.folder / "bundle.json").read_bytes()
    assert json.loads(before.out)["verdict"] == "authentic"
    after = shell(f"verify {ITEM} --bundle again.json --rpc {shell.environment[NETWORK]} --json")
    assert (after.code, json.loads(after.out)["reasons"]) == (before.code, json.loads(before.out)["reasons"])
    # What customs have was given to them, and still matches: erasure is of the publisher's own copy.
    check(shell, "for-customs.json")


@pytest.fixture(scope="module")
def second(at_work: Cli, published: dict[str, Any]) -> dict[str, Any]:
    """Another sealing of the same document, which nobody published."""
    words = (
        "private seal events.json --field acme:price --field acme:supplier --store private.sqlite3 --out second.json"
    )
    (event,) = at_work.json(words)["events"]
    return event


def test_a_disclosure_of_an_event_that_the_bundle_lacks_matches_nothing(at_work: Cli, second: dict[str, Any]):
    disclose(at_work, second, "second-disclosure.json", "acme:price")
    found = check(at_work, "second-disclosure.json", code=10)
    assert (found["event_found"], found["signature"]) == (False, "valid")
    assert found["fields"] == [{"name": "acme:price", "result": "no-such-commitment"}]


def test_without_a_network_the_key_is_not_checked_and_a_block_makes_no_sense(
    at_work: Cli, second: dict[str, Any], tmp_path: Path
):
    disclose(at_work, second, "offline.json", "acme:price")
    offline = Cli(at_work.folder)
    found = check(offline, "offline.json", code=10)
    assert (found["signature"], found["event_found"]) == ("key-not-checked", False)
    assert "--network" in offline.refused("private check offline.json --bundle bundle.json --block 3", 2)["hint"]
    early = check(at_work, "offline.json", "--block", "0", code=10)
    assert early["signature"] == "key-not-yet"


def test_a_strangers_key_does_not_sign(at_work: Cli, second: dict[str, Any]):
    words = f"private disclose --store private.sqlite3 --event {second['event_id']} --fields acme:price --to {CUSTOMS}"
    assert at_work.refused(f"{words} --out stranger.json {AS_STRANGER}", 4)["type"] == "KeyNotValid"
    assert not (at_work.folder / "stranger.json").exists()


def test_a_recipient_may_be_an_address_and_is_checked_for_typing_errors(at_work: Cli, second: dict[str, Any]):
    buyer = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    words = f"private disclose --store private.sqlite3 --event {second['event_id']} --fields acme:price {AS_BRAND}"
    assert at_work.json(f"{words} --to {buyer} --out buyer.json")["recipient"] == buyer.lower()
    assert (
        "checksum"
        in at_work.refused(f"{words} --to {buyer.swapcase().replace('X', 'x', 1)} --out no.json", 1)["message"]
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            "seal events.json --fields acme:prize --store p.sqlite3 --out new.json",
            1,
            "No event has a field 'acme:prize'",
        ),
        ("seal events.json --fields bizStep --store p.sqlite3 --out new.json", 1, "is no extension field"),
        ("seal events.json --fields , --store p.sqlite3 --out new.json", 2, "No field is named"),
        ("seal events.json --fields acme:price --store p.sqlite3 --out events.json", 1, "is not replaced"),
        ("seal events.json --fields acme:price --store events.json --out new.json", 1, "others can read"),
        ("seal broken.json --fields acme:price --store p.sqlite3 --out new.json", 1, "without doubt"),
        ("forget --store missing.sqlite3 --event x", 1, "No such file"),
        ("check events.json --bundle events.json", 1, "The disclosure is refused"),
    ],
)
def test_mistakes_are_named_and_leave_nothing(at_work: Cli, words: str, code: int, said: str):
    (at_work.folder / "broken.json").write_text(f'{{"acme:price": {AMOUNT}e999}}', encoding="utf-8")
    kept = (at_work.folder / "events.json").read_bytes()
    done = at_work(f"private {words} --json")
    assert done.code == code
    assert said in done.error["message"]
    says_nothing(done)
    assert not (at_work.folder / "new.json").exists()
    assert not (at_work.folder / "p.sqlite3").exists()
    assert (at_work.folder / "events.json").read_bytes() == kept


def test_secrets_of_a_document_that_could_not_be_written_are_not_kept(at_work: Cli):
    (at_work.folder / "file").write_text("", encoding="utf-8")
    words = "private seal events.json --fields acme:supplier --store unwritten.sqlite3 --out file/sealed.json"
    done = at_work(f"{words} --json")
    assert (done.code, done.error["type"]) == (1, "FileNotWritten")
    assert SUPPLIER.encode() not in (at_work.folder / "unwritten.sqlite3").read_bytes()


def test_what_was_forgotten_or_mistyped_cannot_be_forgotten(at_work: Cli, second: dict[str, Any]):
    words = f"private forget --store private.sqlite3 --event {second['event_id']} --field acme:prize,acme:supplier"
    refused = at_work.refused(words, 1)
    assert "all of these fields" in refused["message"]
    assert "1 were erased" in refused["message"]
    assert "any field" in at_work.refused("private forget --store private.sqlite3 --event ni:///x", 1)["message"]
