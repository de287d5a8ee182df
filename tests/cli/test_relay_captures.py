"""`lading relay captures` as it is used: a log taken in with signing on, exported, verified against a real node."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from cli_kit import Cli
from eth_account import Account
from sdk_kit import World
from test_relay import CONFIG, read

from lading.chain.signer import Signer
from lading.client import Lading
from lading.enums import IdentifierScheme, Role

PASSWORD = "a long one"
CONTROLLER = Signer.dev(15)


@dataclass
class Gateway:
    """A publisher with a relay's folder in the shell's; its key for captures is `key`."""

    shell: Cli
    client: Lading
    folder: Path
    publisher: str
    key: Signer
    writer: Signer

    def run(self, *words: object) -> tuple[object, ...]:
        return ("relay", "run", "--config", self.folder / "relay.yaml", *words)

    @property
    def keys(self) -> dict[str, str]:
        """The environment of whoever runs the relay: the writer's key, which pays."""
        return {"LADING_KEY": "0x" + self.writer.unsafe_key().hex()}

    def config(self, **changes: object) -> Path:
        path = self.folder / "relay.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(CONFIG.format(publisher=self.publisher[2:])) | changes))
        return path

    def log(self, first: int, last: int) -> Path:
        path = self.folder / "reads.ndjson"
        path.write_text("".join(read(number) + "\n" for number in range(first, last + 1)))
        return path

    def take_in(self, first: int, last: int) -> None:
        self.log(first, last)
        self.shell.json(self.run("--once"), **self.keys)

    def export(self, name: str = "dock.captures") -> Path:
        out = self.folder / name
        self.shell.json(("relay", "captures", "export", self.folder / "relay.yaml", "--reader", "dock", "--out", out))
        return out

    def verify(self, file: Path, code: int, *more: object) -> dict:
        return self.shell.json(("relay", "captures", "verify", file, *more), code=code)


@pytest.fixture
def gateway(shell: Cli, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    client = world.client
    publisher = client.participants.admit(
        controller=CONTROLLER.address,
        roles={Role.BRAND},
        country="CN",
        scheme=IdentifierScheme.NATIONAL_REGISTER,
        identifier=f"CN-{secrets.token_hex(9).upper()}",
    ).id
    assert publisher is not None
    key, writer = (Signer.unsafe_from_key(secrets.token_bytes(32)) for _ in range(2))
    found = Gateway(shell, client, tmp_path, publisher, key, writer)
    add_key(found, key)
    add_key(found, writer)
    client.using(CONTROLLER).goods.set_writer(publisher, writer.address)
    client.chain.web3.provider.make_request("anvil_setBalance", [writer.address, hex(10**18)])
    monkeypatch.setenv("GATEWAY_KEY", "0x" + key.unsafe_key().hex())
    found.config(signing={"key_env": "GATEWAY_KEY"})
    return found


def add_key(gateway: Gateway, key: Signer) -> None:
    consent = gateway.client.using(key).participants.sign_key_consent(gateway.publisher)
    gateway.client.using(CONTROLLER).participants.add_key(gateway.publisher, key.address, consent)


def test_what_was_signed_is_exported_and_found_good(gateway: Gateway):
    gateway.take_in(1, 20)
    gateway.take_in(21, 30)
    file = gateway.export()
    found = gateway.verify(file, 0, "--log", gateway.log(1, 30))
    names = ("verdict", "captures", "reads", "first", "last", "faults")
    assert [found[name] for name in names] == ["consistent", 2, 30, 1, 2, []]
    assert found["log"] == {"reads": 30, "missing": 0, "foreign": 0, "outside": 0, "others": 0, "unreadable": 0}
    assert found["signers"] == [{"address": gateway.key.address.lower(), "captures": 2, "key": "valid"}]


def test_export_writes_to_stdout_what_it_writes_to_a_file(gateway: Gateway):
    gateway.take_in(1, 3)
    words = ("relay", "captures", "export", gateway.folder / "relay.yaml", "--reader", "dock")
    assert gateway.shell(words).out.encode() == gateway.export().read_bytes()
    assert "--out" in gateway.shell.refused(words, 2)["hint"]
    later = (*words, "--since", "2100-01-01T00:00:00Z", "--out", gateway.folder / "none")
    assert gateway.shell.refused(later, 1)["type"] == "NoCaptures"
    assert not (gateway.folder / "none").exists()


def test_without_a_node_the_verdict_is_unknown_and_says_so(gateway: Gateway, cli: Cli):
    gateway.take_in(1, 3)
    file = gateway.export()
    found = cli.json(("relay", "captures", "verify", file), code=12)
    assert (found["verdict"], found["signers"][0]["key"]) == ("unknown", "not-checked")
    assert "was not checked" in cli(("relay", "captures", "verify", file)).out


def test_what_was_altered_is_found_in_lines_for_people_and_for_machines(gateway: Gateway):
    gateway.take_in(1, 3)
    file = gateway.export()
    spoilt = gateway.folder / "spoilt.captures"
    spoilt.write_bytes(file.read_bytes().replace(b" 2 0 0 -", b" 9 0 0 -"))
    found = gateway.verify(spoilt, 10)
    assert [(one["fault"], one["sequence"]) for one in found["faults"]] == [("reads-differ", 1)]
    shown = gateway.shell(("relay", "captures", "verify", spoilt))
    assert (shown.code, "capture 1: its reads are not those" in shown.out) == (10, True)


def test_a_log_that_has_other_reads_is_found(gateway: Gateway):
    gateway.take_in(1, 9)
    log = gateway.folder / "own.ndjson"
    log.write_text("\n".join(read(number) for number in (1, 2, 3, 4, 6, 7, 8, 9)))
    found = gateway.verify(gateway.export(), 10, "--log", log)
    assert [one["fault"] for one in found["faults"]] == ["read-foreign"]
    assert found["log"] == {"reads": 8, "missing": 0, "foreign": 1, "outside": 0, "others": 0, "unreadable": 0}


def test_an_earlier_export_holds_what_may_not_be_gone(gateway: Gateway):
    gateway.take_in(1, 3)
    first = gateway.export("first.captures")
    gateway.take_in(4, 6)
    second = gateway.export("second.captures")
    assert gateway.verify(second, 0, "--earlier", first)["faults"] == []
    assert {one["fault"] for one in gateway.verify(first, 10, "--earlier", second)["faults"]} == {"missing"}


def test_a_key_that_was_revoked_is_good_for_what_it_signed_before_and_not_after(gateway: Gateway):
    gateway.take_in(1, 3)
    before = gateway.export("before.captures")
    gateway.client.chain.web3.provider.make_request("evm_increaseTime", [5])
    gateway.client.using(CONTROLLER).participants.revoke_key(gateway.publisher, gateway.key.address)
    assert gateway.verify(before, 0)["signers"][0]["key"] == "revoked-later"
    refused = gateway.shell.refused(gateway.run("--once"), 1, **gateway.keys)
    assert (refused["type"], "was revoked" in refused["message"]) == ("SigningKeyRefused", True)


def test_a_key_that_was_compromised_is_not_believed_from_then_on(gateway: Gateway):
    gateway.take_in(1, 3)
    file = gateway.export()
    now = gateway.client.participants.key(gateway.key.address)
    assert now is not None
    gateway.client.using(CONTROLLER).participants.revoke_key(
        gateway.publisher, gateway.key.address, compromised_since=now.added_at - timedelta(minutes=1)
    )
    found = gateway.verify(file, 10)
    assert (found["signers"][0]["key"], [one["fault"] for one in found["faults"]]) == (
        "compromised",
        ["key-compromised"],
    )


def test_a_key_of_somebody_else_signs_nothing(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    """Neither one that nobody registered, nor one of another participant's."""
    gateway.log(1, 3)
    for key, why in ((Signer.unsafe_from_key(secrets.token_bytes(32)), "to nobody"), (Signer.dev(3), "belongs to")):
        monkeypatch.setenv("GATEWAY_KEY", "0x" + key.unsafe_key().hex())
        refused = gateway.shell.refused(gateway.run("--once"), 1, **gateway.keys)
        assert (refused["type"], why in refused["message"]) == ("SigningKeyRefused", True), refused
    assert not (gateway.folder / "relay.sqlite3").exists()


def test_captures_of_another_deployment_are_refused(gateway: Gateway):
    gateway.take_in(1, 3)
    file = gateway.export()
    lines = file.read_bytes().splitlines(keepends=True)
    header = json.loads(lines[0]) | {"genesis": "0x" + "ff" * 32}
    file.write_bytes(json.dumps(header, separators=(",", ":"), sort_keys=True).encode() + b"\n" + b"".join(lines[1:]))
    refused = gateway.shell.refused(("relay", "captures", "verify", file), 1)
    assert "another deployment" in refused["message"]


def test_a_keystore_signs_as_well_and_check_says_who_would(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    keystore = Account.encrypt(gateway.key.unsafe_key(), PASSWORD, kdf="pbkdf2", iterations=2)
    (gateway.folder / "gateway.json").write_text(json.dumps(keystore))
    config = gateway.config(signing={"keystore": "gateway.json", "password_env": "GATEWAY_PASSWORD"})
    gateway.log(1, 1)
    told = gateway.shell.refused(gateway.run("--once"), 1, **gateway.keys)
    assert (told["type"], "GATEWAY_PASSWORD" in told["message"]) == ("KeystoreLocked", True)
    checked = gateway.shell.json(("relay", "check", config))
    assert checked["signing"]["signer"] is None
    assert "GATEWAY_PASSWORD" in checked["signing"]["problem"]
    monkeypatch.setenv("GATEWAY_PASSWORD", PASSWORD)
    assert gateway.shell.json(("relay", "check", config))["signing"] == {"signer": gateway.key.address, "problem": None}
    gateway.take_in(1, 3)
    assert gateway.verify(gateway.export(), 0)["captures"] == 1


def test_check_says_nothing_of_signing_where_it_is_off(gateway: Gateway):
    config = gateway.config()
    gateway.log(1, 1)
    assert "signing" not in gateway.shell.json(("relay", "check", config))


def test_a_service_whose_key_is_missing_ends_before_it_listens(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    gateway.config(signing={"key_env": "GATEWAY_KEY"}, sources=[{"file": "reads.ndjson", "follow": True}])
    gateway.log(1, 1)
    monkeypatch.delenv("GATEWAY_KEY")
    refused = gateway.shell.refused(gateway.run(), 1, **gateway.keys)
    assert (refused["type"], "GATEWAY_KEY" in refused["hint"]) == ("NoSigner", True)
    monkeypatch.setenv("GATEWAY_KEY", "no key")
    refused = gateway.shell.refused(gateway.run(), 1, **gateway.keys)
    assert (refused["type"], "no key" in refused["message"]) == ("KeyUnreadable", False)
    assert not (gateway.folder / "relay.sqlite3").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"keystore": "a.json"},
        {"keystore": "a.json", "password_env": "A", "password_file": "b"},
        {"keystore": "a.json", "password_env": "A", "key_env": "B"},
        {"key_env": "A", "password_env": "B"},
        {"key_env": "0xabc def"},
        {"key": "0x" + "11" * 32},
    ],
)
def test_a_configuration_that_names_no_key_or_two_is_refused(gateway: Gateway, settings: dict):
    refused = gateway.shell.refused(("relay", "check", gateway.config(signing=settings)), 1)
    assert (refused["type"], "signing" in refused["message"]) == ("RelayConfigError", True)
    assert "11" * 32 not in refused["message"]


def test_status_counts_what_was_signed(gateway: Gateway):
    gateway.take_in(1, 3)
    gateway.take_in(4, 5)
    assert gateway.shell.json(f"relay status --config {gateway.folder}/relay.yaml")["captures_signed"] == 2
