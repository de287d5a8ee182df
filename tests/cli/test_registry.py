"""Deployment, participants, goods, money and credit through the command, on a real devnet."""

from __future__ import annotations

import json
import secrets

import pytest
from cli_kit import Cli, validator
from sdk_kit import CARRIER, GOVERNOR, STRANGER, World, fresh_signer, funded_signer, identifier

from lading.chain import devnet
from lading.chain.signer import Signer
from lading.cli.participants import BY_GRANT
from lading.enums import Role

GTIN = "09521141123454"
AS_GOVERNOR, AS_BRAND, AS_STRANGER, AS_CONTROLLER = (f"--dev-account {index}" for index in (0, 8, 9, 10))
CONTROLLER = f"--controller {Signer.dev(10).address}"


def test_a_deployment_is_recorded_read_back_and_listed(shell: Cli, world: World):
    again = shell.json("deploy --params devnet.yaml --dev-account 0")
    assert again["governance_delay"] == 0
    assert all(check["ok"] for check in again["checks"])
    (listed,) = shell.json("deployments")["deployments"]
    assert listed == {"file": again["file"], "deployment": again["deployment"]}
    record = json.loads((shell.folder / again["file"]).read_text(encoding="utf-8"))
    assert record == again["deployment"]
    validator("deployment.json").validate(record)


def test_a_delay_of_zero_is_said_aloud(shell: Cli, world: World):
    assert "The governance delay is ZERO" in shell("deploy --params devnet.yaml --dev-account 0").out


def test_an_empty_folder_lists_no_deployment(cli: Cli):
    assert cli.json("deployments") == {"deployments": []}
    assert "Nothing is recorded" in cli("deployments").out


def test_a_chain_id_is_printed_as_it_is_typed(shell: Cli, world: World):
    assert " 31337 " in shell("deployments").out


def test_a_chain_without_a_deployment_says_how_to_make_one(cli: Cli, node: devnet.Devnet):
    error = cli.refused(f"order list --network {node.url}", 1)
    assert (error["type"], "lading deploy" in error["hint"]) == ("NoDeployment", True)


def test_a_record_of_another_chain_is_refused(shell: Cli, world: World, node: devnet.Devnet, cli: Cli):
    (path,) = (shell.folder / "deployments").glob("31337-????????.json")
    foreign = json.loads(path.read_text(encoding="utf-8")) | {"chain_id": 1}
    (cli.folder / "foreign.json").write_text(json.dumps(foreign), encoding="utf-8")
    error = cli.refused(f"order list --network {node.url} --deployment foreign.json", 1)
    assert (error["type"], "another record" in error["hint"]) == ("DeploymentForeign", True)


def test_a_deployer_without_money_is_told_how_much_is_missing(shell: Cli, world: World, cli: Cli, node: devnet.Devnet):
    key = "0x" + secrets.token_hex(32)
    done = cli(f"deploy --key-stdin --network {node.url} --json", stdin=key + "\n")
    assert (done.code, done.error["type"]) == (1, "InsufficientFunds")
    assert "wei" in done.error["message"]
    assert "Send it" in done.error["hint"]
    assert key not in done.out + done.err


def test_a_sender_without_money_is_told_so(shell: Cli, world: World):
    done = shell(f"token mint {STRANGER.address} 1 --key-stdin --json", stdin="0x" + secrets.token_hex(32))
    assert (done.code, done.error["type"]) == (1, "InsufficientFunds")
    assert "Send it" in done.error["hint"]


def test_a_participant_is_admitted_shown_and_gets_and_loses_roles(shell: Cli, world: World):
    number = identifier()
    words = (
        f"participants admit {CONTROLLER} --country CN --scheme national-register --identifier {number} --role brand"
    )
    who = shell.json(f"{words} {AS_GOVERNOR}")["id"]
    granted = shell.json(f"participants grant-roles {who} carrier warehouse {AS_GOVERNOR}")
    assert granted["scheduled_until"] is None
    shell.json(f"participants revoke-roles NATIONAL_REGISTER:{number} warehouse {AS_GOVERNOR}")
    shown = shell.json(f"participants show national-register:{number}")
    assert (shown["id"], shown["roles"], shown["country"]) == (who, ["brand", "carrier"], "CN")
    assert "brand, carrier" in shell(f"participants show {who}").out


def test_a_participant_may_be_admitted_without_a_role(shell: Cli, world: World):
    words = f"participants admit {CONTROLLER} --country CN --scheme eori --identifier {identifier()[:12]}"
    who = shell.json(f"{words} {AS_GOVERNOR}")["id"]
    assert shell.json(f"participants show {who}")["roles"] == []


def test_the_roles_that_admit_does_not_list_are_the_money_roles(shell: Cli, world: World):
    assert {Role[name] for name in BY_GRANT} == world.client.participants.money_roles()
    words = f"participants admit {CONTROLLER} --country CN --scheme eori --identifier X1 --role carrier --role brand"
    error = shell.refused(f"{words} {AS_GOVERNOR}", 4)
    assert error["message"] == "This call may hand out brand, platform, seller, inspector, not brand, carrier."


@pytest.mark.parametrize("words", ["credit show", "goods log", "participants show"])
def test_nobody_is_invented_for_an_identifier_that_nobody_was_admitted_under(shell: Cli, world: World, words: str):
    error = shell.refused(f"{words} GLN:9521141000106", 1)
    assert (error["type"], "GLN:9521141000106" in error["message"]) == ("InputError", True)
    assert "'participants admit-seller' printed" in error["hint"]
    assert shell.refused(f"{words} 0x{'11' * 32}", 4)["type"] == "ParticipantUnknown"


def test_a_delay_is_said_in_plain_units_and_what_comes_too_early_hears_until_when(
    shell: Cli, cli: Cli, node: devnet.Devnet
):
    (cli.folder / "params.yaml").write_text("governance_delay: 3d\n", encoding="utf-8")
    near = f"--network {node.url}"
    assert "after a delay of 3 days, in public" in cli(f"deploy --params params.yaml {AS_GOVERNOR} {near}").out
    words = f"participants admit {CONTROLLER} --country CN --scheme eori --identifier {identifier()[:12]}"
    who = cli.json(f"{words} {AS_GOVERNOR} {near}")["id"]
    words = f"participants grant-roles {who} carrier {AS_GOVERNOR} {near}"
    until = cli.json(words)["scheduled_until"]
    error = cli.refused(words, 4)
    assert (error["type"], error["retryable"], until in error["hint"]) == ("AccessManagerNotReady", True, True)


def test_a_platform_admits_its_seller(shell: Cli, world: World):
    words = f"participants admit-seller {CONTROLLER} --country CN --scheme eori --identifier CN{identifier()[:12]}"
    who = shell.json(f"{words} --dev-account 3")["id"]
    assert shell.json(f"participants show {who}")["admitted_by"] == world.ids[Role.PLATFORM]


def test_a_key_is_added_with_its_own_consent_rotated_and_revoked(shell: Cli, world: World):
    words = f"participants admit {CONTROLLER} --country DE --scheme eori --identifier {identifier()} --role brand"
    who = shell.json(f"{words} {AS_GOVERNOR}")["id"]
    first, second = (secrets.token_hex(32) for _ in range(2))
    consents = []
    for key in (first, second):
        done = shell(f"participants consent {who} --key-stdin --json", stdin=key)
        consents.append(json.loads(done.out))
        validator("key-consent.json").validate(consents[-1])
    old, new = (one["signer"] for one in consents)
    shell.json(f"participants add-key {who} {old} --consent {consents[0]['signature']} {AS_CONTROLLER}")
    shell.json(f"participants rotate-key {who} {old} {new} --consent {consents[1]['signature']} {AS_CONTROLLER}")
    words = f"participants revoke-key {who} {new} --compromised-since 2025-01-01T00:00:00Z {AS_CONTROLLER}"
    shell.json(words)
    shown = shell.json(f"participants key {new}")
    assert (shown["participant"], shown["compromised_since"]) == (who, "2025-01-01T00:00:00Z")
    assert shell.json(f"participants key {old}")["revoked_at"] is not None


def test_an_address_that_was_never_a_key_is_said_to_be_none(shell: Cli, world: World):
    assert "never a key" in shell.refused(f"participants key {fresh_signer().address}", 1)["message"]


def test_a_controller_hands_over(shell: Cli, world: World):
    words = f"participants admit {CONTROLLER} --country DE --scheme eori --identifier {identifier()} --role brand"
    who = shell.json(f"{words} {AS_GOVERNOR}")["id"]
    shell.json(f"participants propose-controller {who} {STRANGER.address} {AS_CONTROLLER}")
    shell.json(f"participants accept-controller {who} {AS_STRANGER}")
    assert shell.json(f"participants show {who}")["controller"] == STRANGER.address


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        (f"participants show 0x{'11' * 32}", 4, "ParticipantUnknown"),
        ("participants show somebody", 1, "InputError"),
        (f"participants grant-roles {{carrier}} customs {AS_STRANGER}", 4, "AccessManagedUnauthorized"),
        (f"participants grant-roles GLN:9521141000106 customs {AS_STRANGER}", 1, "InputError"),
        (f"participants grant-roles GLN:9521141000106 emperor {AS_STRANGER}", 2, "UsageError"),
        (f"goods register-class {GTIN} {AS_STRANGER}", 4, "KeyNotValid"),
        (f"goods recall {GTIN} --scope lot --value L1 --reason x {AS_STRANGER}", 4, "ClassUnknown"),
        (f"goods recall {GTIN} --scope lot --value L1 --reason= {AS_STRANGER}", 1, "InputError"),
        (f"goods set-writer GLN:9521141000106 {AS_STRANGER}", 2, "UsageError"),
        ("token balance 0x12", 1, "InputError"),
        (f"token transfer {GOVERNOR.address} 1000000 {AS_STRANGER}", 4, "ERC20InsufficientBalance"),
        (f"token transfer {GOVERNOR.address} 0.0000001 {AS_STRANGER}", 1, "InputError"),
    ],
)
def test_refusals_by_type_and_exit_code(shell: Cli, world: World, words: str, code: int, kind: str):
    error = shell.refused(words.format(carrier=world.ids[Role.CARRIER]), code)
    assert (error["type"], bool(error["message"])) == (kind, True)


def test_a_class_is_registered_recalled_and_shown(shell: Cli, world: World):
    brand = world.ids[Role.BRAND]
    shell.json(f"participants bind-prefix {brand} 9521141 {AS_GOVERNOR}")
    assert shell.json(f"goods show {GTIN}")["brand"] is None
    shell.json(f"goods register-class {GTIN} {AS_BRAND}")
    shell.json(
        ("goods", "recall", GTIN, "--scope", "lot", "--value", "L1", "--reason", "It may burn.", *AS_BRAND.split())
    )
    shown = shell.json(f"goods show {GTIN} --lot L1")
    assert (shown["brand"], shown["recalled"]["class"]) == (brand, None)
    assert shown["recalled"]["lot"]
    assert "lot recalled" in shell(f"goods show {GTIN} --lot L1").out


def test_a_batch_is_anchored_in_a_log_whose_writer_was_named(shell: Cli, world: World):
    carrier = world.ids[Role.CARRIER]
    shell.json(f"goods set-writer {carrier} --writer {CARRIER.address} {AS_CONTROLLER}")
    root = "0x" + secrets.token_hex(32)
    shell.json(f"goods anchor {carrier} 0 --root {root} --count 3 --dev-account 4")
    log = shell.json(f"goods log {carrier}")
    assert (log["writer"], log["next_index"], [one["root"] for one in log["batches"]]) == (CARRIER.address, 1, [root])
    assert root in shell(f"goods log {carrier}").out
    shell.json(f"goods set-writer {carrier} --nobody {AS_CONTROLLER}")
    assert shell.json(f"goods log {carrier}")["writer"] is None


def test_money_is_made_sent_and_counted_in_units(shell: Cli, world: World):
    someone = funded_signer(world.client).address
    shell.json(f"token mint {someone} 10.5 {AS_STRANGER}")
    shell.json(f"token mint {STRANGER.address} 2 {AS_STRANGER}")
    shell.json(f"token transfer {someone} 0.25 {AS_STRANGER}")
    shown = shell.json(f"token balance {someone}")
    assert (shown["balance"], shown["symbol"], shown["escrow_allowance"]) == ("10.750000", "LDD", "0.000000")
