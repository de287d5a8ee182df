"""The customs papers on a real devnet: secrets, documents, their match, and both borders."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cli_kit import Cli
from order_kit import (
    AS_ANYONE,
    AS_BUYER,
    AS_CARRIER,
    AS_ENTRY,
    AS_EXIT,
    AS_PAYMENT,
    AS_PLATFORM,
    AS_SELLER,
    PARTIES,
    TIMES,
    UNIT,
)
from sdk_kit import World

from lading.demo.papers import ORDER, PAYMENT, WAYBILL


@pytest.fixture
def papers(shell: Cli, world: World, tmp_path: Path) -> tuple[Path, Path]:
    """Terms of an order that waits for customs, and a folder with its secrets and the three messages."""
    terms = tmp_path / "terms.json"
    customs = f"--condition customs --condition-by 4d --exit-authority {world.exit_customs}"
    customs += f" --entry-authority {world.entry_customs}"
    shell.json(f"order terms {PARTIES} {TIMES} {customs} --price 860 --freight 68 --out {terms}")
    for name, text in (("order", ORDER), ("payment", PAYMENT), ("waybill", WAYBILL)):
        (tmp_path / f"{name}.message.json").write_text(text, encoding="utf-8")
    shell.json(f"customs secrets --out {tmp_path}")
    return terms, tmp_path


SIGNERS = {
    "order": ("platform", AS_PLATFORM),
    "payment": ("payment-provider", AS_PAYMENT),
    "waybill": ("carrier", AS_CARRIER),
}


def sign(shell: Cli, papers: tuple[Path, Path], kind: str) -> Path:
    terms, folder = papers
    holder, signer = SIGNERS[kind]
    out = folder / f"{kind}.json"
    words = f"customs document {kind} {folder}/{kind}.message.json --terms {terms} {signer} --out {out}"
    shell.json(f"{words} --secrets {folder}/{holder}.secrets.json --fields {folder}/{kind}.fields.json")
    return out


def all_signed(shell: Cli, papers: tuple[Path, Path]) -> str:
    return " ".join(f"--{kind} {sign(shell, papers, kind)}" for kind in SIGNERS)


def test_three_documents_match_and_both_borders_open(shell: Cli, papers: tuple[Path, Path]):
    terms, _ = papers
    files = all_signed(shell, papers)
    assert shell.json(f"customs check --terms {terms} {files}") == {"matches": True, "differs_in": None}
    sent = shell.json(f"customs match --terms {terms} {files} {AS_ANYONE}")
    assert [event["name"] for event in sent["events"]] == ["DocumentsMatched"]
    order = shell.json(f"order sign-accept --terms {terms} {AS_SELLER}")["order"]

    for side, port, signer in (("exit", "CNSZX", AS_EXIT), ("entry", "DEHAM", AS_ENTRY)):
        words = f"customs decide --terms {terms} --side {side} --decision release --port {port} --declaration-no 17"
        shell.json(f"{words} {signer}")

    shown = shell.json(f"customs status {order}")
    assert (shown["status"], shown["clearance"]["exit"], shown["clearance"]["entry"]) == ("met", "release", "release")


def test_the_first_field_that_differs_is_named_and_ends_with_one(shell: Cli, papers: tuple[Path, Path]):
    terms, folder = papers
    dear = json.loads(PAYMENT) | {"amountPaid": "1006.27"}
    (folder / "payment.message.json").write_text(json.dumps(dear), encoding="utf-8")
    files = all_signed(shell, papers)
    assert shell.json(f"customs check --terms {terms} {files}", code=1) == {"matches": False, "differs_in": "amount"}
    done = shell(f"customs match --terms {terms} {files} {AS_ANYONE}")
    assert (done.code, "The documents differ in amount." in done.out) == (1, True)


def test_secrets_and_salts_are_for_their_owner_alone_and_never_printed(shell: Cli, papers: tuple[Path, Path]):
    _, folder = papers
    made = folder / "again"
    done = shell(f"customs secrets --out {made} --json")
    sign(shell, papers, "order")
    held = [*made.glob("*.secrets.json"), folder / "order.fields.json"]
    assert len(held) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in held} == {0o600}
    values = json.loads((made / "platform.secrets.json").read_text(encoding="utf-8")).values()
    assert not any(value in done.out + done.err for value in values)
    assert json.loads((made / "carrier.secrets.json").read_text(encoding="utf-8")).keys() == {
        "all_parties",
        "order_waybill",
    }


def test_secrets_that_are_there_are_never_replaced(shell: Cli, papers: tuple[Path, Path]):
    _, folder = papers
    before = (folder / "platform.secrets.json").read_bytes()
    assert shell.refused(f"customs secrets --out {folder}", 1)["type"] == "FileNotWritten"
    assert (folder / "platform.secrets.json").read_bytes() == before


def test_a_party_signs_with_its_own_secrets_only(shell: Cli, papers: tuple[Path, Path]):
    terms, folder = papers
    words = (
        f"customs document order {folder}/order.message.json --terms {terms} {AS_PLATFORM} --out {folder}/order.json"
    )
    words += f" --secrets {folder}/carrier.secrets.json --fields {folder}/order.fields.json"
    assert shell.refused(words, 1)["type"] == "SecretError"
    assert not (folder / "order.json").exists()
    assert not (folder / "order.fields.json").exists()


@pytest.mark.parametrize("kind", SIGNERS)
def test_a_message_with_a_fault_is_refused_by_path(shell: Cli, papers: tuple[Path, Path], kind: str):
    terms, folder = papers
    message = folder / f"{kind}.message.json"
    message.write_text(json.dumps(json.loads(message.read_text(encoding="utf-8")) | {"orderNo": 7}), encoding="utf-8")
    words = f"customs document {kind} {message} --terms {terms} {AS_PLATFORM} --out {folder}/{kind}.json"
    words += f" --secrets {folder}/platform.secrets.json --fields {folder}/{kind}.fields.json"
    error = shell.refused(words, 1)
    assert (error["type"], "$.orderNo" in error["message"]) == ("DocumentError", True)
    assert not (folder / f"{kind}.json").exists()


def test_a_document_of_another_kind_is_no_payment(shell: Cli, papers: tuple[Path, Path]):
    terms, _ = papers
    order = sign(shell, papers, "order")
    error = shell.refused(f"customs check --terms {terms} --order {order} --payment {order} --waybill {order}", 1)
    assert "no signed payment document" in error["message"]


def test_an_authority_decides_for_its_own_side_alone(shell: Cli, papers: tuple[Path, Path]):
    terms, _ = papers
    shell.json(f"customs match --terms {terms} {all_signed(shell, papers)} {AS_ANYONE}")
    words = f"customs decide --terms {terms} --side entry --decision hold --port DEHAM --declaration-no 17 {AS_EXIT}"
    assert shell.refused(words, 4)["type"] == "NotAuthority"


def test_a_rejection_leaves_no_delivery(world: World, shell: Cli, papers: tuple[Path, Path]):
    terms, _ = papers
    shell.json(f"token approve 10000 {AS_BUYER}")
    order = shell.json(f"order open --terms {terms} {AS_BUYER}")["id"]
    shell.json(f"order accept {order} {AS_SELLER}")
    shell.json(f"order ship {order} --unit {UNIT} {AS_SELLER}")
    shell.json(f"customs match {order} {all_signed(shell, papers)} {AS_ANYONE}")
    words = f"customs decide {order} --side entry --decision reject --fault seller --port DEHAM --declaration-no 17"
    shell.json(f"{words} {AS_ENTRY}")
    shown = shell.json(f"order show {order}")
    acts = {act["verb"]: act["who"] for act in shown["may_act"]}
    assert acts.keys().isdisjoint({"deliver", "deliver_anchored"})
    assert (acts["release"], acts["refund"]) == ("buyer", "anyone")
    assert shell.json(f"customs status {order}")["status"] == "rejected"
    shell.json(f"order refund {order} {AS_ANYONE}")
