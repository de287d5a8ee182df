"""The verbs of an order on a real devnet: each document in its published form, each refusal by its contract's name."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cli_kit import Cli
from sdk_kit import BUYER, CARRIER, PLATFORM, SELLER, World

from lading.cli.acting import acts
from lading.demo.papers import ORDER, PAYMENT, WAYBILL
from lading.errors import ContractError
from lading.models import OrderTerms

UNIT = "urn:epc:id:sscc:0614141.1234567890"
EVENT = "ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0"
# Accounts of the devnet, by part; sdk_kit's.
AS_BUYER, AS_SELLER, AS_PLATFORM, AS_CARRIER, AS_EXIT, AS_ENTRY, AS_PAYMENT, AS_ANYONE = (
    f"--dev-account {index}" for index in (1, 2, 3, 4, 5, 6, 7, 9)
)
PARTIES = f"--buyer {BUYER.address} --seller {SELLER.address} --platform {PLATFORM.address} --carrier {CARRIER.address}"
TIMES = "--accept-by 1h --ship-by 1d --deliver-by 5d --claim-window 1d --inspection-window 2d"


@pytest.fixture
def terms(shell: Cli, world: World, tmp_path: Path) -> Path:
    """Terms of a new order without a condition."""
    path = tmp_path / "terms.json"
    made = shell.json(f"order terms {PARTIES} {TIMES} --price 120.50 --freight 9.99 --fee-bps 250 --out {path}")
    assert json.loads(path.read_text(encoding="utf-8")) == made["terms"]
    return path


@pytest.fixture
def opened(shell: Cli, terms: Path) -> str:
    """An order that is open and accepted, by both parties' signatures, sent by the platform; its id."""
    consent = shell(f"order sign-accept --terms {terms} {AS_SELLER}").out.strip()
    authorization = shell(f"order authorize --terms {terms} {AS_BUYER}").out.strip()
    words = f"order open --terms {terms} --authorization {authorization} --seller-consent {consent} {AS_PLATFORM}"
    receipt = shell.json(words)
    assert [event["name"] for event in receipt["events"] if event["contract"] == "TradeEscrow"] == [
        "Opened",
        "Accepted",
    ]
    return receipt["id"]


def test_terms_are_on_the_chains_own_clock(shell: Cli, world: World, terms: Path):
    made = OrderTerms.model_validate(json.loads(terms.read_text(encoding="utf-8")))
    assert 3590 <= made.accept_by.timestamp() - world.now().timestamp() <= 3600
    assert (str(made.price), made.token) == ("120.50", world.client.token().address)


def test_an_order_shows_its_state_its_default_and_who_may_act(shell: Cli, opened: str):
    shown = shell.json(f"order show {opened}")
    assert shown["standing"]["state"] == "accepted"
    assert shown["default"]["kind"] == "refund"
    assert shown["may_act"] == [
        {"verb": "ship", "who": "seller", "until": shown["terms"]["ship_by"]},
        {"verb": "release", "who": "buyer", "until": None},
        {"verb": "refund", "who": "seller", "until": None},
    ]
    assert [event["event"] for event in shown["history"]] == ["Opened", "Accepted"]


def test_people_see_state_deadlines_default_and_history(shell: Cli, opened: str):
    out = shell(f"order show {opened}").out
    for said in (
        "accepted, since ",
        "ship by",
        "refund, by anyone from ",
        "ship     seller",
        "Opened",
        "120.50 and freight 9.99",
    ):
        assert said in out


def test_an_order_lives_from_shipping_to_release(shell: Cli, opened: str, tmp_path: Path):
    shell.json(f"order ship {opened} --unit {UNIT} {AS_SELLER}")
    receipt = tmp_path / "receipt.json"
    made = shell.json(f"order receipt {opened} --unit {UNIT} --event-id {EVENT} --out {receipt} {AS_CARRIER}")
    assert made["signed"]["signer"] == CARRIER.address
    shell.json(f"order deliver {opened} --receipt {receipt} {AS_ANYONE}")
    sent = shell.json(f"order release {opened} {AS_BUYER}")

    assert sent["id"] == opened
    shown = shell.json(f"order show {opened}")
    assert (shown["standing"]["state"], shown["standing"]["ground"], shown["may_act"]) == ("released", "on_time", [])


def test_a_buyer_opens_from_an_allowance_by_its_own_transaction(shell: Cli, terms: Path):
    shell.json(f"token approve 1000 {AS_BUYER}")
    order = shell.json(f"order open --terms {terms} {AS_BUYER}")["id"]
    shown = shell.json(f"order show {order}")
    assert [act["verb"] for act in shown["may_act"]] == ["accept", "cancel"]
    shell.json(f"order accept {order} {AS_SELLER}")
    shell.json(f"order refund {order} {AS_SELLER}")
    assert shell.json(f"order show {order}")["standing"]["ground"] == "seller_refund"


def test_a_buyers_consent_opens_beside_an_allowance_and_either_side_cancels(shell: Cli, terms: Path):
    shell.json(f"token approve 1000 {AS_BUYER}")
    signed = shell.json(f"order sign-open --terms {terms} {AS_BUYER}")
    assert signed["signer"] == BUYER.address
    order = shell.json(f"order open --terms {terms} --buyer-consent {signed['signature']} {AS_ANYONE}")["id"]
    assert order == signed["order"]
    shell.json(f"order cancel {order} {AS_BUYER}")
    assert shell.json(f"order show --terms {terms}")["standing"]["state"] == "cancelled"


def test_orders_are_listed_page_by_page(shell: Cli, opened: str):
    seen, page = [], shell.json("order list --limit 1")
    while page["next"]:
        seen += [one["order"] for one in page["orders"]]
        page = shell.json(f"order list --limit 1 --after {page['next']}")
    seen += [one["order"] for one in page["orders"]]
    assert seen == [one["order"] for one in shell.json("order list")["orders"]]
    assert opened in seen


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (f"order ship {{}} --unit {UNIT} {AS_BUYER}", "NotSeller"),
        (f"order release {{}} {AS_ANYONE}", "DefaultDiffers"),
        (f"order refund {{}} {AS_ANYONE}", "TooEarly"),
        (f"order accept {{}} {AS_SELLER}", "StateWrong"),
        (f"order report {{}} {AS_ANYONE}", "NoOutcome"),
        (f"credit report {{}} {AS_ANYONE}", "NoOutcome"),
        (f"order poke {{}} {AS_ANYONE}", "ConditionNotMet"),
    ],
)
def test_what_a_contract_refuses_is_named_with_its_arguments(shell: Cli, opened: str, words: str, kind: str):
    error = shell.refused(words.format(opened), ContractError.exit_code)
    assert error["type"] == kind
    assert error["hint"]
    assert error["arguments"]


def test_a_refusal_that_time_heals_says_so(shell: Cli, opened: str):
    error = shell.refused(f"order refund {opened} {AS_ANYONE}", 4)
    assert error["retryable"]
    assert error["arguments"].keys() == {"blockTime", "opensAt"}


def test_a_payee_without_credit_has_nothing_to_withdraw(shell: Cli, world: World):
    for way in (f"--to {BUYER.address}", f"--for {SELLER.address}"):
        assert shell.refused(f"order withdraw {way} {AS_BUYER}", 4)["type"] == "NothingToWithdraw"


@pytest.mark.parametrize("order", ["", f"0x{'11' * 32} --terms terms.json"])
def test_it_has_to_be_said_which_order(shell: Cli, world: World, order: str):
    assert shell.refused(f"order show {order}", 2)["hint"] == "Give either its id or --terms FILE."


def test_an_order_that_nobody_opened_is_unknown(shell: Cli, world: World):
    error = shell.refused(f"order show 0x{'11' * 32}", 1)
    assert "order list" in error["hint"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"price": 1.5, "salt": None}, "salt"),
        ({"price": "1.0000001"}, "finer than the token"),
        ({"price": "-1"}, "no amount"),
        ({"accept_by": "2026-05-01T10:00:00"}, "accept_by"),
        ({"buyer": "0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266"}, "checksum"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_terms_that_were_changed_by_hand_are_refused_by_field(
    shell: Cli, terms: Path, changed: dict[str, object], said: str
):
    document = json.loads(terms.read_text(encoding="utf-8"))
    terms.write_text(json.dumps({**document, **changed}), encoding="utf-8")
    error = shell.refused(f"order sign-accept --terms {terms} {AS_SELLER}", 1)
    assert error["type"] == "InputError"
    assert said in error["message"]


def test_terms_with_a_fraction_written_as_a_number_stay_exact(shell: Cli, terms: Path):
    document = json.loads(terms.read_text(encoding="utf-8"))
    order = shell.json(f"order sign-accept --terms {terms} {AS_SELLER}")["order"]
    terms.write_text(json.dumps({**document, "price": 120.5}), encoding="utf-8")
    assert shell.json(f"order sign-accept --terms {terms} {AS_SELLER}")["order"] == order


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--accept-by tomorrow", "no time"),
        ("--accept-by 2026-05-01T10:00:00", "no time"),
        ("--claim-window 5", "length of time"),
        ("--price 1,50", "no amount"),
        ("--price NaN", "no amount"),
        ("--exit-authority somebody", "names no participant"),
    ],
)
def test_terms_from_malformed_words_write_no_file(shell: Cli, world: World, tmp_path: Path, words: str, said: str):
    path = tmp_path / "terms.json"
    error = shell.refused(f"order terms {PARTIES} {TIMES} --price 1 --out {path} {words}", 1)
    assert said in error["message"]
    assert not path.exists()


# What the list of acts says against what the contract takes.

CALLS = {
    "accept": f"accept {{}} {AS_SELLER}",
    "cancel": f"cancel {{}} {AS_BUYER}",
    "ship": f"ship {{}} --unit {UNIT} {AS_SELLER}",
    "release": f"release {{}} {AS_BUYER}",
    "refund": f"refund {{}} {AS_SELLER}",
}


@pytest.mark.parametrize("state", ["funded", "accepted", "shipped"])
@pytest.mark.parametrize("verb", CALLS)
def test_the_acts_shown_are_those_that_the_contract_takes(shell: Cli, terms: Path, state: str, verb: str):
    shell.json(f"token approve 1000 {AS_BUYER}")
    order = shell.json(f"order open --terms {terms} {AS_BUYER}")["id"]
    if state != "funded":
        shell.json("order " + CALLS["accept"].format(order))
    if state == "shipped":
        shell.json("order " + CALLS["ship"].format(order))
    shown = [act["verb"] for act in shell.json(f"order show {order}")["may_act"]]
    code = shell("order " + CALLS[verb].format(order)).code
    assert code == (0 if verb in shown else ContractError.exit_code)


def test_after_a_deadline_the_default_is_anyones_and_what_came_too_late_is_gone(world: World):
    terms = world.opened(world.terms())
    order = world.client.orders.get(world.client.orders.id(terms))
    default = world.client.orders.default_of(terms)
    before, after = (acts(terms, order, default, time) for time in (terms.ship_by, default.opens_at))
    assert [(act.verb, act.who) for act in before] == [("ship", "seller"), ("release", "buyer"), ("refund", "seller")]
    assert [(act.verb, act.who) for act in after] == [("release", "buyer"), ("refund", "anyone")]


# The papers.


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
