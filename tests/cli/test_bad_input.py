"""What a user gets wrong: a typed error, its exit code, a sentence that says what to do; no traceback, no half file."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from cli_kit import Cli
from sdk_kit import keystore

from lading.chain import networks
from lading.errors import NoSigner

KEY = "0x" + "4b" * 32
ORDER = "0x" + "11" * 32
SGTIN = "urn:epc:id:sgtin:9521141.012345.1001"
KEY_OPTIONS = ("--key", "--private-key", "--Private_Key", "--pk", "--mnemonic", "--keystore-password", "--seed")
NEEDS_CHAIN = [
    "deploy --dev-account 0",
    "participants show GLN:9521141000106",
    "goods log GLN:9521141000106",
    "order list",
    f"customs status {ORDER}",
    "credit show GLN:9521141000106",
    "relay run --config relay.yaml --once --dev-account 0",
    f"proof export {SGTIN} --outbox none.sqlite3 --out bundle.json",
]


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("words", NEEDS_CHAIN)
def test_the_embedded_chain_is_refused_and_the_devnet_named(cli: Cli, words: str):
    error = cli.refused(f"{words} --network embedded", 2)
    assert error["type"] == "UsageError"
    assert "lading devnet up" in error["hint"]
    assert list(cli.folder.iterdir()) == []


@pytest.mark.parametrize("words", NEEDS_CHAIN)
def test_an_unknown_network_is_named_with_those_that_are_known(cli: Cli, words: str):
    error = cli.refused(f"{words} --network sepolia", 3)
    assert error["type"] == "UnknownNetwork"
    assert "sepolia" in error["message"]
    assert "anvil, embedded, ganache" in error["hint"]


@pytest.mark.parametrize("words", NEEDS_CHAIN)
def test_a_node_that_does_not_answer_is_not_reachable(cli: Cli, words: str):
    error = cli.refused(f"{words} --network http://127.0.0.1:{closed_port()}", 3)
    assert error["type"] == "NotReachable"
    assert error["retryable"]
    assert "lading devnet up" in error["hint"]


@pytest.mark.parametrize(("name", "start"), [("anvil", "lading devnet up`"), ("ganache", "devnet up --kind ganache`")])
def test_a_devnet_that_is_not_running_is_started_by_its_kind(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, start: str
):
    moved = networks.at_url(networks.NAMED[name], f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setitem(networks.NAMED, name, moved)
    assert start in cli.refused(f"order list --network {name}", 3)["hint"]


def test_the_demo_runs_on_no_other_chain(cli: Cli):
    error = cli.refused("demo --network http://127.0.0.1:8545", 2)
    assert "embedded, anvil, ganache" in error["hint"]


def test_a_wrong_check_digit_is_found_before_any_node_is_asked(cli: Cli):
    error = cli.refused(f"goods show 09521141123455 --network http://127.0.0.1:{closed_port()}", 1)
    assert error["type"] == "InputError"
    assert "4 is right" in error["message"]
    assert "label" in error["message"]


def test_a_wrong_check_digit_in_a_digital_link_is_named(cli: Cli):
    (cli.folder / "bundle.json").write_text("{}", encoding="utf-8")
    error = cli.refused("verify https://id.gs1.org/01/09521141123455/21/1001 --bundle bundle.json", 1)
    assert error["type"] == "CheckDigitError"
    assert "label" in error["hint"]


@pytest.mark.parametrize("option", KEY_OPTIONS)
@pytest.mark.parametrize("form", ["{option} {key}", "{option}={key}"])
def test_a_key_on_the_command_line_is_refused_and_never_repeated(cli: Cli, option: str, form: str):
    done = cli("order list --json " + form.format(option=option, key=KEY))
    assert done.code == 2
    assert "LADING_KEYSTORE" in done.error["hint"]
    assert KEY not in done.out + done.err


@pytest.mark.parametrize("key", [KEY, KEY[2:], KEY.upper().replace("X", "x")])
@pytest.mark.parametrize("words", ["order list {}", "order {}", "{}", "order list --{}", "deploy --dev-account {}"])
def test_a_key_where_it_does_not_belong_is_not_repeated(cli: Cli, words: str, key: str):
    done = cli(f"{words.format(key)} --json")
    assert (done.code, done.error["type"]) == (2, "UsageError")
    assert key[2:].lower() not in (done.out + done.err).lower()


def test_without_a_key_all_ways_to_give_one_are_named(cli: Cli):
    error = cli.refused("goods register-class 09521141123454", 1)
    assert error["type"] == NoSigner.__name__
    assert all(way in error["hint"] for way in ("LADING_KEYSTORE", "LADING_KEY", "--dev-account"))


@pytest.mark.parametrize("password", [None, "wrong"])
def test_a_locked_keystore_is_said_to_be_locked(cli: Cli, password: str | None):
    path = keystore(cli.folder, bytes.fromhex(KEY[2:]), "right")
    settings = {"LADING_KEYSTORE": str(path)} | ({} if password is None else {"LADING_KEYSTORE_PASSWORD": password})
    error = cli.refused("deploy", 1, **settings)
    assert error["type"] == "KeystoreLocked"
    assert "password" in error["message"].lower()


def test_a_broken_key_is_refused_and_never_repeated(cli: Cli):
    done = cli("deploy --key-stdin --json", stdin="0x1234-not-a-key\n")
    assert (done.code, done.error["type"]) == (1, "KeyUnreadable")
    assert "1234" not in done.out + done.err


def test_two_keys_are_one_too_many(cli: Cli):
    assert cli.refused("deploy --key-stdin --dev-account 0", 2)["hint"] == "Give one of them."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("order frobnicate", "frobnicate"),
        ("order show --frobnicate", "frobnicate"),
        ("goods recall 09521141123454 --scope planet --reason x", "class, lot, serial"),
        ("devnet up --kind geth", "anvil"),
        ("deploy --dev-account 20", "19"),
        ("epc decode", "HEX"),
    ],
)
def test_wrong_usage_says_what_is_expected(cli: Cli, words: str, said: str):
    error = cli.refused(words, 2)
    assert error["type"] == "UsageError"
    assert said in error["message"]
    assert "--help" in error["hint"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("epc decode XYZ", "EpcError"),
        ("epc encode urn:nothing", "EpcError"),
        ("epcis check nothing.json", "FileUnreadable"),
        ("epcis hash nothing.json", "FileUnreadable"),
        ("relay check nothing.yaml", "RelayConfigError"),
        ("verify urn:epc:id:sgtin:9521141.012345.1001 --bundle nothing.json", "FileUnreadable"),
        ("deploy --dev-account 0 --params nothing.yaml --network http://127.0.0.1:1", "NotReachable"),
    ],
)
def test_what_cannot_be_read_is_named(cli: Cli, words: str, kind: str):
    error = cli.refused(words, 3 if kind == "NotReachable" else 1)
    assert error["type"] == kind


def test_text_that_is_no_json_is_named_with_its_place(cli: Cli):
    (cli.folder / "events.json").write_text("{oops", encoding="utf-8")
    error = cli.refused("epcis check events.json", 1)
    assert "line 1 column 2" in error["message"]


@pytest.mark.parametrize("words", ["verify", "verify urn:epc:id:sgtin:9521141.012345.1001"])
def test_nothing_is_verified_without_a_bundle(cli: Cli, words: str):
    assert "--bundle" in cli.refused(words, 2)["hint"]


@pytest.mark.parametrize(
    "trust",
    [
        "--registry 0x5FbDB2315678afecb367f032d93F642f64180aa3",
        "--chain-id 1 --provenance 0x5FbDB2315678afecb367f032d93F642f64180aa3",
        "--chain-id 1 --registry 0x12 --provenance 0x5FbDB2315678afecb367f032d93F642f64180aa3",
    ],
)
def test_trust_is_said_in_full_or_not_at_all(cli: Cli, trust: str):
    (cli.folder / "bundle.json").write_text("{}", encoding="utf-8")
    assert cli.refused(f"verify --bundle bundle.json {trust}", 2)["type"] == "UsageError"


def test_a_bug_is_a_line_with_what_to_do_and_a_traceback_only_on_demand(cli: Cli, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("lading.epcis.decode", broken)
    error = cli.refused("epc decode 3034", 1)
    assert (error["type"], "ZeroDivisionError: by nought" in error["message"]) == ("Unexpected", True)
    assert "LADING_DEBUG=1" in error["hint"]
    with pytest.raises(ZeroDivisionError):
        cli("epc decode 3034", LADING_DEBUG="1")


def test_a_reader_that_leaves_early_is_no_traceback(tmp_path: Path):
    program = "import sys; from lading.cli import main; main(sys.argv[1:])"
    words = [sys.executable, "-c", program, "epcis", "hash", "events.json"]
    event = {"type": "ObjectEvent", "eventTime": "2026-05-01T10:00:00Z", "eventTimeZoneOffset": "+00:00"}
    event |= {"action": "OBSERVE", "epcList": [SGTIN]}
    (tmp_path / "events.json").write_text(json.dumps([event] * 20_000), encoding="utf-8")
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read() if process.stderr else ""
    assert (process.returncode, complaint) == (1, "")


@pytest.mark.parametrize("words", ["epc decode 3034 --json", "epc decode XYZ --json"])
def test_a_full_disk_under_the_output_is_a_line(words: str, tmp_path: Path):
    program = "import sys; from lading.cli import main; main(sys.argv[1:])"
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [sys.executable, "-c", program, *words.split()]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "error: the output cannot be written: No space left on device.\n")


def test_a_developers_account_is_refused_on_a_chain_that_is_no_devnet(cli: Cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lading.deploy.params.DEVNET_CHAIN_IDS", frozenset())
    from lading.chain import devnet

    with devnet.running("anvil") as node:
        error = cli.refused(f"deploy --dev-account 0 --network {node.url}", 2)
    assert "the whole world has" in error["message"]
    assert list(cli.folder.iterdir()) == []
